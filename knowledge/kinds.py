"""Kinds: which terms a text is cut into. A new kind of term, or a new field of one, is a line here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from knowledge.atoms import FIELDS, FULL, QUESTIONS
from knowledge.keywords import Keywords, latin_and_numbers

Cut = Callable[[Keywords, str], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of term.

    Its terms are strings that `cut` makes of a normalised text, or, without `cut`, the runs of `size` letters or digits (1 to 3).
    `fields` are those it is measured in, `looks` those whose best entries can be looked up. Terms that are `plain` all weigh the
    same; others weigh the more the fewer entries hold them.
    """

    name: str
    size: int = 0
    cut: Cut | None = None
    fields: tuple[str, ...] = tuple(field.name for field in FIELDS)
    looks: tuple[str, ...] = ()
    plain: bool = False


WORDS = "words"
GRAM_SIZES = (1, 2, 3)
GRAMS = tuple(f"grams{size}" for size in GRAM_SIZES)
PAIRS = GRAMS[1]
NUMBERS = "numbers"
KINDS = (WORDS, *GRAMS)
"""The kinds that measure likeness."""

ALL = (
    Kind(name=WORDS, cut=lambda keywords, text: keywords.cut(text), looks=(FULL,)),
    Kind(name=GRAMS[0], size=1),
    Kind(name=GRAMS[1], size=2, looks=(FULL, QUESTIONS)),
    Kind(name=GRAMS[2], size=3),
    Kind(name=NUMBERS, cut=lambda keywords, text: sorted(latin_and_numbers(text)), fields=(FULL,), plain=True),
)
