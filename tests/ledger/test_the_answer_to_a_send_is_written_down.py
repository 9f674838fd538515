"""What the platform answered is not lost over a database that is away for a moment; what surely was not sent leaves no
trace of an intent; two persons can always end a delivery."""

import asyncio
from typing import Any

import pytest

from audit.records import AuditRecord
from disclosures.records import Disclosure
from publishers.choices import Choice
from publishers.errors import ChannelUnavailable, NotReleasable, OutcomeUnknown
from publishers.port import Sighting, Verdict
from publishers.states import State
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))


@pytest.mark.parametrize("verb", ["end", "settle"])
async def test_a_short_absence_of_the_database_after_the_send_costs_no_look(
    weibo_like: Any, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    desk = weibo_like
    monkeypatch.setattr("publishers.delivering.PAUSES", (0.0, 0.0, 0.0))
    honest, failures = getattr(desk.ledger, verb), [ConnectionError("away"), ConnectionError("away")]

    async def flaky(*arguments: Any, **named: Any) -> Any:
        if desk.platform.calls.count("send") and failures:
            raise failures.pop()
        return await honest(*arguments, **named)

    monkeypatch.setattr(desk.ledger, verb, flaky)
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert (row.state, row.external_id) == (State.PUBLISHED, "A1")
    assert failures == []
    assert "look" not in desk.platform.calls


async def test_what_was_not_sent_can_still_be_cancelled_after_an_edit(desk: Any) -> None:
    desk.platform.script["send"] = [ChannelUnavailable("连接被拒绝")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).intent_at is None
    await Disclosure.all().update(state="draft", approved_hash=None)
    desk.clock.advance(30)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.HELD
    assert await desk.timetable.cancel(PUBLISHER, release) == 1
    assert (await desk.row(release, "wechat")).state == State.CANCELLED


async def test_two_persons_may_give_up_a_delivery_that_is_not_there(weibo_like: Any) -> None:
    desk = weibo_like
    desk.platform.script["send"] = [OutcomeUnknown("连接中断")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    with pytest.raises(NotReleasable, match="须取消这次发布"):
        await desk.by_two(row.id, Choice.GIVE_UP, reason="已核对，没有发出，也不再需要")
    assert await desk.proposals.give_up(PUBLISHER, release, reason="已核对，没有发出，也不再需要") == 1
    with pytest.raises(NotReleasable, match="不能断定没有发出"):
        await desk.confirmed(row.id)
    for _ in range(100):
        desk.clock.advance(30)
        await desk.dispatcher.settle_down()
    await desk.confirmed(row.id)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.CANCELLED
    assert desk.platform.calls.count("send") == 1


async def test_an_answer_that_comes_with_the_last_of_the_lease_still_counts(desk: Any) -> None:
    # Preparing took 50 of the 60 seconds, sending takes 20 more.
    release = await desk.release("portal", "wechat")
    prepare, send = desk.platform.prepare, desk.platform.send

    async def slow_prepare(*arguments: Any) -> Any:
        desk.clock.advance(50)
        return await prepare(*arguments)

    async def slow_send(*arguments: Any) -> Any:
        desk.clock.advance(20)
        return await send(*arguments)

    desk.platform.prepare, desk.platform.send = slow_prepare, slow_send
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.PUBLISHED
    assert "look" not in desk.platform.calls


async def test_a_page_that_is_held_back_stands_in_the_audit_trail(desk: Any) -> None:
    release = await desk.release("portal", at="2026-11-23T10:00:00+08:00")
    await Disclosure.all().update(state="draft", approved_hash=None)
    desk.clock.advance(1800)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "portal")
    assert row.state == State.HELD
    assert await AuditRecord.filter(subject=f"delivery:{row.id}", verb="delivery.held").count() == 1


async def test_the_same_request_twice_at_once_is_one_release(desk: Any) -> None:
    number = await desk.approved()

    async def schedule() -> int:
        release = await desk.timetable.schedule(PUBLISHER, number, at="now", channels=["portal"], idempotency_key="k")
        return int(release.id)

    first, second = await asyncio.gather(schedule(), schedule())
    assert first == second


async def test_a_sighting_after_the_lease_is_evidence_only(desk: Any) -> None:
    release = await desk.release("portal", "wechat")
    send = desk.platform.send

    async def frozen(*arguments: Any) -> Sighting:
        desk.clock.advance(200)
        other = desk.worker("worker-2")
        desk.platform.script["look"] = [Sighting(verdict=Verdict.UNKNOWN)] * 9
        await other.settle_down()
        sighting: Sighting = await send(*arguments)
        return sighting

    desk.platform.send = frozen
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert (row.state, row.owner) == (State.UNKNOWN, "worker-2")
    assert desk.platform.calls.count("send") == 1


async def test_a_fault_after_the_end_leaves_the_end_as_it_is(desk: Any) -> None:
    release = await desk.release("portal")

    def broken() -> None:
        raise ConnectionError("the hub is away")

    desk.deliverer._portal_changed = broken
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "portal")
    assert (row.state, row.problem, row.next_at) == (State.PUBLISHED, "", None)


async def test_a_row_that_cannot_be_given_back_is_taken_again_after_its_lease(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = await desk.release("portal")
    away = [True]

    async def publish(*_: Any, **__: Any) -> Sighting:
        monkeypatch.setattr(desk.ledger._clock, "now", gone)
        raise ConnectionError("away")

    async def gone() -> Any:
        if away:
            raise ConnectionError("away")
        return desk.clock.moment

    honest, desk.portal.publish = desk.portal.publish, publish
    claim = (await desk.ledger.claim())[0]
    await desk.dispatcher._work_on(claim)
    away.clear()
    desk.portal.publish = honest
    assert (await desk.row(release, "portal")).state == State.CLAIMED
    desk.clock.advance(61)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "portal")).state == State.PUBLISHED
