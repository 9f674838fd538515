"""Postings: which units of text hold which terms, as flat arrays that NumPy can sum over.

A unit is one text that is scored as a whole: an entry's full text, one of its questions, or one passage of its body. Terms are
numbers of a vocabulary that several fields share. Nothing here knows what a term is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

K1 = 1.2
B = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How a question and each of some units overlap, one row a unit.

    `bm25` is the BM25 score over the highest one possible for the question; `asked` the share of the question's weight that the
    unit holds; `held` the share of the unit's weight that the question holds. All are 0 to 1.
    """

    bm25: Floats
    asked: Floats
    held: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """One field of the index. Units lie in the order of their entries, so that an entry's units are one slice."""

    entry_count: int
    first_unit: Ints  # entry -> its first unit; entry_count + 1 long
    entry_of_unit: Ints
    forward_start: Ints  # unit -> its first (term, impact)
    forward_terms: NDArray[np.int32]
    forward_impacts: NDArray[np.float32]
    unit_weight: Floats  # unit -> sum of its terms' idf
    inverted_start: Ints  # term -> its first (unit, impact)
    inverted_units: NDArray[np.int32]
    inverted_impacts: NDArray[np.float32]
    idf: Floats

    @classmethod
    def build(cls, *, units: Ints, terms: Ints, entry_of_unit: Ints, entry_count: int, idf: Floats) -> "Postings":
        """From occurrences: `terms[i]` stands in `units[i]`. `idf` has one weight for every term of the vocabulary."""
        unit_count, term_count = len(entry_of_unit), len(idf)
        pairs, tf = np.unique(units * term_count + terms, return_counts=True)
        unit, term = pairs // max(1, term_count), pairs % max(1, term_count)
        length = np.bincount(unit, weights=tf, minlength=unit_count)
        mean = max(1.0, float(length.mean())) if unit_count else 1.0
        damp = K1 * (1 - B + B * length / mean)
        impacts = (idf[term] * tf * (K1 + 1) / (tf + damp[unit])).astype(np.float32)
        order = np.argsort(term, kind="stable")
        return cls(
            entry_count=entry_count,
            first_unit=np.searchsorted(entry_of_unit, np.arange(entry_count + 1)),
            entry_of_unit=entry_of_unit,
            forward_start=np.searchsorted(unit, np.arange(unit_count + 1)),
            forward_terms=term.astype(np.int32),
            forward_impacts=impacts,
            unit_weight=summed(unit, idf[term], unit_count),
            inverted_start=np.searchsorted(term[order], np.arange(term_count + 1)),
            inverted_units=unit[order].astype(np.int32),
            inverted_impacts=impacts[order],
            idf=idf,
        )

    def entry_scores(self, terms: Ints, weights: Floats) -> Floats:
        """BM25 of every entry (its best unit) for a question's terms; not normalised."""
        starts, ends = self.inverted_start[terms], self.inverted_start[terms + 1]
        places, sizes = ranges(starts, ends)
        impacts = self.inverted_impacts[places] * np.repeat(weights, sizes)
        scores = summed(self.inverted_units[places], impacts, len(self.entry_of_unit))
        if len(self.entry_of_unit) == self.entry_count:
            return scores
        best = np.zeros(self.entry_count)
        np.maximum.at(best, self.entry_of_unit, scores)
        return best

    def _sums(self, terms: Ints, weights: Floats, entries: Ints, units: Ints) -> tuple[Floats, Floats]:
        """The shared idf and the BM25 score of each unit, by whichever of the two directions touches fewer numbers."""
        starts, ends = self.inverted_start[terms], self.inverted_start[terms + 1]
        first = self.forward_start[self.first_unit[entries]]
        last = self.forward_start[self.first_unit[entries + 1]]
        if (ends - starts).sum() <= (last - first).sum():
            places, sizes = ranges(starts, ends)
            where, count = self.inverted_units[places], len(self.entry_of_unit)
            idf = np.repeat(self.idf[terms], sizes)
            score = self.inverted_impacts[places] * np.repeat(weights, sizes)
            return summed(where, idf, count)[units], summed(where, score, count)[units]
        # Most terms of a text are not in the question: they are dropped after one look at a table of a byte a term.
        asked = np.zeros(len(self.idf), dtype=np.bool_)
        asked[terms] = True
        slices = [self.forward_terms[start:end] for start, end in zip(first.tolist(), last.tolist(), strict=True)]
        found = np.flatnonzero(asked[np.concatenate(slices)])
        passed = np.cumsum(last - first)
        entry = np.searchsorted(passed, found, side="right")
        places = found + (last - passed)[entry]
        row = np.searchsorted(self.forward_start[units], places, side="right") - 1
        held = self.forward_terms[places]
        table = np.zeros(len(self.idf))
        table[terms] = weights
        impacts = self.forward_impacts[places] * table[held]
        return summed(row, self.idf[held], len(units)), summed(row, impacts, len(units))

    def terms_of(self, unit: int) -> Ints:
        """The distinct terms of one unit, in ascending order."""
        return self.forward_terms[self.forward_start[unit] : self.forward_start[unit + 1]].astype(np.int64)

    def overlap(self, terms: Ints, weights: Floats, entries: Ints) -> tuple[Overlap, Ints]:
        """The overlap with every unit of some entries (in ascending order), and for each entry the row at which its units begin."""
        units, counts = ranges(self.first_unit[entries], self.first_unit[entries + 1])
        shared, score = self._sums(terms, weights, entries, units)
        asked_weight = float(self.idf[terms].sum()) or 1.0
        most = float((self.idf[terms] * weights).sum()) * (K1 + 1) or 1.0
        own = np.maximum(self.unit_weight[units], 1e-9)
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Overlap(bm25=score / most, asked=shared / asked_weight, held=shared / own), starts


def ranges(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """All numbers of several ranges in a row, and the length of each range."""
    sizes = ends - starts
    total = int(sizes.sum())
    if not total:
        return np.zeros(0, dtype=np.int64), sizes
    offsets = np.repeat(starts - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
    return offsets + np.arange(total), sizes


def best_of_units(values: Floats, starts: Ints) -> Floats:
    """The highest value among each entry's units; 0 for an entry without any."""
    counts = np.diff(starts)
    best = np.zeros(len(counts))
    filled = counts > 0
    if filled.any():
        best[filled] = np.maximum.reduceat(values, starts[:-1][filled])
    return best


def harmonic(left: Floats, right: Floats) -> Floats:
    """The harmonic mean: 1 for the same terms on both sides, 0 for none in common."""
    total = left + right
    return np.divide(2 * left * right, total, out=np.zeros_like(total), where=total > 0)


def summed(rows: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]], count: int) -> Floats:
    """The sum of the values of each row."""
    return np.bincount(rows, weights=values, minlength=count).astype(np.float64, copy=False)
