"""The backup file (``.mbk``): a zip with the payload and a manifest that says what it is and proves that it is whole."""

import contextlib
import hashlib
import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Final

from gateway.errors import CommandFailed

SUFFIX: Final = ".mbk"
FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SQLITE, POSTGRES = "sqlite", "postgres"
PAYLOADS: Final = {SQLITE: "database.sqlite3", POSTGRES: "database.pgdump"}
_CHUNK: Final = 1 << 20
_FAST: Final = 1
"""The compression: the backup runs every few minutes beside the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself. Plain JSON."""

    kind: str
    """sqlite or postgres."""
    product: str
    """The version of the product that made it."""
    migrations: tuple[str, ...]
    """The schema: the migrations that were applied, the oldest first."""
    moment: str
    """When its contents were true, by the database's clock: ISO 8601, UTC."""
    audit_last_id: int
    audit_hash: str
    numbers: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    payload_sha256: str = ""
    payload_bytes: int = 0
    format: int = FORMAT


def write(target: Path, payload: Path, manifest: Manifest) -> Manifest:
    """Packs the payload, reads the file back to prove it, and only then gives it its name: there is never half a backup
    under a backup's name. Returns the manifest with the payload's checksum."""
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        with _private(fresh) as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as packed:
            mark, size = _pack(packed, payload, PAYLOADS[manifest.kind])
            complete = Manifest(**{**asdict(manifest), "payload_sha256": mark, "payload_bytes": size})
            packed.writestr(MANIFEST, json.dumps(asdict(complete), ensure_ascii=False, indent=1))
        _to_disk(fresh)
        verify(fresh)
        fresh.replace(target)
        _to_disk(target.parent)
    finally:
        fresh.unlink(missing_ok=True)
    return complete


def read_manifest(path: Path) -> Manifest:
    """Raises CommandFailed: 3 without such a file, 4 for another format, 6 when it is damaged."""
    if not path.is_file():
        raise CommandFailed(f"没有这个备份文件：{path}", code=3)
    try:
        with zipfile.ZipFile(path) as packed:
            plain = json.loads(packed.read(MANIFEST))
        if plain.get("format") != FORMAT:
            raise CommandFailed("备份文件由更新的版本生成，请先升级本程序", code=4)
        return Manifest(**{**plain, "migrations": tuple(plain["migrations"])})
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, EOFError) as damaged:
        raise _damaged(path) from damaged


def verify(path: Path) -> Manifest:
    """Reads every byte. Raises CommandFailed (6) when the payload is not the one that the manifest describes."""
    manifest = read_manifest(path)
    mark = hashlib.sha256()
    with _payload(path, manifest) as source:
        while chunk := source.read(_CHUNK):
            mark.update(chunk)
    _match(path, manifest, mark.hexdigest())
    return manifest


def extract(path: Path, target: Path) -> Manifest:
    """The payload as a file that only we can read; verified on the way. Raises CommandFailed (6)."""
    manifest = read_manifest(path)
    mark = hashlib.sha256()
    with _payload(path, manifest) as source, _private(target) as out:
        while chunk := source.read(_CHUNK):
            mark.update(chunk)
            out.write(chunk)
    _match(path, manifest, mark.hexdigest())
    _to_disk(target)
    return manifest


def _pack(packed: zipfile.ZipFile, payload: Path, name: str) -> tuple[str, int]:
    mark, size = hashlib.sha256(), 0
    with payload.open("rb") as source, packed.open(name, "w", force_zip64=True) as entry:
        while chunk := source.read(_CHUNK):
            mark.update(chunk)
            size += len(chunk)
            entry.write(chunk)
    return mark.hexdigest(), size


@contextlib.contextmanager
def _payload(path: Path, manifest: Manifest) -> Iterator[IO[bytes]]:
    try:
        with zipfile.ZipFile(path) as packed, packed.open(PAYLOADS[manifest.kind]) as source:
            yield source
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, OSError) as damaged:
        raise _damaged(path) from damaged


def _match(path: Path, manifest: Manifest, mark: str) -> None:
    if mark != manifest.payload_sha256:
        raise _damaged(path)


def _damaged(path: Path) -> CommandFailed:
    return CommandFailed(f"备份文件已损坏，不能使用：{path}。请换一个备份文件", code=6)


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
