"""Clusters of questions: which open questions ask the same thing in other words. Pure, deterministic and incremental.

A question joins the cluster that holds the wording it is most alike to, if it is alike enough, else it begins one; nothing that was
placed is ever moved again, so that what a person joined or parted by hand stays as he left it. Two wordings are compared by
their words (each as heavy as it is rare, words of one meaning as one), by their pairs of characters and by what their words
mean; what is asked *for* (money, an age, a lost card) parts questions that share their subject.

It errs towards a new cluster: a curator joins two with one act, while a question that was wrongly joined is answered wrongly.
The floors on our own questions stand in `tests/knowledge/test_questions_that_ask_the_same_are_one_cluster.py`.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Final

import numpy as np

from knowledge.figures import figures_in
from knowledge.keywords import normalise
from knowledge.lexicon import shipped_lexicon
from knowledge.message import question_in
from knowledge.places import shipped as gazetteer
from knowledge.postings import Floats
from knowledge.synonyms import shipped_synonyms

LONGEST: Final = 300
"""Characters of a question that are compared; what follows is a story."""
ALIKE: Final = 0.43
"""From this likeness on two wordings ask the same. This and the shares below were chosen on `tests/knowledge/question_groups.txt` and
half of `question_groups_unseen.txt`; the other half was looked at once."""
WORDS: Final = 0.52
PAIRS: Final = 0.28
LETTERS: Final = 0.1
MEANING: Final = 0.1
"""How much of the likeness is words, pairs of characters, characters, and meaning as a whole."""
NEAR: Final = 0.55
"""From this cosine on two words are taken to mean something alike."""
OTHER_ASPECT: Final = 0.3
"""What is left of the likeness when two questions ask for different things,"""
ONE_ASPECT: Final = 0.4
"""when only one of them asks for something particular,"""
WEAK_ASPECT: Final = 0.95
"""or for something that goes with most other questions (whom to complain to, whether it is allowed),"""
OTHER_DETAIL: Final = 0.35
"""and when they name other places or other numbers."""
EXEMPLARS: Final = 12
"""Wordings of one cluster with which a new question is compared."""
COMPARED: Final = 24
"""Wordings among which the likest is looked for, those first that share most of the question's weight."""
LONGEST_LIST: Final = 800
"""A word that so many wordings share finds nobody; the newest of them are looked at."""

_ASPECTS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("money", re.compile(r"多少钱|几块|价格|价钱|收费|费用|票价|租金|标准|多少元|补助多少|补贴多少|补多少|补贴是?多少|发多少|领多少|水价|电价|免费|水费|学费")),
    ("age", re.compile(r"几岁|多少岁|多大年纪|年龄|岁数|满几|满多少")),
    ("time", re.compile(r"什么时候|什么时间|何时|几时|几点|几月|多久|多长时间|多少天|几天|时间|等几年|要多长")),
    ("lost", re.compile(r"补办|补领|补证|遗失|丢了|掉了|不见|丢失|挂失|怎么补|哪补|哪里补")),
    ("renew", re.compile(r"到期|过期|期满|换证|换新|换领|怎么换")),
    ("stop", re.compile(r"注销|取消|退出|停掉|停办|暂停")),
    ("refund", re.compile(r"退款|退钱|退费|怎么退|退不了|能退")),
    ("check", re.compile(r"怎么查|查询|在哪查|能查|哪里查|进度")),
    ("place", re.compile(r"学区|划片|对口")),
    ("complain", re.compile(r"投诉|举报|反映|扰民|找谁|谁来?管|哪个部门|归谁|谁负责")),
    ("allowed", re.compile(r"可以.{0,8}吗|能不能|禁不禁|能.{0,6}吗|准不准|不准|限行|禁行|禁止")),
    ("agree", re.compile(r"同意|几成|多少户")),
)  # fmt: skip
"""What a question asks for, beyond how and where something is done."""
_WEAK: Final = frozenset({"complain", "allowed", "check", "place"})
_SAYS_NOTHING: Final = (
    "的 了 吗 呢 吧 啊 呀 么 是 在 有 我 你 他 她 它 们 我们 你们 他们 请 请问 想 要 能 可以 怎么 怎样 怎么办 如何 哪里 哪儿 哪 哪个 什么 多少 几 "
    "去 到 给 和 与 及 就 都 也 还 这 那 一个 一下 个 被 把 让 从 对 向 为 咨询 问 问题 问一下 谁 办 办理 需要 应该 会 啦 家 家里 地方 不 没 没有 上 里"
)
_NOT_WORDS: Final = frozenset(_SAYS_NOTHING.split())
_COMMON: Final = frozenset("".join(_SAYS_NOTHING.split()))
_ASPECT_WORD: Final = re.compile(
    "|".join(pattern.pattern for _, pattern in _ASPECTS)
    + "|申请|流程|手续|条件|政府|部门|电话|报修|公司|政策|去哪|带什么|我家|我们|小区"
)
"""Words that say what is asked for are no part of what it is asked about."""
_LETTERS: Final = re.compile(r"\w")


