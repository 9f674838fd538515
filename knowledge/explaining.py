"""Why this entry and why not that one: what the search saw of a question, in words of the screen (features K2).

Nothing is decided here. The finding is that of ``Understanding.ask``, the function that citizens' questions go through; what is
added are the measurements that led to it, gathered into a few groups that a curator can read.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from knowledge import confidence, ranking
from knowledge.atoms import questions_of
from knowledge.decision import ANSWER_FROM, CHOOSE_FROM
from knowledge.entry import Entry
from knowledge.explained_names import group_of
from knowledge.finding import Finding, Hit
from knowledge.index import Asked, Index, bare
from knowledge.keywords import normalise
from knowledge.kinds import WORDS
from knowledge.links import without_links
from knowledge.message import question_in
from knowledge.postings import Floats
from knowledge.ranking import Ranked, length_share
from knowledge.synonyms import shipped_synonyms
from knowledge.understanding import Understanding

FIELDS: Final = ("标题", "相似问法", "关键词", "正文")
MOST_SHARES: Final = 6
MOST_PAIRS: Final = 6
SMALL: Final = 0.005
"""Shares of a score below this are not worth a line."""
SHORT: Final = 4
MIDDLE: Final = 12
"""Characters of a short question, and of one of middle length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One word of the question. ``weight``: how much it tells entries apart; ``known``: some entry holds it."""

    word: str
    weight: float
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one group of measurements adds (below zero: takes away)."""

    name: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One hit with its reasons: its words by the fields that hold them, words of the question that it lacks, the synonyms
    that met, and what its score is made of."""

    place: int
    hit: Hit
    found: tuple[tuple[str, tuple[str, ...]], ...]
    lacking: tuple[str, ...]
    synonyms: tuple[tuple[str, str], ...]
    shares: tuple[Share, ...]
    same_question: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A finding and what led to it. ``asked`` is what was put to the index in the end, ``repairs`` what was done to get there.
    ``opinion`` is what the confidence is made of, ``base`` the finding without the rules before the base."""

    finding: Finding
    base: Finding
    asked: str
    length: str
    repairs: tuple[str, ...]
    terms: tuple[Term, ...]
    hits: tuple[Told, ...]
    opinion: tuple[Share, ...]
    answer_from: float = ANSWER_FROM
    choose_from: float = CHOOSE_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyNot:
    """One entry beside the first hit. ``barred``: why it may not answer at all, whatever it scores. ``place`` is its place among
    the ``looked`` entries that were measured; ``behind`` says in which groups it lies behind (above zero) or ahead."""

    entry: Entry
    barred: tuple[str, ...]
    place: int
    looked: int
    score: float
    first_score: float
    told: Told
    behind: tuple[Share, ...]
    confidence: float
    """How sure the base would be if it were the first."""


def explain(understanding: Understanding, text: str, *, top: int, today: date, channel: str = "") -> Explanation:
    """Pure over the understanding's index. ``channel``: whose rules come first, beside those of all."""
    finding = understanding.ask(text, top=top, today=today, channel=channel)
    base = finding if finding.ruled is None else understanding.ask(text, top=top, today=today, ruled=False)
    asked_text, repairs = _asked_text(understanding, text, base)
    asked = understanding.index.cut(asked_text, understanding.keywords)
    numbers = [understanding.index.number(hit.entry.id) for hit in base.hits]
    ranked = _ranked(understanding, asked, today, [number for number in numbers if number is not None])
    hits = tuple(_told(understanding, asked, ranked, place, hit) for place, hit in enumerate(base.hits, 1))
    opinion = _opinion(understanding, asked, ranked, base)
    return Explanation(
        finding=finding, base=base, asked=asked_text, length=length_class(text), repairs=repairs,
        terms=_terms(understanding.index, asked), hits=hits, opinion=opinion,
    )  # fmt: skip


