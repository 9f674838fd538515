"""Vocabularies: which number a term has in a segment. Immutable once built."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge import kernel
from knowledge.keywords import Keywords
from knowledge.kinds import Kind
from knowledge.lexicon import shipped_lexicon
from knowledge.postings import Ints, Terms
from knowledge.synonyms import shipped_synonyms

_WORDS_AT_ONCE = 64  # words looked up in one step of a pause


class Vocabulary(Protocol):
    """What strings and runs of characters have in common."""

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Strings:
    """Terms that are strings, in the order in which they came."""

    numbers: dict[str, int]
    words: tuple[str, ...]

    @classmethod
    def of(cls, words: Iterable[str]) -> "Strings":
        """Of distinct strings."""
        chosen = tuple(words)
        return cls(dict(zip(chosen, range(len(chosen)), strict=True)), chosen)

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True, slots=True)
class Keys:
    """Terms that are runs of characters, as ascending numbers."""

    keys: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """For each word of a vocabulary its row in the lexicon and its group of synonyms; -1 for a word of none."""

    rows: Ints
    senses: Ints

    @classmethod
    def of(cls, words: Sequence[str], pause: Iterator[None]) -> "Meanings":
        """Of words in their order. `pause` is stepped now and then."""
        if not words:
            return cls(rows=np.zeros(0, np.int32), senses=np.zeros(0, np.int32))
        rows_of, group_of = shipped_lexicon().rows, shipped_synonyms().group_of
        last = len(shipped_lexicon().rarity) - 1
        rows, senses = np.full(len(words), last, np.int32), np.full(len(words), -1, np.int32)
        for start in range(0, len(words), _WORDS_AT_ONCE):
            chosen = words[start : start + _WORDS_AT_ONCE]
            rows[start : start + len(chosen)] = [rows_of.get(word, last) for word in chosen]
            senses[start : start + len(chosen)] = [group_of.get(word, -1) for word in chosen]
            next(pause)
        rows.flags.writeable = senses.flags.writeable = False
        return cls(rows=rows, senses=senses)


def gathered(texts: Sequence[str], kind: Kind, keywords: Keywords, pause: Iterator[None]) -> tuple[Vocabulary, Terms]:
    """The terms of normalised texts. `pause` is stepped after each text that is cut while the GIL is held."""
    if kind.cut is None:
        *parts, keys = kernel.gather_grams(tuple(texts), kind.size)
        return Keys(np.frombuffer(keys, np.uint64)), Terms.read(parts)
    numbers: dict[str, int] = {}
    occurrences, starts = array("i"), array("q", [0])
    for text in texts:
        occurrences.extend([numbers.setdefault(term, len(numbers)) for term in kind.cut(keywords, text)])
        starts.append(len(occurrences))
        next(pause)
    return Strings(numbers, tuple(numbers)), Terms.read(kernel.gather_numbers(starts, occurrences, len(numbers)))


def counted(vocabulary: Vocabulary, other: Vocabulary, frequency: Ints) -> Ints:
    """For each term of a vocabulary its frequency by another one's numbers; 0 for what that lacks."""
    if isinstance(vocabulary, Strings) and isinstance(other, Strings):
        if len(other) < len(vocabulary):
            found = np.zeros(len(vocabulary), np.int32)
            numbers = np.array([vocabulary.numbers.get(word, -1) for word in other.words], np.int32)
            found[numbers[numbers >= 0]] = frequency[numbers >= 0]
            return found
        places = np.array([other.numbers.get(word, -1) for word in vocabulary.words], np.int32)
    else:
        assert isinstance(vocabulary, Keys)
        assert isinstance(other, Keys)
        places = np.searchsorted(other.keys, vocabulary.keys).astype(np.int32)
        inside = places < len(other.keys)
        inside[inside] = other.keys[places[inside]] == vocabulary.keys[inside]
        places[~inside] = -1
    found = np.zeros(len(vocabulary), np.int32)
    found[places >= 0] = frequency[places[places >= 0]]
    return found


def united(vocabularies: Sequence[Vocabulary], used: Sequence[NDArray[np.bool_]]) -> tuple[Vocabulary, list[Ints]]:
    """One vocabulary of the terms that are used, and for each of the given ones the new number of every term; -1 for none."""
    if all(isinstance(vocabulary, Keys) for vocabulary in vocabularies):
        parts = [v.keys[kept] for v, kept in zip(vocabularies, used, strict=True) if isinstance(v, Keys)]
        keys = np.unique(np.concatenate(parts)) if len(parts) > 1 else parts[0]
        maps = [_map(kept, np.searchsorted(keys, part)) for kept, part in zip(used, parts, strict=True)]
        keys.flags.writeable = False
        return Keys(keys), maps
    numbers: dict[str, int] = {}
    found: list[Ints] = []
    for vocabulary, kept in zip(vocabularies, used, strict=True):
        assert isinstance(vocabulary, Strings)
        chosen = [vocabulary.words[number] for number in np.flatnonzero(kept).tolist()]
        found.append(_map(kept, np.array([numbers.setdefault(word, len(numbers)) for word in chosen], np.int32)))
    return Strings(numbers, tuple(numbers)), found


def _map(kept: NDArray[np.bool_], numbers: NDArray[np.integer]) -> Ints:
    new = np.full(len(kept), -1, np.int32)
    new[kept] = numbers
    return new
