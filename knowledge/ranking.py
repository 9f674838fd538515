"""Ranking: the shortlist of candidates in the order of a linear model, with one set of weights for short messages and one for long ones."""

import math
from dataclasses import dataclass

import numpy as np

from knowledge import closeness, features
from knowledge.index import Asked, Index
from knowledge.postings import Bools, Floats, Ints

NAMES = (*features.NAMES, *closeness.NAMES)
LESS = np.array([name in closeness.LESS for name in NAMES])
FREE = np.array([name in closeness.FREE for name in NAMES])
_SIGNS = np.where(LESS, -1.0, 1.0)
_MIDDLE = 3.6  # log of the length, about 36 characters, at which a message counts half as long
_SLOPE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortlist:
    """The most promising candidates, and one row of measurements (`NAMES`) for each."""

    entries: Ints
    rows: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates from best to worst."""

    entries: Ints
    scores: Floats
    rows: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """Weights in the order of `NAMES`, none below zero, first for short messages, then for long ones."""

    short: Floats
    long: Floats

    def rank(self, index: Index, asked: Asked, allowed: Bools | None = None, also: Ints | None = None) -> Ranked:
        """The candidates for a question, best first; ties keep the order of the shortlist. `also`: see `features.shortlist`."""
        found = shortlist(index, asked, allowed, also)
        scores = self.scores(found.rows, length_share(len(asked.text)))
        order = np.argsort(-scores, kind="stable")
        return Ranked(entries=found.entries[order], scores=scores[order], rows=found.rows[order])

    def weights(self, share: float) -> Floats:
        """What each measurement counts for a message that counts so far as long."""
        return np.asarray(self.short * (1 - share) + self.long * share)

    def scores(self, rows: Floats, share: float) -> Floats:
        """The scores of rows of measurements; never below zero."""
        weights = self.weights(share)
        return np.asarray(rows @ (weights * _SIGNS) + weights @ LESS)


def shortlist(index: Index, asked: Asked, allowed: Bools | None, also: Ints | None = None) -> Shortlist:
    """The candidates with the best blend of scores, looked at closely."""
    entries, rows = features.shortlist(index, asked, allowed, len(NAMES), also)
    closeness.look(index, asked, entries, rows, len(features.NAMES))
    return Shortlist(entries=entries, rows=rows)


def likeness(rows: Floats) -> Floats:
    """Measurements turned so that more is always more alike."""
    return np.where(LESS, 1 - rows, rows)


def length_share(characters: float) -> float:
    """How far a message counts as long: 0 for a word or two, 1 for a story."""
    return 1 / (1 + math.exp(-_SLOPE * (math.log1p(characters) - _MIDDLE)))
