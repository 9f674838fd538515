"""Differences: two states of an entry, field by field and word by word, for the eyes of a reviewer. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from knowledge.columns import COLUMNS, shown
from knowledge.entry import CURATOR, IN_FORCE, Entry

MOST_TOKENS = 4_000
"""Longer texts are compared by lines: word by word would take seconds."""

KEPT = 0.4
"""Of texts that share less than this part of the shorter one the single characters that happen to agree are not woven in: the
old text stands struck out before the new one, and both can be read."""

_PLAIN = {"validity": IN_FORCE, "origin": CURATOR, "live": True}
_TOKEN = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_LINES = re.compile(r"[^。！？\n]*[。！？\n]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of text. ``op`` is same, gone or came."""

    op: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One field that differs: its header, and old and new text woven into one."""

    field: str
    header: str
    spans: tuple[Span, ...]

    @property
    def before(self) -> str:
        return "".join(span.text for span in self.spans if span.op != "came")

    @property
    def after(self) -> str:
        return "".join(span.text for span in self.spans if span.op != "gone")


def differences(before: Entry | None, after: Entry) -> tuple[FieldDifference, ...]:
    """What differs between an entry as it was (None for a new one) and as it would be, in the order of the columns. Of a new
    one what goes without saying is left out."""
    found = []
    for column in COLUMNS:
        if before is None and column.field in _PLAIN and getattr(after, column.field) == _PLAIN[column.field]:
            continue
        old = shown(before, column.field) if before is not None else ""
        new = shown(after, column.field)
        if old != new and column.field != "id":
            found.append(FieldDifference(field=column.field, header=column.header, spans=woven(old, new)))
    return tuple(found)


def woven(old: str, new: str) -> tuple[Span, ...]:
    """Two texts as one, with what went and what came."""
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    if len(left) > MOST_TOKENS or len(right) > MOST_TOKENS:
        left, right = _LINES.findall(old), _LINES.findall(new)
    return tuple(_spans(left, right))


def _spans(left: Sequence[str], right: Sequence[str]) -> Iterator[Span]:
    matcher = SequenceMatcher(None, left, right, autojunk=len(left) > MOST_TOKENS)
    codes: Sequence[tuple[str, int, int, int, int]] = matcher.get_opcodes()
    kept = sum(a2 - a1 for op, a1, a2, _, _ in codes if op == "equal")
    if left and right and kept < KEPT * min(len(left), len(right)):
        codes = [("replace", 0, len(left), 0, len(right))]
    for op, a1, a2, b1, b2 in codes:
        gone, came = "".join(left[a1:a2]), "".join(right[b1:b2])
        if op == "equal":
            yield Span(op="same", text=gone)
            continue
        if gone:
            yield Span(op="gone", text=gone)
        if came:
            yield Span(op="came", text=came)
