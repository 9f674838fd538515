"""Two people changed one text: what each did is put together, and where both touched the same words a person chooses. Pure.

The three texts are the one from which both began (base), the one that was saved meanwhile (theirs) and the one that is about
to be saved (mine). Nothing is dropped: what one side left as it was and the other changed is taken as changed; what both
changed differently is a ``CLASH`` that keeps all three until somebody decides.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

MOST_PIECES: Final = 3000
"""A longer text is compared by paragraphs instead of sentences, and beyond that as a whole."""

_SENTENCE: Final = re.compile(r"[^。！？；\n]*(?:[。！？；]+[”’」』）)》]*\n*|\n+|\Z)")
_ENDS: Final = r"</(?:p|h[1-6]|li|tr|table|ul|ol|blockquote|section|figure)>"
# A mark is never cut; a bracket that begins none stands for itself.
_MARKUP: Final = re.compile(
    rf"(?:(?!{_ENDS})<[^<>]{{0,4000}}+>|[^<。！？；\n]++|<(?![^<>]{{0,4000}}>))*+(?:{_ENDS}\s*|[。！？；]+[”’」』）)》]*|\n+|\Z)"
)
_PARAGRAPH: Final = re.compile(r".*?(?:\n+|</(?:p|h[1-6]|li|tr|table)>\s*|\Z)", re.DOTALL)

_BLANKS: Final = re.compile(r"\n{3,}")


class Side(StrEnum):
    SAME = "same"
    """Nobody changed it."""
    THEIRS = "theirs"
    """Only the other person changed it."""
    MINE = "mine"
    """Only this person changed it."""
    AGREED = "agreed"
    """Both changed it, to the same words."""
    CLASH = "clash"
    """Both changed it, to different words: a person chooses."""


class Choice(StrEnum):
    """What a person makes of a clash."""

    THEIRS = "theirs"
    MINE = "mine"
    BOTH = "both"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of the text, or a field, in its three forms. ``None``: it is not there (an attachment)."""

    side: Side
    base: str | None
    theirs: str | None
    mine: str | None

    @property
    def merged(self) -> str | None:
        """What stands when nobody has to choose; of a clash what this person wrote, until he chooses."""
        return self.theirs if self.side is Side.THEIRS else self.mine


def piece(base: str | None, theirs: str | None, mine: str | None) -> Piece:
    """The three forms of one thing, judged."""
    if theirs == mine:
        side = Side.SAME if theirs == base else Side.AGREED
    elif mine == base:
        side = Side.THEIRS
    elif theirs == base:
        side = Side.MINE
    else:
        side = Side.CLASH
    return Piece(side=side, base=base, theirs=theirs, mine=mine)


def merge_values(
    base: Mapping[str, str], theirs: Mapping[str, str], mine: Mapping[str, str]
) -> dict[str, Piece]:  # fmt: skip
    """Field by field, in the order in which they occur: theirs first, then what only the others have. A name that one of
    the three lacks is not there in it."""
    names = dict.fromkeys([*theirs, *mine, *base])
    return {name: piece(base.get(name), theirs.get(name), mine.get(name)) for name in names}


def merge_text(base: str, theirs: str, mine: str, *, markup: bool = False) -> tuple[Piece, ...]:
    """The text as pieces in their order; ``markup``: it is HTML. Without a clash the joined ``merged`` is the result.

    Blank ends and runs of blank lines do not count. Takes some hundred milliseconds for the longest texts: call it off the event loop."""
    texts = [_ended(text) for text in (base, theirs, mine)]
    for pattern in (_MARKUP if markup else _SENTENCE, _PARAGRAPH):
        parts = [_pieces(pattern, text) for text in texts]
        if max(map(len, parts)) <= MOST_PIECES:
            return tuple(_joined(_diff3(*parts)))
    whole = piece(*texts)
    return (whole,)


