"""The weekly report: one page of figures for the house and for each unit, frozen once its week is over (features K21)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tortoise.expressions import Q
from tortoise.functions import Count

from audit.clock import Clock
from knowledge.entry import CURATOR
from knowledge.opinion import Opinion, Opinions
from knowledge.records import KnowledgeEntry, UnansweredQuestion
from knowledge.stretch import Stretch, beside, stretch_of
from knowledge.usage import HITS, MISSES, EntryHeat, Figures, Usage
from knowledge.usage_records import WeeklyReport

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
TOP: Final = 10
SILENT_WEEKS: Final = 8
"""An entry that answered nobody for so long is worth a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWeek:
    """One unit's line."""

    name: str
    figures: Figures
    before: Figures
    opinion: Opinion
    entries: int
    due: int
    """Entries whose review is overdue or that have expired, at the moment of the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One week of the whole house. ``frozen_at`` is None while it can still change."""

    week: Stretch
    made_at: datetime
    frozen_at: datetime | None
    figures: Figures
    before: Figures
    opinion: Opinion
    channels: Mapping[str, Figures]
    days: Mapping[date, Figures]
    units: Sequence[UnitWeek]
    top: Sequence[EntryHeat]
    missed: Sequence[EntryHeat]
    """The entries that were nearest to questions without an answer."""
    unanswered: int
    """Questions on the curators' list that came in this week."""
    closed: int
    open: int
    """Open ones in all, at the moment of the report."""
    silent: int
    entries: int

    def unit(self, name: str) -> UnitWeek | None:
        return next((one for one in self.units if one.name == name), None)


class Weekly:
    """``sweep`` freezes the weeks that are over; ``of`` reads a week, frozen or as it stands."""

    def __init__(self, *, clock: Clock, usage: Usage, opinions: Opinions) -> None:
        self._clock = clock
        self._usage = usage
        self._opinions = opinions

    async def sweep(self) -> None:
        """Freezes last week once, and forgets counters that are too old; to be called every hour by one node."""
        now = await self._clock.now()
        today = now.astimezone(SHANGHAI).date()
        last = stretch_of("week", today - timedelta(days=7))
        if not await WeeklyReport.filter(week=last.first).exists():
            report = await self._made(last, now)
            row = WeeklyReport(week=last.first, made_at=now, figures=_dumped(report))
            # Whoever is first has written it: a report that stands is never changed.
            await WeeklyReport.bulk_create([row], ignore_conflicts=True)
        await self._usage.forget_old(today)

    async def of(self, week: Stretch) -> Report:
        row = await WeeklyReport.get_or_none(week=week.first)
        if row is not None:
            return _parsed(row.figures, week, row.made_at)
        return await self._made(week, await self._clock.now())

    async def _made(self, week: Stretch, now: datetime) -> Report:
        usage, first, last, today = self._usage, week.first, week.last, now.astimezone(SHANGHAI).date()
        at = beside(week, today)
        past = (at.past_first, at.past_last)
        now_units, past_units = await usage.by_unit(first, last), await usage.by_unit(*past)
        opinions, entries = await self._opinions.by_unit(first, last), await usage.entries_by_unit()
        due = await _due_by_unit(today)
        names = sorted({*now_units, *entries, *opinions, *due} - {""})
        since, until = (
            datetime.combine(day, datetime.min.time(), SHANGHAI) for day in (first, last + timedelta(days=1))
        )
        came = UnansweredQuestion.filter(asked_at__gte=since, asked_at__lt=until)
        return Report(
            week=week, made_at=now, frozen_at=None, figures=await usage.figures(first, last),
            before=await usage.figures(*past), opinion=sum(opinions.values(), Opinion()),
            channels=await usage.by_channel(first, last), days=await usage.by_day(first, last),
            units=[
                UnitWeek(
                    name=name, figures=now_units.get(name, Figures()), before=past_units.get(name, Figures()),
                    opinion=opinions.get(name, Opinion()), entries=entries.get(name, 0), due=due.get(name, 0),
                )
                for name in names
            ],
            top=await usage.top(first, last, past=past, outcomes=HITS, limit=TOP),
            missed=await usage.top(first, last, past=past, outcomes=MISSES, limit=TOP),
            unanswered=await came.count(),
            closed=await UnansweredQuestion.filter(closed_at__gte=since, closed_at__lt=until).count(),
            open=await UnansweredQuestion.filter(state="open").count(),
            silent=(await usage.unhit(today, weeks=SILENT_WEEKS, limit=1))[1], entries=sum(entries.values()),
        )  # fmt: skip


async def _due_by_unit(today: date) -> dict[str, int]:
    overdue = KnowledgeEntry.filter(Q(next_review_on__lt=today) | Q(valid_to__lt=today), live=True, origin=CURATOR)
    rows = await overdue.annotate(total=Count("id")).group_by("unit").values("unit", "total")
    return {str(row["unit"]): int(row["total"]) for row in rows}


def _dumped(report: Report) -> dict[str, Any]:
    return {
        "figures": dict(report.figures.times), "before": dict(report.before.times), "opinion": _opinion(report.opinion),
        "channels": {name: dict(one.times) for name, one in report.channels.items()},
        "days": {day.isoformat(): dict(one.times) for day, one in report.days.items()},
        "units": [
            {"name": one.name, "figures": dict(one.figures.times), "before": dict(one.before.times),
             "opinion": _opinion(one.opinion), "entries": one.entries, "due": one.due}
            for one in report.units
        ],
        "top": [_heat(one) for one in report.top], "missed": [_heat(one) for one in report.missed],
        "unanswered": report.unanswered, "closed": report.closed, "open": report.open, "silent": report.silent,
        "entries": report.entries,
    }  # fmt: skip


def _parsed(plain: Mapping[str, Any], week: Stretch, made_at: datetime) -> Report:
    return Report(
        week=week, made_at=made_at, frozen_at=made_at, figures=Figures(times=plain["figures"]),
        before=Figures(times=plain["before"]), opinion=Opinion(**plain["opinion"]),
        channels={name: Figures(times=times) for name, times in plain["channels"].items()},
        days={date.fromisoformat(day): Figures(times=times) for day, times in plain["days"].items()},
        units=[
            UnitWeek(
                name=one["name"], figures=Figures(times=one["figures"]), before=Figures(times=one["before"]),
                opinion=Opinion(**one["opinion"]), entries=one["entries"], due=one["due"],
            )
            for one in plain["units"]
        ],
        top=[EntryHeat(**one) for one in plain["top"]], missed=[EntryHeat(**one) for one in plain["missed"]],
        unanswered=plain["unanswered"], closed=plain["closed"], open=plain["open"], silent=plain["silent"],
        entries=plain["entries"],
    )  # fmt: skip


def _opinion(one: Opinion) -> dict[str, int]:
    return {"useful": one.useful, "useless": one.useless}


def _heat(one: EntryHeat) -> dict[str, Any]:
    return {
        "entry_id": one.entry_id, "title": one.title, "unit": one.unit, "row_id": one.row_id, "hits": one.hits,
        "before": one.before,
    }  # fmt: skip
