"""Understanding: from a message to a finding, through everything that curators lay over the base. The one function that the
live base, the base as it would be, the hit test and the batch test call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from knowledge.colloquial import standard
from knowledge.confidence import Confidence
from knowledge.dictionary_pins import Pin
from knowledge.finding import Decision, Finding, Hit
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.layers import Layers
from knowledge.links import without_links
from knowledge.message import question_in
from knowledge.ranking import Ranker
from knowledge.search import find

PINNED = "管理员已固定：这个问句由本条答复"
PIN_LEADS = 2.0
"""How many times the next one's score a pinned entry has, so that a short question is answered and not asked back."""

Spell = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """The parts that do not change with a question. ``spell`` reads pinyin, "" for what is none."""

    index: Index
    layers: Layers
    keywords: Keywords
    ranker: Ranker
    model: Confidence
    spell: Spell = lambda _: ""

    def ask(self, text: str, *, top: int, today: date, ruled: bool = True, channel: str = "") -> Finding:
        """The finding for a message on a local day. ``ruled``: whether the rules are asked first, those of all channels and of
        the ``channel`` that is named."""
        if ruled and (rule := self.layers.rules.matching(text, channel=channel, today=today)) is not None:
            decision: Decision = "answer" if rule.act == "text" else "none"
            return Finding(decision=decision, confidence=1.0, hits=(), question=text, ruled=rule)
        spelt = self.spell(text)
        found = self._read(spelt or text, top, today)
        if spelt and found.decision == "answer":
            found = replace(found, decision="choose")
        if not self.layers.pins.pins:
            return found
        pin = self.layers.pins.of((text, question_in(without_links(text)), found.question), today)
        return self._pinned(found, pin, top, today) if pin is not None else found

    def _read(self, text: str, top: int, today: date) -> Finding:
        """The best of the readings: as it was said, and with the words of the dictionary."""
        best = self._find(text, top, today)
        if best.withdrawn is not None:
            return best
        if best.decision != "answer" and (meant := standard(text)) != text:
            best = max(best, self._find(meant, top, today), key=lambda found: found.confidence)
        for reading in self.layers.words.readings(text):
            other = self._find(reading.text, top, today)
            if other.confidence > best.confidence:
                best = replace(other, read_as=reading.used)
        return best

    def _find(self, text: str, top: int, today: date) -> Finding:
        return find(
            self.index, text, keywords=self.keywords, ranker=self.ranker, model=self.model, top=top, today=today
        )

    def _pinned(self, found: Finding, pin: Pin, top: int, today: date) -> Finding:
        """The same finding, answered by the pinned entry, if that may answer today."""
        entry = self.index.find(pin.entry_id)
        if entry is None or not entry.answers_on(today):
            return found
        others = tuple(hit for hit in found.hits if hit.entry.id != entry.id)
        best = max((hit.score for hit in found.hits), default=0.0)
        first = Hit(entry=entry, score=max(PIN_LEADS * best, 1.0), why=(PINNED,))
        return replace(
            found, decision="answer", confidence=1.0, hits=(first, *others)[:top], withdrawn=None, pinned=True
        )
