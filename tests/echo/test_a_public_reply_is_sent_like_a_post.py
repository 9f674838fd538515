"""Intent before the call, one call, and an unknown outcome that is read back and never sent again (ADR 0031)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from audit.actor import Actor
from audit.records import AuditRecord
from publishers.echo import outbox
from publishers.echo.comment_desk import Approval, CommentUnknown, ReplyInvalid
from publishers.echo.port import Act, Seen, Spoken
from publishers.echo.records import Comment, CommentReply
from publishers.echo.states import MOST_TRIES, State
from publishers.errors import (
    ChannelRefused,
    ChannelUnavailable,
    DecisionRefused,
    OutcomeUnknown,
    SecondPersonNeeded,
)
from publishers.halt import Halts
from publishers.records import Halt
from staff.errors import NotAllowed
from tests.echo.conftest import Desk
from tests.echo.scripted import READER, SECOND, WRITER, waiting_comment

WORDS = "补贴自12月1日起发放，请留意银行到账短信。"


async def ready(desk: Desk) -> CommentReply:
    """A reply that two people stand for, and that was not sent yet."""
    comment = await waiting_comment(desk.clock.moment)
    row = await desk.comments.reply(WRITER, comment.id, WORDS)
    return await desk.comments.agree(SECOND, row.id)


async def test_a_written_reply_waits_for_a_second_person_and_then_goes_out_once(desk: Desk) -> None:
    comment = await waiting_comment(desk.clock.moment)
    row = await desk.comments.reply(WRITER, comment.id, WORDS)
    await desk.outbox.sweep()
    assert (row.state, desk.platform.said) == (State.WAITING, [])
    with pytest.raises(SecondPersonNeeded):
        await desk.comments.agree(WRITER, row.id)
    await desk.comments.agree(SECOND, row.id)
    await desk.outbox.sweep()
    await desk.outbox.sweep()
    assert desk.platform.said == [WORDS]
    sent, answered = await CommentReply.get(id=row.id), await Comment.get(id=comment.id)
    assert (sent.state, sent.external_id, sent.open_key) == (State.SENT, "R1", None)
    assert (answered.state, answered.answered_by) == ("answered", "小王（xiao）")
    verbs = await AuditRecord.filter(subject=f"comment:{comment.id}").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == [
        "comment.reply.written", "comment.reply.agreed", "comment.reply.intent", "comment.reply.sent",
    ]  # fmt: skip
    assert (await desk.trail.verify()).records == 4


async def test_two_workers_send_one_reply_once(desk: Desk) -> None:
    await ready(desk)
    await asyncio.gather(*(desk.worker(f"worker-{n}").sweep() for n in range(4)))
    assert desk.platform.said == [WORDS]


async def test_a_lost_answer_is_unknown_and_never_sent_again(desk: Desk) -> None:
    row = await ready(desk)
    desk.platform.outcome = OutcomeUnknown("微博没有完整答复")
    await desk.outbox.sweep()
    desk.platform.outcome = None
    for _ in range(5):
        desk.clock.advance(3600)
        await desk.outbox.sweep()
    found = await CommentReply.get(id=row.id)
    assert (found.state, desk.platform.said) == (State.UNKNOWN, [WORDS])
    assert (await Comment.get(id=row.comment_id)).state == "new"
    with pytest.raises(DecisionRefused):
        await desk.comments.reply(SECOND, row.comment_id, "另一条回复")


async def test_a_look_that_finds_the_reply_settles_it(desk: Desk) -> None:
    row = await ready(desk)
    desk.platform.outcome = OutcomeUnknown("微博没有完整答复")
    await desk.outbox.sweep()
    desk.platform.shows = Spoken(seen=Seen.FOUND, external_id="R9")
    desk.clock.advance(60)
    await desk.outbox.sweep()
    found = await CommentReply.get(id=row.id)
    assert (found.state, found.external_id, desk.platform.said) == (State.SENT, "R9", [WORDS])
    assert (await Comment.get(id=row.comment_id)).state == "answered"


async def test_a_person_may_say_not_sent_only_after_a_late_look(desk: Desk) -> None:
    row = await ready(desk)
    desk.platform.outcome = OutcomeUnknown("微博没有完整答复")
    await desk.outbox.sweep()
    with pytest.raises(DecisionRefused):
        await desk.comments.it_is_not_there(WRITER, row.id, reason="手机上看了，没有")
    desk.clock.advance(30)
    await desk.comments.look(WRITER, row.id)
    with pytest.raises(DecisionRefused):
        await desk.comments.it_is_not_there(WRITER, row.id, reason="手机上看了，没有")
    desk.clock.advance(120)
    await desk.comments.look(WRITER, row.id)
    ended = await desk.comments.it_is_not_there(WRITER, row.id, reason="手机上看了，没有")
    assert (ended.state, desk.platform.said) == (State.FAILED, [WORDS])
    desk.platform.outcome = None
    again = await desk.comments.reply(WRITER, row.comment_id, WORDS)
    assert again.id != row.id


async def test_a_platform_that_was_away_proves_nothing(lone: Desk) -> None:
    row = await ready(lone)
    lone.platform.outcome, lone.platform.shows = OutcomeUnknown("超时"), ChannelUnavailable("连接不上微博")
    await lone.outbox.sweep()
    lone.clock.advance(600)
    await lone.comments.look(WRITER, row.id)
    with pytest.raises(DecisionRefused):
        await lone.comments.it_is_not_there(WRITER, row.id, reason="手机上看了，没有")


async def test_a_person_may_say_that_it_stands_there(lone: Desk) -> None:
    row = await ready(lone)
    lone.platform.outcome = OutcomeUnknown("超时")
    await lone.outbox.sweep()
    ended = await lone.comments.it_is_there(WRITER, row.id, reason="微博客户端评论第一条")
    assert (ended.state, (await Comment.get(id=row.comment_id)).state) == (State.SENT, "answered")


async def test_a_worker_that_died_in_the_call_leaves_an_unknown_outcome(desk: Desk) -> None:
    row = await ready(desk)
    await CommentReply.filter(id=row.id).update(
        state=State.SENDING, intent_at=desk.clock.moment, lease_until=desk.clock.moment + timedelta(seconds=60)
    )
    await desk.outbox.sweep()
    assert (await CommentReply.get(id=row.id)).state == State.SENDING
    desk.clock.advance(61)
    await desk.outbox.sweep()
    assert ((await CommentReply.get(id=row.id)).state, desk.platform.said) == (State.UNKNOWN, [])


async def test_a_worker_that_slept_over_its_time_does_not_send(lone: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    row = await ready(lone)
    monkeypatch.setattr(outbox, "SENDABLE", -1.0)
    await lone.outbox.sweep()
    found = await CommentReply.get(id=row.id)
    assert (found.state, found.tries, found.intent_at, lone.platform.said) == (State.READY, 1, None, [])


async def test_a_late_result_of_a_worker_that_lost_its_row_changes_nothing(desk: Desk) -> None:
    row = await ready(desk)

    class Slow(Exception):
        pass

    async def reply(address: Any, text: str) -> Spoken:
        # While this call hangs, the lease runs out elsewhere and the row becomes unknown.
        desk.clock.advance(120)
        await desk.worker("worker-2").sweep()
        return Spoken(seen=Seen.FOUND, external_id="R1")

    desk.platform.reply = reply  # type: ignore[method-assign]
    await desk.outbox.sweep()
    assert (await CommentReply.get(id=row.id)).state == State.UNKNOWN


async def test_what_did_not_reach_the_platform_is_tried_again_and_ends(lone: Desk) -> None:
    row = await ready(lone)
    lone.platform.outcome = ChannelUnavailable("连接不上微博", remedy="系统将自动重试。")
    for _ in range(MOST_TRIES + 3):
        await lone.outbox.sweep()
        lone.clock.advance(1801)
    found = await CommentReply.get(id=row.id)
    assert (found.state, len(lone.platform.said)) == (State.FAILED, MOST_TRIES)


async def test_a_refusal_goes_back_to_the_writer(lone: Desk) -> None:
    row = await ready(lone)
    lone.platform.outcome = ChannelRefused("微博判定回复内容违规", remedy="请修改用词后重新回复。")
    await lone.outbox.sweep()
    found = await CommentReply.get(id=row.id)
    assert (found.state, found.problem, found.open_key) == (State.FAILED, "微博判定回复内容违规", None)
    assert (await Comment.get(id=row.comment_id)).state == "new"


async def test_a_halt_binds_replies(desk: Desk) -> None:
    row = await ready(desk)
    halts = Halts(clock=desk.clock, trail=desk.trail, ring=lambda: None)
    await halts.raise_red_as(Actor.machine("测试"), reason="先停下")
    await desk.outbox.sweep()
    assert ((await CommentReply.get(id=row.id)).state, desk.platform.said) == (State.READY, [])
    await Halt.filter(open_key="red").update(open_key=None)
    desk.clock.advance(31)
    await desk.outbox.sweep()
    assert desk.platform.said == [WORDS]


async def test_taking_back_and_sending_never_both_win(desk: Desk) -> None:
    row = await ready(desk)
    dropped = await desk.comments.drop(WRITER, row.id)
    await desk.outbox.sweep()
    assert (dropped.state, desk.platform.said) == (State.DROPPED, [])
    other = await desk.comments.reply(WRITER, row.comment_id, WORDS)
    await desk.comments.agree(SECOND, other.id)
    await desk.outbox.sweep()
    with pytest.raises(DecisionRefused):
        await desk.comments.drop(WRITER, other.id)


async def test_a_refusal_by_the_second_person_needs_a_reason(lone: Desk) -> None:
    comment = await waiting_comment(lone.clock.moment)
    row = await lone.comments.reply(WRITER, comment.id, WORDS)
    with pytest.raises(DecisionRefused):
        await lone.comments.drop(SECOND, row.id)
    with pytest.raises(NotAllowed):
        await lone.comments.drop(READER, row.id, remark="不合适")
    assert (await lone.comments.drop(SECOND, row.id, remark="口气不合适")).state == State.DROPPED


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "不能为空"), ("好" * 141, "上限"), ("请拨打 13812345678 找小李", "手机号码"), ("身份证 35020319900101123X 已登记", "身份证号")],
)  # fmt: skip
async def test_words_that_must_not_become_public_are_refused(lone: Desk, text: str, said: str) -> None:
    comment = await waiting_comment(lone.clock.moment)
    with pytest.raises(ReplyInvalid, match=said):
        await lone.comments.reply(WRITER, comment.id, text)
    assert await CommentReply.all().count() == 0


async def test_who_may_not_reply_does_not(lone: Desk) -> None:
    comment = await waiting_comment(lone.clock.moment)
    with pytest.raises(NotAllowed):
        await lone.comments.reply(READER, comment.id, WORDS)
    with pytest.raises(NotAllowed):
        await lone.comments.act(READER, comment.id, Act.ELECT)
    with pytest.raises(CommentUnknown):
        await lone.comments.reply(WRITER, comment.id + 1, WORDS)


async def test_the_setting_decides_who_needs_a_second_person(database: str, clock: Any) -> None:
    for approval, state in ((Approval.NEVER, State.READY), (Approval.ALWAYS, State.WAITING)):
        desk = Desk(clock, approval)
        comment = await waiting_comment(clock.moment, number=int(state == State.READY))
        assert (await desk.comments.reply(WRITER, comment.id, WORDS)).state == state


async def test_leaving_aside_needs_a_reason_and_can_be_undone(lone: Desk) -> None:
    comment = await waiting_comment(lone.clock.moment)
    with pytest.raises(DecisionRefused):
        await lone.comments.leave(WRITER, comment.id, reason="")
    assert (await lone.comments.leave(WRITER, comment.id, reason="广告")).state == "ignored"
    with pytest.raises(DecisionRefused):
        await lone.comments.reply(WRITER, comment.id, WORDS)
    assert (await lone.comments.take_up(WRITER, comment.id, reason="看错了")).state == "new"


async def test_a_citizens_words_are_taken_down_only_with_a_reason(lone: Desk) -> None:
    comment = await waiting_comment(lone.clock.moment)
    with pytest.raises(DecisionRefused):
        await lone.comments.act(WRITER, comment.id, Act.TAKE_DOWN)
    assert lone.platform.done == []
    gone = await lone.comments.act(WRITER, comment.id, Act.TAKE_DOWN, reason="泄露他人住址")
    assert (gone.state, lone.platform.done) == ("hidden", [Act.TAKE_DOWN])
    (record,) = await AuditRecord.filter(verb="comment.take_down")
    assert record.detail["reason"] == "泄露他人住址"


async def test_a_reply_is_taken_back_with_a_reason_and_the_comment_waits_again(lone: Desk) -> None:
    row = await ready(lone)
    with pytest.raises(DecisionRefused):
        await lone.comments.retract(WRITER, row.id, reason="日期写错了")
    await lone.outbox.sweep()
    with pytest.raises(DecisionRefused):
        await lone.comments.retract(WRITER, row.id, reason="")
    gone = await lone.comments.retract(WRITER, row.id, reason="日期写错了")
    assert (gone.state, lone.platform.unsaid) == (State.RETRACTED, ["R1"])
    comment = await Comment.get(id=row.comment_id)
    assert (comment.state, comment.answered_at) == ("new", None)
    assert (await lone.comments.reply(WRITER, comment.id, WORDS)).state == State.WAITING


@pytest.mark.parametrize(
    ("shows", "state", "said"),
    [
        (Spoken(seen=Seen.FOUND, external_id="R7"), State.SENT, []),
        (Spoken(seen=Seen.UNCLEAR, message="读不到"), State.READY, []),
        (Spoken(seen=Seen.NOT_FOUND), State.SENT, [WORDS]),
    ],
)
async def test_after_a_restore_the_platform_is_asked_before_anything_is_sent(
    lone: Desk, shows: Spoken, state: State, said: list[str]
) -> None:
    row = await ready(lone)
    lone.clock.advance(60)
    await Halt.create(
        kind="quarantine",
        reason="恢复",
        raised_by_name="系统",
        raised_at=lone.clock.moment,
        lifted_at=lone.clock.moment,
    )
    lone.platform.shows = shows
    await lone.outbox.sweep()
    assert ((await CommentReply.get(id=row.id)).state, lone.platform.said) == (state, said)
