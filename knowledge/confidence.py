"""Confidence: the probability that the first candidate is the right entry, from a logistic model."""

import math
from dataclasses import dataclass

import numpy as np

from knowledge import closeness, features
from knowledge.entry import EntryKind
from knowledge.index import Asked, Index
from knowledge.kinds import KINDS
from knowledge.postings import Floats
from knowledge.ranking import Ranked, length_share

RIVALS = 3  # the candidates behind the first that it is compared with
_OF_THE_LIST = ("score", "margin", "share", "crowd")
_OF_THE_QUESTION = ("length", "words", *(f"unknown {kind}" for kind in KINDS), "rumour")
_PLAIN = (
    *features.NAMES,
    *(f"{name} ahead" for name in features.NAMES),
    *_OF_THE_LIST,
    *closeness.NAMES,
    *_OF_THE_QUESTION,
)
NAMES = (*(f"{name} (short)" for name in _PLAIN), *(f"{name} (long)" for name in _PLAIN))
# More likeness never makes an answer less sure, more that is missing never makes it surer; 0 leaves the sign to the data.
_MORE_IS_SURER = frozenset(
    {*features.NAMES, *(f"{name} ahead" for name in features.NAMES), "score", "margin", "share", "same", "longest run"}
)
_FREE = frozenset({"length", "words", "length ratio"})
SIGNS = np.array([0 if name in _FREE else 1 if name in _MORE_IS_SURER else -1 for name in _PLAIN] * 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """Logistic coefficients in the order of `NAMES`, over features scaled by `mean` and `spread`."""

    mean: Floats
    spread: Floats
    weights: Floats
    intercept: float

    def of(self, index: Index, asked: Asked, ranked: Ranked) -> float:
        """The probability that the first candidate is right; 0 when there is none."""
        if not len(ranked.entries):
            return 0.0
        row = (describe(index, asked, ranked) - self.mean) / self.spread
        margin = float(np.clip(row, -5, 5) @ self.weights) + self.intercept
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, margin))))


def describe(index: Index, asked: Asked, ranked: Ranked) -> Floats:
    """The features in `NAMES` of the first candidate, which must exist."""
    top, rivals = ranked.rows[0], ranked.rows[1 : 1 + RIVALS]
    ahead = top - rivals.max(axis=0) if len(rivals) else top
    entry = int(ranked.entries[0])
    plain = np.concatenate(
        [
            top,
            ahead,
            _of_the_list(ranked.scores),
            closeness.look(index, asked, entry),
            [math.log1p(len(asked.text)), math.log1p(len(asked.words))],
            [_unknown(asked, kind) for kind in KINDS],
            [float(index.entries[entry].kind is EntryKind.rumour)],
        ]
    )
    share = length_share(len(asked.text))
    return np.concatenate([plain * (1 - share), plain * share])


def _of_the_list(scores: Floats) -> list[float]:
    first = float(scores[0])
    second = float(scores[1]) if len(scores) > 1 else first - 5.0
    crowd = float(np.exp(scores - first).sum())
    return [first, first - second, 1 / crowd, math.log(crowd)]


def _unknown(asked: Asked, kind: str) -> float:
    terms = asked.terms[kind]
    return terms.unknown / (terms.known + terms.unknown) if terms.unknown else 0.0
