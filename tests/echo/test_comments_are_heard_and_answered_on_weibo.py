"""The comments of Weibo posts against the strict sandbox: one reading for all posts, sparing with calls, never answered twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from publishers.echo.port import Act, Discussion, Seen
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown
from publishers.weibo.comments import WeiboComments
from tests.echo.platforms import UID, Platforms, all_heard, running

REPLY, LIST = "/2/comments/reply.json", "/2/comments/timeline.json"


@pytest.fixture
async def platforms(database: str, clock: Any) -> AsyncIterator[Platforms]:
    async with running(clock) as there:
        yield there


def comments_of(platforms: Platforms) -> Discussion:
    discussion = platforms.weibo.echo.discussion
    assert discussion is not None
    return discussion


async def test_a_comment_is_heard_once_and_answered(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    cid = await platforms.remark(post, "补贴什么时候发？")
    (heard,), cursor, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    assert (heard.external_id, heard.delivery_id, heard.text) == (cid, 2, "补贴什么时候发？")
    spoken = await comments.reply(heard.address, "12月1日起。")
    assert (spoken.seen, spoken.external_id > cid) == (Seen.FOUND, True)
    platforms.clock.advance(7200)
    _, cursor, batches = await all_heard(comments, [post], cursor, now=platforms.clock.moment)
    assert batches[0].replies[cid].text == "12月1日起。"
    assert cursor == {"since_id": spoken.external_id}


async def test_the_mark_stays_an_hour_behind_for_what_comes_late(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    first = await platforms.remark(post, "先写的")
    _, cursor, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    again, _, _ = await all_heard(comments, [post], cursor, now=platforms.clock.moment)
    assert [each.external_id for each in again] == [first]
    later = platforms.clock.moment + timedelta(hours=2)
    _, cursor, _ = await all_heard(comments, [post], cursor, now=later)
    assert (await all_heard(comments, [post], cursor, now=later))[0] == []


async def test_a_reading_that_was_cut_off_goes_on_where_it_stopped(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.control("weibo/switches", {"calls_per_day": 1000})
    for number in range(120):
        await platforms.remark(post, f"第 {number} 条")
    platforms.clock.advance(7200)
    first = comments.hear([post], {}, now=platforms.clock.moment)
    batch = await anext(first)
    await first.aclose()  # type: ignore[attr-defined]
    assert len(batch.heard) == 50
    rest, cursor, _ = await all_heard(comments, [post], batch.cursor, now=platforms.clock.moment)
    assert len({each.external_id for each in (*batch.heard, *rest)}) == 120
    assert set(cursor) == {"since_id"}


async def test_a_comment_below_a_post_that_is_not_ours_keeps_its_words(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.remark(post, "问一下")
    (heard,), _, _ = await all_heard(comments, [], {}, now=platforms.clock.moment)
    assert heard.delivery_id is None
    assert "供暖补贴" in heard.post_text


@pytest.mark.parametrize("kind", ["http_5xx_after", "reset_after", "truncated_after"])
async def test_a_lost_answer_is_unknown_and_the_look_finds_it(platforms: Platforms, kind: str) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.remark(post, "补贴什么时候发？")
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await platforms.fault("weibo", kind, REPLY)
    with pytest.raises(OutcomeUnknown):
        await comments.reply(heard.address, "12月1日起。")
    assert (await comments.replied(heard.address, "12月1日起。")).seen is Seen.FOUND
    # The platform refuses the same words again; that too is a reason to look, not a proof of nothing.
    with pytest.raises(OutcomeUnknown):
        await comments.reply(heard.address, "12月1日起。")


async def test_nothing_sent_is_not_found(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.remark(post, "补贴什么时候发？")
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await platforms.fault("weibo", "http_5xx_before", REPLY)
    with pytest.raises(OutcomeUnknown):
        await comments.reply(heard.address, "12月1日起。")
    assert (await comments.replied(heard.address, "12月1日起。")).seen is Seen.NOT_FOUND


async def test_the_calls_that_are_left_belong_to_publishing(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.control("weibo/switches", {"calls_per_day": 11})
    with pytest.raises(ChannelBusy) as busy:
        await all_heard(comments, [post], {}, now=platforms.clock.moment)
    assert busy.value.retry_at > platforms.clock.moment


async def test_an_app_without_the_permission_is_refused(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.fault("weibo", "errcode", LIST, errcode=10014)
    with pytest.raises(ChannelRefused):
        await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await platforms.fault("weibo", "http_5xx_before", LIST)
    with pytest.raises(ChannelUnavailable):
        await all_heard(comments, [post], {}, now=platforms.clock.moment)


async def test_a_comment_is_taken_down_and_twice_does_no_harm(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.remark(post, "广告")
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    await comments.act(heard.address, Act.TAKE_DOWN)
    await comments.act(heard.address, Act.TAKE_DOWN)
    with pytest.raises(ChannelRefused, match="找不到这条评论"):
        await comments.reply(heard.address, "好的")
    with pytest.raises(ChannelRefused):
        await comments.act(heard.address, Act.ELECT)


async def test_the_other_listing_works_too(platforms: Platforms) -> None:
    post = await platforms.post()
    await platforms.remark(post, "补贴什么时候发？")
    client = platforms.weibo._client
    comments = WeiboComments(client=client, uid=UID, rip="203.0.113.9", listing="to_me")
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    assert comments.length(heard.text) == 8


async def test_our_reply_is_taken_back_and_twice_does_no_harm(platforms: Platforms) -> None:
    comments, post = comments_of(platforms), await platforms.post()
    await platforms.remark(post, "补贴什么时候发？")
    (heard,), _, _ = await all_heard(comments, [post], {}, now=platforms.clock.moment)
    spoken = await comments.reply(heard.address, "12月1日起。")
    await comments.unsay(heard.address, spoken.external_id)
    await comments.unsay(heard.address, spoken.external_id)
    assert (await comments.replied(heard.address, "12月1日起。")).seen is Seen.NOT_FOUND
    with pytest.raises(ChannelRefused, match="没有记录"):
        await comments.unsay(heard.address, "")
