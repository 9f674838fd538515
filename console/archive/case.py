"""What a part of the package gets to work with, and what it gives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.archive.package import Entry
from disclosures.sheet import Sheet, Version
from publishers.records import Delivery, Release

Render = Callable[..., str]
"""(name of a template of the archive, values) → HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One disclosure, read once for all parts."""

    sheet: Sheet
    versions: tuple[Version, ...]
    releases: tuple[Release, ...]
    deliveries: tuple[Delivery, ...]
    render: Render

    @property
    def id(self) -> int:
        return self.sheet.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What a part adds: its files, its piece of the index page, and its lines of the manifest."""

    key: str
    title: str
    html: str
    entries: tuple[Entry, ...] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict)


Part = Callable[[Case], Awaitable[Section | None]]
"""One part of the package. It reads, and changes nothing."""
