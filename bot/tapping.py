"""Lists that can be tapped (WeChat's msgmenu): what stands in them, and which word a tapped item stands for. Pure.

A tapped item comes back as its own text with an id (wechat.md §3, §4). The id names the very list, so that an old list in the
chat never picks from a newer one; and the item is understood by its id, however long its text is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.memory import Memory, Said
from bot.rating import REASONS, USEFUL_WORD, USELESS_WORD

NONE_WORD: Final = "都不是"
CHOICE_HEAD: Final = "您想了解的是哪一项？请点选："
CHOICE_TAIL: Final = "（{minutes}分钟内有效，也可以回复序号）"
RATE_HEAD: Final = "这条答复有帮助吗？"
WHY_HEAD: Final = "很抱歉没有帮到您。哪里不好？（不选也可以，直接再问就行）"
LONGEST: Final = 60
"""Characters of an item."""
_ID: Final = re.compile(r"([123])([0-9]{9,11})([0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line that can be tapped."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TapList:
    """A list: what stands above it, its items, what stands below."""

    head: str
    items: tuple[Item, ...]
    tail: str = ""


def choice_list(lead: str, titles: Sequence[str], mark: str, minutes: int) -> TapList:
    """The numbered choices, with 都不是 as the last. ``mark``: ``Memory.menu``."""
    items = [Item(id=f"1{mark}{place}", label=_short(f"{place}. {title}")) for place, title in enumerate(titles, 1)]
    items.append(Item(id=f"1{mark}0", label=NONE_WORD))
    return TapList(
        head=f"{lead}\n{CHOICE_HEAD}" if lead else CHOICE_HEAD, items=tuple(items),
        tail=CHOICE_TAIL.format(minutes=minutes),
    )  # fmt: skip


def rate_list(said: Said) -> TapList:
    """有用 or 没用, of that answer."""
    words = (USEFUL_WORD, USELESS_WORD)
    return TapList(
        head=RATE_HEAD,
        items=tuple(Item(id=f"2{_stamp(said)}{place}", label=word) for place, word in enumerate(words, 1)),
    )


def why_list(said: Said) -> TapList:
    """The four reasons why that answer was of no use."""
    items = (Item(id=f"3{_stamp(said)}{place}", label=word) for place, word in enumerate(REASONS, 1))
    return TapList(head=WHY_HEAD, items=tuple(items))


def question_list(head: str, questions: Sequence[str], tail: str) -> TapList:
    """Questions, each of which is asked as it stands when it is tapped."""
    items = (Item(id=f"4{place}", label=_short(question)) for place, question in enumerate(questions, 1))
    return TapList(head=head, items=tuple(items), tail=tail)


def word_of(tapped: str, memory: Memory, now: datetime) -> str | None:
    """The word that a tapped item stands for; empty when its list is not valid any more, None when it is no item of a
    list that has to be remembered."""
    found = _ID.fullmatch(tapped)
    if found is None:
        return None
    sort, stamp, place = found[1], found[2], int(found[3])
    if sort == "1":
        valid = memory.options and memory.menu == stamp and not memory.expired(now) and place <= len(memory.options)
        return (f"第{place}个" if place else NONE_WORD) if valid else ""
    said = memory.rateable(now)
    if said is None or _stamp(said) != stamp:
        return ""
    words = (USEFUL_WORD, USELESS_WORD) if sort == "2" else REASONS if memory.asked_why else ()
    return words[place - 1] if 1 <= place <= len(words) else ""


def rated_at(tapped: str) -> int | None:
    """The second of the answer whose 有用 or 没用 was tapped; None for another item."""
    found = _ID.fullmatch(tapped)
    return int(found[2]) if found is not None and found[1] == "2" else None


def mark_at(now: datetime) -> str:
    """The mark of a list of choices that is made now."""
    return str(int(now.timestamp()))


def _stamp(said: Said) -> str:
    return mark_at(said.at)


def _short(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
