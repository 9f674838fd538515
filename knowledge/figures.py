"""Figures: the quantities that a text names, each as a number with its unit. Pure."""

import re
from collections.abc import Iterable
from typing import Final

Figure = tuple[float, str]
"""(number, unit): 三万块 and 30000元 are both (30000.0, "元")."""

_UNITS: Final = {
    "元": "元", "块钱": "元", "块": "元", "天": "天", "岁": "岁", "周岁": "岁", "年": "年", "个月": "个月", "周": "周", "小时": "小时",
    "分钟": "分钟", "秒": "秒", "级": "级", "度": "度", "℃": "度", "米": "米", "公里": "公里", "平方米": "平方米", "平米": "平方米", "平": "平方米",
    "人": "人", "例": "人", "名": "人", "户": "户", "吨": "吨", "斤": "斤", "公斤": "公斤", "克": "克", "毫克": "毫克", "毫升": "毫升",
    "升": "升", "%": "%", "％": "%", "折": "折", "倍": "倍", "辆": "辆", "所": "所", "号线": "号线",
}  # fmt: skip
_DIGITS: Final = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_STEPS: Final = {"十": 10, "百": 100, "千": 1000}
_LARGE: Final = {"万": 10_000, "亿": 100_000_000}
_FIGURE: Final = re.compile(
    rf"(?:(\d{{1,12}}(?:[.．]\d{{1,4}})?)|([零〇一二两三四五六七八九十百千]{{1,9}}))(?:(多|余|来)|)([万亿]{{0,2}})(?:(多|余)|)"
    rf"({'|'.join(sorted(_UNITS, key=len, reverse=True))})"
)
_IDIOM: Final = frozenset({"一", "两", "十", "百", "千"})
"""一天, 两名, 千米: a numeral that stands alone is as often a turn of speech as a figure."""
_DATE: Final = re.compile(r"\d{4}年|\d{1,2}月\d{1,2}日|\d{2}年")


def figures_in(text: str) -> frozenset[Figure]:
    """The quantities of a text. Dates are none: an old claim comes back with a new date and is the same claim."""
    found = set()
    for match in _FIGURE.finditer(_DATE.sub(" ", text.replace(",", "").replace("，", " "))):
        plain, spelt, about, large, still_about, unit = match.groups()
        if about or still_about or (spelt in _IDIOM and not large):
            continue  # 两万余人 says no exact number.
        number = float(plain.replace("．", ".")) if plain else float(_spelt(spelt))
        for sign in large:
            number *= _LARGE[sign]
        found.add((number, _UNITS[unit]))
    return frozenset(found)


def others(asked: Iterable[Figure], claimed: Iterable[Figure], *, among: Iterable[Figure]) -> tuple[Figure, ...]:
    """The figures asked of that stand where the claim has another: same unit, and no number of that unit `among` those with
    which the claim is known."""
    asked, known = frozenset(asked), frozenset(among)
    found = []
    for unit in sorted({unit for _, unit in claimed}):
        said = sorted(figure for figure in asked if figure[1] == unit)
        if said and not any(figure in known for figure in said):
            found.append(said[0])
    return tuple(found)


def shown(figure: Figure) -> str:
    """A figure as people write it."""
    number, unit = figure
    for size, sign in ((100_000_000, "亿"), (10_000, "万")):
        if number >= size and number % (size / 100) == 0:
            return f"{number / size:g}{sign}{unit}"
    return f"{number:.10g}{unit}"


def _spelt(text: str) -> int:
    if not any(sign in _STEPS for sign in text):
        return int("".join(str(_DIGITS[sign]) for sign in text))
    total, digit = 0, 0
    for sign in text:
        if sign in _STEPS:
            total, digit = total + (digit or 1) * _STEPS[sign], 0
        else:
            digit = _DIGITS[sign]
    return total + digit
