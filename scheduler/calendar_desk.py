"""The services of the calendar as one value: years, planning, quiet days, announcements, private addresses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scheduler.announcements import Announcements
from scheduler.planned import Hide
from scheduler.planning import Planning
from scheduler.private_addresses import PrivateAddresses
from scheduler.quiet_desk import QuietDesk
from scheduler.years import Years
from staff.person import Person


async def nothing_hidden(person: Person, ids: set[int]) -> frozenset[int]:
    """Where no text is under embargo."""
    return frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDesk:
    """``hides`` tells which titles a person may not see yet; ``public_url`` is where private addresses begin."""

    years: Years
    planning: Planning
    quiet: QuietDesk
    announcements: Announcements
    addresses: PrivateAddresses
    public_url: str
    hides: Callable[[Person, set[int]], Awaitable[frozenset[int]]] = nothing_hidden

    def hide(self, person: Person) -> Hide:
        """The same for one person."""

        async def which(ids: set[int]) -> frozenset[int]:
            return await self.hides(person, ids)

        return which
