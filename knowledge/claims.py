"""Claims: whether a message tells of the very claim that an entry answers, or of the same thing elsewhere or in other numbers.
Pure.

Words alone do not tell: the child that was stolen at the school gate is stolen in every town in the same words. A verdict on
one town must not be given for another, so a place or a number that does not fit turns an answer into a question back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from knowledge import figures
from knowledge.decision import CHOOSE_FROM
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Finding, Hit
from knowledge.keywords import normalise
from knowledge.links import by_link, links_in
from knowledge.places import shipped

SAME_LINK: Final = 0.99
"""How sure it is that an address that belongs to one entry alone is asked for."""
SAME_ADDRESS: Final = "链接相同"
OTHER_CLAIM: Final = 0.5
"""What is left of the confidence, at most and in proportion, when a place or a number does not fit."""
LOOKED_AT: Final = 5
"""Candidates among which the claim of the right place is looked for."""
READ: Final = 5000
"""Characters of a claim and its variants in which places and numbers are looked for."""
NEAR: Final = 0.5
"""A candidate with less than this part of the best one's score is about something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How a message and a claim fit. `agree` and `differ` are reasons in words of the screen."""

    agree: tuple[str, ...] = ()
    differ: tuple[str, ...] = ()


def judged(found: Finding, text: str, *, entries: Sequence[Entry], today: date) -> Finding:
    """What was found by the words, once the addresses in the message, its places and its numbers are looked at too.

    `entries` are those of the index. An address wins before the words; a rumour of another place or number is offered, not
    answered.
    """
    if found.withdrawn is None and (linked := by_link(entries, links_in(text), today=today)):
        return _by_link(found, linked)
    return _by_claim(found, text)


def fit(entry: Entry, text: str) -> Fit:
    """How a message fits the claim of an entry."""
    said, known = _read((text,)), _read((entry.title, *entry.similar))
    agree, differ = _places(entry, said, known)
    claimed = figures.figures_in(normalise(" ".join(entry.figures))) if entry.figures else _read((entry.title,)).figures
    same = sorted(said.figures & claimed)
    other = figures.others(said.figures, claimed, among=claimed | known.figures)
    return Fit(
        agree=(*agree, *(f"数字相同：{figures.shown(figure)}" for figure in same[:3])),
        differ=(*differ, *(f"数字不同：来文是{figures.shown(figure)}" for figure in other[:3])),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What some texts name."""

    text: str
    places: frozenset[str]
    figures: frozenset[figures.Figure]


@lru_cache(maxsize=2048)
def _read(texts: tuple[str, ...]) -> _Said:
    """The same claims are looked at for every question, so that what they name is read once."""
    text = normalise("\n".join(texts)[:READ])
    return _Said(text=text, places=shipped().named(text), figures=figures.figures_in(text))


def _places(entry: Entry, said: _Said, known: _Said) -> tuple[tuple[str, ...], tuple[str, ...]]:
    own = frozenset(map(normalise, entry.places)) | _read((entry.title,)).places
    if not own:
        return (), ()
    if same := sorted(place for place in own if place in said.text):
        return tuple(f"地点相同：{place}" for place in same[:3]), ()
    of_the_claim = known.places | _read((entry.unit, entry.issuer)).places | own
    if any(shipped().related(place, one) for place in said.places for one in of_the_claim):
        return (), ()
    other = sorted(said.places) or _like(own, said.text)
    return (), tuple(f"地点不同：来文是{place}" for place in other[:3])


def _like(own: frozenset[str], said: str) -> list[str]:
    """Names in a message that end as the claim's places do (another 镇, another 中学)."""
    found = []
    for place in sorted(own):
        ending = next((each for each in _ENDINGS if place.endswith(each) and len(place) > len(each) + 1), "")
        start = said.find(ending) if ending else -1
        name = said[max(0, start - 2) : start] if start >= 0 else ""
        if len(name) == 2 and all("\u4e00" <= sign <= "\u9fff" for sign in name) and not _NO_NAME & set(name):
            found.append(name + ending)
    return found


_ENDINGS: Final = ("街道", "社区", "小区", "中学", "小学", "医院", "镇", "乡", "村", "县", "路")
_NO_NAME: Final = frozenset("我你他她这那全各本该某每几一二三个们的在到去有和是说里外新老整城")


def _by_link(found: Finding, linked: Sequence[Entry]) -> Finding:
    live = [entry for entry in linked if not entry.withdrawn]
    if not live:
        return replace(found, withdrawn=linked[0].without_text())
    held = {hit.entry.id: hit for hit in found.hits}
    best = max((hit.score for hit in found.hits), default=1.0)
    first = [held.get(entry.id) or Hit(entry=entry, score=best) for entry in live]
    # Where several entries stand under one address the words tell which of them is meant.
    first.sort(key=lambda hit: -hit.score if hit.entry.id in held else 0.0)
    ids = {entry.id for entry in live}
    hits = (
        *(replace(hit, score=max(hit.score, best), why=(SAME_ADDRESS, *hit.why)) for hit in first),
        *(hit for hit in found.hits if hit.entry.id not in ids),
    )
    if len(live) == 1:
        return replace(found, decision="answer", confidence=SAME_LINK, hits=hits)
    sure = found.decision == "answer" and found.hits[0].entry.id in ids
    confidence = found.confidence if sure else min(max(found.confidence, CHOOSE_FROM), OTHER_CLAIM)
    return replace(found, decision="answer" if sure else "choose", confidence=confidence, hits=hits)


def _by_claim(found: Finding, text: str) -> Finding:
    if not found.hits or found.hits[0].entry.kind is not EntryKind.rumour:
        return found
    first, how = found.hits[0], fit(found.hits[0].entry, text)
    if not how.differ:
        return replace(found, hits=(_because(first, how), *found.hits[1:]))
    hits = _righter(found.hits, text, how)
    confidence = found.confidence * OTHER_CLAIM
    if found.decision == "none":
        return replace(found, confidence=confidence, hits=hits)
    return replace(found, decision="choose", confidence=max(confidence, CHOOSE_FROM), hits=hits)


def _righter(hits: tuple[Hit, ...], text: str, how: Fit) -> tuple[Hit, ...]:
    """The candidates with the claim that fits place and number before the one that does not."""
    for place, hit in enumerate(hits[1:LOOKED_AT], 1):
        if hit.entry.kind is EntryKind.rumour and hit.score >= NEAR * hits[0].score:
            better = fit(hit.entry, text)
            if better.agree and not better.differ:
                return (_because(hit, better), _because(hits[0], how), *hits[1:place], *hits[place + 1 :])
    return (_because(hits[0], how), *hits[1:])


def _because(hit: Hit, how: Fit) -> Hit:
    return replace(hit, why=(*how.differ, *how.agree, *hit.why))