Cut = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A question as it is compared: `digest` is the same for wordings that differ in signs and blanks only."""

    text: str
    digest: str
    words: dict[str, float]
    vectors: Floats
    """A row for each of the words, of length 1 (0 for a word of unknown meaning)."""
    weights: Floats
    weight: float
    pairs: frozenset[str]
    letters: frozenset[str]
    """The characters that say something by themselves."""
    meaning: Floats
    aspects: frozenset[str]
    numbers: frozenset[tuple[float, str]]
    places: frozenset[str]


def shape_of(text: str, cut: Cut) -> Shape:
    """The shape of a question; `cut` gives the search-mode words of a text (`knowledge.keywords.Keywords.cut`)."""
    plain = question_in(normalise(text))[:LONGEST]
    said = _in_one_word(plain)
    weighted, vectors = _weighed(cut(said))
    letters = "".join(_LETTERS.findall(_ASPECT_WORD.sub(" ", said)))
    as_typed = "".join(_LETTERS.findall(plain)) or plain
    return Shape(
        text=plain, digest=hashlib.sha256(as_typed.encode("utf8", "replace")).hexdigest(), words=weighted, vectors=vectors,
        weights=np.array(list(weighted.values())), weight=sum(weighted.values()), pairs=frozenset(letters[n : n + 2] for n in range(len(letters) - 1)),
        letters=frozenset(letters) - _COMMON,
        meaning=_meaning(vectors, np.array(list(weighted.values()))), aspects=frozenset(name for name, pattern in _ASPECTS if pattern.search(plain)),
        numbers=figures_in(plain), places=gazetteer().named(plain),
    )  # fmt: skip


def likeness(one: Shape, other: Shape, *, least: float = 0.0) -> float:
    """How alike two questions are, 0 to 1; the same both ways. What is less than `least` may be given as 0."""
    if one.digest == other.digest:
        return 1.0
    part = _part(one, other)
    if part < least:
        return 0.0  # However alike the words are, it would not be enough.
    pairs = len(one.pairs) + len(other.pairs)
    by_pairs = 2 * len(one.pairs & other.pairs) / pairs if pairs else 0.0
    letters = len(one.letters) + len(other.letters)
    by_letters = 2 * len(one.letters & other.letters) / letters if letters else 0.0
    rest = PAIRS * by_pairs + LETTERS * by_letters + MEANING * max(0.0, float(one.meaning @ other.meaning))
    if part * (WORDS + rest) < least:
        return 0.0
    return part * (WORDS * (_held(one, other) + _held(other, one)) / 2 + rest)


def _part(one: Shape, other: Shape) -> float:
    """What is left of a likeness of words, since other things are asked for or other places and numbers are named."""
    found = 1.0 if one.aspects == other.aspects else _aspects(one.aspects, other.aspects)
    if _other(one.numbers, other.numbers) or _elsewhere(one.places, other.places):
        found *= OTHER_DETAIL
    return found


def _held(one: Shape, other: Shape) -> float:
    """How much of a question's weight the other one holds, in the same words or in words that mean something alike."""
    if not one.weight or not other.weight:
        return 0.0
    found, lacking = 0.0, []
    for place, (word, weight) in enumerate(one.words.items()):
        if word in other.words:
            found += weight
        else:
            lacking.append(place)
    if lacking:
        near = one.vectors[lacking] @ other.vectors.T
        best = near.max(axis=1)
        weights = one.weights[lacking]
        found += float((weights * np.where(best >= NEAR, best, 0.0)).sum())
    return found / one.weight


def _aspects(one: frozenset[str], other: frozenset[str]) -> float:
    strong, theirs = one - _WEAK, other - _WEAK
    if strong and theirs:
        return 1.0 if strong & theirs else OTHER_ASPECT
    if strong or theirs:
        return ONE_ASPECT
    return WEAK_ASPECT


