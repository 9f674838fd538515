"""Features: in which ways a question and a candidate entry are alike, as numbers from 0 to about 1."""

import numpy as np

from knowledge import kernel
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


def _only(name: str) -> int:
    """0 for a feature of all entries, 1 for one of those with a title, 2 for one of the others."""
    return 1 if ".question." in name else 2 if ".head." in name else 0


NAMES = (*RAW, *(f"{name}/best" for name in RELATIVE), "numbers.asked")
SHORTLIST = 12  # candidates that are looked at closely
_COLUMNS = np.array([_column(name) for name in RAW], np.int32)
_ONLY = np.array([_only(name) for name in RAW], np.uint8)
_RELATIVE = np.array([RAW.index(name) for name in RELATIVE], np.int32)
_NUMBERS = len(KINDS) * len(FIELDS) * len(COLUMNS) + COLUMNS.index("asked")
# The shortlist is picked without any training, by the scores relative to the best candidate's, added up.
_BLENDED = np.array(
    [RELATIVE.index(f"{kind}.{field}.bm25") for field in ("full", "question", "head", "passage") for kind in KINDS],
    np.int32,
)
_SHARES = np.array([0.5 if kind == GRAMS[0] else 1.0 for kind in KINDS])
_OF_BEST = 0.7


def shortlist(
    index: Index, asked: Asked, allowed: Bools | None, width: int, also: Ints | None = None
) -> tuple[Ints, Floats]:
    """The most promising entries, the best first, and a row of `width` columns for each, of which the first are `NAMES`.

    Looks up the best entries by three fast scores and measures each of them. `allowed` masks entries that may not answer. With
    `also`, entries that are measured whatever they score, everything that was looked up is given: for the curator's "why not".
    """
    entries = index.look(asked, _FIRST_LOOK, CANDIDATES_BY_FIELD, allowed)
    most = SHORTLIST
    if also is not None:
        entries = np.union1d(entries, also).astype(np.int32, copy=False)
        most = len(entries)
    rows = np.empty((min(most, len(entries)), width))
    chosen = kernel.shortlist(
        index.overlaps(asked, (*KINDS, NUMBERS), entries),
        index.titled[entries],
        _COLUMNS,
        _ONLY,
        _RELATIVE,
        _BLENDED,
        _SHARES,
        _OF_BEST,
        _NUMBERS,
        most,
        rows,
    )
    if not asked.numbers:
        rows[:, len(NAMES) - 1] = 0.5
    return entries[np.frombuffer(chosen, np.int32)], rows
