"""Pinyin: what somebody meant who typed a question in Latin letters (jiehun dengji yao dai shenme → 结婚登记要带什么).

The letters must be Chinese syllables from the first to the last, and most of them must spell words, not single characters;
anything else (wifi, hello, a name) is left alone. What comes out is a guess: the base asks back, it never answers at once.
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final

from knowledge.script import syllables

SHORTEST: Final = 4
LONGEST: Final = 80
"""Letters that are read; more is no question typed by hand."""
WORD: Final = 4
"""Characters of the longest word that is looked for."""
RARE: Final = 30
"""Words that the dictionary counts less often are not guessed."""
FAVOUR: Final = 100
"""How many times as often a word of the base is taken to be used."""
_LETTERS: Final = re.compile(r"[a-z'\s，。？！,.?!]+")
_OTHER: Final = re.compile(r"[^a-z]+")
_HAN: Final = re.compile(r"[一-鿿]+")
_CHARACTER_COST: Final = 3.0
"""What a single character costs beside a word: a chain of single characters spells anything."""


class Spelling:
    """Built from a dictionary of words with how often each is used, and the words of the base, which are what citizens ask
    for: 低保 before 地堡. A tenth of a second of work."""

    def __init__(self, frequencies: Mapping[str, int], *, own: Iterable[str] = ()) -> None:
        sounds = syllables()
        total = math.log(sum(frequencies.values()) or 1)
        self._words: dict[str, tuple[float, str]] = {}
        mine = frozenset(own)
        for word, count in (*frequencies.items(), *((word, RARE) for word in mine if not frequencies.get(word))):
            known = max(count, RARE) * FAVOUR if word in mine else count
            if not _HAN.fullmatch(word) or len(word) > WORD or known < (RARE if len(word) > 1 else 1):
                continue
            spelt = [sounds.get(character) for character in word]
            if None in spelt:
                continue
            cost = total - math.log(known) + (_CHARACTER_COST if len(word) == 1 else 0.0)
            key = "".join(each for each in spelt if each)
            if key not in self._words or cost < self._words[key][0]:
                self._words[key] = (cost, word)
        self._longest = max(map(len, self._words), default=0)

    def read(self, text: str) -> str:
        """The characters that the letters most likely stand for; empty when they are no pinyin."""
        plain = text.lower().strip()
        if not _LETTERS.fullmatch(plain):
            return ""
        letters = _OTHER.sub("", plain)
        if not SHORTEST <= len(letters) <= LONGEST:
            return ""
        found = self._best(letters)
        spelt_by_words = sum(length for word, length in found if len(word) > 1)
        return "".join(word for word, _ in found) if 2 * spelt_by_words >= len(letters) else ""

    def _best(self, letters: str) -> list[tuple[str, int]]:
        """The cheapest chain of words that spells all the letters, each with how many of them it spells."""
        best: list[tuple[float, int, str] | None] = [(0.0, 0, "")] + [None] * len(letters)
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self._longest), end):
                before, known = best[start], self._words.get(letters[start:end])
                if before is None or known is None:
                    continue
                cost = before[0] + known[0]
                standing = best[end]
                if standing is None or cost < standing[0]:
                    best[end] = (cost, start, known[1])
        chain: list[tuple[str, int]] = []
        end = len(letters)
        while end and (step := best[end]) is not None:
            chain.append((step[2], end - step[1]))
            end = step[1]
        return chain[::-1] if not end else []
