"""Evidence: what speaks for each clause of a text that the answer to a question begins in it, as numbers. Pure.

Two families. The first asks which part of the question's characters stands in the clause and in what lies around it: before it,
in its sentence, in the numbered heading above, in the 40 to 200 characters that follow. The second asks whether the clause
holds the sort of thing that is asked for: an amount, a date, a telephone number, a list.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from knowledge.asking import KINDS, RUNS, Question
from knowledge.clauses import SENTENCE, SIZE, Clauses, Codes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_CLAUSES = 160
"""Of a longer text only so many clauses are looked at closely: those with the most of the question around them."""

RANGES = (
    "own", "prev", "prev2", "next", "lead", "sentence", "before", "back60", "back150", "back60+own", "back60+ahead40",
    "ahead40", "ahead80", "ahead200", "back60+ahead200", "heading", "heading+own", "line",
)  # fmt: skip
WEIGHINGS = ((1, "plain"), (1, "near"), (2, "worth"), (2, "worthnear"), (3, "plain"))
CUES: Mapping[str, str] = {
    "digit": "0123456789", "money": "元万亿%倍折", "date": "年月日时天周号点", "latin": "abcdefghijklmnopqrstuvwxyz",
    "institution": "局委部厅院办署会司", "place": "省市区县镇街", "listed": "、", "quoted": "“\"「《", "may": "可能",
    "must": "应要须得", "through": "通过由凭", "given": "给予免减补奖", "not": "不禁未", "is": "是为", "toward": "对向",
    "and": "等及和", "numeral": "①②③④⑤一二三四五六七八九十", "from": "从自至到起前内止",
}  # fmt: skip
LONG_NUMBER = 5
"""So many digits in a row are a telephone number."""
ALL_CUES = (*CUES, "long")
ASKED_FOR = (
    ("amount", "digit"), ("amount", "money"), ("amount", "numeral"), ("time", "date"), ("time", "digit"), ("telephone", "long"),
    ("telephone", "digit"), ("way", "latin"), ("way", "through"), ("list", "listed"), ("list", "numeral"),
    ("who", "institution"), ("who", "place"), ("how", "must"), ("what", "is"),
)  # fmt: skip
"""Which thing speaks for which sort of answer."""
PLACES = (
    "position", "share", "first", "colon", "comma", "stop", "none", "numbered", "short", "opens", "size", "heading_away",
    "after_question", "closes", "order",
)  # fmt: skip
NAMES = (
    *(f"{size}.{weighing}.{name}" for size, weighing in WEIGHINGS for name in RANGES),
    *(f"{where}.{cue}" for where in ("own", "ahead80") for cue in ALL_CUES),
    *(f"{where}.{kind}.{cue}" for where in ("own", "ahead80") for kind, cue in ASKED_FOR),
    *PLACES,
)

_NUMBERED = re.compile(
    r"\s*(?:第[一二三四五六七八九十]+[条章]|[一二三四五六七八九十]+[、是.．]|[（(][一二三四五六七八九十\d]+[）)]|\d+[、.．)）]|[①-⑩]|——|[问答][：:]|【)"
)
_SHORT = 30
"""A sentence of no more characters may be the heading of what follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The clauses that were looked at, by their numbers, and a row for each in the order of NAMES."""

    clauses: Ints
    rows: Floats


def evidence_for(body: str, clauses: Clauses, question: Question, worth: Mapping[str, float]) -> Evidence:
    """The evidence in a text of at least one clause. `worth` says what a pair of characters counts; 1 where it is silent."""
    shape = _Shape.of(body, clauses)
    terms = {size: _Terms.of(clauses, shape, question.runs[size], worth) for size in RUNS}
    looked_at = _most_promising(clauses, terms)
    begins, ends = shape.ranges(looked_at)
    covered = [
        terms[size]
        .covered(begins, ends, [weighing for of, weighing in WEIGHINGS if of == size])
        .reshape(len(looked_at), -1)
        for size in RUNS
    ]
    rows = np.hstack([*covered, *_cues(clauses, shape, question, looked_at, ends), shape.places(looked_at)])
    return Evidence(clauses=looked_at, rows=rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """How a text is built: of each clause its sentence, the heading above, and whether it is numbered."""

    bounds: Ints
    opens: NDArray[np.bool_]
    sentences: Ints
    sentence: Ints
    numbered: NDArray[np.bool_]
    heading: Ints
    line: Ints
    of_character: Ints
    sign_before: Codes
    """The last character before each clause that is not a blank."""

    @classmethod
    def of(cls, body: str, clauses: Clauses) -> "_Shape":
        bounds, count = clauses.bounds, len(clauses)
        numbers = np.arange(count)
        opens = clauses.levels[:-1] >= SENTENCE
        sentences = np.flatnonzero(opens)
        sentence = np.cumsum(opens) - 1
        numbered = np.zeros(count, dtype=np.bool_)
        for number in np.flatnonzero(_begins_a_number()[clauses.folded[bounds[:-1]]]).tolist():
            numbered[number] = _NUMBERED.match(body, int(bounds[number]), int(bounds[number]) + 8) is not None
        heading = np.maximum.accumulate(np.where(numbered, numbers, 0))
        short = np.diff(np.append(bounds[sentences], bounds[-1])) <= _SHORT
        lines = np.zeros(count, dtype=np.int64)
        lines[sentences[short]] = sentences[short]
        line = np.maximum.accumulate(lines)
        # A line is not the heading of itself: the one above it is.
        above = np.concatenate(([0], line[:-1]))
        line = np.where(line == sentences[sentence], above[sentences[sentence]], line)
        return cls(
            bounds=bounds, opens=opens, sentences=sentences, sentence=sentence, numbered=numbered, heading=heading,
            line=line, of_character=np.repeat(numbers, np.diff(bounds)), sign_before=_signs_before(clauses),
        )  # fmt: skip

    def ranges(self, looked_at: Ints) -> tuple[Ints, Ints]:
        """The first clause of each range and the one after its last, in the order of RANGES, for the clauses looked at."""
        bounds, count, own = self.bounds, len(self.bounds) - 1, looked_at
        start, sentence = bounds[own], self.sentence[own]
        padded = np.append(self.sentences, count)
        first, after = padded[sentence], padded[sentence + 1]
        above = padded[np.maximum(sentence - 1, 0)]
        back60, back150 = (np.minimum(np.searchsorted(bounds, start - back), own) for back in (60, 150))
        ahead40, ahead80, ahead200 = (
            np.maximum(np.searchsorted(bounds, start + ahead, side="right") - 1, own + 1) for ahead in (40, 80, 200)
        )
        heading, line = self.heading[own], self.line[own]
        pairs = (
            (own, own + 1), (np.maximum(own - 1, 0), own), (np.maximum(own - 2, 0), np.maximum(own - 1, 0)),
            (np.minimum(own + 1, count), np.minimum(own + 2, count)), (first, own), (first, after), (above, first),
            (back60, own), (back150, own), (back60, own + 1), (back60, ahead40), (own, ahead40), (own, ahead80),
            (own, ahead200), (back60, ahead200), (heading, heading + 1), (heading, own + 1), (line, line + 1),
        )  # fmt: skip
        return np.array([begin for begin, _ in pairs]), np.array([end for _, end in pairs])

    def places(self, looked_at: Ints) -> Floats:
        """Where a clause stands, in the order of PLACES."""
        bounds, own = self.bounds, looked_at
        start, size = bounds[own], np.diff(bounds)[own]
        before = self.sign_before[own]
        signs = {name: np.isin(before, [ord(sign) for sign in said]) for name, said in _BEFORE.items()}
        none = ~(signs["colon"] | signs["comma"] | signs["stop"])
        first = self.sentences[self.sentence[own]]
        after = np.append(self.sentences, len(bounds) - 1)[self.sentence[own] + 1]
        columns = (
            np.log1p(start) / 8, start / bounds[-1], start == 0, signs["colon"], signs["comma"], signs["stop"], none,
            self.numbered[own], bounds[after] - bounds[first] <= _SHORT, self.opens[own], np.minimum(size, 100) / 50,
            np.minimum(np.log1p(start - bounds[self.heading[own]]), 6), signs["question"], own == after - 1,
            np.minimum(own - first, 6) / 3,
        )  # fmt: skip
        return np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])


def _signs_before(clauses: Clauses) -> Codes:
    solid = clauses.folded != ord(" ")
    last = np.maximum.accumulate(np.where(solid, np.arange(len(solid)), 0))
    return np.asarray(clauses.folded[last[np.maximum(clauses.bounds[:-1] - 1, 0)]], dtype=np.uint32)


_BEFORE = {"colon": "：:", "comma": "，,", "stop": "。！？!?；;", "question": "？?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """The question's runs of one size in a text: `until[c]` counts, for each run, the clauses before c that hold it."""

    until: NDArray[np.int32]
    weights: Mapping[str, Floats]

    @classmethod
    def of(cls, clauses: Clauses, shape: _Shape, runs: Mapping[str, float], worth: Mapping[str, float]) -> "_Terms":
        count = len(clauses)
        held = np.zeros((count + 1, len(runs) + 1), dtype=np.int32)
        found = _occurrences(clauses.folded, tuple(runs))
        places = np.flatnonzero(found)
        held[shape.of_character[places] + 1, found[places]] = 1
        until = held[:, 1:].cumsum(axis=0, dtype=np.int32)
        often = until[-1]
        rare = np.where(often > 0, np.log1p(count / np.maximum(often, 1)), 0.0)
        near = np.fromiter(runs.values(), dtype=np.float64, count=len(runs))
        worthy = np.array([worth.get(run, 1.0) for run in runs])
        weights = {"plain": rare, "near": rare * near, "worth": rare * worthy, "worthnear": rare * near * worthy}
        return cls(until=until, weights={name: _shares(weight) for name, weight in weights.items()})

    def covered(self, begins: Ints, ends: Ints, weighings: Sequence[str]) -> Floats:
        """Which share of the question's weight stands in each range: an array of (clause, weighing, range)."""
        weights = np.stack([self.weights[weighing] for weighing in weighings])
        held = (self.until[ends] > self.until[begins]).astype(np.float32)
        return np.asarray(np.moveaxis(held @ weights.T.astype(np.float32), 0, -1), dtype=np.float64)


