"""The difference of two pieces of Chinese text, in words. Pure.

Characters are compared, sentence by sentence; then every change grows to the words it touches, so that 发放 → 发布 is read as two
words and not as half of them. What a word is, the caller says (``words``); without him a pair of characters that occurs twice in
the two texts counts as one.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

Words = Callable[[str], Iterable[str]]
"""The words of a text, in any order."""

LONGEST_WORD: Final = 4
"""Characters over which a change grows at most to one side."""
_SHORT: Final = 16
"""Texts of so many characters are compared character by character at once."""
_MOST: Final = 600
"""A stretch without a full stop or comma that is longer is shown as replaced as a whole."""
_ALIGNED: Final = 4000
"""Pairs that are looked at to find which of the old sentences became which of the new ones."""
ALIKE: Final = 0.3
"""From this share of common pairs of characters on, one sentence is a version of the other."""

_TOKEN: Final = re.compile(r"\d+(?:[.,:]\d+)*|[A-Za-z]+|\s+|.", re.DOTALL)
_SENTENCES: Final = re.compile(r"[^。！？；\n]*(?:[。！？；\n]+[”’」』）]*|\Z)", re.DOTALL)
_CLAUSES: Final = re.compile(r"[^，、：,]*(?:[，、：,]|\Z)", re.DOTALL)
_HAN_PAIR: Final = re.compile(r"(?=([\u4e00-\u9fff]{2}))")
_JOINING: Final = frozenset("的了和与及或在是为对将把被等并各其此该按由从至每年月日")


class Kind(StrEnum):
    SAME = "same"
    DELETED = "deleted"
    INSERTED = "inserted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text that stands in both, only in the old one, or only in the new one."""

    kind: Kind
    text: str


def recurring(*texts: str) -> frozenset[str]:
    """Pairs of characters that occur at least twice: what may be a word where nobody knows the words."""
    counted = Counter(pair for text in texts for pair in _HAN_PAIR.findall(text))
    return frozenset(pair for pair, times in counted.items() if times > 1 and not _JOINING & set(pair))


def compared(old: str, new: str, words: Collection[str] = ()) -> tuple[Piece, ...]:
    """The two texts as one row of pieces: without the inserted ones it is the old text, without the deleted ones the new."""
    if old == new:
        return (Piece(kind=Kind.SAME, text=old),) if old else ()
    pieces = _by_parts(old, new, words, [_SENTENCES, _CLAUSES])
    return tuple(_joined(pieces))


def similarity(old: Collection[str], new: Collection[str]) -> float:
    """Dice's share of what two sets of character pairs have in common, 0 to 1."""
    if not old and not new:
        return 1.0
    return 2 * len(set(old) & set(new)) / (len(old) + len(new))


def pairs_of(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters; of a single character itself."""
    return frozenset(text[at : at + 2] for at in range(max(1, len(text) - 1))) if text else frozenset()


def aligned(old: Sequence[str], new: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Which old text became which new one, both in their order; None: it has no counterpart."""
    before, after = [pairs_of(text) for text in old], [pairs_of(text) for text in new]
    if len(old) * len(new) > _ALIGNED:
        return _aligned_in_order(before, after)
    # The longest chain of like pairs (the weight of a pair is how alike it is), from the end.
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[similarity(a, b) for b in after] for a in before]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            met = best[i + 1][j + 1] + alike[i][j] if alike[i][j] >= ALIKE else -1.0
            best[i][j] = max(met, best[i + 1][j], best[i][j + 1])
    found: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if alike[i][j] >= ALIKE and best[i][j] == best[i + 1][j + 1] + alike[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            found.append((i, None))
            i += 1
        else:
            found.append((None, j))
            j += 1
    return found + [(each, None) for each in range(i, len(old))] + [(None, each) for each in range(j, len(new))]


def _aligned_in_order(
    before: Sequence[frozenset[str]], after: Sequence[frozenset[str]]
) -> list[tuple[int | None, int | None]]:
    found: list[tuple[int | None, int | None]] = []
    for at in range(max(len(before), len(after))):
        if at < len(before) and at < len(after) and similarity(before[at], after[at]) >= ALIKE:
            found.append((at, at))
            continue
        found += [(at, None)] if at < len(before) else []
        found += [(None, at)] if at < len(after) else []
    return found


def _by_parts(old: str, new: str, words: Collection[str], cuts: Sequence[re.Pattern[str]]) -> list[Piece]:
    if max(len(old), len(new)) <= _SHORT or not old or not new:
        return _by_characters(old, new, words)
    if not cuts:
        return _by_characters(old, new, words) if max(len(old), len(new)) <= _MOST else _replaced(old, new)
    a = [part for part in cuts[0].findall(old) if part]
    b = [part for part in cuts[0].findall(new) if part]
    if len(a) == len(b) == 1:
        return _by_parts(old, new, words, cuts[1:])
    pieces: list[Piece] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=max(len(a), len(b)) > 2000).get_opcodes():
        if tag == "equal":
            pieces.append(Piece(kind=Kind.SAME, text="".join(a[a1:a2])))
            continue
        for left, right in aligned(a[a1:a2], b[b1:b2]):
            gone = "" if left is None else a[a1 + left]
            come = "" if right is None else b[b1 + right]
            pieces += _by_parts(gone, come, words, cuts[1:])
    return pieces


