"""What the layout of a Chinese official document says about it: its title, 文号, small headings, who signed it and when.
Pure. The layout is that of GB/T 9704-2012 (党政机关公文格式): red head, number, centred title, 黑体 and 楷体 headings, and the
signature with its date at the end. What is found is proposed to a person, never taken silently.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

MOST_TITLE: Final = 200
_HEAD_LINES: Final = 15
_END_LINES: Final = 25
_LONGEST_HEADING: Final = 60

_BRACKETED: Final = r"[〔\[［【（(]\s*(?:19|20)\d{2}\s*[〕\]］】）)]"
_NUMBER: Final = re.compile(rf"[\u4e00-\u9fff]{{1,16}}\s*{_BRACKETED}\s*第?\s*\d{{1,5}}\s*号")
_RED_HEAD: Final = re.compile(r"([\u4e00-\u9fff]{2,28})文件")
_DATE: Final = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_CHINESE_DATE: Final = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
_FIRST: Final = re.compile(r"[一二三四五六七八九十]{1,3}、\S")
_SECOND: Final = re.compile(r"[（(][一二三四五六七八九十]{1,3}[）)]\S")
_OFFICE: Final = re.compile(r"[\u4e00-\u9fff（）]{3,30}")
_STOPS: Final = "。；：！？，"
_DIGITS: Final = {mark: str(value) for value, mark in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One paragraph of the document's own body (not of a table), as far as its layout tells."""

    place: int
    """Its number among the paragraphs, from 0."""
    text: str
    centred: bool = False
    titled: bool = False
    """Styled as the title."""
    outline: int | None = None
    """Depth of a heading style, from 0."""
    font: str = ""
    """The one East Asian font of all its words; empty when they differ or none is named."""
    bold: bool = False
    """All of it."""
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What was found. Every text is as it stands in the document; empty: not found."""

    title: str = ""
    document_number: str = ""
    office: str = ""
    formed_on: date | None = None
    taken: frozenset[int] = frozenset()
    """The paragraphs that are the title or stand above it as head: they do not belong to the body."""
    date_line: str = ""


def read_head(lines: Sequence[Line]) -> Head:
    """Title, number and red head from the beginning, signature and date from the end."""
    written = [line for line in lines if line.text]
    title = _title(written)
    head = Head(title="".join(line.text for line in title)[:MOST_TITLE])
    above = written[: written.index(title[0])] if title else written[:_HEAD_LINES]
    after = written[written.index(title[-1]) + 1 :][:2] if title else []
    taken = {line.place for line in title}
    for line in [*above, *after]:
        if number := _NUMBER.match(line.text):
            head = replace(head, document_number=head.document_number or number.group(0))
            if number.end() == len(line.text):
                taken.add(line.place)
        elif line in above and (red := _RED_HEAD.fullmatch(line.text)):
            head = replace(head, office=red.group(1))
            taken.add(line.place)
    if title and (dated := _dated_below(after)):
        line, day = dated
        head = replace(head, formed_on=day, date_line=line.text)
    return replace(_with_signature(head, written), taken=frozenset(taken))


def small_headings(lines: Sequence[Line], taken: frozenset[int]) -> tuple[dict[int, int], bool]:
    """Depth (2, 3 or 4) by paragraph; and whether fonts had to tell, because no heading style was used."""
    left = [line for line in lines if line.text and line.place not in taken]
    styled = {line.place: line.outline for line in left if line.outline is not None and len(line.text) <= 120}
    if styled:
        top = min(styled.values())
        return {place: min(2 + depth - top, 4) for place, depth in styled.items()}, False
    found = {}
    for line in left:
        if line.listed or len(line.text) > _LONGEST_HEADING or line.text[-1] in _STOPS.replace("：", ""):
            continue
        if _FIRST.match(line.text) and (line.bold or "黑" in line.font or "Hei" in line.font):
            found[line.place] = 2
        elif _SECOND.match(line.text) and (line.bold or "楷" in line.font or "Kai" in line.font):
            found[line.place] = 3
    return found, bool(found)


def date_in(text: str) -> date | None:
    """The date that a line is, in digits or in Chinese numerals; None when it is anything else or no real day."""
    plain = re.sub(r"[\s（）()]", "", text).removesuffix("印发")
    if found := _DATE.fullmatch(plain):
        parts = [int(found.group(place)) for place in (1, 2, 3)]
    elif found := _CHINESE_DATE.fullmatch(plain):
        parts = [int("".join(_DIGITS[mark] for mark in found.group(1))), *map(_small, found.groups()[1:])]
    else:
        return None
    try:
        return date(*parts)
    except ValueError:
        return None


def _title(written: Sequence[Line]) -> list[Line]:
    """The paragraphs of the title, in order."""
    head = written[:_HEAD_LINES]
    if styled := [line for line in head if line.titled]:
        return _together(written, styled[0], lambda line: line.titled)
    for line in head:
        if line.centred and _may_be_title(line.text):
            return _together(written, line, lambda each: each.centred and _may_be_title(each.text))
        if not line.centred and len(line.text) > _LONGEST_HEADING:
            break
    # A top heading that stands once and first is the title; two of them are chapters.
    alone = sum(1 for line in written if line.outline == 0) == 1
    return [head[0]] if alone and head[0].outline == 0 and _may_be_title(head[0].text) else []


def _may_be_title(text: str) -> bool:
    if len(text) < 2 or text[-1] in _STOPS or date_in(text):
        return False
    return not (_NUMBER.match(text) or _RED_HEAD.fullmatch(text) or _FIRST.match(text))


def _together(written: Sequence[Line], first: Line, belongs: Callable[[Line], bool]) -> list[Line]:
    found: list[Line] = []
    for line in written[written.index(first) :]:
        if not belongs(line) or len(found) == 4:
            break
        found.append(line)
    return found


def _dated_below(after: Sequence[Line]) -> tuple[Line, date] | None:
    """The date in brackets below the title: （2026年11月20日）."""
    for line in after:
        if line.centred and (day := date_in(line.text)):
            return line, day
    return None


def _with_signature(head: Head, written: Sequence[Line]) -> Head:
    """The signature: an office, and below it or beside it the date."""
    end = written[-_END_LINES:]
    for place, line in enumerate(end):
        beside = re.fullmatch(r"([\u4e00-\u9fff（）]{3,30}?)[\s　]+(\S*年\S*月\S*日)", line.text)
        day = date_in(beside.group(2)) if beside else date_in(line.text)
        if day is None or line.text.rstrip().endswith("印发"):
            continue
        office = beside.group(1) if beside else (end[place - 1].text if place else "")
        office = re.sub(r"[\s　]", "", office)
        if _OFFICE.fullmatch(office):
            return replace(head, office=office, formed_on=day, date_line=line.text)
        if head.formed_on is None:
            head = replace(head, formed_on=day, date_line=line.text)
    return head


def _small(text: str) -> int:
    """一 to 三十一."""
    tens, mark, ones = text.partition("十")
    if not mark:
        return int(_DIGITS[text])
    return (int(_DIGITS[tens]) if tens else 1) * 10 + (int(_DIGITS[ones]) if ones else 0)
