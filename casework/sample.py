"""A sample for the quality check (质检): which conversations are looked at, and what the judgements add up to. Pure.

The draw is random and can be repeated: every candidate gets the SHA-256 of the week's seed and its own name, and within
each stratum (unit and channel) the smallest come first. The seats of the sample go to the strata in proportion to their
sizes (largest remainder), but every stratum gets one while there are seats, so that a small unit is looked at too. The
seed is drawn at the moment of the draw and kept in the audit trail: nobody knows beforehand what will be looked at, and
anybody who has the week's candidates can draw them once more.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
HANDFUL: Final = 5
"""Fewer than so many say nothing about a unit or a person, and a screen says so."""


class Kind(StrEnum):
    """What is looked at: a closed case, or a conversation with the bot."""

    CASE = "case"
    TALK = "talk"


KIND_NAMES: Final[Mapping[str, str]] = {Kind.CASE: "办结的诉求", Kind.TALK: "机器人对话"}


class Mark(StrEnum):
    """One criterion's judgement."""

    PASSED = "passed"
    FAULT = "fault"
    NOT_APPLICABLE = "none"


MARK_NAMES: Final[Mapping[str, str]] = {Mark.PASSED: "合格", Mark.FAULT: "不合格", Mark.NOT_APPLICABLE: "不适用"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What is judged, and of which kinds."""

    key: str
    name: str
    about: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many of each kind are looked at in a week, and by what (``data/sampling.json``)."""

    since: date
    source: str
    sizes: Mapping[str, int]
    criteria: tuple[Criterion, ...]

    def of(self, kind: str) -> tuple[Criterion, ...]:
        """The criteria of a kind."""
        return tuple(one for one in self.criteria if kind in one.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What may be looked at. ``ref`` is the row's number; ``hands`` are the accounts that took part, who do not judge it."""

    kind: Kind
    ref: int
    label: str
    channel: str
    unit: str
    at: datetime
    hands: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        """By which it is drawn."""
        return f"{self.kind}:{self.ref}"

    @property
    def stratum(self) -> tuple[str, str]:
        return self.unit, self.channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One judgement, for adding up. ``group`` is the unit, or the channel of the bot's conversations."""

    week: date
    kind: str
    group: str
    marks: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Judgements together. ``passed`` of ``counted`` marks; those that do not apply are not counted."""

    items: int
    passed: int
    counted: int
    faults: Mapping[str, int]

    @property
    def share(self) -> int | None:
        """Per cent of the marks that are 合格; None when there are none."""
        return round(100 * self.passed / self.counted) if self.counted else None

    @property
    def few(self) -> bool:
        return self.items < HANDFUL


def load_plan() -> Plan:
    """The plan as it ships with the package."""
    plain = json.loads(resources.files("casework").joinpath("data/sampling.json").read_text("utf8"))
    criteria = tuple(
        Criterion(key=row["key"], name=row["name"], about=row["about"], of=tuple(row["of"]))
        for row in plain["criteria"]
    )
    return Plan(
        since=date.fromisoformat(plain["from"]), source=plain["source"],
        sizes={str(kind): int(size) for kind, size in plain["sizes"].items()}, criteria=criteria,
    )  # fmt: skip


def week_of(moment: datetime) -> date:
    """The Monday of the week, in Shanghai."""
    day = moment.astimezone(SHANGHAI).date()
    return day - timedelta(days=day.weekday())


def bounds(week: date) -> tuple[datetime, datetime]:
    """From when to when a week is, the end not included."""
    begins = datetime.combine(week, time(0), tzinfo=SHANGHAI)
    return begins, begins + timedelta(days=7)


def drawn(candidates: Iterable[Candidate], *, size: int, seed: str) -> tuple[Candidate, ...]:
    """The sample: at most ``size`` candidates, the same for the same seed whatever their order."""
    strata: dict[tuple[str, str], list[Candidate]] = {}
    for one in candidates:
        strata.setdefault(one.stratum, []).append(one)
    seats = _seats({key: len(each) for key, each in strata.items()}, size=size, seed=seed)
    found = [
        one
        for key, members in strata.items()
        for one in sorted(members, key=lambda one: _lot(seed, one.name))[: seats.get(key, 0)]
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.ref)))


def population_mark(candidates: Iterable[Candidate]) -> str:
    """The digest of who could be drawn, so that a draw that is repeated is known to be from the same."""
    names = "\n".join(sorted(f"{one.name} {one.unit} {one.channel}" for one in candidates))
    return hashlib.sha256(names.encode()).hexdigest()


def wrong_marks(plan: Plan, kind: str, marks: Mapping[str, str], remark: str) -> dict[str, str]:
    """What is missing from a judgement: field → what to do; empty when nothing is."""
    wrong = {
        one.key: f"请评定“{one.name}”。" for one in plan.of(kind) if marks.get(one.key) not in {str(m) for m in Mark}
    }
    if Mark.FAULT in marks.values() and not remark.strip():
        wrong["remark"] = "有不合格的，请写明问题在哪里、应当怎样答复。"
    if marks and not wrong and all(marks[one.key] == Mark.NOT_APPLICABLE for one in plan.of(kind)):
        wrong["remark"] = "每一项都是“不适用”，请改用“无法评定”并写明原因。"
    return wrong


def score(judged: Sequence[Judged]) -> Score:
    """Some judgements added up."""
    marks = [(key, mark) for one in judged for key, mark in one.marks.items() if mark != Mark.NOT_APPLICABLE]
    faults: dict[str, int] = {}
    for key, mark in marks:
        if mark == Mark.FAULT:
            faults[key] = faults.get(key, 0) + 1
    passed = sum(1 for _, mark in marks if mark == Mark.PASSED)
    return Score(items=len(judged), passed=passed, counted=len(marks), faults=faults)


def _seats(sizes: Mapping[tuple[str, str], int], *, size: int, seed: str) -> dict[tuple[str, str], int]:
    total = sum(sizes.values())
    if total <= size:
        return dict(sizes)
    by_lot = sorted(sizes, key=lambda key: _lot(seed, "/".join(key)))
    seats = dict.fromkeys(by_lot[:size], 1)
    left = size - len(seats)
    if left <= 0:
        return seats
    # One seat each is given already; the rest goes by size, whole parts first, then the largest remainders.
    rest = total - len(seats)
    shares = {key: left * (sizes[key] - 1) / rest for key in by_lot}
    for key in by_lot:
        seats[key] += int(shares[key])
    left = size - sum(seats.values())
    for key in sorted(by_lot, key=lambda key: (int(shares[key]) - shares[key], by_lot.index(key)))[:left]:
        seats[key] += 1
    return seats


def _lot(seed: str, name: str) -> str:
    return hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest()
