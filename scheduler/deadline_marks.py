"""Which disclosures are not public yet, and by when they must be: the marks of the calendar.

The two deadlines follow from the day of formation, which stands in the text of a revision. It is read once for each
revision and remembered, so that ten thousand disclosures do not cost a reading each time somebody opens the calendar.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from tortoise.connection import connections
from tortoise.expressions import RawSQL

from disclosures.records import Disclosure, Revision
from disclosures.workdays import WorkingDays
from publishers.records import Delivery
from publishers.slot import day_of
from publishers.states import BEFORE_INTENT
from scheduler.planned import HIDDEN, Hide

UNPUBLISHED: Final = ("draft", "submitted", "in_review", "approved")
MOST: Final = 20_000
SHOWN: Final = 50
"""How many of the overdue are named on the page; the rest are counted."""
_CHUNK: Final = 500
_JSON: Final = {"sqlite": "json_extract(content,'$.formed_on')", "postgres": "content->>'formed_on'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One disclosure and one of its days. ``statutory`` is the law's, else the district's own."""

    disclosure_id: int
    title: str
    unit: str
    state: str
    day: date
    statutory: bool
    provisional: bool
    passed: bool
    planned: bool = False
    """A release before the deadline stands in the plan."""

    @property
    def name(self) -> str:
        return "法定期限" if self.statutory else "公开期限"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a view needs: the marks of its days, what is overdue (``worst`` are the first of it), and the district's own
    deadline of each disclosure that is not public yet."""

    shown: list[Mark]
    overdue: int
    worst: list[Mark]
    deadlines: Mapping[int, date]


class DeadlineMarks:
    """Reads the marks. One for the process: it remembers days of formation."""

    def __init__(self, *, working_days: WorkingDays) -> None:
        self._working_days = working_days
        self._formed: OrderedDict[tuple[int, int], date] = OrderedDict()

    async def marks(self, first: date, last: date, *, today: date, unit: str = "", hide: Hide | None = None) -> "Marks":
        """The marks from ``first`` to ``last``, and what is past a deadline today."""
        wanted = Disclosure.filter(state__in=UNPUBLISHED, released_at=None)
        if unit:
            wanted = wanted.filter(unit__name=unit)
        rows: list[dict[str, Any]] = await wanted.limit(MOST).values(
            "id", "title", "state", "current_revision", "unit__name", "category__deadline_local",
            "category__deadline_statutory",
        )  # fmt: skip
        formed = await self._days([(row["id"], row["current_revision"]) for row in rows])
        ends: dict[tuple[date, int], tuple[date, bool]] = {}
        found, late, own = [], [], dict[int, date]()
        for row in rows:
            begun = formed.get((row["id"], row["current_revision"]))
            if begun is None:
                continue
            worst: Mark | None = None
            for days, statutory in (
                (row["category__deadline_local"], False),
                (row["category__deadline_statutory"], True),
            ):
                day, provisional = self._end(ends, begun, max(int(days), 1))
                if not statutory:
                    own[row["id"]] = day
                inside, passed = first <= day <= last, day < today
                if not inside and not passed:
                    continue
                mark = Mark(
                    disclosure_id=row["id"], title=row["title"], unit=row["unit__name"], state=row["state"], day=day,
                    statutory=statutory, provisional=provisional, passed=passed,
                )  # fmt: skip
                if inside:
                    found.append(mark)
                worst = mark if passed else worst
            if worst is not None:
                late.append(worst)
        late.sort(key=lambda mark: (mark.day, mark.disclosure_id))
        return Marks(
            shown=await _shown(await _with_plans(found), hide), overdue=len(late),
            worst=await _shown(late[:SHOWN], hide), deadlines=own,
        )  # fmt: skip

    async def deadline(self, disclosure_id: int) -> date | None:
        """The district's own deadline of one disclosure that is not public yet; None when there is none any more."""
        row = await Disclosure.get_or_none(id=disclosure_id, released_at=None).values(
            "id", "current_revision", "category__deadline_local"
        )
        if row is None:
            return None
        key = (row["id"], row["current_revision"])
        formed = (await self._days([key])).get(key)
        return self._end({}, formed, max(int(row["category__deadline_local"]), 1))[0] if formed else None

    def _end(self, known: dict[tuple[date, int], tuple[date, bool]], begun: date, days: int) -> tuple[date, bool]:
        found = known.get((begun, days))
        if found is None:
            deadline = self._working_days.add(begun, days)
            found = known[begun, days] = (deadline.date, deadline.provisional)
        return found

    async def _days(self, keys: list[tuple[int, int]]) -> dict[tuple[int, int], date]:
        unknown = sorted({number for number, revision in keys if (number, revision) not in self._formed})
        json = RawSQL(_JSON[connections.get("default").capabilities.dialect])
        for start in range(0, len(unknown), _CHUNK):
            part = unknown[start : start + _CHUNK]
            read = Revision.filter(disclosure_id__in=part).annotate(formed=json)
            for number, revision, text in await read.values_list("disclosure_id", "number", "formed"):
                day = _date(text)
                if day is not None:
                    self._formed[number, revision] = day
        while len(self._formed) > 2 * MOST:
            self._formed.popitem(last=False)
        return {key: self._formed[key] for key in keys if key in self._formed}


async def _shown(marks: list[Mark], hide: Hide | None) -> list[Mark]:
    hidden = await hide({mark.disclosure_id for mark in marks}) if hide is not None and marks else frozenset()
    return [replace(mark, title=HIDDEN) if mark.disclosure_id in hidden else mark for mark in marks]


async def _with_plans(marks: list[Mark]) -> list[Mark]:
    """Tells of each mark whether a release in time stands in the plan already."""
    if not any(not mark.passed for mark in marks):
        return marks
    waiting = Delivery.filter(state__in=sorted(BEFORE_INTENT), intent_at=None).limit(MOST)
    soonest: dict[int, date] = {}
    for number, due in await waiting.values_list("disclosure_id", "due_at"):
        soonest[number] = min(day_of(due), soonest.get(number, date.max))
    return [replace(mark, planned=soonest.get(mark.disclosure_id, date.max) <= mark.day) for mark in marks]


def _date(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text).strip('"'))
    except ValueError:
        return None
