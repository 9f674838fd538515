"""Synonyms: words that mean the same, written down by hand in `data/synonyms.txt`, and found in any text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Synonyms:
    """`groups` are the rows of the file; `group_of` says in which row a word stands (the first, if in several)."""

    groups: tuple[tuple[str, ...], ...]
    group_of: Mapping[str, int]
    pattern: re.Pattern[str]

    def senses(self, text: str) -> frozenset[int]:
        """The rows of which a word stands in a normalised text; of overlapping words the longest counts."""
        return frozenset(self.group_of[found] for found in self.pattern.findall(text))

    def others(self, text: str) -> tuple[str, ...]:
        """The words that a normalised text could have used instead, each once."""
        found = dict.fromkeys(self.pattern.findall(text))
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
    longest_first = sorted(group_of, key=lambda word: (-len(word), word))
    return Synonyms(groups=groups, group_of=group_of, pattern=re.compile("|".join(map(re.escape, longest_first))))


@lru_cache(maxsize=50_000)
def senses(text: str) -> frozenset[int]:
    """The senses of a text by the shipped synonyms; remembered, since an entry's texts are looked at again and again."""
    return shipped_synonyms().senses(text)