def why_not(understanding: Understanding, text: str, entry: Entry, *, today: date) -> WhyNot:
    """The entry beside the first hit, measured as if it might answer. It may be one that the index does not hold."""
    base = understanding.ask(text, top=1, today=today, ruled=False)
    asked_text, _ = _asked_text(understanding, text, base)
    barred = _barred(understanding.index, entry, today)
    index = understanding.index
    if barred or index.number(entry.id) is None:
        fit = replace(entry, live=True, valid_from=None, valid_to=None, withdrawn_because="")
        index = index.changed([fit], (), understanding.keywords)
        understanding = replace(understanding, index=index)
    asked = index.cut(asked_text, understanding.keywords)
    number = index.number(entry.id)
    assert number is not None
    ranked = _ranked(understanding, asked, today, [number])
    row = int(np.flatnonzero(ranked.entries == number)[0])
    told = _told(understanding, asked, ranked, row + 1, Hit(entry=entry, score=float(ranked.scores[row])))
    parts: Floats = ranking.likeness(ranked.rows)
    weights = understanding.ranker.weights(length_share(len(asked.text)))
    behind = _grouped(ranking.NAMES, np.asarray(weights * (parts[0] - parts[row]))) if row else ()
    order = np.array([row, *(n for n in range(len(ranked.entries)) if n != row)])
    first = Ranked(entries=ranked.entries[order], scores=ranked.scores[order], rows=ranked.rows[order])
    return WhyNot(
        entry=entry, barred=barred, place=row + 1, looked=len(ranked.entries), score=float(ranked.scores[row]),
        first_score=float(ranked.scores[0]), told=told, behind=behind,
        confidence=understanding.model.of(index, asked, first),
    )  # fmt: skip


def length_class(text: str) -> str:
    """The class of length of a question, by its letters."""
    return CLASSES[class_of(text)]


CLASSES: Final[Mapping[str, str]] = {"short": "短（4 字以内）", "middle": "中（5 至 12 字）", "long": "长（12 字以上）"}


def class_of(text: str) -> str:
    letters = len(bare(normalise(text)))
    return "short" if letters <= SHORT else "middle" if letters <= MIDDLE else "long"


def _asked_text(understanding: Understanding, text: str, finding: Finding) -> tuple[str, tuple[str, ...]]:
    """What was put to the index in the end, and what was done to the message."""
    repairs: list[str] = []
    plain = unicodedata.normalize("NFKC", text).lower()
    if normalise(text) != " ".join(plain.split()):
        repairs.append("繁体字、异体字按简体理解")
    if without_links(text) != text:
        repairs.append("链接另行查找，不算作词语")
    spelt = understanding.spell(text)
    if spelt:
        repairs.append(f"拼音读作“{spelt}”，须请群众确认")
    asked = spelt or text
    if finding.read_as:
        readings = understanding.layers.words.readings(asked)
        asked = next((each.text for each in readings if each.used == finding.read_as), asked)
        repairs += [f"词典：“{said}”按“{means}”理解" for said, means in finding.read_as]
    question = question_in(without_links(asked))
    if question.strip() != without_links(asked).strip():
        repairs.append("去掉称呼、客套和结尾的套话")
    return question, tuple(repairs)


def _ranked(understanding: Understanding, asked: Asked, today: date, also: Sequence[int]) -> Ranked:
    """All that was looked at, in the order of the live search: a question to the letter comes first."""
    index = understanding.index
    ranked = understanding.ranker.rank(index, asked, index.allowed(today), np.array(also, np.int32))
    named = np.isin(ranked.entries, index.same_question(asked.text))
    order = np.argsort(~named, kind="stable")
    best = ranked.scores.max() if len(ranked.scores) else 0.0
    scores = np.where(named, np.maximum(ranked.scores, best), ranked.scores)
    return Ranked(entries=ranked.entries[order], scores=scores[order], rows=ranked.rows[order])


def _told(understanding: Understanding, asked: Asked, ranked: Ranked, place: int, hit: Hit) -> Told:
    index = understanding.index
    number = index.number(hit.entry.id)
    rows = np.flatnonzero(ranked.entries == (-1 if number is None else number))
    weights = understanding.ranker.weights(length_share(len(asked.text)))
    shares: tuple[Share, ...] = ()
    if len(rows):
        alike: Floats = ranking.likeness(ranked.rows)
        shares = _grouped(ranking.NAMES, np.asarray(weights * alike[int(rows[0])]))
    texts = _texts(hit.entry)
    found = [(word, tuple(field for field, text in texts if word in text)) for word in asked.words]
    return Told(
        place=place, hit=hit, found=tuple((word, fields) for word, fields in found if fields),
        lacking=tuple(word for word, fields in found if not fields and len(word) > 1),
        synonyms=_synonyms(asked.text, " ".join(text for _, text in texts)), shares=shares,
        same_question=bare(asked.text) in {bare(question) for question in questions_of(hit.entry)},
    )  # fmt: skip


