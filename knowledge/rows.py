"""Rows: an entry as its database row and back, without loss."""

from dataclasses import fields
from typing import Any

from knowledge.entry import Entry, EntryKind
from knowledge.records import KnowledgeEntry

_LISTS = frozenset({"similar", "keywords", "links", "places", "figures"})
_SAME = tuple(field.name for field in fields(Entry) if field.name not in {"id", "kind", "withdrawn_because", *_LISTS})
COLUMNS = ("entry_id", "kind", *sorted(_LISTS), *_SAME, "disclosure_id", "changed_in", "withdrawn_because")


def to_columns(entry: Entry) -> dict[str, Any]:
    """The values of an entry's columns."""
    return {
        "entry_id": entry.id,
        "kind": entry.kind.value,
        "disclosure_id": entry.disclosure_id,
        "withdrawn_because": entry.withdrawn_because or None,
        **{name: list(getattr(entry, name)) for name in _LISTS},
        **{name: getattr(entry, name) for name in _SAME},
    }


def from_row(row: KnowledgeEntry) -> Entry:
    """The entry that a row holds."""
    lists: dict[str, Any] = {name: tuple(getattr(row, name) or ()) for name in _LISTS}
    return Entry(
        id=row.entry_id,
        kind=EntryKind(row.kind),
        **lists,
        withdrawn_because=row.withdrawn_because or "",
        **{name: getattr(row, name) for name in _SAME},
    )
