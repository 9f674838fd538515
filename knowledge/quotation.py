"""Quotation: the passage of an approved text that answers a question, word for word. Pure.

A linear model says of each clause how likely the answer begins in it; the quotation is then the run of whole sentences, at most
LIMIT characters, that most likely holds the answer to its end. The coefficients are data (`data/quotation.json`), trained by
benchmarks/train_quotation.py; docs/quotation.md has the figures.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from knowledge.asking import read_question
from knowledge.clauses import SENTENCE, Clauses, clauses_of, last_cut
from knowledge.errors import ModelUnreadable
from knowledge.evidence import NAMES, Evidence, Ints, evidence_for

Floats = NDArray[np.float64]
LIMIT = 200
"""Characters of a quotation."""
MOST_CHARACTERS = 100_000
"""Of a longer text the beginning is read."""
_AS_GOOD = 0.98
"""Of the passages that are nearly as likely to hold the answer as the best the shortest is quoted."""
_LIKELY = 12
"""So many clauses are taken for possible beginnings of the answer when the passage is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """A passage: `text` is exactly `body[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoter:
    """The model: weights in the order of `evidence.NAMES`, what each pair of characters is worth (1 for one that is not
    listed), and of the answers' lengths which share is no longer than so many characters (0, 1, … LIMIT)."""

    weights: Floats
    worth: Mapping[str, float]
    lengths: Floats

    def quote(self, body: str, question: str, *, limit: int = LIMIT) -> Quotation | None:
        """The passage of a text that answers a question, of at most `limit` characters (1 to LIMIT); None when the text says
        nothing. Any two strings are allowed."""
        body = body[:MOST_CHARACTERS]
        if len(body.strip()) <= limit:
            return _trimmed(body, 0, len(body))
        clauses, asked = clauses_of(body), read_question(question)
        evidence = evidence_for(body, clauses, asked, self.worth)
        start, end = self._best(clauses, evidence, limit)
        return _trimmed(body, start, end if end - start <= limit else last_cut(body, start + 1, start + limit))

    def likelihood(self, evidence: Evidence) -> Floats:
        """How likely the answer begins in each of the clauses of `evidence`; they sum to 1."""
        scores = evidence.rows @ self.weights
        likely = np.exp(scores - scores.max())
        return np.asarray(likely / likely.sum(), dtype=np.float64)

    def _best(self, clauses: Clauses, evidence: Evidence, limit: int) -> tuple[int, int]:
        likely = self.likelihood(evidence)
        chosen = np.argsort(-likely, kind="stable")[:_LIKELY]
        places, shares = evidence.clauses[chosen], likely[chosen]
        spans = np.array(_spans(clauses, _beginnings(clauses, places, limit), limit))
        starts, ends, begin = spans[:, :1], spans[:, 1:], clauses.bounds[places][None, :]
        held = (begin >= starts) & (begin < ends)
        worth = (held * self.lengths[np.clip(ends - begin, 0, LIMIT)] * shares).sum(axis=1)
        good = np.flatnonzero(worth >= _AS_GOOD * worth.max())
        start, end = spans[good[np.argmin((ends - starts)[good, 0])]].tolist()
        return start, end


def _beginnings(clauses: Clauses, places: Ints, limit: int) -> Ints:
    """Where a quotation that holds one of these clauses may begin: at a sentence, or inside one that is itself too long."""
    bounds, levels = clauses.bounds, clauses.levels
    sentences = np.flatnonzero(levels[:-1] >= SENTENCE)
    lengths = np.diff(np.append(bounds[sentences], bounds[-1]))
    sentence = np.searchsorted(sentences, np.arange(len(clauses)), side="right") - 1
    allowed = (levels[:-1] >= SENTENCE) | (lengths[sentence] > limit)
    near = np.zeros(len(clauses), dtype=np.bool_)
    for place in places.tolist():
        near[np.searchsorted(bounds, bounds[place] - limit, side="right") : place + 1] = True
    return np.flatnonzero(allowed & near)


def _spans(clauses: Clauses, firsts: Ints, limit: int) -> list[tuple[int, int]]:
    """The quotations from these clauses on, as offsets: to the end of each sentence that fits, else of the last clause that does."""
    bounds, starts = clauses.bounds, clauses.bounds[firsts]
    sentences = bounds[clauses.levels >= SENTENCE]
    first_end, after = (np.searchsorted(sentences, starts + far, side="right").tolist() for far in (0, limit))
    clause = bounds[np.maximum(np.searchsorted(bounds, starts + limit, side="right") - 1, firsts + 1)].tolist()
    ends = sentences.tolist()
    return [
        (start, end)
        for start, one, other, last in zip(starts.tolist(), first_end, after, clause, strict=True)
        for end in (ends[one:other] or [last])
    ]


def _trimmed(body: str, start: int, end: int) -> Quotation | None:
    """Without the blanks around it."""
    text = body[start:end]
    start, end = start + len(text) - len(text.lstrip()), end - (len(text) - len(text.rstrip()))
    return Quotation(text=body[start:end], start=start, end=end) if start < end else None


def quote(body: str, question: str, *, limit: int = LIMIT) -> Quotation | None:
    """`Quoter.quote` by the model that ships with the package. Raises ModelUnreadable."""
    return shipped_quoter().quote(body, question, limit=limit)


@cache
def shipped_quoter() -> Quoter:
    """The model from `data/quotation.json`, read once. Raises ModelUnreadable."""
    try:
        data = json.loads(resources.files("knowledge").joinpath("data/quotation.json").read_text("utf8"))
        weights = np.array([data["weights"][name] for name in NAMES], dtype=np.float64)
        lengths = np.array(data["lengths"], dtype=np.float64)
        worth = {str(pair): float(value) for pair, value in data["worth"].items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnreadable from error
    return Quoter(weights=weights, worth=worth, lengths=lengths)