def _texts(entry: Entry) -> list[tuple[str, str]]:
    texts = (entry.title, "\n".join(entry.similar), " ".join(entry.keywords), entry.body)
    return [(field, normalise(text)) for field, text in zip(FIELDS, texts, strict=True)]


def _synonyms(question: str, text: str) -> tuple[tuple[str, str], ...]:
    """Words of the question with the shipped synonyms of theirs that the entry has instead."""
    shipped = shipped_synonyms()
    numbers = memoryview(shipped.by_word.longest(question)).cast("i")
    said = list(dict.fromkeys(shipped.words[number] for number in numbers))
    pairs = [
        (word, other)
        for word in said if word not in text
        for other in shipped.groups[shipped.group_of[word]] if other != word and other in text
    ]  # fmt: skip
    return tuple(pairs[:MOST_PAIRS])


def _terms(index: Index, asked: Asked) -> tuple[Term, ...]:
    terms = asked.terms[WORDS]
    weights = dict(zip(terms.texts, np.frombuffer(terms.idf).tolist(), strict=True))
    return tuple(
        Term(word=word, weight=round(weights.get(word, 0.0), 2), known=word in weights) for word in asked.words
    )


def _opinion(understanding: Understanding, asked: Asked, ranked: Ranked, found: Finding) -> tuple[Share, ...]:
    """What the confidence in the first hit is made of; nothing where it was not the words that decided."""
    first = ranked.entries[0] if len(ranked.entries) else None
    if (
        first is None
        or not found.hits
        or understanding.index.entries[int(first)].id != found.hits[0].entry.id
        or found.pinned
    ):
        return ()
    entry = understanding.index.entries[int(first)]
    rumour = entry.kind.value == "rumour"
    plain = confidence.describe(ranked.rows, ranked.scores, confidence.of_the_question(asked), rumour)
    opinion = understanding.model.rumour if rumour else understanding.model.general
    share = length_share(len(asked.text))
    row = np.concatenate([plain * (1 - share), plain * share])
    scaled = np.minimum(np.maximum((row - opinion.mean) / opinion.spread, -5.0), 5.0)
    parts = np.asarray(scaled * opinion.weights, np.float64)
    halves = (parts[: len(plain)] + parts[len(plain) :]) / 2
    trees = float(opinion.trees.sum(plain[None, :])[0]) / 2
    return _grouped((*confidence.PLAIN, "trees"), np.append(halves, trees))


def _grouped(names: Iterable[str], values: Floats) -> tuple[Share, ...]:
    """Values added up by their groups, the weightiest first."""
    sums: dict[str, float] = {}
    for name, value in zip(names, values.tolist(), strict=True):
        group = group_of(name)
        sums[group] = sums.get(group, 0.0) + value
    chosen = sorted((Share(name=name, value=value) for name, value in sums.items()), key=lambda each: -abs(each.value))
    return tuple(each for each in chosen if abs(each.value) >= SMALL)[:MOST_SHARES]


def _barred(index: Index, entry: Entry, today: date) -> tuple[str, ...]:
    found: list[str] = []
    if entry.withdrawn:
        found.append("公开信息已撤回，只说明撤回")
    elif not entry.live:
        found.append("已停用" + (f"：{entry.withdrawn_because}" if entry.withdrawn_because else ""))
    if entry.valid_to is not None and entry.valid_to < today:
        found.append(f"有效期已过（至 {entry.valid_to.isoformat()}）")
    if entry.valid_from is not None and entry.valid_from > today:
        found.append(f"尚未生效（自 {entry.valid_from.isoformat()}）")
    if not found and index.number(entry.id) is None:
        found.append("知识库刚刚更新，尚未载入")
    return tuple(found)
