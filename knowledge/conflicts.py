"""Conflicts: two entries that would answer like questions unlike. Pure: the base's own search names the candidates.

The detector is for people: it must not cry when the same answer stands there in other words, or nobody listens when 300 元
stands beside 500 元. So words alone never make a conflict unless hardly any is shared; numbers, dates, verdicts, yes and no do.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge.entry import Entry, EntryKind
from knowledge.quantities import LONGEST, polarity, quantities

LIKE = 0.75
"""Questions from this likeness on (0 to 1) are taken for the same question."""
FEW_SHARED = 0.22
"""Answers that share a smaller part of their characters than this say something else."""
SHORT = 12
"""Characters: shorter answers are too short for counting what they share."""
CANDIDATES = 6
"""So many hits of the search are compared with an entry."""
MOST_QUESTIONS = 20
"""So many questions of one entry are looked at."""
SEPARATOR = "："

_FILLER = re.compile(
    r"请问|你好|您好|怎么样|怎么|怎样|如何|咋|什么时候|什么|哪里|哪儿|哪些|哪个|哪|多少|几|吗|呢|吧|啊|的|了|是|要|需要|可以|能|我|想|办理|办|申请|在"
)
_ASKED = tuple(
    re.compile(pattern)
    for pattern in (
        "怎么|怎样|如何|咋|流程|步骤|手续|办法",
        "多少钱|费用|收费|价格|多少|标准|金额",
        "什么时候|何时|多久|时间|几点|期限|日期|时候",
        "哪里|哪儿|在哪|地点|地址|窗口|何处",
        "材料|证件|资料",
        "条件|资格|谁可以|哪些人|什么人",
        "电话|联系方式",
    )
)
_SIBLINGS = (
    ("结婚", "离婚", "复婚"), ("城镇职工", "城乡居民", "灵活就业"), ("港澳", "台湾"), ("男", "女"), ("出生", "死亡"),
    ("幼儿园", "小学", "初中", "高中", "大学"), ("个人", "单位", "企业", "个体"), ("新办", "补办", "换领", "换证", "续签", "变更", "补领"),
    ("汽车", "摩托车", "电动", "非机动车"), ("租房", "购房", "建房"), ("养老", "医疗", "失业", "工伤", "生育"), ("一次性", "每月"),
    ("商贷", "公积金"), ("父亲", "母亲"), ("入学", "转学", "毕业"), ("迁入", "迁出"), ("城市", "农村"), ("特困", "低保", "孤儿", "残疾"),
)  # fmt: skip
"""Words of one kind: a question about the one is not a question about the other, however like they look."""
_NEGATION = re.compile("不|没|无|未|非|禁止|取消|注销|停止")
_MONTHLY = re.compile("每个月|一个月|按月")
_CONTENT = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlike:
    """One thing in which two answers differ, and what each says. Simplified Chinese."""

    what: str
    one: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two live entries, the two questions that are alike, and in what the answers differ.

    `checked` is the reason for which people found that they do not contradict one another; empty when nobody has.
    """

    one: Entry
    other: Entry
    question: str
    like: str
    likeness: float
    unlike: tuple[Unlike, ...]
    checked: str = ""

    @property
    def key(self) -> tuple[str, str]:
        first, second = sorted((self.one.id, self.other.id))
        return first, second


Ask = Callable[[str, date], Sequence[Entry]]
"""A question on a local day → the entries that the base finds for it, best first."""


def among(
    entries: Iterable[Entry], ask: Ask, *, today: date, on_progress: Callable[[int], None] | None = None
) -> tuple[Conflict, ...]:
    """The conflicts in which the given entries stand, with any other of the base; each pair once."""
    found: dict[tuple[str, str], Conflict] = {}
    seen: set[tuple[str, str]] = set()
    for number, entry in enumerate(entries, 1):
        day = max(today, entry.valid_from or today)
        if speaks_on(entry, day):
            for other in _near(entry, ask, day):
                pair = (min(entry.id, other.id), max(entry.id, other.id))
                if pair in seen:
                    continue
                seen.add(pair)
                conflict = between(entry, other, today=today)
                if conflict is not None:
                    found[pair] = conflict
        if on_progress is not None:
            on_progress(number)
    return tuple(found.values())


def between(one: Entry, other: Entry, *, today: date) -> Conflict | None:
    """The conflict of two entries, or None where there is none: they never answer on the same day, are asked for different
    things, or say the same."""
    if one.id == other.id or not _together(one, other, today):
        return None
    question, like, likeness = _nearest(one, other)
    if likeness < LIKE:
        return None
    unlike = differing(one, other)
    if not unlike:
        return None
    checked = _checked(one, other) or _checked(other, one)
    return Conflict(
        one=one, other=other, question=question, like=like, likeness=round(likeness, 3), unlike=unlike, checked=checked
    )


def speaks_on(entry: Entry, day: date) -> bool:
    """Whether the entry answers on that day, as a text that is in force."""
    return entry.in_force and entry.answers_on(day)


