"""Casework with a real database, a clock that stands still, and three people of the house."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.trail import Trail
from casework.case import Kind, Opening
from casework.desk import CaseDesk
from casework.intake import Intake
from casework.outbox import Outbox
from disclosures.workdays import WorkingDays
from staff.person import Person
from staff.roles import Role

KEY = "the secret of a test"
Opens = Callable[..., Awaitable[str]]


def person(number: int, name: str, *roles: Role) -> Person:
    return Person(account_id=number, name=f"p{number}", display_name=name, unit="区民政局", roles=frozenset(roles))


WANG = person(1, "王承办", Role.HANDLER)
LI = person(2, "李承办", Role.HANDLER)
OFFICER = person(3, "赵公开", Role.OFFICER)
DRAFTER = person(4, "钱拟稿", Role.DRAFTER)


@pytest.fixture
def desk(any_database: str, clock: Any) -> CaseDesk:
    return CaseDesk(clock=clock, trail=Trail(), working_days=WorkingDays(), key=KEY)


@pytest.fixture
def intake(any_database: str) -> Intake:
    return Intake(trail=Trail(), working_days=WorkingDays(), key=KEY)


@pytest.fixture
def outbox(any_database: str) -> Outbox:
    return Outbox(key=KEY)


@pytest.fixture
def opens(intake: Intake, clock: Any) -> Opens:
    """Opens a case of one citizen; its number."""

    async def open_one(
        sender: str = "oUser", question: str = "楼道灯坏了，电话13812345678", kind: Kind = Kind.APPEAL, **more: Any
    ) -> str:
        now: datetime = clock.moment
        channel = more.pop("channel", "wechat")
        number = await intake.reserve(channel=channel, sender=sender, offered_at=now, now=now)
        opening = Opening(
            number=number, kind=kind, channel=channel, sender=sender, question=question, unit="区住建局", asked_at=now,
            opened_at=now, **more,
        )  # fmt: skip
        async with in_transaction() as connection:
            await intake.open(connection, opening)
        return number

    return open_one
