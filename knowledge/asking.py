"""Asking: what a question is about, what sort of answer it expects, and how much each run of its characters counts. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.clauses import folded_text

MOST_CHARACTERS = 200
"""Of a longer question the end is read: after a story comes what is asked."""
RUNS = (1, 2, 3)
FADING = 3.0
"""Characters from the question word after which a run of characters counts a third."""

_INTERROGATIVE = re.compile(
    r"是?什么时[候间]|什么样|是?什么|怎么样|怎样|怎么|如何|[有是]?哪些|哪里|哪儿|哪几|哪个|哪|多少|多久|多长|多大|几|为何|为什么|谁|何时|何地|[吗呢?？]"
)
_SAYS_NOTHING = re.compile(rf"{_INTERROGATIVE.pattern}|请问|[^\w]")

KINDS: Mapping[str, re.Pattern[str]] = {
    "amount": re.compile(r"多少|几|比例|标准|额度|金额|上限|下限|幅度|多大|多高|多长|率是"),
    "time": re.compile(r"什么时|何时|时间|多久|期限|日期|几点|几月|哪天|有效期|时候|从何|起止|多长时"),
    "telephone": re.compile(r"电话|热线|号码|联系方式"),
    "way": re.compile(r"网址|路径|网站|链接|邮箱|平台|渠道|方式|途径|app|小程序|公众号"),
    "list": re.compile(r"哪些|哪几|条件|材料|范围|流程|步骤|措施|内容|要求|包括|程序|对象|方面|几个"),
    "who": re.compile(r"谁|哪个部门|哪家|哪个|部门|单位|机构|由.{0,6}负责|哪里|何处|在哪|地点|地址"),
    "how": re.compile(r"如何|怎么|怎样|做了|采取|举措|办法"),
    "what": re.compile(r"是什么|什么|何种|为何|目的|原因|为什么"),
}
"""The sorts of answers, and how a question says which it expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question's runs of characters by their size, each with its nearness (0 to 1) to the question word, and the sorts of
    answers that it expects in the order of KINDS."""

    runs: Mapping[int, Mapping[str, float]]
    expects: tuple[bool, ...]


def read_question(text: str) -> Question:
    """Reads a question. Any text is allowed; one that says nothing has no runs."""
    said = folded_text(text[-MOST_CHARACTERS:])
    asked = [found.span() for found in _INTERROGATIVE.finditer(said)] or [(len(said), len(said))]
    content = _SAYS_NOTHING.sub(lambda found: " " * len(found.group()), said)
    runs: dict[int, dict[str, float]] = {size: {} for size in RUNS}
    near = _nearness(len(said), asked)
    for part in re.finditer(r"\S+", content):
        for size in RUNS:
            for start in range(part.start(), part.end() - size + 1):
                run = content[start : start + size]
                runs[size][run] = max(near[start], near[start + size - 1], runs[size].get(run, 0.0))
    return Question(runs=runs, expects=tuple(bool(kind.search(said)) for kind in KINDS.values()))


def _nearness(length: int, asked: Sequence[tuple[int, int]]) -> list[float]:
    """Of each character of a question how near it stands to the question word."""
    distances = (min(max(place - last + 1, first - place, 1) for first, last in asked) - 1 for place in range(length))
    return [math.exp(-distance / FADING) for distance in distances]
