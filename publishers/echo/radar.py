"""互动雷达: how quickly an account answers the public, against the inspection's yardstick. Pure.

国办秘函〔2019〕19号 makes valid messages that stay unanswered for more than three months a veto item, and an account that was not
updated for two weeks; the house asks for an answer within three working days, and warns after seven silent days. All of it stands in ``data/interaction.json`` with their source and the day they begin.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Protocol

from publishers.slot import SHANGHAI

_NUMBERS = ("answer_working_days", "breach_days", "silent_warn_days", "silent_alarm_days", "silent_breach_days")


class Workdays(Protocol):
    """Counts working days (``disclosures.workdays``)."""

    def remaining(self, today: date, deadline: date) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is asked for."""

    answer_working_days: int
    breach_days: int
    silent_warn_days: int
    silent_alarm_days: int
    silent_breach_days: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One comment or message: when it came, and when it was answered, if it was."""

    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The radar of one account."""

    name: str
    channel: str
    open: int
    late: int
    """Open for longer than the rule allows."""
    oldest_at: datetime | None
    oldest_working_days: int
    due: int
    """Those counted in the share: answered, or their time is over."""
    in_time: int
    silent_days: int | None
    """Days since the account last published through this house; None when that is not asked or never happened."""
    silence: str
    """good, warn or alarm."""
    breached: bool
    """Something valid is unanswered for more than three months: a veto item."""

    @property
    def share(self) -> int | None:
        """Per cent answered in time; None when nothing was due yet."""
        return round(100 * self.in_time / self.due) if self.due else None

    @property
    def level(self) -> str:
        """good, warn or alarm."""
        if self.breached or self.silence == "alarm":
            return "alarm"
        return "warn" if self.late or self.silence == "warn" else "good"


def rule_on(day: date) -> Rule:
    """The rule in force on a day."""
    rows: list[Mapping[str, Any]] = json.loads(
        (files("publishers.echo") / "data" / "interaction.json").read_text(encoding="utf-8")
    )
    valid = [row for row in rows if date.fromisoformat(row["from"]) <= day] or rows[:1]
    row = max(valid, key=lambda each: str(each["from"]))
    numbers = {name: int(row[name]) for name in _NUMBERS}
    return Rule(**numbers, source=str(row["source"]))


def silence_of(days: int | None, rule: Rule) -> str:
    """How near an account is to the two weeks without an update that the inspection does not forgive."""
    if days is None or days < rule.silent_warn_days:
        return "good"
    return "warn" if days < rule.silent_alarm_days else "alarm"


def working_days(workdays: Workdays, start: datetime, end: datetime) -> int:
    """Working days from one moment to another; the day of the first is not counted."""
    first, last = start.astimezone(SHANGHAI).date(), end.astimezone(SHANGHAI).date()
    return max(workdays.remaining(first, last), 0) if last >= first else 0


def reading(
    name: str, channel: str, messages: Sequence[Message], *, rule: Rule, workdays: Workdays, now: datetime,
    last_post_at: datetime | None = None,
) -> Reading:  # fmt: skip
    """``messages`` are the valid ones: what was left aside with a reason is not among them."""
    waiting = sorted((each for each in messages if each.answered_at is None), key=lambda each: each.at)
    ages = [working_days(workdays, each.at, now) for each in waiting]
    answered = [each for each in messages if each.answered_at is not None]
    took = [working_days(workdays, each.at, each.answered_at) for each in answered if each.answered_at is not None]
    late = sum(1 for age in ages if age > rule.answer_working_days)
    oldest = waiting[0].at if waiting else None
    silent = max((now - last_post_at).days, 0) if last_post_at is not None else None
    return Reading(
        name=name, channel=channel, open=len(waiting), late=late, oldest_at=oldest,
        oldest_working_days=ages[0] if ages else 0, due=len(answered) + late,
        in_time=sum(1 for days in took if days <= rule.answer_working_days),
        silent_days=silent, silence=silence_of(silent, rule), breached=oldest is not None and (now - oldest).days > rule.breach_days,
    )  # fmt: skip