class Clusters:
    """The wordings of open clusters, by what finds them. `place` is the one step; the caller keeps what it decides.

    Placing is deterministic: the same questions in the same order make the same clusters.
    """

    def __init__(self) -> None:
        self._shapes: list[tuple[int, Shape]] = []
        self._by_word: defaultdict[str, list[int]] = defaultdict(list)
        self._by_digest: dict[str, int] = {}
        self._held: defaultdict[int, int] = defaultdict(int)
        self._dropped: set[int] = set()

    def __len__(self) -> int:
        return len(self._held)

    def add(self, cluster: int, shape: Shape, *, by_hand: bool = False) -> None:
        """Puts a wording into a cluster. A wording that a person placed finds its like before one that the machine placed."""
        if shape.digest in self._by_digest:
            if by_hand:
                self._by_digest[shape.digest] = cluster
            if self._by_digest[shape.digest] == cluster and not by_hand:
                return  # The same words once more say nothing new.
        self._by_digest.setdefault(shape.digest, cluster)
        self._held[cluster] += 1
        if self._held[cluster] > EXEMPLARS:
            return
        number = len(self._shapes)
        self._shapes.append((cluster, shape))
        for word in shape.words:
            self._by_word[word].append(number)

    def rename(self, names: Mapping[int, int]) -> None:
        """Gives clusters their numbers, which they get only when they are written down."""
        for place, (cluster, shape) in enumerate(self._shapes):
            if cluster in names:
                self._shapes[place] = names[cluster], shape
        for digest, cluster in self._by_digest.items():
            if cluster in names:
                self._by_digest[digest] = names[cluster]
        for old, new in names.items():
            if old in self._held:
                self._held[new] = self._held.pop(old)

    def drop(self, cluster: int) -> None:
        """Takes a cluster out; its wordings find nobody any more."""
        self._dropped.add(cluster)
        self._by_digest = {digest: held for digest, held in self._by_digest.items() if held != cluster}
        self._held.pop(cluster, None)

    def nearest(self, shape: Shape) -> tuple[int, float] | None:
        """The cluster that asks the same, and how alike its likest wording is; None when there is none."""
        if (same := self._by_digest.get(shape.digest)) is not None:
            return same, 1.0
        best: tuple[float, int] | None = None
        for number in self._candidates(shape):
            cluster, other = self._shapes[number]
            found = 0.0 if cluster in self._dropped else likeness(shape, other, least=ALIKE)
            if found >= ALIKE and (best is None or (found, -cluster) > best):
                best = (
                    found,
                    -cluster,
                )  # Of two that are as alike the older one, so that the order of looking is nothing.
        return (-best[1], best[0]) if best else None

    def _candidates(self, shape: Shape) -> list[int]:
        """Wordings that share the most weight with a question; its rarest words are looked up first."""
        shared: defaultdict[int, float] = defaultdict(float)
        for word, weight in sorted(shape.words.items(), key=lambda pair: (-pair[1], pair[0])):
            for number in self._by_word.get(word, ())[-LONGEST_LIST:]:
                shared[number] += weight
        if len(shared) <= COMPARED:
            return sorted(shared)

        # What shares as much but is long shares less of itself.
        def order(number: int) -> tuple[float, int]:
            return -2 * shared[number] / (shape.weight + self._shapes[number][1].weight), number

        return sorted(shared, key=order)[:COMPARED]


def _in_one_word(text: str) -> str:
    """The text with one word for what has several."""
    pattern, standing = _said()
    return pattern.sub(lambda match: standing[match[0]], text)


@cache
def _said() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """The words of `data/question_words.txt`, read once, and which word stands for each."""
    text = resources.files("knowledge").joinpath("data/question_words.txt").read_text(encoding="utf8")
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    standing = {word: row[0] for row in rows for word in row}
    # The longest first, so that 犬只登记 is not read as 犬只.
    return re.compile("|".join(sorted(map(re.escape, standing), key=lambda word: (-len(word), word)))), standing


def _weighed(words: Sequence[str]) -> tuple[dict[str, float], Floats]:
    lexicon, groups = shipped_lexicon(), shipped_synonyms().group_of
    found: dict[str, float] = {}
    row_of: dict[str, int] = {}
    for word in words:
        if word in _NOT_WORDS or _ASPECT_WORD.fullmatch(word):
            continue
        row = lexicon.rows.get(word, len(lexicon.rarity) - 1)
        weight = float(lexicon.rarity[row]) * (0.6 if len(word) == 1 else 1.0)
        name = f"\0{groups[word]}" if word in groups else word
        if weight > found.get(name, 0.0):
            found[name], row_of[name] = weight, row
    rows = np.array([row_of[name] for name in found], dtype=np.int64)
    return found, np.asarray(lexicon.vectors[rows] * lexicon.scales[rows][:, None], dtype=np.float64)


def _meaning(vectors: Floats, weights: Floats) -> Floats:
    total = weights @ vectors if len(weights) else np.zeros(vectors.shape[1])
    length = float(np.linalg.norm(total))
    return np.asarray(total / length if length else total, dtype=np.float64)


def _other(one: frozenset[tuple[float, str]], other: frozenset[tuple[float, str]]) -> bool:
    """Whether both name a number of the same unit, and no number is the same."""
    units = {unit for _, unit in one} & {unit for _, unit in other}
    return bool(units) and not (one & other)


@lru_cache(maxsize=1024)
def _elsewhere(here: frozenset[str], there: frozenset[str]) -> bool:
    related = gazetteer().related
    return bool(here and there) and not any(related(a, b) for a in here for b in there)
