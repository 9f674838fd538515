"""Service hours (服务时间) as offices write them, and whether somebody is there now. Pure.

“工作日 9:00–12:00、13:30–17:00” is read with the working days of the one calendar of the product: a make-up Sunday (调休) is
open, a holiday on a Wednesday is not. A text that is not understood (“夏季另行通知”) promises nothing: None.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.office import Office
from disclosures.workdays import WorkingDays

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
FARTHEST: Final = 30
"""Days ahead that are searched for the next opening; the longest holidays are shorter."""
_LONGEST: Final = 200
_WINDOW: Final = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:-|–|—|~|～|至|到)+\s*(\d{1,2})[:：](\d{2})")
_ALL_DAY: Final = re.compile(r"24\s*小时|全天")
_WEEKDAYS: Final = "一二三四五六日"
_RANGE: Final = re.compile(
    r"(?:周|星期)([一二三四五六日天])\s*(?:-|–|—|~|～|至|到)+\s*(?:周|星期)?([一二三四五六日天])"
)
_SINGLE: Final = re.compile(r"(?:周|星期)([一二三四五六日天])")
_EVERY_DAY: Final = re.compile(r"每天|每日|全年|无休|周末不休|节假日不休")
_UNCERTAIN: Final = re.compile(r"[春夏秋冬]季|\d\s*月|除外|另行|预约")
_REASONS: Final = {"未上班": "现在还没有到上班时间", "午休": "现在是午休时间", "下班": "现在已经下班"}
_HOLIDAYS_OFF: Final = re.compile(r"[（(，,、]?\s*(?:法定)?节假日(?:除外|休息)[）)]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When an office is there. ``windows`` are local times, in order and apart; ``weekdays`` is None for 工作日, else the
    days of the week (Monday is 0), whatever the calendar says."""

    windows: tuple[tuple[time, time], ...]
    weekdays: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether somebody is there at a moment. ``why`` (未上班、午休、下班、周末、国庆节放假…) and ``opens`` only when nobody is."""

    open: bool
    why: str = ""
    opens: datetime | None = None
    """In Asia/Shanghai; None: not within the next thirty days."""
    provisional: bool = False
    """True: ``opens`` lies in a year whose holidays are not announced yet."""


def parse_hours(text: str) -> Hours | None:
    """Reads 工作日, 周一至周五, 每天 with up to four windows, or 24小时. None when the text is anything else."""
    plain = _HOLIDAYS_OFF.sub("", text.strip())
    if len(text) > _LONGEST or _UNCERTAIN.search(plain):
        return None
    every_day = bool(_EVERY_DAY.search(plain))
    windows = tuple(_windows(plain))
    if not windows and _ALL_DAY.search(plain):
        windows, every_day = ((time(0), time.max),), every_day or not _days(plain)
    if not windows or len(windows) > 4 or any(before[1] > after[0] for before, after in _pairs(windows)):
        return None
    if any(start >= end for start, end in windows):
        return None
    if every_day:
        return Hours(windows=windows, weekdays=frozenset(range(7)))
    days = _days(plain)
    # 周一至周五 is what a government office calls its working days: make-up days are worked, holidays are not.
    if not days or days == frozenset(range(5)):
        return Hours(windows=windows)
    return Hours(windows=windows, weekdays=days)


def standing(hours: Hours, now: datetime, calendar: WorkingDays) -> Standing:
    """Whether somebody is there at ``now``, why not, and from when on."""
    here = now.astimezone(SHANGHAI)
    off = _closed(hours, here.date(), calendar)
    if off is None and any(start <= here.time() < end for start, end in hours.windows):
        return Standing(open=True)
    why = off or _between(hours, here.time())
    for ahead in range(FARTHEST + 1):
        day = here.date() + timedelta(days=ahead)
        if _closed(hours, day, calendar) is not None:
            continue
        for start, _ in hours.windows:
            opens = datetime.combine(day, start, tzinfo=SHANGHAI)
            if opens > here:
                unknown = hours.weekdays is None and not calendar.known(day)
                return Standing(open=False, why=why, opens=opens, provisional=unknown)
    return Standing(open=False, why=why)


def standing_of(office: Office, now: datetime, calendar: WorkingDays) -> Standing | None:
    """As ``standing``, for an office with its hours as they are written; None when they cannot be told."""
    hours = parse_hours(office.hours)
    return standing(hours, now, calendar) if hours else None


def closed_text(found: Standing, now: datetime) -> str:
    """What is said to a citizen while nobody is there; empty while somebody is."""
    if found.open:
        return ""
    begin = _REASONS.get(found.why, f"今天{found.why}，无人值守")
    if found.opens is None or found.provisional:
        return f"{begin}，恢复上班后有人接待。"  # A day that nobody has announced yet is not promised.
    return f"{begin}，{_said(found.opens, now)} 起有人接待。"


def _said(opens: datetime, now: datetime) -> str:
    clock, today = f"{opens:%H:%M}", now.astimezone(SHANGHAI).date()
    if opens.date() == today:
        return f"今天 {clock}"
    if opens.date() == today + timedelta(days=1):
        return f"明天 {clock}"
    year = f"{opens.year}年" if opens.year != today.year else ""
    return f"{year}{opens.month}月{opens.day}日（星期{_WEEKDAYS[opens.weekday()]}）{clock}"


def _closed(hours: Hours, day: date, calendar: WorkingDays) -> str | None:
    """Why nobody is there on a whole day; None when it is a day of service."""
    if hours.weekdays is None:
        reason = calendar.reason_off(day)
        return f"{reason}放假" if reason not in {None, "周末"} else reason
    return None if day.weekday() in hours.weekdays else f"星期{_WEEKDAYS[day.weekday()]}不对外服务"


def _between(hours: Hours, moment: time) -> str:
    if moment < hours.windows[0][0]:
        return "未上班"
    return "午休" if moment < hours.windows[-1][1] else "下班"


def _windows(text: str) -> Iterator[tuple[time, time]]:
    for found in _WINDOW.finditer(text):
        hour, minute, until, past = (int(part) for part in found.groups())
        if hour > 23 or minute > 59 or until > 24 or past > 59 or (until == 24 and past):
            yield time(1), time(0)  # No time of day: the whole text is refused.
        else:
            yield time(hour, minute), time.max if until == 24 else time(until, past)


def _pairs(windows: tuple[tuple[time, time], ...]) -> Iterator[tuple[tuple[time, time], tuple[time, time]]]:
    return itertools.pairwise(windows)


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for first, last in _RANGE.findall(text):
        start, end = _weekday(first), _weekday(last)
        days |= set(range(start, end + 1)) if start <= end else set(range(start, 7)) | set(range(end + 1))
    days |= {_weekday(each) for each in _SINGLE.findall(_RANGE.sub("", text))}
    return frozenset(days)


def _weekday(sign: str) -> int:
    return _WEEKDAYS.index("日" if sign == "天" else sign)
