"""Invariant 5 and crash-point row 16: what a withdrawal finds half sent is taken down whenever it is seen."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from disclosures.records import Disclosure, Unit
from publishers.errors import OutcomeUnknown
from publishers.port import Sighting, Ticket, Verdict
from publishers.records import Delivery
from publishers.states import State
from publishers.withdrawal import Withdrawal
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset(Role))
OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")


def _withdrawal(desk: Any) -> Withdrawal:
    async def mark(
        connection: BaseDBAsyncClient, person: Person, disclosure_id: int, explanation: str, now: datetime
    ) -> None:
        rows = Disclosure.filter(id=disclosure_id).using_db(connection)
        await rows.update(state="withdrawn", approved_hash=None, approved_revision=None, withdrawn_at=now)
        await desk.trail.append(
            connection, at=now, actor=person.actor, verb="disclosure.withdrawn", subject=f"disclosure:{disclosure_id}"
        )

    return Withdrawal(
        clock=desk.clock, trail=desk.trail, channels=desk.channels, mark_withdrawn=mark, mark_repealed=mark,
        ring=lambda: None,
    )  # fmt: skip


async def test_an_old_post_is_taken_down_even_when_a_corrected_text_was_approved_by_then(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时")]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await _withdrawal(desk).withdraw(PUBLISHER, 1, explanation="数据有误")
    await Disclosure.all().update(state="approved", approved_hash="another", approved_revision=2, withdrawn_at=None)
    desk.platform.script["look"] = [OUT]
    desk.clock.advance(30)
    await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert row.state == State.WITHDRAWN
    assert row.facts["explanation"] == "数据有误"


async def test_a_withdrawal_during_the_very_call_is_not_forgotten(desk: Any) -> None:
    async def send(ticket: Ticket) -> Sighting:
        desk.platform.calls.append("send")
        await _withdrawal(desk).withdraw(PUBLISHER, 1, explanation="数据有误")
        await Disclosure.all().update(state="approved", approved_hash="another", approved_revision=2)
        return Sighting(verdict=Verdict.RUNNING, facts={"publish_id": "P1"})

    desk.platform.send = send
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.SUBMITTED
    desk.platform.script["follow"] = [OUT]
    desk.clock.advance(30)
    await desk.dispatcher.settle_down()
    assert (await desk.row(release, "wechat")).state == State.WITHDRAWN
    assert desk.platform.calls[-1] == "withdraw"


async def test_what_was_proved_absent_after_the_withdrawal_is_cancelled_not_sent(desk: Any) -> None:
    desk.platform.script["send"] = [OutcomeUnknown("超时"), OUT]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    await _withdrawal(desk).withdraw(PUBLISHER, 1, explanation="数据有误")
    desk.platform.script["look"] = [Sighting(verdict=Verdict.ABSENT)] * 50
    for _ in range(10):
        desk.clock.advance(30)
        await desk.dispatcher.settle_down()
    row = await desk.row(release, "wechat")
    assert (row.state, row.problem) == (State.CANCELLED, "该信息已经撤回，没有发布")
    assert desk.platform.calls.count("send") == 1


async def test_a_withdrawal_and_a_worker_never_wait_for_each_other(desk: Any) -> None:
    release = await desk.release("portal", "wechat")
    row = await desk.row(release, "wechat")
    begun = asyncio.Event()

    async def refuse() -> None:
        # As Ledger.refuse does: first its delivery, then the audit trail.
        async with in_transaction() as connection:
            await Delivery.filter(id=row.id).using_db(connection).update(problem="平台拒绝")
            begun.set()
            await asyncio.sleep(0.4)
            now = await desk.clock.now()
            await desk.trail.append(connection, at=now, actor=Actor.machine("发布系统"), verb="x", subject="delivery:2")

    async def withdraw() -> None:
        await begun.wait()
        desk.portal.pages.append(1)
        await _withdrawal(desk).withdraw(PUBLISHER, 1, explanation="数据有误")

    await asyncio.wait_for(asyncio.gather(refuse(), withdraw()), timeout=8)
    assert (await desk.row(release, "wechat")).state == State.CANCELLED
    assert (await desk.trail.verify()).records > 0


@pytest.mark.parametrize("verb", ["withdraw", "repeal"])
async def test_a_withdrawal_and_a_curator_never_wait_for_each_other(desk: Any, verb: str) -> None:
    await desk.release("portal")
    begun = asyncio.Event()

    async def retract(connection: BaseDBAsyncClient, disclosure_id: int, **_: Any) -> None:
        await Unit.filter(code="mzj").using_db(connection).update(name="区民政局")

    async def curate() -> None:
        # As the knowledge base does: first its own row, then the audit trail.
        async with in_transaction() as connection:
            await Unit.filter(code="mzj").using_db(connection).update(name="区民政局")
            begun.set()
            await asyncio.sleep(0.4)
            now = await desk.clock.now()
            await desk.trail.append(connection, at=now, actor=Actor.machine("知识库"), verb="x", subject="knowledge:2")

    async def act() -> None:
        await begun.wait()
        await getattr(_withdrawal(desk), verb)(PUBLISHER, 1, explanation="数据有误")

    desk.portal.retract = retract
    await asyncio.wait_for(asyncio.gather(curate(), act()), timeout=8)
    assert (await Disclosure.get(id=1)).state == "withdrawn"