def clashes(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """The places of the pieces about which a person must decide."""
    return tuple(place for place, each in enumerate(pieces) if each.side is Side.CLASH)


def resolved(pieces: Sequence[Piece], chosen: Mapping[int, tuple[Choice, str]]) -> str:
    """The text after a person decided: (what, and his own words for OWN) by the place of the clash. Raises KeyError for a
    clash that nobody decided."""
    text = "".join(
        _decided(each, *chosen[place]) if each.side is Side.CLASH else each.merged or ""
        for place, each in enumerate(pieces)
    )
    return text.rstrip()


def _decided(each: Piece, choice: Choice, own: str) -> str:
    if choice is Choice.OWN:
        return f"{own.rstrip()}{_tail(each.mine or '') or _tail(each.theirs or '')}" if own.strip() else ""
    if choice is Choice.BOTH:
        return f"{each.theirs or ''}{each.mine or ''}"
    return (each.theirs if choice is Choice.THEIRS else each.mine) or ""


def _tail(text: str) -> str:
    """The line ends with which a piece ends: they part it from what follows."""
    return text[len(text.rstrip()) :]


def _ended(text: str) -> str:
    """With the same end as any paragraph, so that one that is added behind the last changes nothing about the last."""
    text = _BLANKS.sub("\n\n", text.replace("\r\n", "\n")).rstrip()
    return f"{text}\n\n" if text else ""


def _pieces(pattern: re.Pattern[str], text: str) -> list[str]:
    """The text cut, without losing a character."""
    return [found for found in pattern.findall(text) if found]


def _diff3(base: list[str], theirs: list[str], mine: list[str]) -> list[Piece]:
    """The classic three-way comparison: where all three agree the text stands; between such places lies what changed."""
    found: list[Piece] = []
    at_base = at_theirs = at_mine = 0
    for start, size, in_theirs, in_mine in _common(base, theirs, mine):
        if (start, in_theirs, in_mine) != (at_base, at_theirs, at_mine):
            found += _stretch(base[at_base:start], theirs[at_theirs:in_theirs], mine[at_mine:in_mine])
        if size:
            text = "".join(base[start : start + size])
            found.append(piece(text, text, text))
        at_base, at_theirs, at_mine = start + size, in_theirs + size, in_mine + size
    return found


def _stretch(base: list[str], theirs: list[str], mine: list[str]) -> list[Piece]:
    """What lies between two places on which all agree. Where both touched it, it is looked at sentence by sentence as far as
    the sentences answer to each other; what one of them added before or behind stands by itself."""
    count = len(base)
    if count and len(theirs) == count == len(mine):
        return [piece(*forms) for forms in zip(base, theirs, mine, strict=True)]
    for changed, longer, by_me in ((theirs, mine, True), (mine, theirs, False)):
        if not count or len(changed) != count or len(longer) <= count:
            continue
        pairs = [piece(was, *((now, was) if by_me else (was, now))) for was, now in zip(base, changed, strict=True)]
        if longer[:count] == base:
            return [*pairs, _added(longer[count:], by_me)]
        if longer[-count:] == base:
            return [_added(longer[:-count], by_me), *pairs]
    return [piece("".join(base), "".join(theirs), "".join(mine))]


def _added(pieces: list[str], by_me: bool) -> Piece:
    text = "".join(pieces)
    return piece("", "", text) if by_me else piece("", text, "")


def _common(base: list[str], theirs: list[str], mine: list[str]) -> list[tuple[int, int, int, int]]:
    """(start in base, length, start in theirs, start in mine) of every stretch that all three have; the last is the end."""
    blocks_theirs, blocks_mine = (
        [block for block in SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks() if block.size]
        for other in (theirs, mine)
    )
    found, i, j = [], 0, 0
    while i < len(blocks_theirs) and j < len(blocks_mine):
        one, two = blocks_theirs[i], blocks_mine[j]
        start, end = max(one.a, two.a), min(one.a + one.size, two.a + two.size)
        if start < end:
            found.append((start, end - start, one.b + start - one.a, two.b + start - two.a))
        if one.a + one.size <= two.a + two.size:
            i += 1
        else:
            j += 1
    return [*found, (len(base), 0, len(theirs), len(mine))]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours that nobody changed are one piece."""
    found: list[Piece] = []
    for each in pieces:
        if found and each.side is Side.SAME and found[-1].side is Side.SAME:
            text = f"{found[-1].mine}{each.mine}"
            found[-1] = piece(text, text, text)
        else:
            found.append(each)
    return found