def likeness(one: str, other: str) -> float:
    """How much two questions ask for the same, 0 to 1: 0 when they ask for different things, numbers, or yes and no."""
    left, right = _folded(one), _folded(other)
    if _content(left) == _content(right):
        return 1.0
    if bool(_NEGATION.search(left)) != bool(_NEGATION.search(right)):
        return 0.0
    asked, other_asked = _kinds(left), _kinds(right)
    if asked and other_asked and not asked & other_asked:
        return 0.0
    if _figures(left) != _figures(right) or any(_siblings(left, right, row) for row in _SIBLINGS):
        return 0.0
    return _dice(_content(_FILLER.sub("", left)), _content(_FILLER.sub("", right)))


def differing(one: Entry, other: Entry) -> tuple[Unlike, ...]:
    """In what two answers differ; empty when they say the same, in whatever words."""
    found: list[Unlike] = []
    rumours = one.kind is EntryKind.rumour and other.kind is EntryKind.rumour
    if rumours and one.verdict and other.verdict and one.verdict != other.verdict:
        found.append(Unlike(what="结论", one=one.verdict, other=other.verdict))
    left, right = quantities(one.body), quantities(other.body)
    for name in left.keys() & right.keys():
        mine, theirs = left[name] - right[name], right[name] - left[name]
        if mine and theirs:
            found.append(
                Unlike(what=_NAMED.get(name, f"数字（{name}）"), one=_told(mine, name), other=_told(theirs, name))
            )
    yes_or_no = polarity(one.body), polarity(other.body)
    for name in yes_or_no[0].keys() & yes_or_no[1].keys():
        if yes_or_no[0][name] != yes_or_no[1][name]:
            said = {True: f"肯定（{name}）", False: f"否定（{name}）"}
            found.append(Unlike(what="肯定与否定", one=said[yes_or_no[0][name]], other=said[yes_or_no[1][name]]))
    if not found and _shared(one.body, other.body) < FEW_SHARED:
        found.append(Unlike(what="答复", one=_begin(one.body), other=_begin(other.body)))
    return tuple(sorted(found, key=lambda each: each.what))


_NAMED = {"元": "金额", "日期": "日期", "年份": "年份", "月份": "月份", "%": "比例", "周岁": "年龄", "点": "钟点"}
_SIGNS = {"日期": "", "年份": "年", "月份": "月"}


def _near(entry: Entry, ask: Ask, day: date) -> Iterable[Entry]:
    found: dict[str, Entry] = {}
    for question in _questions(entry):
        for other in ask(question, day):
            if other.id != entry.id:
                found.setdefault(other.id, other)
    return found.values()


def _together(one: Entry, other: Entry, today: date) -> bool:
    """Whether there is a day from today on, on which both answer."""
    first = max(day for day in (today, one.valid_from, other.valid_from) if day is not None)
    return speaks_on(one, first) and speaks_on(other, first)


def _nearest(one: Entry, other: Entry) -> tuple[str, str, float]:
    pairs = ((a, b, likeness(a, b)) for a in _questions(one) for b in _questions(other))
    return max(pairs, key=lambda each: each[2], default=("", "", 0.0))


def _questions(entry: Entry) -> list[str]:
    return [text for text in (entry.title, *entry.similar) if text.strip()][:MOST_QUESTIONS]


def _checked(one: Entry, other: Entry) -> str:
    """The reason that an entry gives for having been compared with another."""
    mark = f"{other.id}{SEPARATOR}"
    return next((item[len(mark) :].strip() for item in one.checked if item.startswith(mark)), "")


def _folded(text: str) -> str:
    return _MONTHLY.sub("每月", unicodedata.normalize("NFKC", text[:LONGEST]).lower())


def _content(text: str) -> str:
    return _CONTENT.sub("", text)


def _kinds(text: str) -> frozenset[int]:
    return frozenset(number for number, pattern in enumerate(_ASKED) if pattern.search(text))


def _siblings(one: str, other: str, words: Sequence[str]) -> bool:
    mine, theirs = {word for word in words if word in one}, {word for word in words if word in other}
    return bool(mine) and bool(theirs) and not mine & theirs


def _figures(text: str) -> frozenset[str]:
    plain = re.findall(r"\d+(?:\.\d+)?|[一二三四五六七八九十](?=孩|胎|级|年级|期|批|类|代|次|季度)", text)
    return frozenset(plain)


def _dice(one: str, other: str) -> float:
    """The mean of what two texts share in characters and in pairs of neighbours, each twice the common part over both."""
    if not one or not other:
        return 0.0
    return (_share(Counter(one), Counter(other)) + _share(_pairs(one), _pairs(other))) / 2


def _pairs(text: str) -> Counter[str]:
    return Counter(text[place : place + 2] for place in range(max(1, len(text) - 1)))


def _share(one: Counter[str], other: Counter[str]) -> float:
    return 2 * sum((one & other).values()) / (sum(one.values()) + sum(other.values()))


def _shared(one: str, other: str) -> float:
    """The part of the shorter answer's characters that the longer one has too; 1 for answers too short to tell."""
    left, right = Counter(_content(_folded(one))), Counter(_content(_folded(other)))
    shorter = min(sum(left.values()), sum(right.values()))
    return sum((left & right).values()) / shorter if shorter >= SHORT else 1.0


def _told(values: Iterable[str], name: str) -> str:
    sign = _SIGNS.get(name, name)
    return "、".join(f"{value}{sign}" for value in sorted(values, key=lambda text: (len(text), text)))


def _begin(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 60 else f"{plain[:60]}…"
