"""What citizens are promised: a first word within working hours, an answer within working days, and how a promise stands.
Pure; the numbers are data (``data/promises.json``), the days come from the one calendar of the house."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Final, Literal
from zoneinfo import ZoneInfo

from disclosures.workdays import Deadline, WorkingDays

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
Lamp = Literal["green", "amber", "red", "kept", "missed"]
FARTHEST: Final = 400
"""Days that are walked at most; no promise reaches so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is promised for one kind of case: working hours until the first word, working days until the answer."""

    reply_hours: int
    answer_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The house's rules for cases. ``windows``: the local hours of a working day. ``near``: the part of the working time from
    which a light is amber, as what is left of it."""

    windows: tuple[tuple[time, time], ...]
    terms: Mapping[str, Terms]
    near: float
    reopen_within: timedelta
    """How long after closing a citizen may say that it is not settled."""
    listens_for: timedelta
    """How long after the last answer of a person the bot stays silent."""
    quiet_days: int
    """Working days after an answer without a word, after which a case is closed by itself."""
    rating_within: timedelta
    """How long after the question about satisfaction an answer to it is understood as one."""
    signed_with_name: bool
    """Whether a citizen reads the handler's name, or only the unit's."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """By when, aware. ``provisional``: part of the count lies in a year whose holidays are not announced."""

    reply_due: datetime
    answer_due: datetime
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How one promise stands, in a colour and in words."""

    lamp: Lamp
    due: datetime
    words: str


@cache
def shipped() -> Rules:
    """The rules from ``data/promises.json``, read once."""
    plain = json.loads(resources.files("casework").joinpath("data/promises.json").read_text("utf8"))
    return Rules(
        windows=tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in plain["windows"]),
        terms={name: Terms(**row) for name, row in plain["kinds"].items()},
        near=plain["near"], reopen_within=timedelta(days=plain["reopen_days"]),
        listens_for=timedelta(hours=plain["listens_hours"]), quiet_days=plain["quiet_days"],
        rating_within=timedelta(hours=plain["rating_hours"]), signed_with_name=plain["signed_with_name"],
        source=plain["source"],
    )  # fmt: skip


def promised(rules: Rules, kind: str, opened_at: datetime, calendar: WorkingDays) -> Promise:
    """By when somebody who was heard at ``opened_at`` gets a first word, and his answer."""
    terms = rules.terms[kind]
    reply_due, guessed = after_working(rules, opened_at, timedelta(hours=terms.reply_hours), calendar)
    last = answer_deadline(rules, kind, opened_at, calendar)
    answer_due = max(datetime.combine(last.date, rules.windows[-1][1], SHANGHAI), reply_due)
    return Promise(reply_due=reply_due, answer_due=answer_due, provisional=last.provisional or guessed)


def answer_deadline(rules: Rules, kind: str, opened_at: datetime, calendar: WorkingDays) -> Deadline:
    """The last day of the answer, with the count day by day (``Deadline.explanation``)."""
    return calendar.add(opened_at.astimezone(SHANGHAI).date(), rules.terms[kind].answer_days)


def after_working(rules: Rules, start: datetime, length: timedelta, calendar: WorkingDays) -> tuple[datetime, bool]:
    """The moment at which so much working time has passed, in Asia/Shanghai; and whether that counts on a year without a
    calendar. Raises ValueError when no working time is found within a year."""
    left, guessed = length, False
    for begin, end in _windows(rules, start.astimezone(SHANGHAI), calendar):
        guessed = guessed or not calendar.known(begin.date())
        if end - begin >= left:
            return begin + left, guessed
        left -= end - begin
    raise ValueError("the calendar has no working time within a year")


def working_time(rules: Rules, start: datetime, end: datetime, calendar: WorkingDays) -> timedelta:
    """The working time between two moments; zero when the end lies before the start."""
    total, until = timedelta(), end.astimezone(SHANGHAI)
    for begin, close in _windows(rules, start.astimezone(SHANGHAI), calendar):
        if begin >= until:
            break
        total += min(close, until) - begin
    return total


def light(
    rules: Rules, *, since: datetime, due: datetime, done_at: datetime | None, now: datetime, calendar: WorkingDays
) -> Light:
    """How a promise stands: running, or kept or missed when it was done."""
    if done_at is not None:
        kept = done_at <= due
        over = "" if kept else f"，超时 {_span(working_time(rules, due, done_at, calendar))}"
        return Light(lamp="kept" if kept else "missed", due=due, words=f"已办{over}")
    if now > due:
        return Light(lamp="red", due=due, words=f"已超 {_span(working_time(rules, due, now, calendar))}")
    left, whole = working_time(rules, now, due, calendar), working_time(rules, since, due, calendar)
    lamp: Lamp = "amber" if left <= whole * rules.near else "green"
    return Light(lamp=lamp, due=due, words=f"还剩 {_span(left)}")


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} 个工作小时 {rest} 分" if hours and rest else f"{hours} 个工作小时" if hours else f"{rest} 分钟"


def _windows(rules: Rules, start: datetime, calendar: WorkingDays) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of working time from a local moment on."""
    day: date = start.date()
    for _ in range(FARTHEST):
        if calendar.is_working(day):
            for begin, end in rules.windows:
                opens, closes = datetime.combine(day, begin, SHANGHAI), datetime.combine(day, end, SHANGHAI)
                if closes > start:
                    yield max(opens, start), closes
        day += timedelta(days=1)
