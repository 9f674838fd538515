"""Whether what is live says what was approved: normalising, the verdict, and a difference that a clerk can read. Pure.

Only what a platform is known to rewrite without changing the meaning is left out of the comparison; each rule says why
and by what source. Everything else that differs, differs.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from publishers.port import ChannelName, Live, Liveness

DIFFERS: Final = "differs"
"""In ``Live.evidence``: a list of what differs besides the words (a link that leads elsewhere), in Simplified Chinese."""
CUT: Final = "cut"
"""In ``Live.evidence``: the platform shows only the beginning of the text."""

WARNED_ELSEWHERE: Final = "warned_elsewhere"
"""In ``Live.evidence``: another probe warns once for all when this cannot be read (our own public address)."""
NO_WAY_TO_READ: Final = "no_way_to_read"
"""In ``Live.evidence``: the platform has no interface for this text, so that not reading it is nothing to warn of."""


class Proof(StrEnum):
    """What a read-back showed."""

    SAME = "same"
    DIFFERENT = "different"
    GONE = "gone"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that is left out of the comparison: why, and where it is known from."""

    name: str
    why: str
    source: str
    apply: Callable[[str], str]
    channels: frozenset[ChannelName] = frozenset(ChannelName)


_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_LINK: Final = re.compile(r"https?://[A-Za-z0-9][-A-Za-z0-9_$.+!*()/,:;@&=?~#%']*", re.IGNORECASE)
_BETWEEN_WORDS: Final = re.compile(r"(?<=[0-9A-Za-z])\s+(?=[0-9A-Za-z])")
_WHITE: Final = re.compile(r"[^\S\x1f]+")
_KEPT_SPACE: Final = "\x1f"


def _unescaped(text: str) -> str:
    once = html.unescape(text)
    return html.unescape(once)


def _without_links(text: str) -> str:
    return _LINK.sub("", text).replace("网页链接", "")


def _without_space(text: str) -> str:
    return _WHITE.sub("", _BETWEEN_WORDS.sub(_KEPT_SPACE, text)).replace(_KEPT_SPACE, " ")


RULES: Final = (
    Rule(
        name="entities",
        why="Weibo writes &lt; &gt; &amp; &quot; in its answers; WeChat's HTML may name a character or number it.",
        source="reference/weibo.md §5 (status text), reference/wechat.md §5",
        apply=_unescaped,
    ),
    Rule(
        name="composition",
        why="One character may be written as one code point or as two that combine; a reader sees no difference.",
        source="Unicode Standard Annex #15, form C",
        apply=lambda text: unicodedata.normalize("NFC", text),
    ),
    Rule(
        name="invisible",
        why="Weibo appends a zero-width space; editors and platforms insert joiners, marks of direction and variation.",
        source="reference/weibo.md §5.3; the sandbox's switch zero_width_tail",
        apply=lambda text: _CONTROL.sub("", _INVISIBLE.sub("", text)),
    ),
    Rule(
        name="width",
        why="The platforms' editors write full-width letters, digits and signs as half-width ones, and the other way.",
        source="Unicode block Halfwidth and Fullwidth Forms; ideographic space U+3000",
        apply=lambda text: text.translate(_FULL_WIDTH),
    ),
    Rule(
        name="links",
        why="Weibo replaces every link by a t.cn link shown as 网页链接; where it leads is compared apart.",
        source="reference/weibo.md §4 (text read back differs from what was sent)",
        apply=_without_links,
        channels=frozenset({ChannelName.WEIBO}),
    ),
    Rule(
        name="space",
        why="WeChat's stored HTML drifts (<br> becomes <br  />, blanks move); Weibo folds lines. A blank between two "
        "numbers or Latin words is kept as one: without it another number would stand there.",
        source="reference/wechat.md §5 (read-back is not idempotent: compare by normalised text)",
        apply=_without_space,
    ),
)


