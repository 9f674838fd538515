"""Asking the base: what it finds for a message, alone or together with the subject of the last answer, and the entries that may
be named of it as the database has them now."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from bot import subject
from bot.decision import Move, Step, offered
from bot.gathering import Gathering
from bot.memory import Memory, Said
from bot.turn import EntryOf
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Finding

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LONG_TEXT: Final = 400
"""Characters above which the question is put to the base in a thread, off the event loop."""


class Base(Protocol):
    """What the conversation needs of the knowledge base (``knowledge.base.KnowledgeBase``)."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...

    async def refresh(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the base found for a text, and the entries that may be named. ``lead``: how a follow-up was understood."""

    text: str
    finding: Finding
    standing: dict[str, Entry]
    lead: str = ""
    move: Move | None = None

    @property
    def question(self) -> str:
        return self.finding.question


class Asking:
    """``searching`` counts who waits for the search."""

    def __init__(self, *, base: Base, entry_of: EntryOf, searching: Callable[[], AbstractContextManager[None]]) -> None:
        self._base = base
        self._entry_of = entry_of
        self._counted = searching
        self._searches = Gathering(self._search_all)

    async def found(self, text: str, now: datetime, top: int) -> Found:
        """What the base finds, with the entries that would be named as the database has them now."""
        finding = await self._ask(text, now, top)
        standing = await self._standing(finding, text)
        if any(one.id not in standing or standing[one.id].withdrawn != one.withdrawn for one in _named(finding, text)):
            # The index is a moment behind the database: what was withdrawn must not be offered, what is new may be.
            await self._base.refresh()
            finding = await self._ask(text, now, top)
            standing = await self._standing(finding, text)
        return Found(text=text, finding=finding, standing=standing)

    async def followed(self, alone: Found, text: str, said: Said | None, now: datetime, top: int) -> Found:
        """The same, or what is found together with the subject of the last answer, for words that leave their subject out."""
        asked = subject.follow_up(text) if said is not None and said.topic and now - said.at <= subject.KEPT else None
        if said is None or asked is None or said.kind == EntryKind.rumour:
            return alone
        entry = await self._entry_of(said.entry_id)
        if entry is None or entry.withdrawn:
            return alone
        both = await self.found(subject.together(said.topic, text), now, top)
        lead = subject.shown(said.topic)
        match subject.carry(asked, topic=said.topic, entry=entry, alone=alone.finding, with_subject=both.finding):
            case subject.Carry.WITH:
                return replace(both, lead=lead)
            case subject.Carry.NOT_SAID:
                move = Move(step=Step.NOT_SAID, memory=Memory(at=now, said=said), reason="none", mark=asked.aspect)
                return replace(both, lead=lead, move=move, standing={})
        return alone

    async def _ask(self, text: str, now: datetime, top: int) -> Finding:
        today = now.astimezone(SHANGHAI).date()
        if len(text) <= LONG_TEXT:
            with self._counted():
                return await self._searches.one((text, top, today))
        return await asyncio.to_thread(self._base.ask, text, top=top, today=today)

    async def _search_all(self, questions: Sequence[tuple[str, int, date]]) -> Sequence[Finding]:
        """The findings of messages that came together. They leave together, so that what they want of the database next is
        one round too: let go one by one, each would make a journey of its own."""
        found = []
        for text, top, today in questions:
            await asyncio.sleep(0)  # Between two searches the event loop looks after everything else.
            found.append(self._base.ask(text, top=top, today=today))
        return found

    async def _standing(self, finding: Finding, text: str) -> dict[str, Entry]:
        """The entries that would be named, as the database has them now; without those of which nothing may be said."""
        read = await asyncio.gather(*(self._entry_of(entry.id) for entry in _named(finding, text)))
        return {entry.id: entry for entry in read if entry is not None}


def _named(finding: Finding, text: str) -> tuple[Entry, ...]:
    """The entries whose texts, titles or withdrawal the citizen would read."""
    if finding.withdrawn is not None:
        return (finding.withdrawn,)
    hits = offered(finding, text) or (finding.hits[:1] if finding.decision == "answer" else ())
    return tuple(hit.entry for hit in hits)
