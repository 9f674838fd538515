"""The knowledge base: the index in memory, loaded from the database, and the one question put to it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from audit.clock import Clock
from knowledge.canned import Rule
from knowledge.closeness import shipped_close
from knowledge.dictionary_store import layers_in_force
from knowledge.entry import Entry
from knowledge.finding import Finding, Hit
from knowledge.index import SMALL, Index
from knowledge.keywords import Keywords
from knowledge.layers import NO_LAYERS, Layers
from knowledge.model import shipped
from knowledge.records import STATE_ID, KnowledgeEntry, KnowledgeState
from knowledge.rows import from_row
from knowledge.spelling import Spelling
from knowledge.synonyms import shipped_synonyms
from knowledge.understanding import Understanding

__all__ = ["Finding", "Hit", "KnowledgeBase"]

PAGE = 500
SPELT = 20_000
"""Entries whose words are known when pinyin is read; a base has said most of its words long before."""
KEPT = 4096
"""Findings that are kept: a question that thousands ask, from a menu or after the evening news, is looked for once."""
KEPT_LENGTH = 120
"""Characters of a question that many may ask in the same words; a longer text is somebody's own."""
MAY_BE_SPOKEN_OF = Q(live=True) | Q(disclosure_id__isnull=False, withdrawn_because__isnull=False)
"""The rows among which `_is_spoken_of` chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What is in memory: an index and what lies over it, and the generation of the database they show."""

    index: Index
    generation: int
    loaded_at: datetime | None
    layers: Layers = NO_LAYERS


