"""督办清单: what each unit has to look at (features K7, K11): entries whose review or end is due, answers that citizens found of no
use, and questions about its matters that nobody answered in time. Owner of an entry is its unit; of a question, the
unit of its cluster, or, where it is in none yet, of the nearest entry."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.expressions import Q

from knowledge.due import AHEAD, NAMES, Why, reasons
from knowledge.entry import CURATOR
from knowledge.opinion import Complaint, Opinions
from knowledge.question_records import QuestionCluster
from knowledge.records import KnowledgeEntry, UnansweredQuestion
from knowledge.rows import from_row

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
DAYS: Final = 5
"""Working days within which a unit answers a question that the bot could not answer: the house's own rule."""
COMPLAINED: Final = timedelta(days=30)
"""How far back an opinion is still a matter of today."""
MOST: Final = 2000
"""Open questions that are looked at, the oldest first."""
NOBODY: Final = ""
UNDER_WAY: Final = ("open", "drafting")
"""States of a cluster that has no answer yet."""

WorkingDays = Callable[[date, date], int]
"""How many working days lie between two days, the first one not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEntry:
    """An entry that is due. ``late``: its day is over."""

    row_id: int
    title: str
    responsible: str
    why: tuple[str, ...]
    on: date | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Criticised:
    """An entry's answer that citizens found of no use."""

    entry_id: str
    row_id: int | None
    title: str
    complaints: tuple[Complaint, ...]

    @property
    def times(self) -> int:
        return sum(one.times for one in self.complaints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Questions without an answer that ask the same: one cluster of the curators' desk, or a question that is in none yet. Only
    masked words are here."""

    masked: str
    asked_at: datetime
    """When it was asked first."""
    nearest: str
    """The title of the nearest entry; empty where the cluster says whose it is."""
    age: int
    """Working days."""
    late: bool
    cluster: int | None = None
    askers: int = 1
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """One unit's list; ``unit`` is empty for what belongs to none."""

    unit: str
    due: tuple[DueEntry, ...] = ()
    criticised: tuple[Criticised, ...] = ()
    waiting: tuple[Waiting, ...] = ()

    @property
    def count(self) -> int:
        return len(self.due) + len(self.criticised) + len(self.waiting)

    @property
    def late(self) -> int:
        return sum(one.late for one in self.due) + sum(one.late for one in self.waiting)


async def duties(
    *, now: datetime, opinions: Opinions, working_days: WorkingDays, unit: str | None = None
) -> list[Duties]:
    """The lists of all units that have anything to do, or of one; the latest first."""
    today = now.astimezone(SHANGHAI).date()
    due = await _due(today, unit)
    complaints = await opinions.complaints(today - COMPLAINED, today, unit=unit)
    waiting = await _waiting(today, working_days, unit)
    criticised = await _criticised(complaints)
    names = {*due, *criticised, *waiting} if unit is None else {unit}
    found = [
        Duties(
            unit=name, due=tuple(due.get(name, ())), criticised=tuple(criticised.get(name, ())),
            waiting=tuple(waiting.get(name, ())),
        )
        for name in names
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.unit == NOBODY, -one.late, -one.count, one.unit))


async def _due(today: date, unit: str | None) -> Mapping[str, Sequence[DueEntry]]:
    soon = today + AHEAD
    rows = KnowledgeEntry.filter(
        Q(next_review_on__lte=soon) | Q(valid_to__lte=soon) | Q(unit=NOBODY), live=True, origin=CURATOR
    )
    found: defaultdict[str, list[DueEntry]] = defaultdict(list)
    for row in await (rows if unit is None else rows.filter(unit=unit)).order_by("next_review_on", "valid_to", "id"):
        entry = from_row(row)
        if not (why := reasons(entry, today)):
            continue
        days = [day for day in (entry.next_review_on, entry.valid_to) if day is not None]
        late = Why.overdue in why or Why.expired in why
        found[entry.unit.strip()].append(
            DueEntry(
                row_id=row.id, title=entry.title or entry.id, responsible=entry.responsible,
                why=tuple(NAMES[each] for each in why), on=min(days, default=None), late=late,
            )
        )  # fmt: skip
    for lines in found.values():
        lines.sort(key=lambda one: (not one.late, one.on or date.max))
    return found


async def _criticised(complaints: Sequence[Complaint]) -> Mapping[str, Sequence[Criticised]]:
    by_entry: defaultdict[tuple[str, str], list[Complaint]] = defaultdict(list)
    for one in complaints:
        by_entry[one.unit, one.entry_id].append(one)
    known = await _entries({entry_id for _, entry_id in by_entry})
    found: defaultdict[str, list[Criticised]] = defaultdict(list)
    for (unit, entry_id), each in by_entry.items():
        row = known.get(entry_id)
        if row is not None and not row.live:
            continue  # It answers no more: there is nothing left to mend.
        found[unit].append(
            Criticised(
                entry_id=entry_id, row_id=row.id if row else None, title=row.title if row else entry_id,
                complaints=tuple(each),
            )
        )  # fmt: skip
    for lines in found.values():
        lines.sort(key=lambda one: -one.times)
    return found


async def _waiting(today: date, working_days: WorkingDays, unit: str | None) -> Mapping[str, Sequence[Waiting]]:
    found: defaultdict[str, list[Waiting]] = defaultdict(list)
    clusters = QuestionCluster.filter(state__in=UNDER_WAY)
    for cluster in (
        await (clusters if unit is None else clusters.filter(unit=unit)).order_by("due_on", "id").limit(MOST)
    ):
        found[cluster.unit.strip()].append(
            Waiting(
                masked=cluster.title, asked_at=cluster.first_at, nearest="", cluster=cluster.id, askers=cluster.askers,
                age=working_days(cluster.first_at.astimezone(SHANGHAI).date(), today), due_on=cluster.due_on,
                late=cluster.due_on < today,
            )
        )  # fmt: skip
    alone = UnansweredQuestion.filter(state="open", cluster_id__isnull=True).order_by("asked_at").limit(MOST)
    rows = await alone.only("id", "masked", "asked_at", "candidates")
    known = await _entries({_nearest(row.candidates) for row in rows} - {""})
    for row in rows:
        entry = known.get(_nearest(row.candidates))
        owner = entry.unit.strip() if entry is not None else NOBODY
        if unit is not None and owner != unit:
            continue
        age = working_days(row.asked_at.astimezone(SHANGHAI).date(), today)
        found[owner].append(
            Waiting(
                masked=row.masked, asked_at=row.asked_at, nearest=entry.title if entry else "", age=age, late=age > DAYS
            )
        )  # fmt: skip
    return found


async def _entries(ids: set[str]) -> dict[str, KnowledgeEntry]:
    wanted, found = sorted(ids), dict[str, KnowledgeEntry]()
    for start in range(0, len(wanted), 500):
        rows = KnowledgeEntry.filter(entry_id__in=wanted[start : start + 500])
        found |= {row.entry_id: row for row in await rows.only("id", "entry_id", "title", "unit", "live")}
    return found


def _nearest(candidates: Sequence[Mapping[str, object]]) -> str:
    return str(candidates[0].get("id", "")) if candidates else ""
