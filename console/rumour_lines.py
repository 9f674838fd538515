"""谣言处置 as the screens show it: the claims with their clocks and askers, and one claim with everything that is known of it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tortoise.functions import Count

from console.screen import SHANGHAI
from knowledge.clocks import Light, lights, shipped, worst
from knowledge.errors import ClaimUnknown
from knowledge.reporting import OPEN_STATES
from knowledge.reports import Wording, named, resemblance
from knowledge.rumour_records import RumourClaim, RumourNotice, RumourReport
from knowledge.settling import Settlement
from staff.person import Person
from staff.roles import Verb

TREND_DAYS: Final = 7
MOST: Final = 200
"""Claims on the desk; who has more sees the oldest when the first are done."""
SHOWN: Final = 100
"""Wordings of one claim that its page lists."""
READ: Final = 5_000
"""Reports of one claim among which they are looked for."""
OFFERED: Final = 20
"""Other claims that are offered to join with."""
TALLIED: Final = 20_000
STATE_NAMES: Final = {
    "open": "待处置", "checking": "核实中", "settled": "已有结论", "dismissed": "不予处置", "merged": "已并入",
}  # fmt: skip
CHANNEL_NAMES: Final = {"wechat": "微信", "weibo": "微博", "web": "门户", "api": "接口"}
_URGENCY: Final = {"red": 0, "amber": 1, "green": 2, "kept": 3, "missed": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """New askers on each of the last days, today last."""

    days: tuple[date, ...]
    counts: tuple[int, ...]

    @property
    def words(self) -> str:
        """The trend for whoever does not see the drawing."""
        return "，".join(
            f"{day.month}月{day.day}日 {count} 人" for day, count in zip(self.days, self.counts, strict=True)
        )

    @property
    def most(self) -> int:
        return max(max(self.counts), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLine:
    """One claim of the list. ``askers`` counts persons."""

    row: RumourClaim
    askers: int
    trend: Trend
    lights: tuple[Light, ...]
    samples: tuple[str, ...]
    mine: bool
    """Its verdict waits for this person's confirmation."""

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.row.state]

    @property
    def lamp(self) -> str:
        return worst(self.lights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One wording: its first report stands for it, `persons` used it, `times` in all."""

    report: RumourReport
    persons: int
    times: int
    consented: int
    channels: tuple[str, ...]
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSheet:
    """One claim with its wordings, those of most people first, and what was proposed."""

    line: ClaimLine
    said: tuple[Said, ...]
    others: tuple[RumourClaim, ...]
    """Other claims that are open, to join with; the likest first."""
    proposal: Settlement | None
    waiting: bool
    """The proposal waits for a second person; otherwise it is what was sent back."""
    notices: Mapping[str, int]

    @property
    def open(self) -> bool:
        return self.line.row.state in OPEN_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class RumourWork:
    """How many verdicts wait for this person, how many claims had no word to the public in time, how many are open."""

    to_confirm: int = 0
    late: int = 0
    open: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.to_confirm or self.late or self.open)


async def claim_lines(person: Person, *, now: datetime, closed: bool = False) -> tuple[ClaimLine, ...]:
    """The claims to be dealt with, the most urgent first; or those that were, the latest first."""
    if closed:
        rows = await RumourClaim.filter(state__in=["settled", "dismissed"]).order_by("-closed_at", "-id").limit(MOST)
        return tuple(await _lines(rows, person, now))
    rows = await RumourClaim.filter(state__in=OPEN_STATES).order_by("first_at").limit(MOST)
    found = await _lines(rows, person, now)
    return tuple(sorted(found, key=lambda line: (not line.mine, _URGENCY[line.lamp], -line.askers, line.row.first_at)))


async def read_claim(claim_id: int, person: Person, *, now: datetime) -> ClaimSheet:
    """Raises ClaimUnknown. A claim that was merged shows the one that it became."""
    row = await RumourClaim.get_or_none(id=claim_id)
    while row is not None and row.merged_into:
        row = await RumourClaim.get_or_none(id=row.merged_into)
    if row is None:
        raise ClaimUnknown
    reports = await RumourReport.filter(claim_id=row.id).order_by("id").limit(READ)
    others = await RumourClaim.filter(state__in=OPEN_STATES).exclude(id=row.id).order_by("-last_at").limit(MOST)
    title = Wording.of(row.title)
    others = sorted(others, key=lambda other: -resemblance(title, Wording.of(other.title)))
    told = await RumourNotice.filter(claim_id=row.id).annotate(n=Count("id")).group_by("state").values("state", "n")
    return ClaimSheet(
        line=(await _lines([row], person, now))[0], said=_wordings(reports), others=tuple(others[:OFFERED]),
        proposal=Settlement.parse(row.proposal) if row.proposal else None, waiting=row.proposed_at is not None,
        notices={str(each["state"]): int(each["n"]) for each in told},
    )  # fmt: skip


def _wordings(reports: Sequence[RumourReport]) -> tuple[Said, ...]:
    groups: defaultdict[str, list[RumourReport]] = defaultdict(list)
    for report in reports:
        groups[report.digest].append(report)
    found = [
        Said(
            report=rows[0], persons=len(rows), times=sum(row.times for row in rows),
            consented=sum(1 for row in rows if row.consented_at),
            channels=tuple(dict.fromkeys(CHANNEL_NAMES.get(row.channel, row.channel) for row in rows)),
            links=tuple(dict.fromkeys(link for row in rows for link in row.links)),
        )
        for rows in groups.values()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda said: (-said.persons, said.report.id))[:SHOWN])


async def rumour_work(person: Person, *, now: datetime) -> RumourWork:
    """What of the desk is this person's business now; nothing for who neither writes nor approves."""
    if not (person.may(Verb.KNOWLEDGE_WRITE) or person.may(Verb.KNOWLEDGE_APPROVE)):
        return RumourWork()
    standing = RumourClaim.filter(state__in=OPEN_STATES)
    waiting = standing.exclude(proposed_at=None)
    mine = waiting.exclude(proposed_by_id=person.account_id)
    late = standing.filter(first_word_at=None, first_at__lt=now - timedelta(hours=shipped().clocks[0].hours))
    writes = person.may(Verb.KNOWLEDGE_WRITE)
    return RumourWork(
        to_confirm=await mine.count() if person.may(Verb.KNOWLEDGE_APPROVE) else 0, late=await late.count() if writes else 0,
        open=await standing.filter(proposed_at=None).count() if writes else 0,
    )  # fmt: skip


async def _lines(rows: Sequence[RumourClaim], person: Person, now: datetime) -> list[ClaimLine]:
    ids = [row.id for row in rows]
    askers, trends, samples = (
        await _askers(ids),
        await _trends(ids, now),
        await _samples(ids),
    )
    approves = person.may(Verb.KNOWLEDGE_APPROVE)
    return [
        ClaimLine(
            row=row, askers=askers.get(row.id, 0), trend=trends[row.id],
            samples=samples.get(row.id, ()),
            lights=lights(
                shipped(), first_at=row.first_at, first_word_at=row.first_word_at, closed_at=row.closed_at, now=now
            ),
            mine=approves and row.proposed_at is not None and row.proposed_by_id != person.account_id,
        )
        for row in rows
    ]  # fmt: skip


async def _askers(ids: Sequence[int]) -> dict[int, int]:
    """A person has one row for a claim, so rows are persons."""
    if not ids:
        return {}
    rows = RumourReport.filter(claim_id__in=list(ids)).annotate(n=Count("id"))
    return {int(each["claim_id"]): int(each["n"]) for each in await rows.group_by("claim_id").values("claim_id", "n")}


async def _trends(ids: Sequence[int], now: datetime) -> dict[int, Trend]:
    today = now.astimezone(SHANGHAI).date()
    days = tuple(today - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1))
    counts: defaultdict[int, Counter[date]] = defaultdict(Counter)
    if ids:
        recent = RumourReport.filter(claim_id__in=list(ids), first_at__gt=now - timedelta(days=TREND_DAYS))
        for row in await recent.limit(TALLIED).only("id", "claim_id", "first_at"):
            counts[row.claim_id][row.first_at.astimezone(SHANGHAI).date()] += 1
    return {number: Trend(days=days, counts=tuple(counts[number][day] for day in days)) for number in ids}


async def _samples(ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    if ids:
        rows = RumourReport.filter(claim_id__in=list(ids)).order_by("id").limit(MOST * 10)
        for row in await rows.only("id", "claim_id", "text"):
            found[row.claim_id].append(row.text)
    return {number: named(texts)[:2] for number, texts in found.items()}
