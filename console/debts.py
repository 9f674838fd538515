"""The debts of emergency releases beside every page: whom they concern, they follow until they are paid (features P10)."""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from audit.clock import Clock
from disclosures.emergencies import Debt, open_debts
from staff.person import Person
from staff.roles import REVIEW_VERBS, Verb

_DEBTS: Final = web.RequestKey("debts", tuple[Any, ...])
_CONCERNED: Final = (*REVIEW_VERBS, Verb.DISCLOSURE_WRITE, Verb.RELEASE_SCHEDULE, Verb.REMINDER_SEND)
"""Who writes, signs, publishes or reminds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDebt:
    """A debt as the banner shows it."""

    debt: Debt
    late: bool

    @property
    def disclosure_id(self) -> int:
        return self.debt.disclosure_id


async def note_debts(request: web.Request, clock: Clock) -> None:
    """Puts what stands open beside the request, for ``concerning``."""
    debts = await open_debts()
    if debts:
        now = await clock.now()
        request[_DEBTS] = tuple(ShownDebt(debt=debt, late=debt.late(now)) for debt in debts)


def concerning(request: web.Request, person: Person | None) -> tuple[ShownDebt, ...]:
    """The open debts that this person has to do with."""
    if person is None or not any(person.may(verb) for verb in _CONCERNED):
        return ()
    return tuple(request.get(_DEBTS, ()))
