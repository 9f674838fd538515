"""The staff package over the real database, with cheap password hashing."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pytest

from audit.actor import Actor
from audit.trail import Trail
from staff.accounts import Accounts
from staff.passwords import Passwords
from staff.sessions import Sessions
from staff.tokens import ApiTokens

INSTALLER = Actor.machine("安装程序")


class MovingClock(Protocol):
    moment: datetime

    async def now(self) -> datetime: ...

    def advance(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    clock: MovingClock
    trail: Trail
    accounts: Accounts
    sessions: Sessions
    tokens: ApiTokens


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(time_cost=1, memory_cost=64, parallelism=1)
    yield made
    made.close()


@pytest.fixture
async def house(database: str, clock: MovingClock, passwords: Passwords) -> AsyncIterator[House]:
    trail = Trail()
    yield House(
        clock=clock,
        trail=trail,
        accounts=Accounts(clock=clock, trail=trail, passwords=passwords),
        sessions=Sessions(clock=clock, trail=trail, passwords=passwords),
        tokens=ApiTokens(clock=clock, trail=trail),
    )
    await trail.verify()
