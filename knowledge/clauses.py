"""Clauses: a text as numbers, and the places where it may be cut without breaking a number, a date or a character. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from knowledge.keywords import normalise

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint32]

SIZE = 0x10000
"""Characters beyond the basic plane are all taken for the last one of it."""
LONGEST = 100
"""A clause longer than this is cut, so that a text without any sign can be quoted too."""
CLAUSE, SENTENCE = 1, 2

_CLAUSE_SIGNS = "，,：:"
_SENTENCE_SIGNS = "。！？!?；;\n\r\u2028\u2029"
_CLOSERS = "”’」』》）)】\"'〕]"
_MARK, _STOP, _CLOSER, _BLANK = 1, 2, 3, 4
_UNITS = frozenset("年月日时分秒号元角万亿千百%‰％个天岁周倍人户件项条款名亩吨米公平度折级")
_NUMERALS = frozenset("一二三四五六七八九十百千万亿零〇两")
_IN_WORDS = frozenset("0123456789.,:%/-_@+&=?#~")
_LABEL = re.compile(
    r"(?:第[0-9一二三四五六七八九十百零]+[条章节款项]|[（(]?[0-9一二三四五六七八九十]+[、.．)）]?|[①-⑩])[^\S\n]+"
)
_LABEL_CHARACTERS = 12
_JOINING = frozenset({"Mn", "Me", "Mc"})
_BEFORE_A_NUMBER = frozenset("年月第约共〔[（(")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clauses:
    """A text cut at its signs. `bounds` are the offsets of the clauses, 0 first and the text's length last; `levels` says of
    each bound whether a sentence (SENTENCE) or only a clause begins there. `folded` are the characters in the form in which
    texts are compared, one for one, so that an offset in it is an offset in the text."""

    folded: Codes
    bounds: Ints
    levels: Ints

    def __len__(self) -> int:
        return len(self.bounds) - 1


def clauses_of(text: str) -> Clauses:
    """Cuts a text; one of no characters has no clause. Any string is allowed."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint32)
    raw = np.minimum(codes, SIZE - 1)
    tables = _tables()
    if not len(raw):
        return Clauses(folded=raw, bounds=np.zeros(1, dtype=np.int64), levels=np.full(1, SENTENCE))
    kinds = _without_inner_signs(raw, tables.kinds[raw], tables.latin[raw])
    signs = kinds > 0
    ends = np.flatnonzero(signs & ~_following(signs)) + 1
    begins = np.flatnonzero(signs & ~_before(signs))
    levels = np.where((kinds == _STOP) | (kinds == _BLANK), SENTENCE, np.where(kinds == _MARK, CLAUSE, 0))
    strongest = np.maximum.reduceat(levels, begins) if len(begins) else levels[:0]
    kept = (strongest > 0) & (ends < len(raw))
    kept[kept] = ~_belongs_to_the_one_before(codes, ends[kept])
    _keep_labels(text, ends, kept, after_blank=kinds[ends - 1] == _BLANK)
    bounds = np.concatenate(([0], ends[kept], [len(raw)]))
    strengths = np.concatenate(([SENTENCE], strongest[kept], [SENTENCE]))
    if (np.diff(bounds) > LONGEST).any():
        bounds, strengths = _with_long_ones_cut(text, bounds, strengths)
    return Clauses(folded=tables.folded[raw], bounds=bounds, levels=strengths)


def folded_text(text: str) -> str:
    """A text in the form in which texts are compared, one character for each; those beyond the basic plane become blanks."""
    table = _tables().folded
    return "".join(chr(table[ord(character)]) if ord(character) < SIZE else " " for character in text)


def may_be_cut(text: str, place: int) -> bool:
    """Whether a text may be cut before the character at `place`: not inside a Latin word, a number, an amount, a date, a
    document number, or what is seen as one character."""
    if not 0 < place < len(text):
        return True
    before, after = text[place - 1], text[place]
    if _belongs_to_the_one_before(np.array([ord(before), ord(after)], dtype=np.uint32), np.array([1]))[0]:
        return False
    before, after = _plain(before), _plain(after)
    if _in_a_word(before) and _in_a_word(after):
        return False
    if before in _NUMERALS and (after in _NUMERALS or after in _UNITS):
        return False
    if before.isdigit() and (after in _UNITS or after in "〕])" or after.isspace()):
        return False
    return not ((after.isdigit() and (before in _BEFORE_A_NUMBER or before in "〕])")) or after in "〔")


def is_whole(text: str, place: int) -> bool:
    """Whether a sentence begins or ends at this place, blanks aside."""
    before, after = text[:place].rstrip(), text[place:].lstrip()
    if not before or not after or len(before) + len(after) < len(text):
        return True
    return before.rstrip(_CLOSERS)[-1:] in tuple(_SENTENCE_SIGNS)


def _in_a_word(character: str) -> bool:
    return character in _IN_WORDS or (character.isascii() and character.isalnum())


