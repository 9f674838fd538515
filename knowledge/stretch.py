"""Stretches of days that a page may show: a week, a month or a quarter. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

NAMES: Final = {"week": "周", "month": "月", "quarter": "季度"}
_WEEK: Final = re.compile(r"(20\d\d)-W(0[1-9]|[1-4]\d|5[0-3])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From the first day to the last, both counted. ``kind``: week, month or quarter."""

    kind: str
    first: date
    last: date

    @property
    def name(self) -> str:
        """2026年第48周（11月23日至11月29日）, 2026年11月, 2026年第四季度."""
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year}年第{week}周（{self.first.month}月{self.first.day}日至{self.last.month}月{self.last.day}日）"
        if self.kind == "month":
            return f"{self.first.year}年{self.first.month}月"
        return f"{self.first.year}年第{'一二三四'[(self.first.month - 1) // 3]}季度"

    @property
    def previous(self) -> "Stretch":
        return stretch_of(self.kind, self.first - timedelta(days=1))

    @property
    def following(self) -> "Stretch":
        return stretch_of(self.kind, self.last + timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The days of a stretch that have come, and as many of the stretch before, so that half a week is not compared with a whole one."""

    last: date
    past_first: date
    past_last: date
    running: bool


def beside(stretch: Stretch, today: date) -> Beside:
    """What of a stretch is compared with what."""
    last = max(stretch.first, min(stretch.last, today))
    past = stretch.previous
    running = last < stretch.last
    past_last = min(past.last, past.first + (last - stretch.first)) if running else past.last
    return Beside(last=last, past_first=past.first, past_last=past_last, running=running)


def stretch_of(kind: str, day: date) -> Stretch:
    """The week (from Monday), month or quarter in which a day lies; of an unknown kind: the week."""
    if kind == "month":
        return Stretch(kind=kind, first=day.replace(day=1), last=_end_of_month(day.year, day.month))
    if kind == "quarter":
        month = 3 * ((day.month - 1) // 3) + 1
        return Stretch(kind=kind, first=date(day.year, month, 1), last=_end_of_month(day.year, month + 2))
    monday = day - timedelta(days=day.weekday())
    return Stretch(kind="week", first=monday, last=monday + timedelta(days=6))


def week_named(text: str) -> Stretch | None:
    """2026-W48 as a stretch; None for anything else."""
    found = _WEEK.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return stretch_of("week", date.fromisocalendar(int(found[1]), int(found[2]), 1))
    except ValueError:
        return None


def week_mark(day: date) -> str:
    """The name of a day's week as an address and a form write it: 2026-W48."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _end_of_month(year: int, month: int) -> date:
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
