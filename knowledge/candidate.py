"""A candidate: the base as it would be, put to the very function that citizens' questions go through. Pure, but for its cost."""

from collections.abc import Iterable
from datetime import date

from knowledge.entry import Entry
from knowledge.finding import Finding
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.layers import NO_LAYERS, Layers
from knowledge.model import shipped
from knowledge.understanding import Understanding


class Candidate:
    """Entries with an index of their own. Building is blocking: seconds for tens of thousands of entries."""

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        keywords: Keywords,
        before: "Candidate | None" = None,
        layers: Layers = NO_LAYERS,
    ) -> None:
        """``before``: texts that stood in it are not cut again. ``layers`` lie over the entries."""
        chosen = tuple(entries)
        self._keywords = keywords
        self._layers = layers
        self._entries = {entry.id: entry for entry in chosen}
        self._index = Index.build(chosen, keywords) if before is None else self._changed_from(before)

    def _changed_from(self, before: "Candidate") -> Index:
        put = [entry for entry in self.entries if before._entries.get(entry.id) != entry]
        gone = [entry_id for entry_id in before._entries if entry_id not in self._entries]
        return before._index.changed(put, gone, self._keywords).merged()

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, entry_id: str) -> Entry | None:
        """The entry, whether it may answer today or not; None when the base would not speak of it."""
        return self._entries.get(entry_id)

    def ask(self, text: str, *, top: int = 10, today: date, layers: Layers | None = None) -> Finding:
        """As `KnowledgeBase.ask`, but for pinyin."""
        return self.understanding(layers).ask(text, top=top, today=today)

    def understanding(self, layers: Layers | None = None) -> Understanding:
        ranker, model = shipped()
        return Understanding(
            index=self._index, layers=self._layers if layers is None else layers, keywords=self._keywords,
            ranker=ranker, model=model,
        )  # fmt: skip