def _plain(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    folded: Codes
    kinds: NDArray[np.uint8]
    latin: Bools
    """Letters and digits of ASCII, and their full-width forms."""
    dated: Bools
    """What a number follows, even after a blank: 2026年 3月."""
    joins: Bools
    """What may be drawn together with the character before it; `_belongs_to_the_one_before` decides."""


@cache
def _tables() -> _Tables:
    """What each character of the basic plane is; made once, in about 0.1 s."""
    folded = np.arange(SIZE, dtype=np.uint32)
    kinds = np.zeros(SIZE, dtype=np.uint8)
    for code in range(SIZE):
        character = chr(code)
        if 0xD800 <= code <= 0xDFFF:
            continue
        plain = normalise(character)
        if len(plain) == 1 and ord(plain) < SIZE:
            folded[code] = ord(plain)
        if character.isspace():
            kinds[code] = _BLANK
    for kind, characters in ((_MARK, _CLAUSE_SIGNS), (_STOP, _SENTENCE_SIGNS), (_CLOSER, _CLOSERS)):
        for character in characters:
            kinds[ord(character)] = kind
    ascii_latin = np.array([code < 128 and chr(code).isalnum() for code in range(SIZE)])
    joins = np.array([unicodedata.category(chr(code)) in (*_JOINING, "Cs", "Cf") for code in range(SIZE)])
    joins[[0x0A, SIZE - 1]] = True
    dated = np.isin(np.arange(SIZE), [ord(character) for character in "年月第约共"])
    return _Tables(folded=folded, kinds=kinds, latin=ascii_latin[folded], dated=dated, joins=joins)


def _without_inner_signs(raw: Codes, kinds: NDArray[np.uint8], latin: Bools) -> NDArray[np.uint8]:
    """The kinds without the signs that stand inside a number, an address or a Latin text: 1,000  10：30  https://  300 元."""
    previous, following = _before(latin), _following(latin)
    ascii_sign = (raw < 128) & (kinds > 0) & (kinds < _BLANK) & (raw > ord(" "))
    slash = (raw == ord(":")) & _following(raw == ord("/"))
    inner = (kinds == _MARK) & previous & following
    blank = kinds == _BLANK
    alone = blank & ~_before(blank) & ~_following(blank)
    dated = alone & following & _before(_tables().dated[raw])
    return np.where((ascii_sign & following) | slash | inner | (alone & previous) | dated, 0, kinds).astype(np.uint8)


def _belongs_to_the_one_before(codes: Codes, places: Ints) -> Bools:
    """Whether the character at each place is drawn together with the one before it: accents, selectors, joined emoji."""
    found = np.zeros(len(places), dtype=np.bool_)
    after = codes[places]
    # Nearly every character stands alone; only the few that may not are looked at one by one.
    doubtful = _tables().joins[np.minimum(after, SIZE - 1)] | (codes[places - 1] == 0x200D)
    for number in np.flatnonzero(doubtful).tolist():
        place = int(places[number])
        before, following = int(codes[place - 1]), int(codes[place])
        found[number] = (
            unicodedata.category(chr(following)) in _JOINING
            or 0x200D in (before, following)
            or 0x1F3FB <= following <= 0x1F3FF
            or (0x1F1E6 <= before <= 0x1F1FF and 0x1F1E6 <= following <= 0x1F1FF)
            or (0xD800 <= before <= 0xDBFF and 0xDC00 <= following <= 0xDFFF)
            or (before, following) == (0x0D, 0x0A)
        )
    return found


def _keep_labels(text: str, ends: Ints, kept: Bools, *, after_blank: Bools) -> None:
    """Does not cut after a number that stands before its item with a blank between: 第一条　申请人…"""
    numbers = np.flatnonzero(kept)
    begins = np.concatenate(([0], ends[numbers][:-1]))
    short_ones = (ends[numbers] - begins <= _LABEL_CHARACTERS) & after_blank[numbers]
    for short in np.flatnonzero(short_ones).tolist():
        if _LABEL.fullmatch(text, int(begins[short]), int(ends[numbers[short]])):
            kept[numbers[short]] = False


def _with_long_ones_cut(text: str, bounds: Ints, levels: Ints) -> tuple[Ints, Ints]:
    places: list[int] = []
    for number in np.flatnonzero(np.diff(bounds) > LONGEST).tolist():
        start, end = int(bounds[number]), int(bounds[number + 1])
        while end - start > LONGEST:
            start = last_cut(text, start + 1, start + LONGEST)
            places.append(start)
    where = np.searchsorted(bounds, places)
    return np.insert(bounds, where, places), np.insert(levels, where, CLAUSE)


def last_cut(text: str, first: int, last: int) -> int:
    """The last place from `first` to `last` at which the text may be cut; `last` itself when there is none."""
    return next((place for place in range(last, first - 1, -1) if may_be_cut(text, place)), last)


def _before(flags: Bools) -> Bools:
    return np.concatenate((np.zeros(1, dtype=np.bool_), flags[:-1]))


def _following(flags: Bools) -> Bools:
    return np.concatenate((flags[1:], np.zeros(1, dtype=np.bool_)))
