"""错敏词: words that a text should not hold, found in one pass however many there are. Pure.

What is found is only ever told, with a reason and a proposal; nothing is replaced.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import ahocorasick

from disclosures.findings import Finding, Severity, shortened

KINDS: Final = {
    "typo": "错别字", "sensitive": "敏感词", "banned": "禁用表述", "body": "机构名称", "person": "领导人姓名职务",
    "fixed": "固定表述",
}  # fmt: skip
BLOCK, OVERRIDE, WARN = "block", "override", "warn"
SEVERITIES: Final = {BLOCK: "必须修改", OVERRIDE: "说明理由可放行", WARN: "提示"}
SHORTEST, LONGEST = 2, 60
"""Characters of a word: one character alone would be found everywhere."""
NEAR = 12
"""How far around a word its exceptions may reach, in characters."""

# Full-width letters and signs, and the ideographic space: one character for one, so that places stay the same.
_FOLD: Final = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in "，。；：？！（）"} | {
    0x3000: " ", 0xA0: " ", 0x2002: " ", 0x2003: " ", 0x2009: " ",
}  # fmt: skip
_BETWEEN: Final = re.compile(r"(?<=[一-鿿])[ \u200b-\u200d\ufeff·•*_\-.|~^+/]{1,3}(?=[一-鿿])")
"""What is put between the characters of a word so that nobody finds it; never a tab or a new line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of the list. ``exceptions``: longer strings that hold the word and are right."""

    word: str
    kind: str
    severity: str = WARN
    suggestion: str = ""
    reason: str = ""
    exceptions: tuple[str, ...] = ()


class Lexicon:
    """The words as one automaton; built once for a generation of the list."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.words = tuple(words)
        self._automaton = ahocorasick.Automaton()
        for place, word in enumerate(self.words):
            self._automaton.add_word(folded(word.word), place)
        if self.words:
            self._automaton.make_automaton()

    def find(self, field: str, text: str) -> Iterator[Finding]:
        """Every word of the list in a text, in its order; of overlapping ones the longest."""
        if not self.words or not text:
            return
        plain = folded(text)
        spans = [(start, end, word) for start, end, word in self._hits(plain)]
        squeezed, places = _squeezed(plain)
        if places is not None:
            known = {(start, end) for start, end, _ in spans}
            for start, end, word in self._hits(squeezed):
                whole = (places[start], places[end - 1] + 1)
                if whole not in known and word.kind in {"sensitive", "banned"}:
                    spans.append((*whole, word))
        last = 0
        for start, end, word in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start >= last:
                last = end
                yield _finding(field, text[start:end], start, word)

    def _hits(self, text: str) -> Iterator[tuple[int, int, Word]]:
        for last, place in self._automaton.iter(text):
            word = self.words[place]
            end = last + 1
            start = end - len(word.word)
            if _stands_alone(text, start, end) and not _excepted(text, start, end, word):
                yield start, end, word


def folded(text: str) -> str:
    """The text with half-width signs and small letters; each character stays where it was."""
    lowered = text.translate(_FOLD).lower()
    # A few letters outside the tables grow when they are lowered; then the places would move.
    return lowered if len(lowered) == len(text) else text.translate(_FOLD)


def _squeezed(text: str) -> tuple[str, list[int] | None]:
    """The text without what was put between characters, and the place of each character; None when nothing was."""
    if not _BETWEEN.search(text):
        return text, None
    parts: list[str] = []
    places: list[int] = []
    at = 0
    for gap in _BETWEEN.finditer(text):
        parts.append(text[at : gap.start()])
        places.extend(range(at, gap.start()))
        at = gap.end()
    parts.append(text[at:])
    places.extend(range(at, len(text)))
    return "".join(parts), places


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A word of Latin letters must not be part of a longer one."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return not ((_latin(text[start]) and _latin(before)) or (_latin(text[end - 1]) and _latin(after)))


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _excepted(text: str, start: int, end: int, word: Word) -> bool:
    if not word.exceptions:
        return False
    first = max(0, start - NEAR)
    around = text[first : end + NEAR]
    for exception in word.exceptions:
        longer = folded(exception)
        at = around.find(longer)
        while at >= 0:
            if first + at <= start and first + at + len(longer) >= end:
                return True
            at = around.find(longer, at + 1)
    return False


def _finding(field: str, written: str, start: int, word: Word) -> Finding:
    kind = KINDS.get(word.kind, KINDS["typo"])
    if word.suggestion:
        message, remedy = f"“{written}”疑为{kind}。", f"请核对；确认有误的，改为“{word.suggestion}”。"
    else:
        message, remedy = f"“{written}”属于{kind}。", "请换一种说法；确须使用的，说明理由。"
    if word.kind == "body":
        message = f"“{written}”的名称可能已经变更：现为“{word.suggestion}”。" if word.suggestion else message
        remedy = "请核对；引用历史文件的可以保留原名。"
    return Finding(
        severity=Severity.WARN if word.severity == WARN else Severity.BLOCK, field=field, message=message, remedy=remedy,
        overridable=word.severity == OVERRIDE, rule=f"lexicon.{word.kind}", quote=shortened(written), start=start,
        mask=word.suggestion if _replaces(word.suggestion) else "", reason=word.reason,
    )  # fmt: skip


def _replaces(suggestion: str) -> bool:
    """Whether a proposal can stand in the text as it is: one wording, no instruction."""
    return bool(suggestion) and not re.search(r"[；;/（(]|或", suggestion)
