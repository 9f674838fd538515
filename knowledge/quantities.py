"""Quantities: the amounts, periods, dates and the yes or no of an answer, for comparing two of them. Pure."""

import re
import unicodedata
from collections.abc import Mapping

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
# Bounded, and never begun in the middle of a number: a body of nines must not take seconds.
_CHINESE = r"(?<![零〇一二两三四五六七八九十百千])[零〇一二两三四五六七八九十百千]{1,12}"
_NUMBER = rf"(?:(?<![\d,.])\d[\d,]{{0,14}}(?:\.\d{{1,6}})?|{_CHINESE})"

_DATE = re.compile(
    rf"(?:(?P<year>\d{{4}})\s?[年./-]\s?)?(?P<month>\d{{1,2}}|{_CHINESE})\s?[月./-]\s?(?P<day>\d{{1,2}}|{_CHINESE})\s?[日号]"
)
_MONTH = re.compile(rf"(?:(?P<year>\d{{4}})\s?年\s?)?(?P<month>\d{{1,2}}|{_CHINESE})\s?月(?!内)")
_YEAR = re.compile(r"(?P<year>(?:19|20)\d{2})\s?年")
_UNITS = (
    ("工作日", r"个?工作日"),
    ("个月", r"个月"),
    ("周岁", r"周?岁"),
    ("天", r"(?:个自然日|天|日内|日)"),
    ("年", r"年"),
    ("周", r"(?:个?星期|周)"),
    ("小时", r"(?:个?小时)"),
    ("分钟", r"分钟"),
    ("元", r"(?:万元|元|块钱|块)"),
    ("%", r"(?:%|％)"),
    ("平方米", r"(?:平方米|平米|㎡)"),
    ("公里", r"(?:公里|千米)"),
    ("次", r"次"),
    ("人", r"(?:名|人)"),
    ("楼", r"(?:楼|层)"),
    ("号窗口", r"号?窗口"),
    ("点", r"(?:点|时)(?!间)"),
    ("份", r"份"),
)
_AMOUNTS = tuple(
    (name, re.compile(rf"(?P<number>{_NUMBER})(?P<ten_thousand>万)?(?:余|多)?\s?(?:{unit})")) for name, unit in _UNITS
)
# What is free costs 0 元, what is done at once takes 0 days: else 不收费 beside 200元 would be no contradiction.
_NOTHING = (
    ("元", re.compile(r"免费|不收(?:取)?(?:任何)?费|(?:无需|不用|不必)(?:缴费|交费|付费)|免收费用?|零收费")),
    ("工作日", re.compile(r"当场(?:办结|办理完毕|办好|领取|出证)|即时办结|即办即取|立等可取")),
)
_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d{2})")

# Pairs of saying yes and saying no about the same thing; the longer word is looked for first and taken out.
_POLAR = (
    ("可以", ("不可以", "不能", "不得", "无法", "不予", "禁止", "严禁"), ("可以", "允许", "能够", "可凭", "可在")),
    ("需要", ("不需要", "无需", "不用", "无须", "不必", "免于"), ("需要", "必须", "须", "应当", "应")),
    ("收费", ("免费", "不收费", "不收取", "免收", "免交"), ("收费", "收取", "缴纳工本费", "工本费")),
    ("属于", ("不属于", "不包括", "不含"), ("属于", "包括", "包含")),
    ("取消", ("已取消", "已停止", "停止办理", "不再"), ("继续", "仍然", "照常")),
)  # fmt: skip


def number_of(text: str) -> float:
    """A number written in digits or in Chinese, as in 15, 1,200.5, 十五, 三百二十."""
    if text[0].isdigit():
        return float(text.replace(",", "") or 0)
    total, digit = 0, 0
    for character in text:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return float(total + digit)


LONGEST = 20_000
"""Characters of an answer that are looked at."""


def quantities(text: str) -> Mapping[str, frozenset[str]]:
    """What a text says in numbers, by the kind of thing counted: {"元": {"300"}, "工作日": {"15"}, "日期": {"12-31"}}."""
    rest = unicodedata.normalize("NFKC", text[:LONGEST])
    found: dict[str, set[str]] = {}
    rest = _taken(_DATE, rest, found, "日期", lambda m: f"{int(number_of(m['month']))}-{int(number_of(m['day']))}")
    for name, pattern in _AMOUNTS:
        if name == "年":
            rest = _taken(_YEAR, rest, found, "年份", lambda m: m["year"])
        rest = _taken(pattern, rest, found, name, _amount)
    rest = _taken(_CLOCK, rest, found, "点", lambda m: str(int(m["hour"])) if m["minute"] == "00" else m[0])
    for name, pattern in _NOTHING:
        if name not in found and pattern.search(rest):
            found[name] = {"0"}
    _taken(_MONTH, rest, found, "月份", lambda m: str(int(number_of(m["month"]))))
    return {name: frozenset(values) for name, values in found.items()}


_WHETHER = re.compile(r"(?:是否|能否|可否|应否)[^，。；！？、\n]{0,8}")


def polarity(text: str) -> Mapping[str, bool]:
    """About which things a text says only yes (True) or only no (False); what it says both of is left out,
    and so is what it only calls open (是否收费由本地规定)."""
    found = {}
    said = _WHETHER.sub("", text)
    for name, no, yes in _POLAR:
        rest = said
        for word in no:
            rest = rest.replace(word, "")
        says_no, says_yes = rest != said, any(word in rest for word in yes)
        if says_no != says_yes:
            found[name] = says_yes
    return found


def _taken(pattern: re.Pattern[str], text: str, found: dict[str, set[str]], name: str, value: object) -> str:
    def note(match: re.Match[str]) -> str:
        assert callable(value)
        found.setdefault(name, set()).add(value(match))
        return " "

    return pattern.sub(note, text)


def _amount(match: re.Match[str]) -> str:
    value = number_of(match["number"])
    if match["ten_thousand"] or match[0].endswith("万元"):
        value *= 10_000
    return f"{value:g}"
