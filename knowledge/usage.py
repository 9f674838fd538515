"""How the answers are used: counted by day in the transaction of each reply, read for the pages of heat and coverage.

A counter knows the day, the entry, its unit, the channel and what happened; it knows no citizen and no words, so nothing has to be
deleted when a citizen leaves. What was said is read from the log itself (``Log``), where those who left are gone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.functions import Count, Max, Sum
from tortoise.queryset import QuerySet

from knowledge.records import KnowledgeEntry
from knowledge.usage_records import AnswerTally

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
KEPT: Final = timedelta(days=3 * 366)
"""How long the counters are kept: two whole years can be compared."""
AT_ONCE: Final = 100
"""Rows of one statement: five values each, and SQLite once took no more than 999."""


class Outcome(StrEnum):
    """What became of a citizen's question."""

    at_once = "at_once"
    """Answered without asking back."""
    offered = "offered"
    """Choices were offered."""
    chosen = "chosen"
    """He picked one of them and had its answer."""
    refused = "refused"
    """都不是: he refused every choice."""
    documents = "documents"
    """He looked for documents and got a list."""
    missed = "missed"
    """Nothing was found; he was asked for other words, or it is a rumour that nobody knows."""
    handed = "handed"
    """Nothing was found again: to a person."""
    person = "person"
    """He asked for a person."""


