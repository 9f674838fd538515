"""Working days in China: holidays, make-up days (调休), and an honest answer for years nobody has announced. Pure.

The yearly notices of the State Council (国务院办公厅关于…年部分节假日安排的通知) decide which days are worked. The
years 2004 to 2026 come from the package ``chinesecalendar``, which transcribes them; later years are added as data when
their notice is out (``YearCalendar``). A deadline that touches a year without a calendar counts weekends only and says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from chinese_calendar.constants import Holiday, holidays, workdays

SOURCE = "国务院办公厅历年部分节假日安排通知（chinesecalendar 2004—2026）"
PROVISIONAL_NOTE = "暂按周末推算"

Day = date
"""``Deadline.date`` hides the type's own name inside its class."""

_DAY = timedelta(days=1)
_NAMES: Mapping[str, str] = {holiday.value: holiday.chinese for holiday in Holiday}
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearCalendar:
    """One year's announced calendar. ``off`` and ``worked`` map a date to the name of its holiday."""

    year: int
    off: Mapping[date, str]
    worked: Mapping[date, str]
    source: str
    """The notice, with its 文号."""

    @classmethod
    def parse(cls, plain: Mapping[str, Any]) -> "YearCalendar":
        """Reads {"year": 2027, "source": "…", "off": {"2027-01-01": "元旦"}, "worked": {…}}."""
        return cls(
            year=int(plain["year"]),
            off={date.fromisoformat(day): str(name) for day, name in plain["off"].items()},
            worked={date.fromisoformat(day): str(name) for day, name in plain["worked"].items()},
            source=str(plain["source"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The last day of a period, and how it was counted."""

    date: Day
    provisional: bool
    """True: part of the count lies in a year whose calendar is not announced."""
    days: tuple[Day, ...]
    """The working days counted, first to last."""
    skipped: tuple[tuple[Day, str], ...] = ()
    """The days between that were not counted, each with its reason."""
    source: str = SOURCE

    @property
    def note(self) -> str:
        """What a screen writes beside the date; empty when there is nothing to say."""
        return PROVISIONAL_NOTE if self.provisional else ""

    def explanation(self) -> tuple[str, ...]:
        """The count day by day, in the order of the calendar."""
        lines = {day: f"{_written(day)}　第 {place} 个工作日" for place, day in enumerate(self.days, 1)}
        lines |= {day: f"{_written(day)}　不计：{reason}" for day, reason in self.skipped}
        return tuple(lines[day] for day in sorted(lines))


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Knows which days are worked. ``announced`` adds years, or replaces one that the package has; ``learn`` does the
    same later on."""

    announced: Iterable[YearCalendar] = ()
    _years: dict[int, YearCalendar] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        years = {year: _packaged(year) for year in {day.year for day in holidays}}
        years |= {calendar.year: calendar for calendar in self.announced}
        object.__setattr__(self, "_years", years)

    def learn(self, calendars: Iterable[YearCalendar]) -> None:
        """Puts the calendars that this office has entered in the place of those known before, all at once.

        There is one calendar in the house: whoever counts days holds this very object, so that a year that was entered
        a moment ago counts everywhere without a restart. A year that is entered no longer is again as it was packaged.
        """
        years = {year: _packaged(year) for year in {day.year for day in holidays}}
        years |= {calendar.year: calendar for calendar in (*self.announced, *calendars)}
        object.__setattr__(self, "_years", years)

    def year(self, year: int) -> YearCalendar | None:
        """The announced calendar of a year; None when there is none yet."""
        return self._years.get(year)

    def reason_worked(self, day: date) -> str | None:
        """The holiday for which a day of the weekend is worked (调休); None for any other day."""
        calendar = self._years.get(day.year)
        if calendar is None or day not in calendar.worked:
            return None
        return calendar.worked[day] or "节假日"

    def source_on(self, day: date) -> str:
        """The notice by which a day is off or worked; “暂按周末推算” in a year without one."""
        calendar = self._years.get(day.year)
        return calendar.source if calendar is not None else PROVISIONAL_NOTE

    def known(self, day: date) -> bool:
        """Whether the calendar of that day's year has been announced."""
        return day.year in self._years

    def is_working(self, day: date) -> bool:
        """Whether the day is worked; for a year without a calendar, whether it is a weekday."""
        return self.reason_off(day) is None

    def reason_off(self, day: date) -> str | None:
        """Why the day is not worked (国庆节, 周末); None when it is."""
        calendar = self._years.get(day.year)
        if calendar is not None:
            if day in calendar.worked:
                return None
            if day in calendar.off:
                return calendar.off[day] or "节假日"
        return "周末" if day.weekday() >= 5 else None

    def add(self, start: date, n: int) -> Deadline:
        """The n-th working day after ``start``; n ≥ 1. The day of the event is not counted (民法典第二百零一条)."""
        if n < 1:
            raise ValueError("a period has at least one working day")
        counted: list[date] = []
        skipped: list[tuple[date, str]] = []
        day = start
        while len(counted) < n:
            day += _DAY
            reason = self.reason_off(day)
            if reason is None:
                counted.append(day)
            else:
                skipped.append((day, reason))
        years = {each.year for each in (*counted, *(off for off, _ in skipped))}
        sources = [self._years[year].source for year in sorted(years) if year in self._years]
        return Deadline(
            date=day,
            provisional=any(year not in self._years for year in years),
            days=tuple(counted),
            skipped=tuple(skipped),
            source="；".join(dict.fromkeys(sources)) or PROVISIONAL_NOTE,
        )

    def remaining(self, today: date, deadline: date) -> int:
        """Working days left after today, the deadline's day included; negative: working days since it passed."""
        if deadline >= today:
            return sum(1 for day in _after(today, deadline) if self.is_working(day))
        return -sum(1 for day in _after(deadline, today) if self.is_working(day))


def _after(start: date, end: date) -> Iterator[date]:
    day = start
    while day < end:
        day += _DAY
        yield day


def _packaged(year: int) -> YearCalendar:
    return YearCalendar(
        year=year,
        off={day: _NAMES.get(name, name) for day, name in holidays.items() if day.year == year},
        worked={day: _NAMES.get(name, name) for day, name in workdays.items() if day.year == year},
        source=SOURCE,
    )


def _written(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日（星期{_WEEKDAYS[day.weekday()]}）"
