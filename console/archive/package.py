"""A package as entries, and the ZIP file made of them, a piece at a time. The same entries give the same bytes.

No entry bears a moment: the archive of what did not change does not change either, and two of them can be compared.
"""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
INDEX: Final = "index.html"
FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""What a ZIP file has to say where there is no moment."""
PACKED_ALREADY: Final = (".png", ".jpg", ".gif", ".pdf", ".docx", ".xlsx", ".ofd", ".zip")
IN_A_THREAD: Final = 256 * 1024
"""Bytes from which on an entry is compressed in a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file of a package: its path, its SHA-256, and its bytes when they are wanted."""

    path: str
    sha256: str
    size: int
    load: Callable[[], Awaitable[bytes]]


def entry(path: str, data: bytes | str) -> Entry:
    """A small file that is already here."""
    held = data.encode() if isinstance(data, str) else data

    async def load() -> bytes:
        return held

    return Entry(path=path, sha256=hashlib.sha256(held).hexdigest(), size=len(held), load=load)


def json_entry(path: str, value: Any) -> Entry:
    """A value to be read by persons and by programs."""
    return entry(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def exact(value: Any) -> str:
    """The form whose SHA-256 is the hash of a text (``disclosures.content``) and of what was frozen
    (``publishers.port.Rendered``)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Everything kept of one disclosure, below one folder."""

    folder: str
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return sum(each.size for each in self.entries)

    @property
    def sums(self) -> str:
        """``SHA256SUMS``, as ``sha256sum -c`` reads it."""
        return "".join(f"{each.sha256}  {each.path}\n" for each in self.entries)

    @property
    def mark(self) -> str:
        """SHA-256 of ``SHA256SUMS``: one line that stands for every byte of the package."""
        return hashlib.sha256(self.sums.encode()).hexdigest()

    def all(self) -> tuple[Entry, ...]:
        """With the sums themselves, below the folder."""
        return tuple(
            Entry(path=f"{self.folder}/{each.path}", sha256=each.sha256, size=each.size, load=each.load)
            for each in (entry(SUMS, self.sums), *self.entries)
        )


def package(folder: str, entries: Sequence[Entry]) -> Package:
    """The entries in the order of their paths; a path that comes twice with the same bytes stands once. Raises ValueError
    when it comes with others."""
    found: dict[str, Entry] = {}
    for each in entries:
        if each.path in found and found[each.path].sha256 != each.sha256:
            raise ValueError(f"two different files for {each.path}")
        found[each.path] = each
    return Package(folder=folder, entries=tuple(found[path] for path in sorted(found)))


class _Pipe:
    """A file that can only be written, so that what was written can be sent on at once."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class Writer:
    """The ZIP file as it grows. ``put`` gives the bytes to send on, ``end`` the last of them."""

    def __init__(self) -> None:
        self._pipe = _Pipe()
        self._zip = zipfile.ZipFile(self._pipe, "w")

    async def put(self, each: Entry) -> bytes:
        """Raises what loading raises; the file is then without an end, and nobody takes it for whole."""
        data = await each.load()
        info = zipfile.ZipInfo(each.path, date_time=FIRST_DAY)
        info.create_system, info.external_attr = 3, 0o644 << 16
        packed = each.path.lower().endswith(PACKED_ALREADY)
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        if len(data) >= IN_A_THREAD:
            await asyncio.to_thread(self._zip.writestr, info, data, compresslevel=6)
        else:
            self._zip.writestr(info, data, compresslevel=6)
        return self._pipe.taken()

    def end(self) -> bytes:
        self._zip.close()
        return self._pipe.taken()


async def zipped(
    packages: Sequence[Package] | AsyncIterator[Package], *, before: Sequence[Entry] = ()
) -> AsyncIterator[bytes]:
    """The bytes of the ZIP file, one piece an entry: no more than one of them is in memory."""
    writer = Writer()
    for each in before:
        yield await writer.put(each)
    if isinstance(packages, Sequence):
        for one in packages:
            for each in one.all():
                yield await writer.put(each)
    else:
        async for one in packages:
            for each in one.all():
                yield await writer.put(each)
    yield writer.end()