def _replaced(old: str, new: str) -> list[Piece]:
    gone = [Piece(kind=Kind.DELETED, text=old)] if old else []
    return gone + ([Piece(kind=Kind.INSERTED, text=new)] if new else [])


def _by_characters(old: str, new: str, words: Collection[str]) -> list[Piece]:
    if not old or not new:
        return _replaced(old, new)
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    # Places in characters, so that words can be looked for in the text itself.
    at_a, at_b = _places(a), _places(b)
    changes = [
        (at_a[a1], at_a[a2], at_b[b1], at_b[b2])
        for tag, a1, a2, b1, b2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    pieces: list[Piece] = []
    done_a = 0
    for a1, a2, b1, b2 in _merged(_grown(changes, old, new, words)):
        if a1 > done_a:
            pieces.append(Piece(kind=Kind.SAME, text=old[done_a:a1]))
        pieces += _replaced(old[a1:a2], new[b1:b2])
        done_a = a2
    if done_a < len(old):
        pieces.append(Piece(kind=Kind.SAME, text=old[done_a:]))
    return pieces


def _places(tokens: Sequence[str]) -> list[int]:
    places = [0]
    for token in tokens:
        places.append(places[-1] + len(token))
    return places


Change = tuple[int, int, int, int]
"""(from, to) in the old text, (from, to) in the new one."""


def _grown(changes: Sequence[Change], old: str, new: str, words: Collection[str]) -> list[Change]:
    """Every change with the rest of the words it cuts, as far as both texts agree there."""
    grown: list[Change] = []
    end = 0
    for place, (a1, a2, b1, b2) in enumerate(changes):
        left = max(_before(old, a1, a2, words), _before(new, b1, b2, words))
        following = changes[place + 1][0] if place + 1 < len(changes) else len(old)
        right = max(_after(old, a1, a2, words), _after(new, b1, b2, words))
        left, right = min(left, a1 - end), min(right, following - a2)
        grown.append((a1 - left, a2 + right, b1 - left, b2 + right))
        end = a2 + right
    return grown


def _before(text: str, start: int, end: int, words: Collection[str]) -> int:
    """So many characters before the change belong to a word that reaches into it."""
    if start == end:
        return 0
    for back in range(LONGEST_WORD - 1, 0, -1):
        if start - back >= 0 and any(
            text[start - back : start + more] in words for more in range(1, LONGEST_WORD - back + 1)
        ):
            return back
    return 0


def _after(text: str, start: int, end: int, words: Collection[str]) -> int:
    if start == end:
        return 0
    for on in range(LONGEST_WORD - 1, 0, -1):
        if end + on <= len(text) and any(
            end - more >= 0 and text[end - more : end + on] in words for more in range(1, LONGEST_WORD - on + 1)
        ):
            return on
    return 0


def _merged(changes: Sequence[Change]) -> list[Change]:
    """Changes with at most one character between them are one: nobody reads that character as kept."""
    merged: list[Change] = []
    for change in changes:
        if merged and change[0] - merged[-1][1] <= 1 and change[2] - merged[-1][3] <= 1:
            first = merged.pop()
            change = (first[0], change[1], first[2], change[3])
        merged.append(change)
    return merged


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one kind as one; within a change the deleted text before the inserted one."""
    done: list[Piece] = []
    gone = come = ""
    for piece in pieces:
        if piece.kind is Kind.DELETED:
            gone += piece.text
        elif piece.kind is Kind.INSERTED:
            come += piece.text
        elif piece.text:
            done += _replaced(gone, come)
            gone = come = ""
            if done and done[-1].kind is Kind.SAME:
                done[-1] = Piece(kind=Kind.SAME, text=done[-1].text + piece.text)
            else:
                done.append(piece)
    return done + _replaced(gone, come)
