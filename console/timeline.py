"""The timeline of a disclosure: every act on it and on its deliveries, from the audit trail, in plain words (P28). The archive
package shows the very same one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from audit.actor import ActorKind
from audit.records import AuditRecord
from console.screen import SHANGHAI
from console.words import act
from publishers.records import Delivery

SHOWN = 40
"""Acts that the page shows at once; the older ones unfold."""
MOST = 2_000
"""Acts that one page can bear; the archive package has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act."""

    at: datetime
    who: str
    by_machine: bool
    what: str

    @property
    def day(self) -> date:
        return self.at.astimezone(SHANGHAI).date()

    @property
    def time(self) -> str:
        return self.at.astimezone(SHANGHAI).strftime("%H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The acts of one day in Shanghai."""

    day: date
    events: tuple[Event, ...]

    @property
    def by_machine_only(self) -> bool:
        return all(event.by_machine for event in self.events)

    @property
    def by_people_only(self) -> bool:
        return not any(event.by_machine for event in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Newest first: the recent days open, the older ones to unfold."""

    recent: tuple[Day, ...]
    older: tuple[Day, ...]
    left_out: int = 0
    """Acts that are older still and stand in the archive package only."""

    @property
    def older_count(self) -> int:
        return sum(len(day.events) for day in self.older)


async def acts_of(disclosure_id: int, *, limit: int | None = None) -> list[AuditRecord]:
    """The records of the trail about a disclosure and its deliveries, newest first."""
    ids = await Delivery.filter(disclosure_id=disclosure_id).values_list("id", flat=True)
    subjects = [f"disclosure:{disclosure_id}", *(f"delivery:{number}" for number in ids)]
    rows = AuditRecord.filter(subject__in=subjects).order_by("-id")
    return await (rows.limit(limit) if limit is not None else rows)


def event_of(record: AuditRecord) -> Event:
    """A record in plain words."""
    return Event(
        at=record.at, who=record.actor_name, by_machine=record.actor_kind == ActorKind.MACHINE,
        what=act(record.verb, record.detail),
    )  # fmt: skip


async def timeline(disclosure_id: int) -> Timeline:
    records = await acts_of(disclosure_id, limit=MOST + 1)
    events = [event_of(record) for record in records[:MOST]]
    return Timeline(recent=days_of(events[:SHOWN]), older=days_of(events[SHOWN:]), left_out=max(0, len(records) - MOST))


def days_of(events: Sequence[Event]) -> tuple[Day, ...]:
    """The events by the day, in their order."""
    return tuple(Day(day=day, events=tuple(found)) for day, found in groupby(events, key=lambda event: event.day))