def _shares(weights: Floats) -> Floats:
    total = weights.sum()
    return weights / total if total > 0 else weights


def _occurrences(folded: NDArray[np.uint32], runs: tuple[str, ...]) -> Ints:
    """For each character of the text the number of the run that begins there, counted from 1, or 0."""
    size = len(runs[0]) if runs else 1
    if len(folded) < size or not runs:
        return np.zeros(0, dtype=np.int64)
    letters = {letter: number for number, letter in enumerate(sorted(set("".join(runs))), 1)}
    table = np.zeros(SIZE, dtype=np.int16)
    for letter, number in letters.items():
        table[ord(letter)] = number
    spelt, width = table[folded], len(letters) + 1
    found, known = spelt, dict(letters)
    for length in range(2, size + 1):
        beginnings = {run[:length]: number for number, run in enumerate(dict.fromkeys(r[:length] for r in runs), 1)}
        following = np.zeros((len(known) + 1) * width, dtype=np.int16)
        for beginning, number in beginnings.items():
            following[known[beginning[:-1]] * width + letters[beginning[-1]]] = number
        found, known = (
            following[found[: len(spelt) - length + 1].astype(np.int32) * width + spelt[length - 1 :]],
            beginnings,
        )
    order = np.zeros(len(known) + 1, dtype=np.int64)
    for number, run in enumerate(runs, 1):
        order[known[run]] = number
    return order[found]


