"""Dates: weekdays, days that do not exist, periods that end before they begin, the date under the text. Pure."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from disclosures.findings import Finding, warn

_WEEKDAYS: Final = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_DATED_WEEKDAY: Final = re.compile(
    r"(?:(\d{4})\s*年)?\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*[（(]?\s*(?:星期|周|礼拜)\s*([一二三四五六日天])(?![一-鿿]*期)"
)
# 11月23日（星期一）至25日（星期三）: the second day has the month of the first.
_SECOND_WEEKDAY: Final = re.compile(
    r"(?:(\d{4})\s*年)?\s*(\d{1,2})\s*月\s*\d{1,2}\s*日\s*(?:[（(]\s*(?:星期|周)[一二三四五六日天]\s*[）)])?\s*(?:至|到|—|－|-|～|~)+\s*"
    r"((\d{1,2})\s*日\s*[（(]\s*(?:星期|周)\s*([一二三四五六日天]))"
)
_DATE: Final = re.compile(r"(?<!\d)(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_PERIOD: Final = re.compile(
    r"(?<!\d)(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*(?:[（(][^）)\n]{1,6}[）)])?\s*起?\s*(?:至|到|—|－|-|～|~)+\s*"
    r"(?:(\d{4})\s*年\s*)?(?:(\d{1,2})\s*月\s*)?(\d{1,2})\s*日"
)
_SIGNED: Final = re.compile(r"^\s*(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日\s*$")
_HOUR: Final = re.compile(
    r"(?:上午|早上|凌晨)\s*(1[3-9]|2\d)\s*[时点:：]|(?<![\d:：])(2[5-9]|[3-9]\d)[:：][0-5]\d(?![\d:：])(?=[^\d]|$)|(?<!\d)(2[5-9]|[3-9]\d)时(?:[0-5]\d分|整)"
)


def find(field: str, text: str, formed_on: date) -> Iterator[Finding]:
    """What is wrong with the dates of one field. A date without a year is of the year of ``formed_on`` or the next."""
    yield from _weekdays(field, text, formed_on)
    yield from _impossible(field, text)
    yield from _periods(field, text)
    for found in _HOUR.finditer(text):
        written = found.group()
        yield warn(
            field, f"“{written}”的时刻写法有误。", "请核对时间。", rule="date.hour", quote=written, start=found.start()
        )


def signed(field: str, text: str, formed_on: date) -> Iterator[Finding]:
    """The date under the text, where the last line is nothing else, against the date that the form says."""
    last = next((line for line in reversed(text.split("\n")) if line.strip()), "")
    found = _SIGNED.match(last)
    day = _day(int(found[1]), int(found[2]), int(found[3])) if found else None
    if day is not None and day != formed_on:
        yield warn(
            field, f"落款日期“{last.strip()}”与填写的成文日期 {formed_on.isoformat()} 不一致。", "请核对哪一个正确。",
            rule="date.signed", quote=last.strip(), start=text.rfind(last),
        )  # fmt: skip


def _weekdays(field: str, text: str, formed_on: date) -> Iterator[Finding]:
    for found in _DATED_WEEKDAY.finditer(text):
        yield from _weekday(field, found.group(), found.start(), (found[1], found[2], found[3], found[4]), formed_on)
    for found in _SECOND_WEEKDAY.finditer(text):
        yield from _weekday(field, found[3], found.start(3), (found[1], found[2], found[4], found[5]), formed_on)


def _weekday(
    field: str, group: str, start: int, parts: tuple[str | None, str, str, str], formed_on: date
) -> Iterator[Finding]:
    years = [int(parts[0])] if parts[0] else [formed_on.year, formed_on.year + 1]
    said, written = _WEEKDAYS[parts[3]], group.strip("（( \n\t")
    days = [day for year in years if (day := _day(year, int(parts[1]), int(parts[2])))]
    if not days:
        yield warn(
            field, f"“{written}”中的日期不存在。", "请核对日期。", rule="date.impossible", quote=written, start=start
        )
    elif all(day.weekday() != said for day in days):
        right = "一二三四五六日"[days[0].weekday()]
        yield warn(
            field, f"“{written}”与日历不符：{days[0].year}年该日是星期{right}。", "请核对日期和星期。", rule="date.weekday",
            quote=written, start=start,
        )  # fmt: skip


def _impossible(field: str, text: str) -> Iterator[Finding]:
    dated = {found.start() for found in _DATED_WEEKDAY.finditer(text)}
    for found in _DATE.finditer(text):
        # 2024 stands for a year that nobody wrote: it knows the 29th of February.
        if _day(int(found[1] or 2024), int(found[2]), int(found[3])) is None and found.start() not in dated:
            written = found.group()
            yield warn(
                field,
                f"“{written}”这一天不存在。",
                "请核对日期。",
                rule="date.impossible",
                quote=written,
                start=found.start(),
            )


def _periods(field: str, text: str) -> Iterator[Finding]:
    for found in _PERIOD.finditer(text):
        year = int(found[1] or 2024)
        first = _day(year, int(found[2]), int(found[3]))
        last_year, last_month = int(found[4] or year), int(found[5] or found[2])
        last = _day(last_year, last_month, int(found[6]))
        if first is None or last is None or (found[4] and not found[1]):
            continue
        # 12月20日至1月5日 goes over the new year; within one month nothing excuses it.
        if last < first and (found[4] or last_month == first.month):
            written = found.group()
            yield warn(
                field,
                f"“{written}”的结束早于开始。",
                "请核对起止日期。",
                rule="date.order",
                quote=written,
                start=found.start(),
            )


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
