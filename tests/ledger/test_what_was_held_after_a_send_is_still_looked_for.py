"""Row 12: whatever held a delivery, once something may have been sent the machine looks for it for a day."""

from datetime import timedelta
from typing import Any

from disclosures.records import Disclosure
from publishers.errors import ChannelUnavailable, OutcomeUnknown
from publishers.port import Sighting, Verdict
from publishers.states import FIRST_PROOF, State

OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")
ABSENT = Sighting(verdict=Verdict.ABSENT)


async def _pass(desk: Any, seconds: int, step: int = 30) -> None:
    for _ in range(0, seconds, step):
        desk.clock.advance(step)
        await desk.dispatcher.settle_down()


async def _held_after_an_absence(desk: Any) -> int:
    """Sent, proved absent, drafted again, and then held because the approval fell."""
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    desk.platform.script["look"] = [ABSENT] * 9
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await Disclosure.all().update(state="draft", approved_hash=None)
    await _pass(desk, 180)
    row = await desk.row(release, "wechat")
    assert (row.state, row.intent_at is None) == (State.HELD, False)
    return int(release)


async def test_a_held_row_that_was_sent_once_becomes_published_when_it_appears(desk: Any) -> None:
    release = await _held_after_an_absence(desk)
    row = await desk.row(release, "wechat")
    assert row.next_at is not None
    desk.platform.script["look"] = [Sighting(verdict=Verdict.UNKNOWN), OUT]
    await _pass(desk, 1800)
    row = await desk.row(release, "wechat")
    assert (row.state, row.external_id) == (State.PUBLISHED, "A1")
    assert desk.platform.calls.count("send") == 1


async def test_a_look_that_finds_nothing_leaves_the_reason_on_the_screen(desk: Any) -> None:
    release = await _held_after_an_absence(desk)
    before = await desk.row(release, "wechat")
    desk.platform.script["look"] = [Sighting(verdict=Verdict.UNKNOWN, message="时间线上没有")] * 9
    await _pass(desk, 1800)
    after = await desk.row(release, "wechat")
    assert (after.state, after.problem, after.remedy) == (State.HELD, before.problem, before.remedy)


async def test_after_a_day_the_machine_looks_no_more(desk: Any) -> None:
    release = await _held_after_an_absence(desk)
    await _pass(desk, 26 * 3600, step=600)
    row = await desk.row(release, "wechat")
    assert (row.state, row.next_at) == (State.HELD, None)
    looks = desk.platform.calls.count("look")
    await _pass(desk, 2 * 3600, step=600)
    assert desk.platform.calls.count("look") == looks


async def test_a_late_row_that_was_sent_once_is_looked_for_too(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时"), ChannelUnavailable("连接被拒绝")]
    desk.platform.script["look"] = [ABSENT] * 9
    release = await desk.release("portal", "wechat")
    await _pass(desk, 150)
    row = await desk.row(release, "wechat")
    assert (row.state, row.intent_at is None) == (State.DRAFTED, False), "proved absent, and then not sent"
    desk.clock.advance(6 * 3600)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert row.state == State.HELD
    assert "超过微信的限度" in row.problem
    desk.platform.script["look"] = [OUT]
    await _pass(desk, 1200)
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_a_row_that_was_never_sent_is_not_looked_for(desk: Any) -> None:
    release = await desk.release("portal", "wechat")
    desk.clock.advance(6 * 3600)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).next_at is None
    await _pass(desk, 3600, step=600)
    assert desk.platform.calls == []


async def test_a_publication_is_read_back_for_the_first_time_after_five_seconds(desk: Any) -> None:
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    for channel in ("portal", "wechat"):
        row = await desk.row(release, channel)
        assert (row.proof, row.proof_at) == (None, row.published_at + FIRST_PROOF)
    assert timedelta(seconds=5) == FIRST_PROOF
