"""Keywords: how a text is cut into the words it is found by. The only module that imports jieba and rjieba."""

import logging
import re
import unicodedata
import warnings
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

from knowledge.script import simplifying

_WORD = re.compile(r"\w", re.UNICODE)
_BLANKS = re.compile(r"\s+")
# What jieba cuts as one stretch; each stretch is cut on its own.
_STRETCH = re.compile(r"([\u4E00-\u9FD5a-zA-Z0-9+#&._%-]+)")
# Where rjieba differs from jieba: signs inside Latin words and numbers, and Han characters that jieba does not know as such.
_OTHERWISE = re.compile(r"[+#&._%\u3400-\u4DBF\u9FD6-\u9FFF\uF900-\uFAFF\U00020000-\U0003FFFF]")
_LATIN_OR_DIGITS = re.compile(r"[a-z0-9]+(?:[.\-][a-z0-9]+)*")


def normalise(text: str) -> str:
    """The form in which texts are compared: NFKC (full-width to half-width), lower case, Simplified characters, single blanks."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(simplifying())
    return _BLANKS.sub(" ", plain).strip()


class Keywords:
    """jieba's search-mode words with a dictionary of our own.

    `folder` is a private folder for jieba's dictionary cache: jieba's default, a file of a fixed name in the world-writable
    temporary folder, is loaded with `marshal` and could be planted by another user of the machine. `user_words` are names that
    jieba would cut apart (places, departments, schemes). Safe to use from several threads.
    """

    def __init__(self, folder: Path, *, user_words: Iterable[str] = ()) -> None:
        self._folder = folder
        self._user_words = tuple(dict.fromkeys(normalise(word) for word in user_words if word.strip()))
        self._tokenizer: Any = None
        self._quick = _Quick()
        self._lock = Lock()

    def warm(self) -> None:
        """Loads the dictionary (about a second the first time); otherwise the first cut pays for it. Blocking."""
        self._ready()

    def words(self, text: str) -> list[str]:
        """The search-mode words of a text in order, long words and the shorter ones inside them, without punctuation."""
        return self.cut(normalise(text))

    def cut(self, text: str) -> list[str]:
        """`words` of a text that is normalised already."""
        tokenizer = self._ready()
        cut: Iterable[str] = tokenizer.cut_for_search(text) if self._user_words else self._quick.cut(text, tokenizer)
        return [word for word in cut if _WORD.search(word)]

    def frequencies(self) -> dict[str, int]:
        """The dictionary's words with how often each is used; beginnings of words count 0."""
        known: dict[str, int] = self._ready().FREQ
        return known

    def _ready(self) -> Any:
        if self._tokenizer is None:
            with self._lock:
                if self._tokenizer is None:
                    self._tokenizer = self._build()
        return self._tokenizer

    def _build(self) -> Any:
        with warnings.catch_warnings():
            # jieba 0.42.1 has unescaped regular expressions and asks for pkg_resources; both warn on every import.
            warnings.simplefilter("ignore")
            import jieba
        jieba.default_logger.setLevel(logging.ERROR)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tokenizer: Any = jieba.Tokenizer()
        tokenizer.tmp_dir = str(self._folder)
        tokenizer.initialize()
        for word in self._user_words:
            tokenizer.add_word(word)
        return tokenizer


class _Quick:
    """rjieba, many times as fast as jieba, for what it cuts into the same words; the rest goes to jieba, the reference. A user
    dictionary goes to jieba altogether. `benchmarks/cutting.py` compares both."""

    def __init__(self) -> None:
        self._tokenizer: Any = None

    def cut(self, text: str, reference: Any) -> Iterable[str]:
        """jieba's search-mode words of a normalised text, in order, with some of the signs between them."""
        if self._tokenizer is None:
            import rjieba

            self._tokenizer = rjieba.Jieba()
        if not _OTHERWISE.search(text):
            # jieba ends a word at a hyphen, as at any sign; rjieba does not.
            quick: list[str] = self._tokenizer.cut_for_search(text.replace("-", "，"))
            return quick
        found: list[str] = []
        for number, stretch in enumerate(_STRETCH.split(text)):
            if number % 2 == 0:
                found.extend(stretch)
            elif _OTHERWISE.search(stretch):
                found.extend(reference.cut_for_search(stretch))
            else:
                found.extend(self._tokenizer.cut_for_search(stretch.replace("-", "，")))
        return found


def latin_and_numbers(text: str) -> set[str]:
    """The Latin words and numbers of a normalised text: names of products, amounts, dates, document numbers."""
    return set(_LATIN_OR_DIGITS.findall(text))
