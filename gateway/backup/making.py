"""Making a backup: one file, proved whole, under its name only when it is finished."""

import contextlib
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from gateway.backup import container, lite
from gateway.backup.container import SUFFIX, Manifest
from gateway.backup.postgres import Postgres
from gateway.database.connection import sqlite_path
from gateway.errors import CommandFailed
from gateway.settings import Settings

MADE: Final = re.compile(r"mingbai-\d{8}T\d{6}Z\.mbk")
"""The names that rotation may remove: nobody's else."""
LEFT_OVER: Final = 3600.0
"""Seconds after which a part of a backup that never got its name is taken for the leftover of a crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A backup that was just made."""

    path: Path
    manifest: Manifest
    seconds: float
    removed: tuple[Path, ...]


def default_folder(settings: Settings) -> Path:
    return settings.state_folder / "backups"


async def make(settings: Settings, *, to: Path | None = None, keep: int | None = None) -> Made:
    """Saves the database to a folder (with a name made of the moment) or to a file that ends in ``.mbk``.

    ``keep``: how many of the folder's backups stay. Raises CommandFailed: 2 wrong use, 4 another backup is running, 5 the
    database or its tools, 6 a broken chain.
    """
    began = monotonic()
    place = to or default_folder(settings)
    single = place.suffix == SUFFIX
    if keep is not None and (single or keep < 1):
        raise CommandFailed("--keep 只能与文件夹一起使用，且至少为 1", code=2)
    folder = place.parent if single else place
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as trouble:
        raise CommandFailed(f"不能建立备份文件夹 {folder}：{trouble.strerror}", code=2) from trouble
    with _alone(folder):
        _sweep(folder)
        raw = folder / f".{secrets.token_hex(8)}.raw"
        try:
            manifest = await _payload(settings.database_url, raw)
            target = place if single else folder / f"mingbai-{_stamp(datetime.fromisoformat(manifest.moment))}{SUFFIX}"
            complete = container.write(target, raw, manifest)
        except OSError as trouble:
            raise CommandFailed(
                f"备份没有写成：{trouble.strerror or trouble}。请检查磁盘空间和权限", code=5
            ) from trouble
        finally:
            raw.unlink(missing_ok=True)
        removed = _rotate(folder, keep) if keep is not None else ()
    return Made(path=target, manifest=complete, seconds=monotonic() - began, removed=removed)


async def _payload(url: str, raw: Path) -> Manifest:
    path = sqlite_path(url)
    if path is not None:
        return lite.snapshot(path, raw)
    os.close(os.open(raw, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return await Postgres(url).dump(raw)


def _rotate(folder: Path, keep: int) -> tuple[Path, ...]:
    made = sorted(path for path in folder.iterdir() if MADE.fullmatch(path.name))
    old = made[:-keep]
    for path in old:
        path.unlink()
    return tuple(old)


def _sweep(folder: Path) -> None:
    """Removes what an interrupted backup left behind."""
    limit = datetime.now(UTC).timestamp() - LEFT_OVER
    for path in [*folder.glob(".*.part"), *folder.glob(".*.raw")]:
        if path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandFailed("这个文件夹里正在做另一次备份，本次没有进行", code=4) from None
        yield
    finally:
        os.close(lock)
