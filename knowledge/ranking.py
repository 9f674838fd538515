"""Ranking: a linear model over the features, with one set of weights for short messages and one for long ones."""

import math
from dataclasses import dataclass

import numpy as np

from knowledge.features import candidates
from knowledge.index import Asked, Index
from knowledge.postings import Bools, Floats, Ints

_MIDDLE = 3.6  # log of the length, about 36 characters, at which a message counts half as long
_SLOPE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates from best to worst."""

    entries: Ints
    scores: Floats
    rows: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """Weights in the order of `features.NAMES`, first for short messages, then for long ones."""

    short: Floats
    long: Floats

    def rank(self, index: Index, asked: Asked, allowed: Bools | None = None) -> Ranked:
        """The candidates for a question, best first; ties keep the order of the entries."""
        found = candidates(index, asked, allowed)
        share = length_share(len(asked.text))
        scores = found.rows @ (self.short * (1 - share) + self.long * share)
        order = np.argsort(-scores, kind="stable")
        return Ranked(entries=found.entries[order], scores=scores[order], rows=found.rows[order])


def length_share(characters: int) -> float:
    """How far a message counts as long: 0 for a word or two, 1 for a story."""
    return 1 / (1 + math.exp(-_SLOPE * (math.log1p(characters) - _MIDDLE)))
