"""Comments come in once, whatever is lost on the way; personal data is masked before it is stored; refusals are told once."""

from datetime import timedelta

from publishers.echo.port import Batch, OwnReply
from publishers.echo.records import Comment, Listening
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable
from publishers.records import Incident
from tests.echo.conftest import Desk
from tests.echo.scripted import SECOND, WRITER, heard, published, waiting_comment


async def test_the_same_comment_twice_is_one_row(desk: Desk) -> None:
    delivery = await published("weibo", desk.clock.moment)
    one = heard(5, desk.clock.moment, delivery_id=delivery.id)
    desk.platform.batches = [Batch(heard=(one,)), Batch(heard=(one,), cursor={"since_id": "5"})]
    await desk.hearing.sweep()
    await Listening.all().update(next_at=None)
    await desk.hearing.sweep()
    (row,) = await Comment.all()
    assert (row.state, row.delivery_id, row.disclosure_id, desk.platform.asked) == ("new", delivery.id, 7, 2)
    assert (await Listening.get(key="comments:weibo")).cursor == {"since_id": "5"}


async def test_a_crash_in_the_middle_loses_nothing_and_doubles_nothing(desk: Desk) -> None:
    now = desk.clock.moment
    first, second = heard(1, now, delivery_id=None), heard(2, now, delivery_id=None)
    desk.platform.batches = [Batch(heard=(first,), cursor={"below": "0"})]
    desk.platform.trouble = RuntimeError("the process ends here")
    await desk.hearing.sweep()
    assert (await Listening.get(key="comments:weibo")).cursor == {"below": "0"}
    desk.clock.advance(61)
    desk.platform.batches, desk.platform.trouble = [Batch(heard=(first, second), cursor={"since_id": "2"})], None
    await desk.hearing.sweep()
    assert await Comment.all().count() == 2


async def test_personal_data_is_masked_before_it_is_stored(lone: Desk) -> None:
    text = "我叫王建国，电话13812345678，什么时候发？"
    lone.platform.batches = [Batch(heard=(heard(5, lone.clock.moment, text, delivery_id=None),))]
    await lone.hearing.sweep()
    (row,) = await Comment.all()
    assert "13812345678" not in row.text
    assert "138****5678" in row.text
    assert row.author == "王＊＊"
    assert "u1" not in row.author_mark
    assert len(row.author_mark) == 16


async def test_a_reply_made_on_the_platform_counts_as_answered(lone: Desk) -> None:
    at = lone.clock.moment
    lone.platform.batches = [
        Batch(heard=(heard(5, at, delivery_id=None),), replies={"5": OwnReply(text="已发放", at=at)})
    ]
    await lone.hearing.sweep()
    (row,) = await Comment.all()
    assert (row.state, row.answered_by) == ("answered", "平台上回复")


async def test_a_reply_of_ours_that_is_under_way_is_left_to_the_outbox(lone: Desk) -> None:
    comment = await waiting_comment(lone.clock.moment)
    row = await lone.comments.reply(WRITER, comment.id, "12月1日起。")
    await lone.comments.agree(SECOND, row.id)
    lone.platform.batches = [Batch(replies={"5": OwnReply(text="12月1日起。", at=lone.clock.moment)})]
    await lone.hearing.sweep()
    assert (await Comment.get(id=comment.id)).state == "new"
    await lone.outbox.sweep()
    assert (await Comment.get(id=comment.id)).answered_by == "小王（xiao）"


async def test_a_missing_permission_is_one_incident_and_clears_itself(lone: Desk) -> None:
    lone.platform.trouble = ChannelRefused("应用没有该接口的权限", remedy="请申请权限。")
    for _ in range(3):
        await lone.hearing.sweep()
        lone.clock.advance(3600)
    assert (lone.platform.asked, await Incident.all().count()) == (1, 1)
    lone.clock.advance(12 * 3600)
    await lone.hearing.sweep()
    assert (lone.platform.asked, await Incident.all().count()) == (2, 1)
    lone.platform.trouble = None
    lone.clock.advance(13 * 3600)
    await lone.hearing.sweep()
    (incident,) = await Incident.all()
    assert incident.open_key is None


async def test_a_platform_that_is_away_is_asked_ever_more_rarely(lone: Desk) -> None:
    lone.platform.trouble = ChannelUnavailable("连接不上微博")
    waits = []
    for _ in range(4):
        await lone.hearing.sweep()
        row = await Listening.get(key="comments:weibo")
        assert row.next_at is not None
        waits.append((row.next_at - lone.clock.moment).total_seconds())
        lone.clock.moment = row.next_at
    assert waits == sorted(waits)
    assert waits[0] == 60
    assert await Incident.all().count() == 0


async def test_a_spent_quota_waits_until_it_begins_anew(lone: Desk) -> None:
    until = lone.clock.moment + timedelta(hours=5)
    lone.platform.trouble = ChannelBusy("次数已用完", retry_at=until)
    await lone.hearing.sweep()
    assert (await Listening.get(key="comments:weibo")).next_at == until


async def test_a_person_may_ask_for_a_reading_but_not_against_a_refusal(lone: Desk) -> None:
    await lone.hearing.sweep()
    lone.clock.advance(61)
    await lone.hearing.soon("comments")
    await lone.hearing.sweep()
    assert lone.platform.asked == 2
    lone.platform.trouble = ChannelRefused("应用没有该接口的权限")
    lone.clock.advance(3600)
    await lone.hearing.sweep()
    await lone.hearing.soon("comments")
    await lone.hearing.sweep()
    assert lone.platform.asked == 3
