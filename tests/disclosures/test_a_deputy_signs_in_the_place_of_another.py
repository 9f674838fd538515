"""A deputy's signature says for whom; neither of the two acts twice on one submission, and no author is stood in for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from disclosures.desk import Desk
from disclosures.errors import ReviewRefused
from disclosures.review import Refusal, Standing, Step, Turn
from disclosures.states import State
from disclosures.workdays import WorkingDays
from staff.person import Person
from staff.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    for_id: int
    for_name: str
    steps: frozenset[str]


class Appointments:
    """Who stands in for whom, as a test says."""

    def __init__(self) -> None:
        self.of: dict[int, list[For]] = {}
        self.days: list[date] = []

    def add(self, deputy: Person, absent: Person, *steps: str) -> None:
        found = For(for_id=absent.account_id, for_name=absent.display_name, steps=frozenset(steps))
        self.of.setdefault(deputy.account_id, []).append(found)

    async def __call__(self, account_id: int, day: date) -> Sequence[Standing]:
        self.days.append(day)
        return self.of.get(account_id, [])


@pytest.fixture
def appointments() -> Appointments:
    return Appointments()


@pytest.fixture
def desk(office: Any, appointments: Appointments) -> Desk:
    return Desk(
        clock=office.clock, trail=office.trail, credit_code="11441700007280420Y", working_days=WorkingDays(),
        deputies=appointments,
    )  # fmt: skip


async def test_the_signature_says_for_whom(office: Any, desk: Desk, appointments: Appointments) -> None:
    appointments.add(office.second, office.first, "first")
    number = await office.submitted()
    assert await desk.may_sign(office.second, number) == Turn(
        step=Step.FIRST, last=False, for_id=office.first.account_id, for_name="初审员"
    )
    sheet = await desk.approve(office.second, number)
    assert sheet.signatures[0].signed_by == "复审员 代 初审员"
    assert str(appointments.days[0]) == "2026-11-23", "the day in Shanghai"
    record = (await office.trail.about(f"disclosure:{number}"))[-1]
    assert record.detail["for_name"] == "初审员"


async def test_neither_the_deputy_nor_the_other_signs_again(
    office: Any, desk: Desk, appointments: Appointments
) -> None:
    appointments.add(office.final, office.first, "first")
    number = await office.submitted()
    await desk.approve(office.final, number)
    with pytest.raises(ReviewRefused, match="已办理"):
        await desk.approve(office.final, number)
    # Who was stood in for holds the next step too, and may not sign it.
    both = Person(
        account_id=office.first.account_id,
        name="w",
        display_name="初审员",
        unit="",
        roles=frozenset({Role.SECOND_REVIEWER}),
    )
    with pytest.raises(ReviewRefused, match="已代您办理"):
        await desk.approve(both, number)
    await desk.approve(office.second, number)
    with pytest.raises(ReviewRefused):
        await desk.approve(office.final, number)


async def test_nobody_stands_in_for_who_signed_or_wrote(office: Any, desk: Desk, appointments: Appointments) -> None:
    third = Person(account_id=40, name="t", display_name="第三人", unit="", roles=frozenset({Role.FIRST_REVIEWER}))
    number = await office.submitted()
    await desk.approve(office.first, number)
    appointments.add(third, office.first, "second")
    refused = await desk.may_sign(third, number)
    assert isinstance(refused, Refusal)
    assert "初审员" in refused.reason
    appointments.of.clear()
    appointments.add(third, office.drafter, "second")
    with pytest.raises(ReviewRefused, match="撰稿人"):
        await desk.approve(third, number)
    appointments.add(third, office.second, "second")
    assert (await desk.approve(third, number)).signatures[-1].for_name == "复审员"


async def test_an_author_does_not_sign_as_a_deputy_either(office: Any, desk: Desk, appointments: Appointments) -> None:
    appointments.add(office.drafter, office.first, "first")
    number = await office.submitted()
    with pytest.raises(ReviewRefused, match="撰稿人本人"):
        await desk.approve(office.drafter, number)


async def test_a_deputy_may_send_back_and_his_own_step_comes_first(
    office: Any, desk: Desk, appointments: Appointments
) -> None:
    appointments.add(office.second, office.first, "first")
    number = await office.submitted()
    sheet = await desk.reject(office.second, number, "请核对金额")
    assert (sheet.state, sheet.signatures[-1].for_name) == (State.DRAFT, "初审员")
    appointments.add(office.first, office.second, "first")
    await desk.submit(office.drafter, number)
    sheet = await desk.approve(office.first, number)
    assert sheet.signatures[-1].for_name == "", "who has the step signs it for himself"
    assert await desk.steps_of(office.second) == {Step.FIRST, Step.SECOND, Step.SECRECY}
