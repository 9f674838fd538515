"""发布总开关: one person is enough to stop everything; two different persons are needed to open it again."""

from datetime import datetime
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from audit.trail import Trail
from publishers.errors import NotReleasable
from publishers.halt import QUARANTINE, RED, Halts, ask_stands, standing_halt
from publishers.records import Halt
from staff.errors import NotAllowed
from staff.person import Person
from staff.records import Account
from staff.roles import Role


class Office:
    """Three people and the switch."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.rings = 0
        self.halts = Halts(clock=clock, trail=Trail(), ring=self._ring, may_lift={QUARANTINE: self._never})

    def _ring(self) -> None:
        self.rings += 1

    async def _never(self, _connection: Any, _halt: Halt, _now: datetime) -> None:
        raise NotReleasable("还有投放没有核对清楚", remedy="请核对")

    async def person(self, name: str, role: Role = Role.PUBLISHER) -> Person:
        now = await self.clock.now()
        return Person.of(await Account.create(name=name, display_name=name, roles=[str(role)], created_at=now))

    async def standing(self) -> Halt | None:
        async with in_transaction() as connection:
            return await standing_halt(connection)


@pytest.fixture
async def office(any_database: str, clock: Any) -> Office:
    return Office(clock)


async def test_two_different_persons_lift_and_each_step_is_in_the_trail(office: Office) -> None:
    first, second = await office.person("zhou"), await office.person("sun", Role.FINAL_REVIEWER)
    await office.halts.raise_red(first, reason="发现内容有误")
    assert (await office.standing()).reason == "发现内容有误"  # type: ignore[union-attr]
    asked = await office.halts.lift(first, RED, reason="已更正")
    assert asked.lifted_at is None
    with pytest.raises(NotReleasable, match="另一个人"):
        await office.halts.lift(first, RED, reason="已更正")
    assert (await office.standing()) is not None
    assert office.rings == 0
    assert (await office.halts.lift(second, RED, reason="")).lifted_at is not None
    assert (await office.standing()) is None
    assert office.rings == 1, "what waited goes out at once"
    said = [(one.verb, one.actor_name) for one in await AuditRecord.all().order_by("id")]
    assert said == [("halt.raised", "zhou"), ("halt.lift.asked", "zhou"), ("halt.lifted", "sun")]
    assert (await Trail().verify()).records == 3


async def test_who_may_not_stop_may_not_lift_either(office: Office) -> None:
    drafter = await office.person("li", Role.DRAFTER)
    with pytest.raises(NotAllowed):
        await office.halts.raise_red(drafter, reason="试试")
    await office.halts.raise_red(await office.person("zhou"), reason="发现内容有误")
    with pytest.raises(NotAllowed):
        await office.halts.lift(drafter, RED, reason="试试")


async def test_a_reason_is_needed_to_stop_and_to_ask(office: Office) -> None:
    person = await office.person("zhou")
    with pytest.raises(NotReleasable, match="理由"):
        await office.halts.raise_red(person, reason="  ")
    await office.halts.raise_red(person, reason="发现内容有误")
    with pytest.raises(NotReleasable, match="理由"):
        await office.halts.lift(person, RED, reason="")


async def test_a_request_ends_after_an_hour_with_its_account_or_when_it_is_stopped_again(office: Office) -> None:
    first, second, third = [await office.person(name) for name in ("zhou", "sun", "wu")]
    await office.halts.raise_red(first, reason="发现内容有误")
    await office.halts.lift(first, RED, reason="已更正")
    office.clock.advance(3601)
    assert (await office.halts.lift(second, RED, reason="再申请")).lifted_at is None, "the first request is void"
    await Account.filter(id=second.account_id).update(disabled_at=await office.clock.now())
    assert (await office.halts.lift(third, RED, reason="第三次申请")).lifted_at is None, "its account was closed"
    halt = await office.halts.raise_red(first, reason="又发现一处")
    assert not ask_stands(halt, await office.clock.now())
    assert (await office.halts.lift(first, RED, reason="都已更正")).lifted_at is None
    assert (await office.halts.lift(third, RED, reason="")).lifted_at is not None
    assert await Halt.all().count() == 1, "it was one and the same halt"


async def test_the_quarantine_is_not_lifted_before_its_time(office: Office) -> None:
    now = await office.clock.now()
    await Halt.create(kind=QUARANTINE, open_key=QUARANTINE, reason="恢复", raised_by_name="恢复", raised_at=now)
    person = await office.person("zhou")
    with pytest.raises(NotReleasable, match="没有核对清楚"):
        await office.halts.lift(person, QUARANTINE, reason="急")
    with pytest.raises(NotReleasable, match="没有停发"):
        await office.halts.lift(person, RED, reason="没有的事")
