"""Synonyms: words that mean the same, written down by hand in `data/synonyms.txt`, and found in any text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from knowledge import kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Synonyms:
    """`groups` are the rows of the file; `group_of` says in which row a word stands (the first, if in several)."""

    groups: tuple[tuple[str, ...], ...]
    group_of: Mapping[str, int]
    words: tuple[str, ...]
    by_word: kernel.Phrases
    by_group: kernel.Phrases

    def others(self, text: str) -> tuple[str, ...]:
        """The words that a normalised text could have used instead of its own, each once; of overlapping words the longest counts."""
        numbers = memoryview(self.by_word.longest(text)).cast("i")
        if not len(numbers):
            return ()
        found = dict.fromkeys(self.words[number] for number in numbers)
        return tuple(dict.fromkeys(w for word in found for w in self.groups[self.group_of[word]] if w not in found))


@cache
def shipped_synonyms() -> Synonyms:
    """The synonyms that ship with the package, read once."""
    text = resources.files("knowledge").joinpath("data/synonyms.txt").read_text(encoding="utf8")
    groups = tuple(tuple(line.split()) for line in text.splitlines() if line.strip() and not line.startswith("#"))
    group_of: dict[str, int] = {}
    for number, group in enumerate(groups):
        for word in group:
            group_of.setdefault(word, number)
    words = tuple(group_of)
    return Synonyms(
        groups=groups,
        group_of=group_of,
        words=words,
        by_word=phrases((word, number) for number, word in enumerate(words)),
        by_group=phrases(group_of.items()),
    )


def phrases(given: Iterable[tuple[str, int]]) -> kernel.Phrases:
    """Phrases for the kernel, each with its number; one with `$` at its end counts at the end of a text only."""
    chosen = sorted(given, key=lambda pair: (pair[0][0], -len(pair[0]), pair[0]))
    return kernel.Phrases(
        tuple(phrase.removesuffix("$") for phrase, _ in chosen),
        np.array([number for _, number in chosen], np.int32),
        np.array([phrase.endswith("$") for phrase, _ in chosen], np.uint8),
    )
