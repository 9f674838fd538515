"""While a halt stands nothing new goes out, what was sent is still read, and afterwards all goes on by itself."""

from typing import Any

import pytest

from publishers.errors import OutcomeUnknown
from publishers.halt import QUARANTINE, RED
from publishers.port import Sighting, Verdict
from publishers.records import Halt
from publishers.states import State

OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")


async def _halt(desk: Any, kind: str = RED) -> None:
    now = await desk.clock.now()
    await Halt.create(kind=kind, open_key=kind, reason="发现内容有误", raised_by_name="发布员", raised_at=now)


async def _lift() -> None:
    await Halt.all().update(open_key=None)


@pytest.mark.parametrize(
    ("kind", "words"),
    [(RED, "发布总开关已关闭：发现内容有误"), (QUARANTINE, "系统恢复后正在核对各渠道已发出的内容，暂不发布")],
)
async def test_what_is_due_waits_where_it_is_and_says_why(desk: Any, kind: str, words: str) -> None:
    release = await desk.release("portal", "wechat")
    await _halt(desk, kind)
    await desk.dispatcher.settle_down()
    for channel in ("portal", "wechat"):
        row = await desk.row(release, channel)
        assert (row.state, row.fence, row.problem) == (State.PENDING, 0, words)
    assert (desk.portal.pages, desk.platform.calls) == ([], [])
    await _lift()
    await desk.dispatcher.settle_down()
    for channel in ("portal", "wechat"):
        row = await desk.row(release, channel)
        assert (row.state, row.problem) == (State.PUBLISHED, "")
    assert desk.platform.calls.count("send") == 1


async def test_a_worker_that_had_claimed_already_does_not_state_its_intent(desk: Any) -> None:
    release = await desk.release("portal", "wechat")
    prepare = desk.platform.prepare

    async def halted_meanwhile(*arguments: Any) -> Any:
        await _halt(desk)
        return await prepare(*arguments)

    desk.platform.prepare = halted_meanwhile
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert (row.state, row.intent_at, row.lease_until) == (State.DRAFTED, None, None)
    assert "发布总开关已关闭" in row.problem
    assert "send" not in desk.platform.calls
    desk.platform.prepare = prepare
    await _lift()
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED
    assert desk.platform.calls == ["prepare", "send"]


async def test_a_page_that_was_claimed_already_is_not_written(desk: Any) -> None:
    release = await desk.release("portal")
    claim = (await desk.ledger.claim())[0]
    await _halt(desk)
    await desk.dispatcher._work_on(claim)
    assert desk.portal.pages == []
    assert (await desk.row(release, "portal")).state == State.PENDING
    await _lift()
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == State.PUBLISHED


async def test_reading_and_withdrawing_go_on(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.UNKNOWN
    await _halt(desk)
    desk.platform.script["look"] = [OUT]
    desk.clock.advance(10)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert row.state == State.PUBLISHED
    row.state, row.next_at = State.WITHDRAWING, await desk.clock.now()
    await row.save()
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.WITHDRAWN


async def test_a_draft_that_was_proved_unsent_waits_for_the_end_of_the_halt_too(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时"), OUT]
    desk.platform.script["look"] = [Sighting(verdict=Verdict.ABSENT)] * 50
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await _halt(desk)
    for _ in range(10):
        desk.clock.advance(30)
        await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.DRAFTED
    assert desk.platform.calls.count("send") == 1
    await _lift()
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_what_became_too_late_meanwhile_asks_a_person(desk: Any) -> None:
    release = await desk.release("portal", "wechat")
    await _halt(desk)
    desk.clock.advance(20 * 60)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == State.PENDING, "a halt is no reason to bother anybody"
    await _lift()
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "portal")
    assert row.state == State.HELD
    assert "超过门户网站的限度" in row.problem
    assert desk.portal.pages == []
