"""WeChat's quota of mass sends (群发) as pure rules over data: who has a day, and which is the next free one (features P19).

A subscription account may send to all once a day; a service account once a day, and each follower receives at most four
in a month (wechat.md §7). Sends from the platform's own website count too. The rules are data with an effective date,
because the platform changes them and some of them were never settled (``data/mass-quota.json``).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from importlib import resources
from typing import Final

LOOK_AHEAD: Final = 62
"""Days in which a free one is sought; beyond two months a proposal is of no use."""


class UseState(StrEnum):
    """What a place in the quota is."""

    RESERVED = "reserved"
    """A release is planned for it."""
    SPENT = "spent"
    """It was sent, or may have been sent."""
    OUTSIDE = "outside"
    """It was sent on the platform's own website, or the platform says that nothing is left."""
    RELEASED = "released"
    """Cancelled, withdrawn or refused before any effect: the place is free again."""


COUNTED: Final = frozenset({UseState.RESERVED, UseState.SPENT, UseState.OUTSIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the platform allows from ``effective_from`` on. Null: without limit."""

    effective_from: date
    source: str
    per_day: int | None
    per_month: int | None
    failed_counts: bool
    """Whether a send that the platform's review refused counts. The page says “1 successful call a day”; if it did
    count, the platform would refuse the next one before any effect (45028), and we would learn it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One place that is taken, on a day in Shanghai."""

    day: date
    state: UseState


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A month in numbers: 本月已用 ``used`` / ``limit``，预留 ``reserved``."""

    used: int
    reserved: int
    limit: int | None

    @property
    def words(self) -> str:
        """“本月已用 2/4，预留 1”; without a limit of the month “本月已用 2，预留 1”."""
        used = f"{self.used}/{self.limit}" if self.limit is not None else str(self.used)
        return f"本月已用 {used}，预留 {self.reserved}"


def load_rules(kind: str, *, per_day: int | None = None, per_month: int | None = None) -> tuple[Rule, ...]:
    """The rules of one kind of account, the oldest first; ``per_day`` and ``per_month`` set the office's own figures
    over those of the data (0: without limit), for an account that the platform treats otherwise."""
    plain = json.loads(resources.files("publishers.wechat").joinpath("data/mass-quota.json").read_text("utf8"))
    rules = [Rule(**{**row, "effective_from": date.fromisoformat(row["effective_from"])}) for row in plain[kind]]
    if per_day is not None:
        rules = [replace(rule, per_day=per_day or None) for rule in rules]
    if per_month is not None:
        rules = [replace(rule, per_month=per_month or None) for rule in rules]
    return tuple(sorted(rules, key=lambda rule: rule.effective_from))


def rule_on(rules: Sequence[Rule], day: date) -> Rule:
    """The rule in force on a day; before the first one the first."""
    return next((rule for rule in reversed(rules) if rule.effective_from <= day), rules[0])


def month_start(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    """The first day of the month after the one of ``day``."""
    return (month_start(day) + timedelta(days=32)).replace(day=1)


def tally(rules: Sequence[Rule], uses: Iterable[Use], day: date) -> Tally:
    """The month of ``day`` in numbers."""
    there = [use for use in uses if month_start(use.day) == month_start(day)]
    return Tally(
        used=sum(use.state in {UseState.SPENT, UseState.OUTSIDE} for use in there),
        reserved=sum(use.state is UseState.RESERVED for use in there),
        limit=rule_on(rules, day).per_month,
    )


def is_free(rules: Sequence[Rule], uses: Sequence[Use], day: date) -> bool:
    """Whether one more mass send fits into the day and into its month."""
    return room(rules, uses, day, wanted=1)


def is_overbooked(rules: Sequence[Rule], uses: Sequence[Use], day: date) -> bool:
    """Whether a day or its month already holds more than the platform will let out."""
    return not room(rules, uses, day, wanted=0)


def room(rules: Sequence[Rule], uses: Sequence[Use], day: date, *, wanted: int) -> bool:
    """Whether the day and its month hold what is taken and ``wanted`` more."""
    rule = rule_on(rules, day)
    counted = [use.day for use in uses if use.state in COUNTED]
    in_day = sum(each == day for each in counted) + wanted
    in_month = sum(month_start(each) == month_start(day) for each in counted) + wanted
    return (rule.per_day is None or in_day <= rule.per_day) and (rule.per_month is None or in_month <= rule.per_month)


def next_free(rules: Sequence[Rule], uses: Sequence[Use], day: date) -> date | None:
    """The first free day from ``day`` on; None when there is none within two months."""
    days = (day + timedelta(days=number) for number in range(LOOK_AHEAD))
    return next((each for each in days if is_free(rules, uses, each)), None)
