"""Figures in sentences: capital amounts, parts and their sum, units, growth, shares. Pure; every figure is a Decimal."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Final

from disclosures.findings import Finding, block, warn

_N: Final = r"\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_UNITS: Final = {"": Decimal(1), "十": Decimal(10), "百": Decimal(100), "千": Decimal(1000), "万": Decimal(10_000), "百万": Decimal(1_000_000), "亿": Decimal(100_000_000)}  # fmt: skip
_MONEY: Final = re.compile(rf"(?<![\d.])({_N})\s*(百万|[千万亿]?)元")
_CAPITAL: Final = re.compile(
    r"(?:人民币|大写)?[：:]?\s*([零〇壹贰叁肆伍陆柒捌玖拾佰仟萬万亿]{1,24}[元圆圓](?:[零壹贰叁肆伍陆柒捌玖]角)?(?:[零壹贰叁肆伍陆柒捌玖]分)?(?:整|正)?)"
)
_DIGITS: Final = {each: place for place, each in enumerate("零壹贰叁肆伍陆柒捌玖")} | {"〇": 0}
_TENS: Final = {"拾": 10, "佰": 100, "仟": 1000}
_FROM_TO: Final = re.compile(
    rf"(?:由|从)[^，。；\n\d]{{0,12}}({_N})\s*([千万亿]?[一-鿿]{{0,2}}?)[^，。；\n\d]{{0,4}}?"
    rf"(增长|增加|提高|上升|下降|减少|降低)(?:到|至|为)\s*({_N})\s*([千万亿]?)[一-鿿]{{0,3}}?[，,]?\s*(?:同比|环比|共|累计)?"
    rf"(增长|增加|提高|上升|下降|减少|降低)(?:了)?\s*({_N})\s*[%％]"
)
_YEAR_ON_YEAR: Final = re.compile(
    rf"(?<![\d.,，])({_N})\s*([千万亿]?)([一-鿿]{{1,3}}?)[，,（(]\s*(?:比)?(?:上年|去年|上月|上期)(?:同期|同月)?(?:为|是|的)?\s*({_N})\s*([千万亿]?)\3[，,]?\s*"
    rf"(?:同比|环比)?(增长|增加|上升|下降|减少|降低)(?:了)?\s*({_N})\s*[%％]"
)
_SHARE: Final = re.compile(r"占(?:比)?[^，。；、\n\d%]{0,8}(\d+(?:\.\d+)?)\s*[%％]")
_TOTAL: Final = re.compile(
    rf"(?:共计|合计|总计|总额|总投资|共)[^，。；\n\d]{{0,10}}({_N})\s*([千万亿]?)元[^。；\n\d]{{0,6}}?(?:其中|包括|分别为)[：:，,]?([^。；\n]{{4,300}})"
)
_SENTENCE: Final = re.compile(r"[^。；！？\n]+")
_RISES: Final = frozenset({"增长", "增加", "提高", "上升"})


def find(field: str, text: str) -> Iterator[Finding]:
    """What does not agree among the figures of one field."""
    yield from _capitals(field, text)
    yield from _parts(field, text)
    yield from _units(field, text)
    yield from _growth(field, text)
    yield from _shares(field, text)


def number(text: str) -> Decimal | None:
    """1,234.50 → 1234.50; None for anything else."""
    try:
        return Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation:
        return None


def in_words(capital: str) -> Decimal | None:
    """叁佰贰拾万零伍元整 → 3200005; None when it cannot be read."""
    whole, _, rest = re.sub("[圆圓]", "元", capital).replace("萬", "万").partition("元")
    total, section, digit = 0, 0, 0
    for character in whole:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _TENS:
            section += (digit or 1) * _TENS[character]
            digit = 0
        elif character == "万":
            total += (section + digit) * 10_000
            section = digit = 0
        elif character == "亿":
            total = (total + section + digit) * 100_000_000
            section = digit = 0
        else:
            return None
    value = Decimal(total + section + digit)
    for place, unit in ((r"(.)角", Decimal("0.1")), (r"(.)分", Decimal("0.01"))):
        if found := re.search(place, rest):
            value += _DIGITS.get(found[1], 0) * unit
    return value


def _capitals(field: str, text: str) -> Iterator[Finding]:
    for found in _CAPITAL.finditer(text):
        said = in_words(found[1])
        if said is None or not set(found[1]) & (set(_DIGITS) | set(_TENS)):
            continue
        near = list(_MONEY.finditer(text, max(0, found.start() - 30), min(len(text), found.end() + 30)))
        if near:
            closest = min(near, key=lambda each: min(abs(each.end() - found.start()), abs(each.start() - found.end())))
            if "\n" in text[min(closest.end(), found.end()) : max(closest.start(), found.start())]:
                continue
            value = _value(closest[1], closest[2])
            if value is not None and value != said:
                yield block(
                    field, f"大写金额“{found[1]}”是 {said:,f} 元，旁边写的是“{closest.group()}”。", "请核对大写与小写金额。",
                    overridable=True, rule="amount.words", quote=f"{found[1]}（{closest.group()}）", start=found.start(1),
                )  # fmt: skip


def _parts(field: str, text: str) -> Iterator[Finding]:
    for found in _TOTAL.finditer(text):
        total = _value(found[1], found[2])
        parts = [value for each in _MONEY.finditer(found[3]) if (value := _value(each[1], each[2])) is not None]
        if total is not None and len(parts) > 1 and sum(parts) > total:
            yield warn(
                field, f"分项相加是 {_plain(sum(parts), found[2])}元，超过总额 {found[1]}{found[2]}元。", "请核对各项金额和总额。",
                rule="amount.sum", quote=found.group(), start=found.start(),
            )  # fmt: skip


def _units(field: str, text: str) -> Iterator[Finding]:
    """The same number once in 万元 and once in 元, after the same two characters."""
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    for found in _MONEY.finditer(text):
        before = re.sub(r"[^一-鿿]", "", text[max(0, found.start() - 6) : found.start()])[-2:]
        if len(before) < 2 or len(found[1].replace(",", "").rstrip("0.")) < 1:
            continue
        key = (before, found[1])
        if key in seen and {seen[key][0], found[2]} == {"", "万"}:
            yield warn(
                field, f"“{before}{found[1]}”一处用“万元”，一处用“元”。", "请核对金额的单位。", rule="amount.unit",
                quote=f"{before}{found.group()}", start=found.start(),
            )  # fmt: skip
        seen.setdefault(key, (found[2], found.start()))


def _growth(field: str, text: str) -> Iterator[Finding]:
    for found in _FROM_TO.finditer(text):
        before, after, told = _value(found[1], found[2][:1]), _value(found[4], found[5]), number(found[7])
        yield from _grown(field, found, before, after, told, {found[3], found[6]})
    for found in _YEAR_ON_YEAR.finditer(text):
        after, before, told = _value(found[1], found[2]), _value(found[4], found[5]), number(found[7])
        yield from _grown(field, found, before, after, told, {found[6]})


def _grown(
    field: str,
    found: re.Match[str],
    before: Decimal | None,
    after: Decimal | None,
    told: Decimal | None,
    verbs: set[str],
) -> Iterator[Finding]:
    if not before or after is None or told is None:
        return
    change = (after - before) / before * 100
    rises = bool(verbs & _RISES)
    if rises and verbs - _RISES:
        message = "一处写增加、一处写减少。"
    elif (change > 0) != rises and change != 0:
        message = f"按前后数字计算是{'增长' if change > 0 else '下降'}，与“{'、'.join(sorted(verbs))}”相反。"
    elif abs(abs(change) - told) > _rounding(found, told):
        message = f"按前后数字计算，幅度是 {abs(change):.1f}%，文中写的是 {told}%。"
    else:
        return
    yield warn(
        field, message, "请核对前后数字和增减幅度。", rule="amount.growth", quote=found.group(), start=found.start()
    )


def _rounding(found: re.Match[str], told: Decimal) -> Decimal:
    """What rounding excuses: the last digit of the percentage, and one percent of it for figures that were rounded."""
    digits = -int(told.as_tuple().exponent) if told.as_tuple().exponent else 0
    return max(Decimal(1).scaleb(-digits), told / 100 if "." in found.group() else Decimal(0))


def _shares(field: str, text: str) -> Iterator[Finding]:
    for sentence in _SENTENCE.finditer(text):
        shares = [value for each in _SHARE.finditer(sentence.group()) if (value := number(each[1])) is not None]
        if len(shares) > 2 and sum(shares) > Decimal("100.5"):
            yield warn(
                field, f"并列的占比相加是 {sum(shares):f}%。", "请核对各项占比。", rule="amount.share", quote=sentence.group(),
                start=sentence.start(),
            )  # fmt: skip


def _value(written: str, unit: str) -> Decimal | None:
    value = number(written)
    return None if value is None else value * _UNITS.get(unit, Decimal(1))


def _plain(value: Decimal | int, unit: str) -> str:
    """The value in a unit again, without a tail of zeros."""
    shown = Decimal(value) / _UNITS.get(unit, Decimal(1))
    return f"{shown.normalize():f}{unit}"
