"""Confidence: the probability that the first candidate is the right entry, as the mean of a logistic model's and of small
trees' opinion."""

import math
from dataclasses import dataclass

import numpy as np

from knowledge import ranking
from knowledge.entry import EntryKind
from knowledge.index import Asked, Index
from knowledge.kinds import KINDS
from knowledge.postings import Floats
from knowledge.ranking import Ranked, length_share
from knowledge.trees import Trees

RIVALS = 3  # the candidates behind the first that it is compared with
_OF_THE_LIST = ("score", "margin", "share", "crowd")
OF_THE_QUESTION = ("length", "words", *(f"unknown {kind}" for kind in KINDS))
PLAIN = (*ranking.NAMES, *(f"{name} ahead" for name in ranking.NAMES), *_OF_THE_LIST, *OF_THE_QUESTION, "rumour")
NAMES = (*(f"{name} (short)" for name in PLAIN), *(f"{name} (long)" for name in PLAIN))
_ALIKE = np.where(ranking.FREE, 0, np.where(ranking.LESS, -1, 1))
# More likeness never makes an answer less sure, more that is missing never makes it surer; 0 leaves the sign to the data.
SIGNS = np.concatenate([_ALIKE, np.abs(_ALIKE), [1, 1, 1, -1], [0, 0], [-1] * len(KINDS), [-1]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Logistic coefficients in the order of `NAMES`, over features scaled by `mean` and `spread`, and trees over `PLAIN`."""

    mean: Floats
    spread: Floats
    weights: Floats
    intercept: float
    trees: Trees

    def probabilities(self, plain: Floats, share: Floats) -> Floats:
        """For rows of `PLAIN`, each with the share of a long message that it counts for (see `ranking.length_share`)."""
        long = share[:, None]
        rows = (np.concatenate([plain * (1 - long), plain * long], axis=1) - self.mean) / self.spread
        rows = np.minimum(np.maximum(rows, -5), 5)
        margin = (rows @ self.weights + self.intercept + self.trees.sum(plain)) / 2
        return np.asarray(1 / (1 + np.exp(-np.minimum(np.maximum(margin, -30), 30))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """One opinion of rumours, most messages about which have no entry, and one of everything else."""

    general: Opinion
    rumour: Opinion

    def of(self, index: Index, asked: Asked, ranked: Ranked) -> float:
        """The probability that the first candidate is right; 0 when there is none."""
        if not len(ranked.entries):
            return 0.0
        rumour = index.entries[int(ranked.entries[0])].kind is EntryKind.rumour
        plain = describe(ranked.rows, ranked.scores, of_the_question(asked), rumour)
        opinion = self.rumour if rumour else self.general
        return float(opinion.probabilities(plain[None, :], np.array([length_share(len(asked.text))]))[0])


def describe(rows: Floats, scores: Floats, of_question: Floats, rumour: bool) -> Floats:
    """The features in `PLAIN` of the first of some candidates, which lie best first; there must be one."""
    top, rivals = rows[0], rows[1 : 1 + RIVALS]
    if len(rivals):
        ahead = np.where(ranking.LESS, rivals.min(axis=0) - top, top - rivals.max(axis=0))
    else:
        ahead = ranking.likeness(top)
    return np.concatenate([top, ahead, _of_the_list(scores), of_question, [float(rumour)]])


def of_the_question(asked: Asked) -> Floats:
    """The features in `OF_THE_QUESTION`."""
    unknown = [_unknown(asked, kind) for kind in KINDS]
    return np.array([math.log1p(len(asked.text)), math.log1p(len(asked.words)), *unknown])


def _of_the_list(scores: Floats) -> list[float]:
    first = float(scores[0])
    second = float(scores[1]) if len(scores) > 1 else first - 5.0
    crowd = float(np.exp(scores - first).sum())
    return [first, first - second, 1 / crowd, math.log(crowd)]


def _unknown(asked: Asked, kind: str) -> float:
    terms = asked.terms[kind]
    return terms.unknown / (terms.known + terms.unknown) if terms.unknown else 0.0
