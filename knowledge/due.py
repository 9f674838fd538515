"""Due: which live entries somebody has to look at, and why. The decision is pure; the reading is a page of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tortoise.expressions import Q

from knowledge.entry import CURATOR, Entry
from knowledge.records import KnowledgeEntry
from knowledge.rows import from_row

AHEAD = timedelta(days=30)
"""What falls due within so many days is shown."""


class Why(StrEnum):
    """Why an entry is due."""

    overdue = "overdue"
    soon = "soon"
    expired = "expired"
    expiring = "expiring"
    ownerless = "ownerless"


NAMES = {
    Why.overdue: "已过复核日期",
    Why.soon: "30 天内须复核",
    Why.expired: "已过有效期，不再回答",
    Why.expiring: "30 天内到期",
    Why.ownerless: "没有责任单位",
}
"""What the screens call each reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One entry, why it is due, and the earliest of its days."""

    row_id: int
    entry: Entry
    why: tuple[Why, ...]
    on: date | None


def reasons(entry: Entry, today: date) -> tuple[Why, ...]:
    """Why an entry is due on a local day; empty when it is not. What does not answer for another reason is never due."""
    if not entry.live or entry.origin != CURATOR:
        return ()
    found = []
    if entry.next_review_on is not None and entry.next_review_on < today:
        found.append(Why.overdue)
    elif entry.next_review_on is not None and entry.next_review_on <= today + AHEAD:
        found.append(Why.soon)
    if entry.expired_on(today):
        found.append(Why.expired)
    elif entry.valid_to is not None and entry.valid_to <= today + AHEAD:
        found.append(Why.expiring)
    if not entry.unit.strip():
        found.append(Why.ownerless)
    return tuple(found)


async def due(
    today: date, *, why: Why | None = None, offset: int = 0, limit: int = 50
) -> tuple[list[Due], dict[Why, int]]:
    """A page of what is due, the most pressing first, and how many entries there are of each reason."""
    live = KnowledgeEntry.filter(live=True, origin=CURATOR)
    wanted = {each: _where(each, today) for each in Why}
    counts = {each: await live.filter(condition).count() for each, condition in wanted.items()}
    condition = wanted[why] if why is not None else Q(*wanted.values(), join_type="OR")
    rows = await live.filter(condition).order_by("next_review_on", "valid_to", "id").offset(offset).limit(limit)
    return _sorted([_due(row, today) for row in rows]), counts


def _where(why: Why, today: date) -> Q:
    soon = today + AHEAD
    return {
        Why.overdue: Q(next_review_on__lt=today),
        Why.soon: Q(next_review_on__gte=today, next_review_on__lte=soon),
        Why.expired: Q(valid_to__lt=today),
        Why.expiring: Q(valid_to__gte=today, valid_to__lte=soon),
        Why.ownerless: Q(unit=""),
    }[why]


def _due(row: KnowledgeEntry, today: date) -> Due:
    entry = from_row(row)
    days = [day for day in (entry.next_review_on, entry.valid_to) if day is not None]
    return Due(row_id=row.id, entry=entry, why=reasons(entry, today), on=min(days, default=None))


def _sorted(found: Sequence[Due]) -> list[Due]:
    return sorted(found, key=lambda each: (list(Why).index(each.why[0]) if each.why else 9, each.on or date.max))
