"""The typed fields of a kind as they are filled in: read, checked, and brought into the form in which they are public.

Pure. What a person types is forgiving (2026-11-3, 2026年11月3日, 1,200, 1200万元); what is kept is one form, the one that the
reviewers and the public read: 2026年11月3日, 1200万元.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from typing import Final

from disclosures.content import Particular
from disclosures.findings import Finding, block
from disclosures.kind import Kind, KindField

LONGEST_LINE: Final = 200
LONGEST_LINES: Final = 4000
"""Characters of a one-line field, and of one with several lines."""

_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_NUMBER: Final = re.compile(r"([-+]?\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|[-+]?\d+(?:\.\d+)?)\s*(.*)")
_MONEY: Final = ("元", "万元", "亿元")


def field_key(name: str) -> str:
    """The name of a finding's field, and (with an underscore) of the form's."""
    return f"particulars.{name}"


def normal(each: KindField, text: str) -> tuple[str, Finding | None]:
    """The value as it is kept, and what is wrong with it; an empty text is never wrong here."""
    value = text.replace("\r\n", "\n").strip()
    if not value:
        return "", None
    if each.type == "lines":
        value = "\n".join(line.strip() for line in value.split("\n") if line.strip())
        return value, _too_long(each, value, LONGEST_LINES)
    value = " ".join(value.split())
    if problem := _too_long(each, value, LONGEST_LINE):
        return value, problem
    read = {"date": _date, "number": _number, "amount": _amount, "choice": _choice}.get(each.type)
    return read(each, value) if read else (value, None)


def typed(each: KindField, value: str) -> str:
    """A kept value as it stands in the form's control: a date as 2026-11-03, a figure without the unit that is printed
    beside it. ``normal(each, typed(each, v))`` is ``v`` again."""
    if each.type == "date" and (found := _DATE.fullmatch(value)):
        return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"
    if (
        each.type in {"number", "amount"}
        and each.unit
        and (found := _NUMBER.fullmatch(value))
        and found[2] == each.unit
    ):
        return found[1]
    return value


def filled(kind: Kind, values: Mapping[str, str]) -> tuple[tuple[Particular, ...], tuple[Finding, ...]]:
    """The particulars in the order of the kind's form, and what is wrong with them. A name that the kind does not have
    is wrong; an empty value is nothing."""
    known = {each.name for each in kind.fields}
    problems = [
        block(field_key(name), f"“{kind.name}”没有“{name}”这一项。", "请删除这一项，或改选文种。")
        for name, text in values.items()
        if text.strip() and name not in known
    ]
    found = []
    for each in kind.fields:
        value, problem = normal(each, values.get(each.name, ""))
        if problem:
            problems.append(problem)
        if value:
            found.append(Particular(name=each.name, label=each.label, value=value))
    return tuple(found), tuple(problems)


def missing(kind: Kind, particulars: Sequence[Particular]) -> tuple[Finding, ...]:
    """What stands in the way of a submission: required fields that are empty, and periods that end before they begin."""
    values = {each.name: each.value for each in particulars}
    return (*_required(kind, values), *_periods(kind, values))


def as_table(particulars: Sequence[Particular]) -> str:
    """A small table of clean HTML for the head of a text; empty without particulars."""
    if not particulars:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(each.label)}</th><td>{escape(each.value).replace(chr(10), "<br>")}</td></tr>'
        for each in particulars
    )
    return f"<table><tbody>{rows}</tbody></table>"


def as_lines(particulars: Sequence[Particular]) -> tuple[str, ...]:
    """“报名截止：2026年12月1日”, one a field; several lines of a field are joined."""
    return tuple(f"{each.label}：{'；'.join(each.value.split(chr(10)))}" for each in particulars)


def _required(kind: Kind, values: Mapping[str, str]) -> Iterator[Finding]:
    for each in kind.fields:
        if each.required and not each.retired and not values.get(each.name, "").strip():
            yield block(field_key(each.name), f"“{kind.name}”须填写“{each.label}”。", "请填写。")


def _periods(kind: Kind, values: Mapping[str, str]) -> Iterator[Finding]:
    """Two dates whose names end in _from (or _on) and _until are a period."""
    labels = {each.name: each.label for each in kind.fields if each.type == "date"}
    for name in labels:
        stem = name.removesuffix("_until")
        for begin in (f"{stem}_from", f"{stem}_on"):
            if stem != name and begin in labels:
                first, last = read_date(values.get(begin, "")), read_date(values.get(name, ""))
                if first and last and last < first:
                    yield block(field_key(name), f"“{labels[name]}”早于“{labels[begin]}”。", "请核对这两个日期。")


def read_date(text: str) -> date | None:
    """A date however it is written; None when it is none."""
    found = _DATE.fullmatch(text.strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _date(each: KindField, value: str) -> tuple[str, Finding | None]:
    day = read_date(value)
    if day is None:
        return value, _wrong(each, f"“{value[:20]}”不是日期。", "请按 2026-11-23 的格式填写。")
    return f"{day.year}年{day.month}月{day.day}日", None


def _number(each: KindField, value: str) -> tuple[str, Finding | None]:
    found = _NUMBER.fullmatch(value)
    if found is None or found[2] not in {"", each.unit}:
        unit = f"，单位“{each.unit}”不用填写" if each.unit else ""
        return value, _wrong(each, f"“{value[:20]}”不是数字。", f"请填写阿拉伯数字{unit}。")
    return f"{_plain(found[1])}{each.unit}", None


def _amount(each: KindField, value: str) -> tuple[str, Finding | None]:
    found, unit = _NUMBER.fullmatch(value), each.unit or "元"
    if found is None or (found[2] and found[2] not in _MONEY):
        return value, _wrong(each, f"“{value[:20]}”不是金额。", f"请填写数字，单位为{unit}；也可以写明元、万元或亿元。")
    return f"{_plain(found[1])}{found[2] or unit}", None


def _choice(each: KindField, value: str) -> tuple[str, Finding | None]:
    if value not in each.choices:
        return value, _wrong(each, f"没有“{value[:20]}”这个选项。", f"可选：{'、'.join(each.choices)}。")
    return value, None


def _plain(number: str) -> str:
    return number.replace(",", "").replace("，", "").removeprefix("+")


def _too_long(each: KindField, value: str, most: int) -> Finding | None:
    if len(value) <= most:
        return None
    return _wrong(each, f"有 {len(value)} 个字符，最多 {most} 个。", "请精简，详细内容写在正文里。")


def _wrong(each: KindField, message: str, remedy: str) -> Finding:
    return block(field_key(each.name), message, remedy)
