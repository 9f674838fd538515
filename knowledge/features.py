"""Features: in which ways a question and a candidate entry are alike, as numbers from 0 to about 1."""

from dataclasses import dataclass

import numpy as np

from knowledge.index import GRAMS, KINDS, WORDS, Asked, Index
from knowledge.postings import Floats, Ints, best_of_units, harmonic

CANDIDATES_BY_FIELD = 30
_FIRST_LOOK = ((WORDS, "full"), (GRAMS[1], "full"), (GRAMS[1], "questions"))

_FULL = ("full.bm25", "full.asked")
_QUESTION = ("bm25", "asked", "held", "dice")
_PASSAGE = ("passage.bm25", "passage.asked")
# The beginning of a text without a title is weaker evidence than a title, so it has columns of its own.
_OF_ONE_KIND = (*_FULL, *(f"question.{name}" for name in _QUESTION), *(f"head.{name}" for name in _QUESTION), *_PASSAGE)
RAW = tuple(f"{kind}.{name}" for kind in KINDS for name in _OF_ONE_KIND)
RELATIVE = tuple(name for name in RAW if name.rsplit(".", 1)[1] in {"bm25", "dice"})
NAMES = (*RAW, *(f"{name}/best" for name in RELATIVE), "numbers.asked")
_COLUMN = {name: place for place, name in enumerate(NAMES)}


SHORTLIST = 12  # candidates that are looked at closely
_BLEND_OF_CHARACTERS, _BLEND_OF_BEST = 0.5, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The entries worth a closer look, and one row of features (`NAMES`) for each."""

    entries: Ints
    rows: Floats


def candidates(index: Index, asked: Asked, allowed: np.ndarray | None = None) -> Candidates:
    """Looks up the best entries by three fast scores and measures each of them. `allowed` masks entries that may not answer."""
    chosen: list[Ints] = []
    for kind, field in _FIRST_LOOK:
        terms = asked.wide if kind == WORDS else asked.terms[kind]
        postings = getattr(index.fields[kind], field)
        scores = postings.entry_scores(terms.known, terms.weights)
        if allowed is not None:
            scores = np.where(allowed, scores, 0.0)
        count = min(CANDIDATES_BY_FIELD, len(scores))
        if not count:
            continue
        best = np.argpartition(-scores, count - 1)[:count]
        chosen.append(best[scores[best] > 0])
    entries = np.unique(np.concatenate(chosen)) if chosen else np.zeros(0, dtype=np.int64)
    return Candidates(entries=entries, rows=measure(index, asked, entries))


def measure(index: Index, asked: Asked, entries: Ints) -> Floats:
    """One row of features for each of the entries."""
    if not len(entries):
        return np.zeros((0, len(NAMES)))
    columns: list[Floats] = []
    for kind in KINDS:
        columns.extend(_overlaps(index, asked, entries, kind))
    raw = dict(zip(RAW, columns, strict=True))
    for name in RELATIVE:
        best = float(raw[name].max())
        columns.append(raw[name] / best if best > 0 else np.zeros(len(entries)))
    columns.append(np.array([_share(asked.numbers, index.numbers[entry]) for entry in entries], dtype=np.float64))
    return np.column_stack(columns)


def blend(rows: Floats) -> Floats:
    """One number for each row, without any training: the scores relative to the best candidate's, added up. It picks the shortlist."""
    total = np.zeros(len(rows))
    for kind in KINDS:
        full, question, head, passage = (
            rows[:, _COLUMN[f"{kind}.{field}.bm25/best"]] for field in ("full", "question", "head", "passage")
        )
        title = np.maximum(question, head)
        best = np.maximum(np.maximum(title, full), passage)
        share = _BLEND_OF_CHARACTERS if kind == GRAMS[0] else 1.0
        total += share * (title + full + passage + _BLEND_OF_BEST * best)
    return total


def _overlaps(index: Index, asked: Asked, entries: Ints, kind: str) -> list[Floats]:
    terms, fields = asked.terms[kind], index.fields[kind]
    known = float(fields.full.idf[terms.known].sum())
    seen = known / (known + terms.unknown) if known else 0.0
    full, _ = fields.full.overlap(terms.known, terms.weights, entries)
    question, starts = fields.questions.overlap(terms.known, terms.weights, entries)
    passage, passage_starts = fields.passages.overlap(terms.known, terms.weights, entries)
    asked_share = question.asked * seen
    dice = harmonic(asked_share, question.held)
    titled = index.titled[entries]
    best = [best_of_units(value, starts) for value in (question.bm25 * seen, asked_share, question.held, dice)]
    return [
        full.bm25 * seen,
        full.asked * seen,
        *(value * titled for value in best),
        *(value * ~titled for value in best),
        best_of_units(passage.bm25 * seen, passage_starts),
        best_of_units(passage.asked * seen, passage_starts),
    ]


def _share(asked: frozenset[str], held: frozenset[str]) -> float:
    return len(asked & held) / len(asked) if asked else 0.5
