"""Rows: an entry as its database row and back, without loss."""

from dataclasses import fields
from typing import Any

from knowledge.entry import LISTS, Entry, EntryKind
from knowledge.records import KnowledgeEntry

_SAME = tuple(field.name for field in fields(Entry) if field.name not in {"id", "kind", "withdrawn_because", *LISTS})
COLUMNS = ("entry_id", "kind", *LISTS, *_SAME, "disclosure_id", "changed_in", "withdrawn_because")


def to_columns(entry: Entry) -> dict[str, Any]:
    """The values of an entry's columns."""
    return {
        "entry_id": entry.id,
        "kind": entry.kind.value,
        "disclosure_id": entry.disclosure_id,
        "withdrawn_because": entry.withdrawn_because or None,
        **{name: list(getattr(entry, name)) for name in LISTS},
        **{name: getattr(entry, name) for name in _SAME},
    }


def from_row(row: KnowledgeEntry) -> Entry:
    """The entry that a row holds."""
    return Entry(
        id=row.entry_id,
        kind=EntryKind(row.kind),
        withdrawn_because=row.withdrawn_because or "",
        **_lists(row),
        **{name: getattr(row, name) for name in _SAME},
    )


def _lists(row: KnowledgeEntry) -> dict[str, Any]:
    # A column that came later is empty in the rows that stood before it.
    return {name: tuple(getattr(row, name) or ()) for name in LISTS}
