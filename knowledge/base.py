"""The knowledge base: the index in memory, loaded from the database, and the one question put to it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from audit.clock import Clock
from knowledge.entry import Entry
from knowledge.finding import Finding, Hit
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.model import shipped
from knowledge.records import STATE_ID, KnowledgeEntry, KnowledgeState
from knowledge.rows import from_row
from knowledge.search import find

__all__ = ["Finding", "Hit", "KnowledgeBase"]

PAGE = 500
MAY_BE_SPOKEN_OF = Q(live=True) | Q(disclosure_id__isnull=False, withdrawn_because__isnull=False)
"""The rows among which `_is_spoken_of` chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What is in memory: an index and the generation of the database it shows."""

    index: Index
    entries: Mapping[str, Entry]
    generation: int
    loaded_at: datetime | None


class KnowledgeBase:
    """Answers `ask` from an immutable index that `load` and `refresh` swap in one step."""

    def __init__(self, *, keywords: Keywords, clock: Clock) -> None:
        self._keywords = keywords
        self._clock = clock
        self._changing = asyncio.Lock()
        self._held = _Held(index=Index.build((), keywords), entries={}, generation=-1, loaded_at=None)

    @property
    def generation(self) -> int:
        """The generation of the base that is in memory; -1 before the first `load`."""
        return self._held.generation

    @property
    def loaded_at(self) -> datetime | None:
        """When the index in memory was read from the database, in UTC; None before the first `load`."""
        return self._held.loaded_at

    def __len__(self) -> int:
        """How many entries may answer; withdrawn ones are only kept to be spoken of."""
        return len(self._held.index.entries) - int(self._held.index.withdrawn.sum())

    def entry(self, entry_id: str) -> Entry | None:
        """The entry as the index in memory has it (see `generation`), a withdrawn one without its text; None for one of
        which nothing is to be said."""
        held = self._held.entries.get(entry_id)
        return held.without_text() if held is not None and held.withdrawn else held

    async def load(self) -> None:
        """Builds the index from every live entry in the database, off the event loop, and swaps it in."""
        async with self._changing:
            # An empty base cuts nothing, and the first question would then wait a second for the dictionary.
            await asyncio.to_thread(self._keywords.warm)
            # The generation is read first: a change in between is then seen again by the next refresh, never missed.
            generation = await current_generation()
            found = [from_row(row) async for row in _pages(KnowledgeEntry.filter(MAY_BE_SPOKEN_OF))]
            await self._swap([entry for entry in found if _is_spoken_of(entry)], generation)

    async def refresh(self) -> bool:
        """Brings the index up to the database's generation; True if anything changed.

        Only rows that changed are read, and only new texts are cut into words.
        """
        async with self._changing:
            held = self._held
            generation = await current_generation()
            if generation == held.generation:
                return False
            entries = dict(held.entries)
            async for row in _pages(KnowledgeEntry.filter(changed_in__gt=held.generation)):
                entry = from_row(row)
                if _is_spoken_of(entry):
                    entries[entry.id] = entry
                else:
                    entries.pop(entry.id, None)
            await self._swap(entries.values(), generation)
            return True

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding:
        """Finds up to `top` entries for a citizen's message and decides; `today` is the local day (Asia/Shanghai).

        Pure over the current index; takes any text. About a millisecond for a question, ten for a long letter.
        """
        ranker, model = shipped()
        return find(self._held.index, text, keywords=self._keywords, ranker=ranker, model=model, top=top, today=today)

    async def _swap(self, entries: Iterable[Entry], generation: int) -> None:
        chosen = tuple(entries)
        index = await asyncio.to_thread(Index.build, chosen, self._keywords, before=self._held.index)
        by_id = {entry.id: entry for entry in chosen}
        self._held = _Held(index=index, entries=by_id, generation=generation, loaded_at=await self._clock.now())


def _is_spoken_of(entry: Entry) -> bool:
    return entry.live or entry.withdrawn


async def _pages(rows: QuerySet[KnowledgeEntry]) -> AsyncIterator[KnowledgeEntry]:
    """The rows in order, a page at a time, so that a large base does not hold up the event loop."""
    last = 0
    while page := await rows.filter(id__gt=last).order_by("id").limit(PAGE):
        for row in page:
            yield row
        last = page[-1].id
        await asyncio.sleep(0)


async def current_generation() -> int:
    """The generation of the base in the database; 0 before the first change."""
    state = await KnowledgeState.filter(id=STATE_ID).first()
    return state.generation if state is not None else 0
