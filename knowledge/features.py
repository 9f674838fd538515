"""Features: in which ways a question and a candidate entry are alike, as numbers from 0 to about 1."""

from dataclasses import dataclass

import numpy as np

from knowledge.atoms import FIELDS, FULL, PASSAGES, QUESTIONS
from knowledge.index import Asked, Index
from knowledge.kinds import GRAMS, KINDS, NUMBERS, WORDS
from knowledge.postings import COLUMNS, Bools, Floats, Ints

CANDIDATES_BY_FIELD = 30
_FIRST_LOOK = ((WORDS, FULL), (GRAMS[1], FULL), (GRAMS[1], QUESTIONS))

_FULL = ("full.bm25", "full.asked")
_QUESTION = ("bm25", "asked", "held", "dice")
_PASSAGE = ("passage.bm25", "passage.asked")
# The beginning of a text without a title is weaker evidence than a title, so it has columns of its own.
_OF_ONE_KIND = (*_FULL, *(f"question.{name}" for name in _QUESTION), *(f"head.{name}" for name in _QUESTION), *_PASSAGE)
RAW = tuple(f"{kind}.{name}" for kind in KINDS for name in _OF_ONE_KIND)
RELATIVE = tuple(name for name in RAW if name.rsplit(".", 1)[1] in {"bm25", "dice"})
_FIELD_OF = {"full": FULL, "question": QUESTIONS, "head": QUESTIONS, "passage": PASSAGES}
_FIELD_NAMES = [field.name for field in FIELDS]


def _column(name: str) -> int:
    """Where a raw feature comes from in the table of `Index.overlaps`."""
    kind, field, column = name.split(".")
    place = KINDS.index(kind) * len(FIELDS) + _FIELD_NAMES.index(_FIELD_OF[field])
    return place * len(COLUMNS) + COLUMNS.index(column)


_COLUMNS = np.array([_column(name) for name in RAW])
_OF_TITLES = np.flatnonzero([".question." in name for name in RAW])
_OF_HEADS = np.flatnonzero([".head." in name for name in RAW])
_RELATIVE = np.array([RAW.index(name) for name in RELATIVE])
_NUMBERS = len(KINDS) * len(FIELDS) * len(COLUMNS) + COLUMNS.index("asked")
NAMES = (*RAW, *(f"{name}/best" for name in RELATIVE), "numbers.asked")

SHORTLIST = 12  # candidates that are looked at closely
_BLEND_OF_BEST = 0.7
_BLENDED = np.array(
    [[NAMES.index(f"{kind}.{field}.bm25/best") for kind in KINDS] for field in ("full", "question", "head", "passage")]
)
_BLEND = np.array([0.5 if kind == GRAMS[0] else 1.0 for kind in KINDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The entries worth a closer look, and one row of features (`NAMES`) for each."""

    entries: Ints
    rows: Floats


def candidates(index: Index, asked: Asked, allowed: Bools | None = None) -> Candidates:
    """Looks up the best entries by three fast scores and measures each of them. `allowed` masks entries that may not answer."""
    entries = index.look(asked, _FIRST_LOOK, CANDIDATES_BY_FIELD, allowed)
    return Candidates(entries=entries, rows=measure(index, asked, entries))


def blend(rows: Floats) -> Floats:
    """One number for each row, without any training: the scores relative to the best candidate's, added up. It picks the shortlist."""
    full, question, head, passage = (rows[:, columns] for columns in _BLENDED)
    title = np.maximum(question, head)
    best = np.maximum(np.maximum(title, full), passage)
    return np.asarray((title + full + passage + _BLEND_OF_BEST * best) @ _BLEND)


def measure(index: Index, asked: Asked, entries: Ints) -> Floats:
    """One row of features for each of the entries."""
    if not len(entries):
        return np.zeros((0, len(NAMES)))
    table = index.overlaps(asked, (*KINDS, NUMBERS), entries)
    rows = np.empty((len(entries), len(NAMES)))
    raw, relative = rows[:, : len(RAW)], rows[:, len(RAW) : -1]
    np.take(table, _COLUMNS, axis=1, out=raw)
    titled = index.titled[entries][:, None]
    raw[:, _OF_TITLES] *= titled
    raw[:, _OF_HEADS] *= ~titled
    best = raw.max(axis=0)[_RELATIVE]
    best[best == 0] = 1.0
    np.divide(raw[:, _RELATIVE], best, out=relative)
    rows[:, -1] = table[:, _NUMBERS] if asked.numbers else 0.5
    return rows