def _most_promising(clauses: Clauses, terms: Mapping[int, _Terms]) -> Ints:
    """The clauses with most of the question's pairs from 60 characters before to 80 after their beginning."""
    count, bounds = len(clauses), clauses.bounds
    if count <= MOST_CLAUSES:
        return np.arange(count)
    begin = np.searchsorted(bounds, bounds[:-1] - 60)
    end = np.maximum(np.searchsorted(bounds, bounds[:-1] + 80, side="right") - 1, np.arange(count) + 1)
    around = terms[2].covered(begin[None], end[None], ("worthnear", "worth")).sum(axis=(1, 2))
    return np.sort(np.argsort(-around, kind="stable")[:MOST_CLAUSES])


@cache
def _begins_a_number() -> NDArray[np.bool_]:
    table = np.zeros(SIZE, dtype=np.bool_)
    table[[ord(character) for character in "第一二三四五六七八九十（(0123456789①②③④⑤⑥⑦⑧⑨⑩—问答【 \u3000\t"]] = True
    return table


@cache
def _cue_bits() -> NDArray[np.uint32]:
    table = np.zeros(SIZE, dtype=np.uint32)
    for number, characters in enumerate(CUES.values()):
        for character in characters:
            table[ord(character)] |= 1 << number
    return table


def _cues(clauses: Clauses, shape: _Shape, question: Question, looked_at: Ints, ends: Ints) -> tuple[Floats, Floats]:
    """In how many clauses each cue stands, of the own one and of the 80 characters ahead; and the same for each sort of answer."""
    bits = _cue_bits()[clauses.folded]
    rows = np.convolve(bits & 1, np.ones(LONG_NUMBER, dtype=np.uint32))[: len(bits)] >= LONG_NUMBER
    bits = np.bitwise_or(bits, rows.astype(np.uint32) << np.uint32(len(CUES)), dtype=np.uint32)
    in_clause = np.bitwise_or.reduceat(bits, clauses.bounds[:-1])
    held = ((in_clause[:, None] >> np.arange(len(ALL_CUES), dtype=np.uint32)) & 1).astype(np.int64)
    until = np.vstack([np.zeros((1, len(ALL_CUES)), dtype=np.int64), held.cumsum(axis=0)])
    own = held[looked_at].astype(np.float64)
    ahead = np.log1p(until[ends[RANGES.index("ahead80")]] - until[looked_at])
    cues = [ALL_CUES.index(cue) for _, cue in ASKED_FOR]
    asked = np.array([question.expects[list(KINDS).index(kind)] for kind, _ in ASKED_FOR], dtype=np.float64)
    return np.hstack([own, ahead]), np.hstack([own[:, cues] * asked, ahead[:, cues] * asked])
