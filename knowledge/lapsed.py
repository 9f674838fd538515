"""Lapsed answers: entries whose last day has passed. They answer no more, but who asks for one is told so, not left with nothing."""

import asyncio
from dataclasses import replace
from datetime import date

from knowledge.candidate import Candidate
from knowledge.conflicts import LIKE, likeness
from knowledge.entry import Entry
from knowledge.generation import present_generation
from knowledge.keywords import Keywords
from knowledge.message import question_in
from knowledge.records import KnowledgeEntry
from knowledge.rows import from_row

MOST = 5_000
"""So many of the latest are remembered."""
CANDIDATES = 3
LONGEST = 200
"""Characters: a longer message tells a story, and a story is not like a question."""


class Lapsed:
    """Looks among the entries that have expired; to be asked when nothing that is live answers."""

    def __init__(self, *, keywords: Keywords) -> None:
        self._keywords = keywords
        self._building = asyncio.Lock()
        self._held: tuple[tuple[int, date], Candidate | None] | None = None

    async def find(self, text: str, today: date) -> Entry | None:
        """The expired entry that was asked for, without its text; None when the question is not clearly its own."""
        question = question_in(text)
        candidate = await self._candidate(today) if len(question) <= LONGEST else None
        if candidate is None:
            return None
        for hit in candidate.ask(question, top=CANDIDATES, today=today).hits:
            if any(likeness(question, asked) >= LIKE for asked in (hit.entry.title, *hit.entry.similar)):
                row = await KnowledgeEntry.get_or_none(entry_id=hit.entry.id)
                entry = from_row(row) if row is not None else None
                if entry is not None and entry.expired_on(today):
                    return entry.without_text()
        return None

    async def _candidate(self, today: date) -> Candidate | None:
        key = (await present_generation(), today)
        async with self._building:
            if self._held is None or self._held[0] != key:
                rows = await KnowledgeEntry.filter(live=True, valid_to__lt=today).order_by("-valid_to").limit(MOST)
                # For this search alone they are as if they had no end.
                endless = [_endless(from_row(row)) for row in rows]
                built = await asyncio.to_thread(Candidate, endless, keywords=self._keywords) if endless else None
                self._held = (key, built)
            return self._held[1]


def _endless(entry: Entry) -> Entry:
    return replace(entry, valid_from=None, valid_to=None)