class KnowledgeBase:
    """Answers `ask` from an immutable index that `load` and `refresh` swap in one step: a question that is under way keeps the
    index it began with."""

    def __init__(self, *, keywords: Keywords, clock: Clock) -> None:
        self._keywords = keywords
        self._clock = clock
        self._changing = asyncio.Lock()
        self._merging: asyncio.Task[None] | None = None
        self._late: list[tuple[list[Entry], list[str]]] = []
        self._held = _Held(index=Index.build((), keywords), generation=-1, loaded_at=None)
        self._spelling: Spelling | None = None
        self._kept: tuple[_Held, date | None, dict[tuple[str, int], Finding]] = (self._held, None, {})

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
        return self._held.index.count - int(self._held.index.withdrawn.sum())

    def entry(self, entry_id: str) -> Entry | None:
        """The entry as the index in memory has it (see `generation`), a withdrawn one without its text; None for one of
        which nothing is to be said."""
        held = self._held.index.find(entry_id)
        return held.without_text() if held is not None and held.withdrawn else held

    async def load(self) -> None:
        """Builds the index from every live entry in the database, off the event loop, and swaps it in."""
        async with self._changing:
            # An empty base cuts nothing, and the first question would then wait a second for the dictionary and the models.
            for warm in (self._keywords.warm, shipped, shipped_close):
                await asyncio.to_thread(warm)
            # The generation is read first: a change in between is then seen again by the next refresh, never missed.
            generation = await current_generation()
            layers = await layers_in_force()
            found = [from_row(row) async for row in _pages(KnowledgeEntry.filter(MAY_BE_SPOKEN_OF))]
            spoken_of = [entry for entry in found if _is_spoken_of(entry)]
            await self._swap(await asyncio.to_thread(Index.build, spoken_of, self._keywords), generation, layers)
            self._spelling = await asyncio.to_thread(_spelling, spoken_of, self._keywords)
            self._kept = (self._held, None, {})
            self._late = []

    async def refresh(self) -> bool:
        """Brings the index up to the database's generation; True if anything changed.

        Only rows that changed are read, and only their texts are cut. After many changes the index is made one again behind the
        scenes (`settle` waits for it); questions and further changes go on meanwhile.
        """
        async with self._changing:
            held = self._held
            generation = await current_generation()
            if generation == held.generation:
                return False
            layers = await layers_in_force()
            put: list[Entry] = []
            gone: list[str] = []
            async for row in _pages(KnowledgeEntry.filter(changed_in__gt=held.generation)):
                entry = from_row(row)
                if _is_spoken_of(entry):
                    put.append(entry)
                else:
                    gone.append(entry.id)
            index = await asyncio.to_thread(held.index.changed, put, gone, self._keywords)
            if index.count <= SMALL:
                index = await asyncio.to_thread(index.merged)
            if self._merging is not None:
                self._late.append((put, gone))
            await self._swap(index, generation, layers)
            if index.should_merge and self._merging is None:
                self._merging = asyncio.create_task(self._merge())
            return True

    async def settle(self) -> None:
        """Waits until nothing is being merged."""
        while self._merging is not None:
            await asyncio.wait({self._merging})

    @property
    def layers(self) -> Layers:
        """The dictionary, the pins and the rules at this generation."""
        return self._held.layers

    def ask(
        self, text: str, *, top: int = 10, today: date, layers: Layers | None = None, ruled: bool = True
    ) -> Finding:
        """Finds up to `top` entries for a citizen's message and decides; `today` is the local day (Asia/Shanghai).

        Pure over the current index; takes any text. How long it takes: docs/benchmarks.md. What is typed in pinyin is a guess:
        it is asked back, never answered at once. What is said in dialect is read with the standard words where its own words
        find no answer. `layers` stand in the place of those in force, for a look at what would be; `ruled`: whether the rules
        before the base are asked. What depends on nothing but index, layers, day and words is kept until one of them changes.
        """
        if layers is not None or not ruled or len(text) > KEPT_LENGTH:
            return self.understanding(layers).ask(text, top=top, today=today, ruled=ruled)
        held, spelling = self._held, self._spelling
        of, day, kept = self._kept
        if of is not held or day != today or len(kept) >= KEPT:
            kept = {}
            self._kept = (held, today, kept)
        found = kept.get((text, top))
        if found is None:
            found = self.understanding().ask(text, top=top, today=today)
            if self._held is held and self._spelling is spelling:
                kept[text, top] = found
        return found

    def ruled(self, text: str, *, channel: str, today: date) -> Rule | None:
        """The rule that takes a message in that channel before the base is asked."""
        return self._held.layers.rules.matching(text, channel=channel, today=today)

    def understanding(self, layers: Layers | None = None) -> Understanding:
        """What `ask` asks, over the index that is in memory now."""
        held, (ranker, model) = self._held, shipped()
        return Understanding(
            index=held.index, layers=held.layers if layers is None else layers, keywords=self._keywords, ranker=ranker,
            model=model, spell=self._spell,
        )  # fmt: skip

    def _spell(self, text: str) -> str:
        """Pinyin, or characters with pinyin among them, in characters; empty for anything else."""
        return (self._spelling.read(text) or self._spelling.mixed(text)) if self._spelling is not None else ""

    async def _swap(self, index: Index, generation: int, layers: Layers) -> None:
        self._held = _Held(index=index, generation=generation, loaded_at=await self._clock.now(), layers=layers)

    async def _merge(self) -> None:
        """Makes the index one again, and then does anew what was changed meanwhile."""
        try:
            while self._held.index.should_merge:
                late = self._late = []
                index = await asyncio.to_thread(self._held.index.merged)
                async with self._changing:
                    if self._late is not late:
                        return  # The whole base was loaded anew.
                    for put, gone in late:
                        index = await asyncio.to_thread(index.changed, put, gone, self._keywords)
                    self._held = replace(self._held, index=index)
        finally:
            self._merging = None


def _spelling(entries: Sequence[Entry], keywords: Keywords) -> Spelling:
    """What pinyin is read with: the dictionary, and the words that the base itself uses."""
    own = {word.removesuffix("$") for word in shipped_synonyms().words}
    for entry in entries[:SPELT]:
        for text in (entry.title, *entry.similar, *entry.keywords):
            own.update(keywords.words(text))
    return Spelling(keywords.frequencies(), own=own)


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