OUTCOME_NAMES: Final[Mapping[Outcome, str]] = {
    Outcome.at_once: "一次答出", Outcome.offered: "请群众选择", Outcome.chosen: "选择后答出", Outcome.refused: "选了“都不是”",
    Outcome.documents: "找到文件", Outcome.missed: "没有答出", Outcome.handed: "两次没有答出，转人工",
    Outcome.person: "群众要求转人工",
}  # fmt: skip
"""What the screens call each."""
QUESTIONS: Final = frozenset({Outcome.at_once, Outcome.offered, Outcome.documents, Outcome.missed, Outcome.handed})
"""What begins with a question of its own; the others end one that was counted before, or ask nothing."""
HITS: Final = (Outcome.at_once, Outcome.chosen)
"""An entry answered."""
MISSES: Final = (Outcome.missed, Outcome.handed, Outcome.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing to be counted."""

    at: datetime
    entry_id: str
    unit: str
    channel: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counters of one stretch of days."""

    times: Mapping[str, int] = field(default_factory=dict)

    def of(self, *outcomes: Outcome) -> int:
        return sum(self.times.get(outcome, 0) for outcome in outcomes)

    @property
    def questions(self) -> int:
        return self.of(*QUESTIONS)

    @property
    def at_once(self) -> int:
        return self.of(Outcome.at_once, Outcome.documents)

    @property
    def chosen(self) -> int:
        """Answered after a choice. Who looks at two of the offered answers asked one question."""
        return min(self.of(Outcome.chosen), self.of(Outcome.offered))

    @property
    def answered(self) -> int:
        return self.at_once + self.chosen

    @property
    def handed(self) -> int:
        return self.of(Outcome.handed, Outcome.person)

    @property
    def missed(self) -> int:
        """Without an answer: nothing was found, or he refused what was offered."""
        return self.of(*MISSES)

    @property
    def open(self) -> int:
        """Choices that he neither took nor refused."""
        return max(0, self.of(Outcome.offered) - self.chosen - self.of(Outcome.refused))

    @property
    def coverage(self) -> int | None:
        """Per cent of the questions that were answered; None without questions."""
        return round(100 * self.answered / self.questions) if self.questions else None


def total(figures: Iterable[Figures]) -> Figures:
    """Several stretches together."""
    times: Counter[str] = Counter()
    for one in figures:
        times.update(one.times)
    return Figures(times=dict(times))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryHeat:
    """How often one entry answered, now and in the stretch before."""

    entry_id: str
    title: str
    unit: str
    row_id: int | None
    hits: int
    before: int

    @property
    def trend(self) -> str:
        """In words: 新增, 上升 50%, 持平."""
        if not self.before:
            return "新增"
        change = round(100 * (self.hits - self.before) / self.before)
        return "持平" if abs(change) < 5 else f"上升 {change}%" if change > 0 else f"下降 {-change}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhit:
    """A live entry that answered nobody for long."""

    row_id: int
    entry_id: str
    title: str
    unit: str
    last: date | None
    """The last day on which it answered; None: never since the counting began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of the log, masked, with what it became."""

    id: int
    text: str
    channel: str
    at: datetime
    entry_id: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The same words of several messages."""

    text: str
    times: int
    entry_id: str


class Log(Protocol):
    """What citizens said, read from the bot's inbox. Messages of the web chat are not kept there."""

    async def of_entry(self, entry_id: str, first: date, last: date, *, before: int, limit: int) -> Sequence[Said]:
        """Messages that an entry answered, the newest first, with numbers below ``before`` (0: from the newest on)."""
        ...

    async def wordings(self, first: date, last: date, *, limit: int) -> Sequence[Wording]:
        """The words that were said most often among the newest messages of these days."""
        ...


class Usage:
    """Counts, and reads what was counted."""

    async def count(self, connection: BaseDBAsyncClient, happened: Sequence[Happened]) -> None:
        """Adds to the day's counters, in the transaction of the replies. Rows are taken in one order, so that two nodes never
        wait for each other."""
        added: Counter[tuple[str, str, str, str, str]] = Counter(
            (one.at.astimezone(SHANGHAI).date().isoformat(), one.entry_id[:191], one.unit[:64], one.channel[:16], str(one.outcome))
            for one in happened
        )  # fmt: skip
        keys = sorted(added)
        for start in range(0, len(keys), AT_ONCE):
            await _add(connection, [(*key, added[key]) for key in keys[start : start + AT_ONCE]])

    async def forget_old(self, today: date) -> int:
        """Deletes counters that are older than they are kept; to be called once a day."""
        return await AnswerTally.filter(day__lt=today - KEPT).delete()

    async def since(self) -> date | None:
        """The first day that was counted."""
        row = await AnswerTally.all().order_by("day").only("id", "day").first()
        return row.day if row is not None else None

    async def figures(self, first: date, last: date, *, unit: str | None = None) -> Figures:
        """The sums of some days. ``unit``: of one unit; "" of what belongs to none."""
        rows = (
            await _within(first, last, unit).annotate(total=Sum("times")).group_by("outcome").values("outcome", "total")
        )
        return Figures(times={str(row["outcome"]): int(row["total"]) for row in rows})

    async def by_channel(self, first: date, last: date, *, unit: str | None = None) -> dict[str, Figures]:
        return await _grouped(_within(first, last, unit), "channel")

    async def by_unit(self, first: date, last: date) -> dict[str, Figures]:
        return await _grouped(_within(first, last, None), "unit")

    async def by_day(self, first: date, last: date, *, unit: str | None = None) -> dict[date, Figures]:
        """Every day of the stretch, also those on which nobody asked."""
        rows = await _grouped(_within(first, last, unit), "day")
        found = {day if isinstance(day, date) else date.fromisoformat(str(day)): one for day, one in rows.items()}
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return {day: found.get(day, Figures()) for day in days}

    async def top(
        self, first: date, last: date, *, past: tuple[date, date], unit: str | None = None,
        outcomes: Sequence[Outcome] = HITS, limit: int = 20,
    ) -> list[EntryHeat]:  # fmt: skip
        """The entries that answered most (or, with other ``outcomes``, were nearest to what found no answer), beside what they
        were in the days of ``past``."""
        now = _within(first, last, unit).exclude(entry_id="").filter(outcome__in=list(outcomes))
        summed = now.annotate(total=Sum("times")).group_by("entry_id").order_by("-total", "entry_id")
        rows = {
            str(row["entry_id"]): int(row["total"]) for row in await summed.limit(limit).values("entry_id", "total")
        }
        if not rows:
            return []
        then = _within(*past, unit).filter(outcome__in=list(outcomes)).annotate(total=Sum("times")).group_by("entry_id")
        before = {str(row["entry_id"]): int(row["total"]) for row in await then.values("entry_id", "total")}
        known = await _known(rows)
        return [
            EntryHeat(
                entry_id=each, title=known[each].title if each in known else f"已不在库中的条目（{each}）",
                unit=known[each].unit if each in known else "", row_id=known[each].id if each in known else None,
                hits=hits, before=before.get(each, 0),
            )
            for each, hits in rows.items()
        ]  # fmt: skip

    async def hits_of(self, entry_id: str, first: date, last: date) -> Figures:
        rows = _within(first, last, None).filter(entry_id=entry_id)
        found = await rows.annotate(total=Sum("times")).group_by("outcome").values("outcome", "total")
        return Figures(times={str(row["outcome"]): int(row["total"]) for row in found})

    async def unhit(
        self, today: date, *, weeks: int, unit: str | None = None, offset: int = 0, limit: int = 50
    ) -> tuple[list[Unhit], int]:
        """Live entries that answered nobody for some weeks, the oldest entries first, and how many there are."""
        since = today - timedelta(weeks=weeks)
        hit = AnswerTally.filter(day__gt=since, outcome__in=list(HITS)).exclude(entry_id="")
        recently = set(await hit.distinct().values_list("entry_id", flat=True))
        live = KnowledgeEntry.filter(live=True)
        live = live if unit is None else live.filter(unit=unit)
        silent = [
            str(one) for one in await live.order_by("id").values_list("entry_id", flat=True) if one not in recently
        ]
        page = silent[offset : offset + limit]
        known, last = await _known(page), await _last_hits(page)
        return [
            Unhit(
                row_id=known[one].id, entry_id=one, title=known[one].title, unit=known[one].unit, last=last.get(one)
            )
            for one in page
            if one in known
        ], len(silent)  # fmt: skip

    async def entries_by_unit(self) -> dict[str, int]:
        """How many live entries each unit has."""
        rows = (
            await KnowledgeEntry.filter(live=True).annotate(total=Count("id")).group_by("unit").values("unit", "total")
        )
        return {str(row["unit"]): int(row["total"]) for row in rows}


async def _add(connection: BaseDBAsyncClient, rows: Sequence[tuple[Any, ...]]) -> None:
    lite = connection.capabilities.dialect == "sqlite"
    width, places = 6, []
    for number in range(len(rows)):
        marks = ["?"] * width if lite else [f"${number * width + column + 1}" for column in range(width)]
        places.append(f"({', '.join(marks)})")
    values = [value for row in rows for value in (row if lite else (date.fromisoformat(row[0]), *row[1:]))]
    await connection.execute_query(
        'INSERT INTO "answer_tally" ("day", "entry_id", "unit", "channel", "outcome", "times") VALUES '
        + ", ".join(places)
        + ' ON CONFLICT ("day", "entry_id", "unit", "channel", "outcome") '
        'DO UPDATE SET "times" = "answer_tally"."times" + excluded."times"',
        values,
    )


async def _known(entry_ids: Iterable[str]) -> dict[str, KnowledgeEntry]:
    wanted, found = list(entry_ids), dict[str, KnowledgeEntry]()
    for start in range(0, len(wanted), 500):
        rows = KnowledgeEntry.filter(entry_id__in=wanted[start : start + 500])
        found |= {row.entry_id: row for row in await rows.only("id", "entry_id", "title", "unit")}
    return found


async def _last_hits(entry_ids: Sequence[str]) -> dict[str, date]:
    hits = AnswerTally.filter(entry_id__in=list(entry_ids), outcome__in=list(HITS)) if entry_ids else None
    if hits is None:
        return {}
    rows = await hits.annotate(last=Max("day")).group_by("entry_id").values("entry_id", "last")
    return {
        str(row["entry_id"]): row["last"] if isinstance(row["last"], date) else date.fromisoformat(str(row["last"])[:10])
        for row in rows
    }  # fmt: skip


def _within(first: date, last: date, unit: str | None) -> QuerySet[AnswerTally]:
    rows = AnswerTally.filter(day__gte=first, day__lte=last)
    return rows if unit is None else rows.filter(unit=unit)


async def _grouped(rows: QuerySet[AnswerTally], column: str) -> dict[Any, Figures]:
    found: dict[Any, dict[str, int]] = {}
    for row in await rows.annotate(total=Sum("times")).group_by(column, "outcome").values(column, "outcome", "total"):
        found.setdefault(row[column], {})[str(row["outcome"])] = int(row["total"])
    return {key: Figures(times=times) for key, times in found.items()}
