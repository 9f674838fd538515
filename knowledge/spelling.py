"""Pinyin: what somebody meant who typed a question in Latin letters (jiehun dengji yao dai shenme → 结婚登记要带什么).

The letters must be Chinese syllables from the first to the last, and most of them must spell words, not single characters;
anything else (wifi, hello, a name) is left alone. Letters among characters (gongjijin怎么提取, 低bao) are read where they spell
words, or one character that makes a word of the base with its neighbours. What comes out is a guess: the base asks back, it never answers at once.
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
_ADDRESS: Final = re.compile(r"[a-z0-9][./@:_-][a-z0-9/]")
"""What stands in a link or an address of mail, whose letters are no words."""
_RUN: Final = re.compile(r"[a-z]{2,}")
_HAN_AT_END: Final = re.compile(r"[一-鿿]+$")
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
        self._own = frozenset(word for word in mine if 1 < len(word) <= WORD)
        self._spelt: dict[str, list[str]] = {}
        for character, syllable in sounds.items():
            self._spelt.setdefault(syllable, []).append(character)

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

    def mixed(self, text: str) -> str:
        """A text of characters with pinyin among them, in characters; empty when there is nothing to read."""
        plain = text.lower()
        if len(plain) > LONGEST or not _HAN.search(plain) or _ADDRESS.search(plain):
            return ""
        read, end = "", 0
        for run in _RUN.finditer(plain):
            read += plain[end : run.start()]
            end = run.end()
            before, after = _HAN_AT_END.search(read), _HAN.match(plain, end)
            read += self._run(run[0], before[0] if before else "", after[0] if after else "") or run[0]
        read += plain[end:]
        return read if read != plain else ""

    def _run(self, letters: str, before: str, after: str) -> str:
        """What one run of letters stands for between its neighbours; empty when it is no pinyin."""
        for character in self._spelt.get(letters, ()):
            for left in range(min(WORD - 1, len(before)) + 1):
                for right in range(min(WORD - 1 - left, len(after)) + 1):
                    if before[len(before) - left :] + character + after[:right] in self._own:
                        return character
        chain = self._best(letters) if len(letters) >= SHORTEST else []
        return "".join(word for word, _ in chain) if chain and all(len(word) > 1 for word, _ in chain) else ""

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
