"""Crash-point rows 19 and 22: an outage at any step leaves a question, not a burst of stale news; a clock that stepped
back leaves a wait."""

from datetime import timedelta
from typing import Any

from publishers.choices import Choice
from publishers.errors import ChannelBusy, ChannelUnavailable, OutcomeUnknown
from publishers.port import Sighting, Verdict
from publishers.states import State
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))
OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")
SIX_HOURS = 6 * 3600


async def test_after_an_outage_a_prepared_draft_is_not_sent_without_a_person(desk: Any) -> None:
    desk.platform.script["send"] = [ChannelUnavailable("连接被拒绝"), OUT]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.DRAFTED
    desk.clock.advance(SIX_HOURS)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert (row.state, row.next_at) == (State.HELD, None)
    assert desk.platform.calls.count("send") == 1
    await desk.decisions.publish_late(PUBLISHER, row.id, reason="仍需公开")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_after_an_outage_a_row_that_a_dead_worker_claimed_is_not_sent_without_a_person(desk: Any) -> None:
    release = await desk.release("portal")
    assert len(await desk.ledger.claim()) == 1
    desk.clock.advance(SIX_HOURS)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == State.HELD
    assert desk.portal.pages == []


async def test_after_an_outage_even_a_proved_absence_is_not_sent_again_without_a_person(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时"), OUT]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    desk.platform.script["look"] = [Sighting(verdict=Verdict.ABSENT)] * 9
    desk.clock.advance(SIX_HOURS)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert row.state == State.HELD
    assert desk.platform.calls.count("send") == 1
    await desk.by_two(row.id, Choice.SEND_AGAIN, reason="已核对，没有发出")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_a_quota_announced_while_preparing_is_waited_for_as_well(desk: Any) -> None:
    until = desk.clock.moment + timedelta(hours=6)
    desk.platform.script["prepare"] = [ChannelBusy("当日次数已用完", retry_at=until)]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    desk.clock.advance(SIX_HOURS)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_a_row_whose_clock_stepped_back_waits_for_its_moment_by_itself(desk: Any) -> None:
    release = await desk.release("portal", "wechat", at="2026-11-23T10:00:00+08:00")
    desk.clock.advance(1800)
    portal = next(claim for claim in await desk.ledger.claim() if claim.channel == "portal")
    desk.clock.advance(-20)
    await desk.dispatcher._work_on(portal)
    row = await desk.row(release, "portal")
    assert (row.state, row.next_at) == (State.PENDING, row.due_at)
    assert desk.portal.pages == []
    desk.clock.advance(20)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == State.PUBLISHED
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED


async def test_a_submission_without_an_end_asks_a_person_after_a_day(desk: Any) -> None:
    desk.platform.script["send"] = [Sighting(verdict=Verdict.RUNNING, facts={"publish_id": "P1"})]
    desk.platform.script["follow"] = [ChannelUnavailable("找不到发布任务")] * 200
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    for _ in range(25):
        desk.clock.advance(3600)
        await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert row.state == State.HELD
    assert "已经发出" in row.remedy
    assert desk.platform.calls.count("send") == 1