def normalised(text: str, channel: ChannelName) -> str:
    """What of a text must be the same where it was approved and where it is live."""
    for rule in RULES:
        if channel in rule.channels:
            text = rule.apply(text)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The verdict on one read-back, and the difference as spans {op, approved, live}; op is equal, changed, missing,
    added or note."""

    proof: Proof
    difference: tuple[dict[str, str], ...] = ()


def compared(approved: str, live: Live, channel: ChannelName) -> Compared:
    """Compares what was approved with what was found. Takes milliseconds; a long text is best compared in a thread."""
    notes = tuple(_span("note", "", note) for note in _notes(live))
    if live.liveness is Liveness.GONE:
        return Compared(proof=Proof.GONE)
    if live.liveness is Liveness.UNREADABLE:
        # What is known to differ is told even when the public page itself cannot be read.
        return Compared(proof=Proof.DIFFERENT if notes else Proof.UNREADABLE, difference=notes)
    ours, theirs = normalised(approved, channel), normalised(live.text, channel)
    same = ours == theirs or bool(live.evidence.get(CUT) and _begins(ours, theirs))
    if same and not notes:
        return Compared(proof=Proof.SAME)
    spans = () if same else differences(approved, live.text, channel)
    return Compared(proof=Proof.DIFFERENT, difference=(*notes, *spans))


def _notes(live: Live) -> list[str]:
    told = live.evidence.get(DIFFERS)
    return [str(note) for note in told] if isinstance(told, list | tuple) else []


_CUT_MARKS: Final = re.compile(r"(?:\.{3}|…+|⋯+)?(?:全文)?$")


def _begins(ours: str, theirs: str) -> bool:
    shown = _CUT_MARKS.sub("", theirs)
    return bool(shown) and ours.startswith(shown)


# -- the difference, for a person --------------------------------------------------------------------------------

MOST_SPANS: Final = 120
EQUAL_SHOWN: Final = 40
"""Characters of an equal stretch that are shown on each side of a difference."""
CHANGED_SHOWN: Final = 600
FINE: Final = 400
"""Up to so many characters a changed stretch is compared word by word; beyond, that could take seconds."""
MANY: Final = 1000
"""Sentences from which on a comparison is made coarser."""
_TOKEN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.,%]*|.", re.DOTALL)
"""A number or a Latin word changes as a whole: 935 → 395, not two of its digits."""
_SENTENCE: Final = re.compile(r"[^。！？；!?;\n]+[。！？；!?;]*|\n")


def differences(approved: str, live: str, channel: ChannelName) -> tuple[dict[str, str], ...]:
    """The spans in reading order: sentence by sentence, and within a changed sentence character by character."""
    ours, theirs = _sentences(approved), _sentences(live)
    keys = [normalised(text, channel) for text in ours], [normalised(text, channel) for text in theirs]
    spans: list[dict[str, str]] = []
    for op, a1, a2, b1, b2 in _opcodes(*keys):
        pairs = [("".join(ours[a1:a2]), "".join(theirs[b1:b2]))]
        if op == "replace" and a2 - a1 == b2 - b1:
            pairs = list(zip(ours[a1:a2], theirs[b1:b2], strict=True))
        for left, right in pairs:
            spans += [_span("equal", left, right)] if op == "equal" else _fine(left, right, channel)
    return _capped(_merged(spans))


def _opcodes(ours: list[str], theirs: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """What difflib says, in bounded time: the same beginning and end are found first, and in what is then still very
    long, sentences that stand everywhere are no landmarks (without that, thousands of equal ones take many seconds)."""
    shorter = min(len(ours), len(theirs))
    head = next((place for place in range(shorter) if ours[place] != theirs[place]), shorter)
    tail = next((n for n in range(shorter - head) if ours[-1 - n] != theirs[-1 - n]), shorter - head)
    left, right = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    if head:
        yield "equal", 0, head, 0, head
    crowded = len(left) > MANY or len(right) > MANY
    for op, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=crowded).get_opcodes():
        yield op, a1 + head, a2 + head, b1 + head, b2 + head
    if tail:
        yield "equal", len(ours) - tail, len(ours), len(theirs) - tail, len(theirs)


def _sentences(text: str) -> list[str]:
    """The text cut after each sentence; what is only white space goes with the sentence before it."""
    found: list[str] = []
    for part in _SENTENCE.findall(text):
        if found and not part.strip():
            found[-1] += part
        else:
            found.append(part)
    return found


def _fine(left: str, right: str, channel: ChannelName) -> Iterator[dict[str, str]]:
    if normalised(left, channel) == normalised(right, channel):
        yield _span("equal", left, right)
        return
    if not left.strip() or not right.strip() or len(left) > FINE or len(right) > FINE:
        yield _span(_op(left, right), left, right)
        return
    ours, theirs = _TOKEN.findall(left), _TOKEN.findall(right)
    for op, a1, a2, b1, b2 in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        one, other = "".join(ours[a1:a2]), "".join(theirs[b1:b2])
        equal = op == "equal" or normalised(one, channel) == normalised(other, channel)
        yield _span("equal" if equal else _op(one, other), one, other)


def _op(left: str, right: str) -> str:
    if left.strip() and right.strip():
        return "changed"
    return "missing" if left.strip() else "added"


def _merged(spans: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Neighbours of one kind become one; a single equal character between two changes is part of the change."""
    found: list[dict[str, str]] = []
    for place, span in enumerate(spans):
        last = found[-1] if found else None
        lone = span["op"] == "equal" and len(span["approved"].strip()) <= 1 and 0 < place < len(spans) - 1
        if last is not None and (last["op"] == span["op"] or (lone and last["op"] != "equal")):
            both = last["approved"] + span["approved"], last["live"] + span["live"]
            op = last["op"] if last["op"] == span["op"] else _op(*both)
            found[-1] = _span(op, *both)
        elif last is not None and last["op"] != "equal" != span["op"]:
            both = last["approved"] + span["approved"], last["live"] + span["live"]
            found[-1] = _span(_op(*both), *both)
        else:
            found.append(span)
    return found


def _capped(spans: Sequence[dict[str, str]]) -> tuple[dict[str, str], ...]:
    shown = [
        _span("equal", _middle(span["approved"]), _middle(span["live"]))
        if span["op"] == "equal"
        else _span(span["op"], _begin(span["approved"]), _begin(span["live"]))
        for span in spans[:MOST_SPANS]
    ]
    if len(spans) > MOST_SPANS:
        shown.append(_span("note", "", f"另有 {len(spans) - MOST_SPANS} 处没有列出"))
    return tuple(shown)


def _middle(text: str) -> str:
    if len(text) <= 3 * EQUAL_SHOWN:
        return text
    return f"{text[:EQUAL_SHOWN]} …… {text[-EQUAL_SHOWN:]}"


def _begin(text: str) -> str:
    return text if len(text) <= CHANGED_SHOWN else f"{text[:CHANGED_SHOWN]}…（共 {len(text)} 字）"


def _span(op: str, approved: str, live: str) -> dict[str, str]:
    return {"op": op, "approved": approved, "live": live}
