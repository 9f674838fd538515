"""Word's automatic numbers as text: 第一条, 一、, （二）, 3.1 … A number that Word only draws is part of the document's words,
and citing “第三条” must still work after the import. Pure, over the XML of ``word/numbering.xml``.

Formats: ECMA-376 Part 1, 17.18.59 (ST_NumberFormat).
"""

from dataclasses import dataclass, field
from typing import Final

from lxml import etree

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DIGITS: Final = "〇一二三四五六七八九"
_LEGAL: Final = "零壹贰叁肆伍陆柒捌玖"
_CHINESE: Final = frozenset({
    "chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCounting", "taiwaneseCountingThousand",
    "ideographDigital", "japaneseDigitalTenThousand", "koreanDigital2",
})  # fmt: skip
_DEEPEST: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How one depth of a list is numbered."""

    format: str
    text: str
    """With ``%1`` for the number of the first depth, and so on."""
    start: int = 1
    style: str = ""
    """The paragraph style that is numbered so without saying it itself."""


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has counted."""

    _levels: dict[str, dict[int, Level]] = field(default_factory=dict)
    """By number definition, then by depth from 0."""
    _counted_with: dict[str, str] = field(default_factory=dict)
    """Number definitions of one abstract list go on counting where another stopped, unless they start anew."""
    _by_style: dict[str, tuple[str, int]] = field(default_factory=dict)
    _counters: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def read(cls, root: "etree._Element | None") -> "Numbering":
        """From the root of numbering.xml; None: a document without lists."""
        found = cls()
        if root is None:
            return found
        abstract = {
            str(each.get(f"{W}abstractNumId")): {_depth(level): _level(level) for level in each.findall(f"{W}lvl")}
            for each in root.findall(f"{W}abstractNum")
        }
        for each in root.findall(f"{W}num"):
            number = str(each.get(f"{W}numId"))
            pointer = each.find(f"{W}abstractNumId")
            name = str(pointer.get(f"{W}val")) if pointer is not None else ""
            levels = dict(abstract.get(name, {}))
            overridden = False
            for change in each.findall(f"{W}lvlOverride"):
                depth = _depth(change)
                own, start = change.find(f"{W}lvl"), change.find(f"{W}startOverride")
                if own is not None:
                    levels[depth] = _level(own)
                if start is not None and depth in levels:
                    overridden = True
                    levels[depth] = Level(
                        format=levels[depth].format, text=levels[depth].text, start=_number(start.get(f"{W}val"), 1)
                    )
            found._levels[number] = levels
            found._counted_with[number] = number if overridden else f"abstract {name}"
            for depth, level in levels.items():
                if level.style:
                    found._by_style.setdefault(level.style, (number, depth))
        return found

    def of_style(self, style: str) -> tuple[str, int] | None:
        """The number definition and depth that a paragraph style carries."""
        return self._by_style.get(style)

    def level(self, number: str, depth: int) -> Level | None:
        return self._levels.get(number, {}).get(depth)

    def next(self, number: str, depth: int) -> tuple[str, int]:
        """Counts one paragraph: its number as Word would draw it (empty for bullets), and the bare count."""
        level = self.level(number, depth)
        if level is None or not 0 <= depth < _DEEPEST:
            return "", 0
        counters = self._counters.setdefault(self._counted_with[number], [0] * _DEEPEST)
        counters[depth] = counters[depth] + 1 if counters[depth] else level.start
        for deeper in range(depth + 1, _DEEPEST):
            counters[deeper] = 0
        if level.format in {"bullet", "none"}:
            return "", counters[depth]
        text = level.text
        for place in range(depth + 1):
            shape = self.level(number, place)
            count = counters[place] or (shape.start if shape else 1)
            text = text.replace(f"%{place + 1}", written(count, shape.format if shape else "decimal"))
        return text, counters[depth]


def written(count: int, how: str) -> str:
    """A count as the format writes it; what is not known is written in digits."""
    if how in _CHINESE:
        return chinese(count)
    if how in {"chineseLegalSimplified", "ideographLegalTraditional"}:
        return chinese(count).translate(str.maketrans(_DIGITS + "十百", _LEGAL + "拾佰"))
    if how in {"decimalEnclosedCircle", "decimalEnclosedCircleChinese"} and 1 <= count <= 20:
        return chr(0x2460 + count - 1)
    if how in {"upperLetter", "lowerLetter"} and count >= 1:
        letters = chr(ord("A") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters if how == "upperLetter" else letters.lower()
    if how in {"upperRoman", "lowerRoman"} and 1 <= count < 4000:
        return _roman(count) if how == "upperRoman" else _roman(count).lower()
    return f"{count:02}" if how == "decimalZero" else str(count)


def chinese(count: int) -> str:
    """1 → 一, 12 → 十二, 105 → 一百〇五; digits beyond 999."""
    if not 0 < count < 1000:
        return str(count)
    hundreds, rest = divmod(count, 100)
    tens, ones = divmod(rest, 10)
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += f"{_DIGITS[tens] if tens > 1 or hundreds else ''}十"
    elif hundreds and ones:
        text += "〇"
    return text + (_DIGITS[ones] if ones else "")


def _roman(count: int) -> str:
    text = ""
    for value, mark in (
        (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
        (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ):  # fmt: skip
        while count >= value:
            text += mark
            count -= value
    return text


def _level(element: "etree._Element") -> Level:
    def value(name: str) -> str:
        child = element.find(f"{W}{name}")
        return str(child.get(f"{W}val", "")) if child is not None else ""

    return Level(
        format=value("numFmt") or "decimal", text=value("lvlText"), start=_number(value("start"), 1),
        style=value("pStyle"),
    )  # fmt: skip


def _depth(element: "etree._Element") -> int:
    return _number(element.get(f"{W}ilvl"), 0)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else default
