"""Reading a year's calendar from a file: CSV as offices keep it, or JSON. Pure; it checks before anything is believed."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from disclosures.workdays import YearCalendar

MOST: Final = 64 * 1024
"""Bytes of a file; a year needs two thousand."""
FEWEST_OFF, MOST_OFF, MOST_WORKED = 7, 60, 20
"""A year with fewer or more days off than this is a wrong file: since 2014 the notices name 19 to 33 days off, 4 to 8 worked."""
OFF: Final = frozenset({"休", "放假", "休息", "off", "节假日"})
WORKED: Final = frozenset({"班", "上班", "调休上班", "补班", "worked", "调休"})
_NUMBER: Final = re.compile(r"[〔\[（(]20\d\d[〕\]）)]\s*\d+\s*号")


class YearRefused(ValueError):
    """The file is not a year's calendar; ``line`` is where (0: the whole file), ``remedy`` what to do."""

    def __init__(self, message: str, *, remedy: str, line: int = 0) -> None:
        super().__init__(f"第 {line} 行：{message}" if line else message)
        self.remedy = remedy
        self.line = line


def read_year(data: bytes, *, source: str) -> YearCalendar:
    """The calendar. ``source`` is the notice with its 文号; a JSON file may bring its own. Raises YearRefused."""
    if len(data) > MOST:
        raise YearRefused("文件超过 64 KB，不像是一年的节假日安排", remedy="请只保留日期、休或班、节日名称三列")
    text = _text(data)
    if not text.strip():
        raise YearRefused("没有内容", remedy="请选择文件，或把三列内容贴进文本框")
    off, worked, own = _json(text) if text.lstrip().startswith("{") else (*_csv(text), "")
    return _checked(off, worked, (source.strip() or own)[:200])


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise YearRefused("文件的编码无法识别", remedy="请另存为 UTF-8 编码的 CSV 文件")


def _json(text: str) -> tuple[dict[date, str], dict[date, str], str]:
    try:
        plain = json.loads(text)
        days: Mapping[str, Any] = {"off": plain.get("off", {}), "worked": plain.get("worked", {})}
        off, worked = ({_day(day): str(name)[:32] for day, name in dict(days[kind]).items()} for kind in days)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise YearRefused(
            "JSON 文件的写法不对", remedy='请写成 {"source": "文号", "off": {"2027-01-01": "元旦"}, "worked": {}}'
        ) from None
    return off, worked, str(plain.get("source", ""))


def _csv(text: str) -> tuple[dict[date, str], dict[date, str]]:
    off: dict[date, str] = {}
    worked: dict[date, str] = {}
    for line, cells in _lines(text):
        day, kind, name = (*cells, "", "")[:3]
        if line == 1 and not re.match(r"\s*20\d\d", day):
            continue  # The head of the table.
        try:
            moment = _day(day)
        except ValueError:
            raise YearRefused(f"日期“{day[:20]}”无法识别", remedy="请写成 2027-01-01", line=line) from None
        if moment in off or moment in worked:
            raise YearRefused(f"{moment.isoformat()} 出现了两次", remedy="请删去重复的一行", line=line)
        if kind.strip().lower() in OFF:
            off[moment] = name.strip()[:32]
        elif kind.strip().lower() in WORKED:
            worked[moment] = name.strip()[:32]
        else:
            raise YearRefused(f"“{kind[:20]}”不是休或班", remedy="第二列请写“休”或“班”", line=line)
    return off, worked


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    separator = "\t" if "\t" in text else ","
    for number, cells in enumerate(csv.reader(io.StringIO(text.replace("，", ",")), delimiter=separator), 1):
        if any(cell.strip() for cell in cells):
            yield number, cells


def _day(text: str) -> date:
    found = re.fullmatch(r"\s*(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?\s*", text)
    if found is None:
        raise ValueError(text)
    return date(int(found[1]), int(found[2]), int(found[3]))


def _checked(off: Mapping[date, str], worked: Mapping[date, str], source: str) -> YearCalendar:
    years = {day.year for day in (*off, *worked)}
    if len(years) != 1:
        found = "、".join(str(year) for year in sorted(years)) or "没有日期"
        raise YearRefused(f"一次只能导入一年（现在是：{found}）", remedy="请把不同年份分成不同的文件")
    if _NUMBER.search(source) is None:
        raise YearRefused(
            "没有写明依据",
            remedy="请填写通知的名称和文号，例如：国务院办公厅关于2027年部分节假日安排的通知（国办发明电〔2026〕7号）",
        )
    if not FEWEST_OFF <= len(off) <= MOST_OFF or len(worked) > MOST_WORKED:
        raise YearRefused(
            f"放假 {len(off)} 天、调休上班 {len(worked)} 天，不像是一年的安排", remedy="请对照通知逐日核对后重新导入"
        )
    if both := sorted(set(off) & set(worked)):
        raise YearRefused(f"{both[0].isoformat()} 既是放假又是上班", remedy="请对照通知核对这一天")
    if idle := [day for day in sorted(worked) if day.weekday() < 5]:
        raise YearRefused(f"{idle[0].isoformat()} 是星期一至星期五，本来就上班", remedy="“班”只写周末里要上班的日子")
    return YearCalendar(year=years.pop(), off=dict(off), worked=dict(worked), source=source)
