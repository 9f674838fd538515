"""Quiet days (静默期、纪念日): on which days they fall, and what they say to a planned release. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

QINGMING: Final = "清明"
_ONCE: Final = re.compile(r"20\d\d-\d\d-\d\d")
_YEARLY: Final = re.compile(r"\d\d-\d\d")


class Rule(StrEnum):
    """What a quiet day does to a release that is planned for it."""

    SHOW = "show"
    """The calendar shows it, nothing is asked."""
    WARN = "warn"
    """Whoever plans confirms that it is meant."""
    FORBID = "forbid"
    """Only with a written reason (urgent matters)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """One quiet day as the office keeps it. ``channels`` empty: all of them."""

    id: int
    name: str
    falls_on: str
    kind: str
    rule: Rule
    channels: tuple[str, ...] = ()
    message: str = ""
    source: str = ""

    def on(self, day: date) -> bool:
        """Whether it falls on the day."""
        if self.falls_on == QINGMING:
            return day == qingming(day.year)
        return self.falls_on in {day.isoformat(), day.strftime("%m-%d")}

    def concerns(self, channels: Iterable[str]) -> bool:
        return not self.channels or any(str(name) in self.channels for name in channels)


def qingming(year: int) -> date:
    """The day of 清明 in the 21st century: the April formula of 寿星通式 ([Y × 0.2422 + 4.81] − [Y ÷ 4])."""
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def falls_on_problem(text: str) -> str:
    """What is wrong with a written day; empty when nothing is."""
    if text == QINGMING:
        return ""
    try:
        if _ONCE.fullmatch(text):
            date.fromisoformat(text)
            return ""
        if _YEARLY.fullmatch(text):
            date.fromisoformat(f"2024-{text}")  # A leap year: 02-29 may be meant.
            return ""
    except ValueError:
        return f"没有“{text}”这一天"
    return "日期请写成 12-13（每年）、2026-12-13（一次），或“清明”"


def quiet_on(days: Sequence[Quiet], day: date, channels: Iterable[str] | None = None) -> tuple[Quiet, ...]:
    """The quiet days that fall on a day and concern one of the channels (None: any), the strictest first."""
    names = None if channels is None else list(channels)
    found = [each for each in days if each.on(day) and (names is None or each.concerns(names))]
    order = {Rule.FORBID: 0, Rule.WARN: 1, Rule.SHOW: 2}
    return tuple(sorted(found, key=lambda each: (order[each.rule], each.name)))
