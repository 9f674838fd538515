"""The district's own dictionary: words that citizens use for what the base calls otherwise. Pure.

A word is not merged with what it means: the question is read once more with the other word in its place, and the base says
which reading it knows better (``knowledge.understanding``). So a row never makes an answer less sure, no two rows add up to a
third, and nothing in the index has to be made anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from knowledge.decision import is_small_talk
from knowledge.errors import EntryInvalid
from knowledge.keywords import normalise

KINDS: Final[Mapping[str, str]] = {"colloquial": "俗称", "synonym": "同义", "place": "地名", "abbreviation": "简称"}
LONGEST: Final = 30
SHORTEST: Final = 2
"""Characters of a word. A single character stands in half of all questions."""
LONGEST_SOURCE: Final = 120
MOST: Final = 2_000
"""Rows of the dictionary."""
MOST_MEANINGS: Final = 3
"""Meanings of one word, each of which is another reading of the question."""
MOST_LINKED: Final = 8
"""Words that two-way rows may hold together."""
READ: Final = 200
"""Characters of a message up to which it is read with other words; a longer one is a story."""
HEADERS: Final = {
    "said": "群众的说法",
    "means": "知识库的说法",
    "kind": "类别",
    "both": "方向",
    "source": "来源",
    "note": "备注",
}
BOTH: Final = "双向"
ONE: Final = "单向"
_ASKING: Final = frozenset({
    "怎么", "怎样", "如何", "什么", "哪里", "多少", "办理", "可以", "需要", "申请", "为什么", "请问", "我想", "没有", "是不是", "能不能",
})  # fmt: skip
"""Words of asking: to put another one in their place would change every question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """``said`` is what citizens say, ``means`` what the base says; ``both``: also the other way round."""

    said: str
    means: str
    kind: str = "colloquial"
    both: bool = False
    source: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        return f"{normalise(self.said)}→{normalise(self.means)}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "Word":
        return cls(
            said=str(row["said"]), means=str(row["means"]), kind=str(row.get("kind", "colloquial")),
            both=bool(row.get("both")), source=str(row.get("source", "")), note=str(row.get("note", "")),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A text with other words in it; ``used`` are the pairs (what was said, what it was taken for)."""

    text: str
    used: tuple[tuple[str, str], ...]


class Dictionary:
    """Words ready to be found in any text; of overlapping words the longest counts. Immutable."""

    def __init__(self, words: Iterable[Word] = ()) -> None:
        self.words = tuple(words)
        self._others: dict[str, tuple[str, ...]] = {}
        for word in self.words:
            said, means = normalise(word.said), normalise(word.means)
            self._others[said] = (*self._others.get(said, ()), means)
            # What is meant is found as well, so that 公积金 inside 住房公积金 stays what it is.
            self._others[means] = (*self._others.get(means, ()), *((said,) if word.both else ()))
        self._lengths: dict[str, tuple[int, ...]] = {}
        for found in self._others:
            self._lengths[found[0]] = tuple(sorted({len(found), *self._lengths.get(found[0], ())}, reverse=True))

    def __len__(self) -> int:
        return len(self.words)

    def readings(self, text: str) -> tuple[Reading, ...]:
        """The text with the other words in the place of its own, at most MOST_MEANINGS times; nothing where it has none."""
        if not self.words or len(text) > READ:
            return ()
        plain = normalise(text)
        places = [(start, end, self._others[plain[start:end]]) for start, end in self._places(plain)]
        count = max((len(others) for _, _, others in places), default=0)
        return tuple(_read(plain, places, number) for number in range(min(count, MOST_MEANINGS)))

    def _places(self, text: str) -> Iterable[tuple[int, int]]:
        start = 0
        while start < len(text):
            end = next((start + n for n in self._lengths.get(text[start], ()) if self._stands(text, start, n)), 0)
            if end:
                yield start, end
            start = end or start + 1

    def _stands(self, text: str, start: int, length: int) -> bool:
        """Whether a word stands there; one of Latin letters only where a word begins and ends."""
        if text[start : start + length] not in self._others:
            return False
        first, last = text[start : start + 1], text[start + length - 1]
        before, after = text[start - 1 : start] if start else "", text[start + length : start + length + 1]
        return not (_latin(first) and _latin(before)) and not (_latin(last) and _latin(after))


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _read(text: str, places: Sequence[tuple[int, int, tuple[str, ...]]], number: int) -> Reading:
    parts: list[str] = []
    used: list[tuple[str, str]] = []
    last = 0
    for start, end, others in places:
        said = text[start:end]
        other = others[min(number, len(others) - 1)] if others else said
        parts += [text[last:start], other]
        last = end
        if other != said:
            used.append((said, other))
    return Reading(text="".join((*parts, text[last:])), used=tuple(dict.fromkeys(used)))


def wrong_with(word: Word, line: int = 0) -> list[EntryInvalid]:
    """What is wrong with one row by itself."""
    found: list[EntryInvalid] = []
    for field in ("said", "means"):
        text = normalise(getattr(word, field))
        bad = _wrong_text(text)
        if bad:
            found.append(EntryInvalid(line, HEADERS[field], *bad))
    if not found and normalise(word.said) == normalise(word.means):
        found.append(EntryInvalid(line, HEADERS["means"], "与群众的说法是同一个词", "写知识库中使用的说法"))
    if word.kind not in KINDS:
        found.append(
            EntryInvalid(
                line, HEADERS["kind"], f"没有“{word.kind[:20]}”这个类别", f"改为{'、'.join(KINDS.values())}之一"
            )
        )
    if not word.source.strip():
        found.append(EntryInvalid(line, HEADERS["source"], "没有写来源", "写明依据，例如“12345热线来电”“区民政局”"))
    found += [
        EntryInvalid(line, HEADERS[field], f"超过 {LONGEST_SOURCE} 个字", "写短一些")
        for field in ("source", "note")
        if len(getattr(word, field)) > LONGEST_SOURCE
    ]
    return found


def _wrong_text(text: str) -> tuple[str, str] | None:
    if not text:
        return "没有填写", "写上这个词"
    if len(text) < SHORTEST:
        return "只有一个字，几乎每句话里都有", f"写 {SHORTEST} 个字以上的词"
    if len(text) > LONGEST:
        return f"超过 {LONGEST} 个字", "只写词语，不写整句话"
    if not any(character.isalpha() for character in text):
        return "没有文字", "写文字或字母"
    if text in _ASKING or is_small_talk(text):
        return f"“{text}”是提问用语，替换后会改变所有问句", "换成具体的名称"
    return None


def wrong_together(words: Sequence[Word], changed: Iterable[str]) -> list[EntryInvalid]:
    """What is wrong with the rows among each other, as far as the rows of the ``changed`` keys have a part in it."""
    mine = set(changed)
    found: list[EntryInvalid] = []
    if len(words) > MOST:
        found.append(EntryInvalid(0, "", f"词典超过 {MOST} 行", "先删去不再使用的词"))
    one_way = {(normalise(w.said), normalise(w.means)) for w in words if not w.both}
    said: dict[str, list[Word]] = {}
    for word in words:
        said.setdefault(normalise(word.said), []).append(word)
    linked = _linked(words)
    for word in words:
        if word.key not in mine:
            continue
        first, second = normalise(word.said), normalise(word.means)
        if len(said[first]) > MOST_MEANINGS:
            found.append(EntryInvalid(0, HEADERS["said"], f"“{word.said}”已有 {MOST_MEANINGS} 个意思", "先删去一个"))
        if (second, first) in one_way and not word.both:
            found.append(
                EntryInvalid(
                    0, HEADERS["means"], f"“{word.means}”已经指向“{word.said}”", "把两行合成一行，方向选“双向”"
                )
            )
        elif not word.both and any(normalise(other.means) != first for other in said.get(second, ())):
            meant = next(other.means for other in said[second] if normalise(other.means) != first)
            found.append(
                EntryInvalid(0, HEADERS["means"], f"“{word.means}”自己也是群众的说法，指“{meant}”", f"直接写“{meant}”")
            )
        if word.both and len(linked[first]) > MOST_LINKED:
            found.append(
                EntryInvalid(
                    0,
                    HEADERS["both"],
                    f"双向的行会把 {len(linked[first])} 个词连在一起",
                    "不同的事物不要连在一起；改为“单向”",
                )
            )
    return found


def _linked(words: Sequence[Word]) -> dict[str, set[str]]:
    """For each word of a two-way row all that hang together with it."""
    groups: dict[str, set[str]] = {}
    for word in words:
        if word.both:
            first, second = normalise(word.said), normalise(word.means)
            group = groups.get(first, {first}) | groups.get(second, {second})
            groups |= dict.fromkeys(group, group)
    return groups
