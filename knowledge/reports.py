"""Reports: which messages tell of a rumour, and which of them tell of the same one. Pure."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.figures import figures_in, others
from knowledge.keywords import normalise
from knowledge.links import links_in, without_links
from knowledge.message import question_in
from knowledge.places import shipped

LONGEST: Final = 2000
"""Characters of a wording that are kept and compared."""
LONG: Final = 60
"""From so many characters on a message is a forwarded text, and not a question of somebody's own."""
TITLE: Final = 40
"""Characters of the title that a claim has until a curator gives it one."""

HEARD: Final = re.compile(
    r"听说|听人说|网传|网上(?:都)?(?:说|传)|据说|据传|传言|传闻|谣传|有人说|群里(?:都)?(?:说|发|传)|朋友圈(?:都)?(?:说|发|传|看到)|都在传|疯传|内部消息"
)
ASKED: Final = re.compile(
    r"是真的[吗么嘛不]|真的假的|是真是假|真假|是不是真|是否属实|属实吗|可信吗|靠谱吗|谣言|造谣|假消息|辟谣|是真的$|真有(?:这事|此事|这回事)|求证|核实"
)
CHAIN: Final = re.compile(
    r"紧急通知|紧急扩散|(?:请|速|赶紧|赶快|马上|立即|快|都|互相|相互|帮忙|大家|火速)?(?:转发|扩散|转告|转给|转到|群发)(?!(?:给)?(?:领导|书记|区长|局长|部门|有关|相关|工作人员|负责人))|看到的都|多转一|刚刚接到|刚接到"
    r"|千真万确|官方不让|不让往外说|让更多人|告诉(?:家里|家人|身边|亲戚|朋友)"
)
TASK: Final = re.compile(
    r"怎么(?:办理|办(?![？?！!。]*$)|申请|交|缴|领|查|弄|报名|预约|备案|投诉|举报)|如何(?:办理?|申请|缴|领|查|报名|预约|备案)|在哪[里儿]?(?:办|交|领|查|申请|报名)|去哪[里儿]?(?:办|交|领|查|申请)"
    r"|要(?:带|准备)?(?:什么|哪些)(?:材料|手续|条件|证件)|电话(?:是|号码)?多少|几点(?:上班|下班|开门)"
)
_SIGNS: Final = re.compile(r"[！!]{2,}")
_SIGNS_AROUND: Final = " ，,。.！!？?：:;；"
_IS_IT: Final = re.compile(r"[，,。\s]*(?:是|是不是|真的|真的吗|真的么|对吗|有没有这回事)$")
_CHAIN_WORDS: Final = re.compile(
    r"(?:请|速|赶紧|赶快|马上|快|都|互相|相互|帮忙|大家)?(?:转发|扩散|转告|转给)[^，。！!,.]{0,12}|紧急通知|紧急扩散|看到的都[^，。！!,.]{0,10}"
)
_NUMERALS: Final = str.maketrans("0123456789", "零一二三四五六七八九")
_LIKE: Final = 0.5
"""Two wordings that share half of their pairs of characters are alike,"""
_INSIDE: Final = 0.5
_LETTERS_INSIDE: Final = 0.8
"""and so is a short one half of whose pairs, and nearly all of whose characters, stand in a longer one."""
_EVERYWHERE: Final = frozenset("怎么吗呢吧啊的了要会都是不就也还有在将被把这那个")
_LEAST: Final = 4
"""Pairs of characters without which two wordings are not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A wording as it is compared: its digest, its addresses, its pairs of characters, and the text."""

    text: str
    digest: str
    links: frozenset[str]
    pairs: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Wording":
        return cls(
            text=normalise(text), digest=digest(text), links=frozenset(links_in(text)), pairs=_pairs(_core(text))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A claim that is on the desk, with the wordings in which it was reported."""

    claim_id: int
    wordings: tuple[Wording, ...]

    @property
    def together(self) -> tuple[Wording, ...]:
        """All wordings as one: everybody tells another part of the story."""
        if len(self.wordings) < 2:
            return ()
        links = frozenset[str]().union(*(each.links for each in self.wordings))
        pairs = frozenset[str]().union(*(each.pairs for each in self.wordings))
        return (Wording(text=" ".join(each.text for each in self.wordings), digest="", links=links, pairs=pairs),)


def is_report(text: str) -> bool:
    """Whether a message that found no answer tells of a rumour and belongs on the rumour desk.

    It hands something on (听说, 网传, a chain message), asks whether something is true, or only points to an address. A question
    how something is done is a question, even if he heard of it.
    """
    if ASKED.search(text):
        return True
    if TASK.search(text):
        return False
    if HEARD.search(text) or CHAIN.search(text):
        return True
    if len(text) >= LONG and _SIGNS.search(text):
        return True
    return bool(links_in(text)) and len(_letters(without_links(text))) <= LONG


def digest(text: str) -> str:
    """The same for two messages that differ in signs, blanks and addresses only."""
    letters = _letters(_core(text)) or _letters(normalise(text))
    return hashlib.sha256(letters[:LONGEST].encode("utf8", "replace")).hexdigest()


def same_claim(wording: Wording, known: Iterable[Known]) -> int | None:
    """The claim of which a wording tells: one with the same address or text, else the most alike; None for a new claim.

    A place or a number that differs makes another claim of the same words. It errs towards a new claim: a curator joins two
    claims with one act, while what was wrongly joined hides a rumour.
    """
    best: tuple[float, int] | None = None
    for claim in known:
        for other in (*claim.wordings, *claim.together):
            likeness = 1.0 if wording.digest == other.digest else _likeness(wording, other)
            if likeness and (best is None or likeness > best[0]):
                best = likeness, claim.claim_id
    return best[1] if best else None


def claim_title(text: str) -> str:
    """What a claim is called until a curator names it: the beginning of its wording, at most TITLE characters."""
    core = (
        _IS_IT.sub("", re.sub(r"\s+", " ", _core(text, fold=False)).strip(_SIGNS_AROUND)).strip(_SIGNS_AROUND)
        or re.sub(r"\s+", " ", text).strip()
    )
    if (links := links_in(text)) and len(_letters(core)) < TITLE // 5:
        return f"链接 {links[0]}"[:TITLE]
    if len(core) <= TITLE:
        return core
    cut = max((core.rfind(sign, 0, TITLE) for sign in "。！？，；、!?,; "), default=-1)
    return core[:cut] if cut >= TITLE // 3 else f"{core[: TITLE - 1]}…"


def _likeness(one: Wording, other: Wording) -> float:
    """0 unless two wordings tell of the same claim."""
    if one.links & other.links:
        return 0.99
    shared = len(one.pairs & other.pairs)
    short, long = sorted((one, other), key=lambda each: len(each.pairs))
    if len(short.pairs) < _LEAST:
        return 0.0
    alike, inside = 2 * shared / (len(short.pairs) + len(long.pairs)), shared / len(short.pairs)
    letters = frozenset("".join(short.pairs)) - _EVERYWHERE
    held = len(letters & frozenset("".join(long.pairs))) / max(len(letters), 1)
    near = alike >= _LIKE or (inside >= _INSIDE and held >= _LETTERS_INSIDE)
    return max(alike, inside * 0.9) if near and not _elsewhere(one.text, other.text) else 0.0


def _elsewhere(one: str, other: str) -> bool:
    gazetteer = shipped()
    here, there = gazetteer.named(one), gazetteer.named(other)
    if here and there and not any(gazetteer.related(a, b) for a in here for b in there):
        return True
    numbers, their_numbers = figures_in(one), figures_in(other)
    return bool(others(numbers, their_numbers, among=their_numbers))


def _core(text: str, *, fold: bool = True) -> str:
    """A wording without what every chain message says."""
    text = without_links(text[:LONGEST])
    inner = _CHAIN_WORDS.sub(" ", question_in(normalise(text) if fold else text))
    return inner if _letters(inner) else text


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _pairs(text: str) -> frozenset[str]:
    letters = _letters(text).translate(_NUMERALS)
    return frozenset(letters[place : place + 2] for place in range(len(letters) - 1))


def resemblance(one: Wording, other: Wording) -> float:
    """How much two wordings share, 0 to 1, whatever place or number they name: for showing a person what may belong together."""
    shared, smaller = len(one.pairs & other.pairs), min(len(one.pairs), len(other.pairs))
    return 1.0 if one.links & other.links else shared / smaller if smaller >= _LEAST else 0.0


def named(wordings: Sequence[str]) -> tuple[str, ...]:
    """The wordings that say something of their own, each once: what a curator is shown as samples."""
    return tuple({digest(text): text for text in reversed(wordings)}.values())[::-1]
