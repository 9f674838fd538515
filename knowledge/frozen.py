"""Frozen: an entry as JSON in a history, without what stands at its default, so that it outlives fields that come later. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

from knowledge.entry import DAYS, LISTS, Entry, EntryKind

_DEFAULTS = tuple((field.name, field.default) for field in fields(Entry))


def frozen(entry: Entry) -> dict[str, object]:
    """An entry as JSON; `thawed` gives it back unchecked, as it was."""
    found: dict[str, object] = {}
    for name, default in _DEFAULTS:
        value = getattr(entry, name)
        if default is MISSING or value != default:
            found[name] = _plain(value)
    return found


def thawed(kept: Mapping[str, Any]) -> Entry:
    """The entry that was frozen; fields that this version does not know are left out."""
    known = {field.name for field in fields(Entry)}
    values = {name: value for name, value in kept.items() if name in known}
    values |= {name: tuple(values[name]) for name in LISTS if name in values}
    values |= {name: date.fromisoformat(values[name]) for name in DAYS if name in values}
    return Entry(**{**values, "kind": EntryKind(values["kind"])})


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, EntryKind) else value


def digest(entry: Entry | None) -> str:
    """The hash of an entry's content; empty for none."""
    if entry is None:
        return ""
    text = json.dumps(frozen(entry), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
