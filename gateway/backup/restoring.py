"""Putting a backup back: proved first, nothing of the old database lost, and the quarantine raised before anybody can open
the new one (§0.10, crash-point row 20)."""

import contextlib
import importlib.resources
import secrets
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.errors import TrailBroken
from audit.trail import Trail
from gateway.anchor import AnchorFile, highest, lost_acts, present_anchor, tell
from gateway.backup import container, lite
from gateway.backup.cleansing import cleanse
from gateway.backup.container import POSTGRES, SQLITE, Manifest
from gateway.backup.making import default_folder, make
from gateway.backup.numbers import jump
from gateway.backup.postgres import Postgres
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect, sqlite_path
from gateway.database.migrate import migrate
from gateway.errors import CommandFailed
from gateway.settings import Settings
from publishers.port import ChannelName
from publishers.quarantine import impose, set_aside_rows, settling
from scheduler.holding import raise_epochs

MACHINE: Final = Actor.machine("系统（恢复数据）")
NAMES: Final = {SQLITE: "SQLite", POSTGRES: "PostgreSQL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did."""

    manifest: Manifest
    migrated: tuple[str, ...]
    aside: Path | None
    """Where the database is that stood there before."""
    set_aside: int
    """Deliveries that are reconciled now."""
    floors: dict[str, int]
    """The numbers from which new ones are given."""
    audit_records: int
    lost_acts: int
    seconds: float


def remote_channels(settings: Settings) -> tuple[ChannelName, ...]:
    """The channels that are not in our own database, whether or not their accounts are configured now."""
    pushed = (ChannelName.PORTAL,) if settings.portal_push_url else ()
    return (*pushed, ChannelName.WECHAT, ChannelName.WEIBO)


async def restore(settings: Settings, path: Path, *, replace: bool = False) -> Restored:
    """Raises CommandFailed: 3 no such file; 4 the product is running, the database is not empty, or the backup is of
    another kind or a newer version; 5 the database or its tools; 6 a damaged file or a broken chain."""
    began = monotonic()
    manifest = container.read_manifest(path)
    _fits(settings, manifest)
    # The file is proved before anything is touched.
    container.verify(path)
    if sqlite_path(settings.database_url) is not None:
        found = await _restore_file(settings, path, manifest, replace=replace)
    else:
        found = await _restore_server(settings, path, manifest, replace=replace)
    return Restored(**{**found, "manifest": manifest, "seconds": monotonic() - began})  # type: ignore[arg-type]


def _fits(settings: Settings, manifest: Manifest) -> None:
    kind = SQLITE if sqlite_path(settings.database_url) is not None else POSTGRES
    if manifest.kind != kind:
        raise CommandFailed(
            f"这是 {NAMES.get(manifest.kind, manifest.kind)} 的备份，不能恢复到 {NAMES[kind]} 数据库。请把 "
            "MINGBAI_DATABASE_URL 设为同一种数据库",
            code=4,
        )
    folder = importlib.resources.files("gateway.database.migrations")
    known = {entry.name.removesuffix(".py") for entry in folder.iterdir()}
    if newer := [name for name in manifest.migrations if name not in known]:
        raise CommandFailed(f"备份由更新的版本（{manifest.product}）生成，含有 {newer[0]}。请先升级本程序", code=4)


async def _restore_file(
    settings: Settings, path: Path, manifest: Manifest, *, replace: bool
) -> dict[str, object]:  # fmt: skip
    target = sqlite_path(settings.database_url)
    assert target is not None
    target.parent.mkdir(parents=True, exist_ok=True)
    numbers: dict[str, int] = {}
    if target.exists():
        lite.settle_down(target)
        if not replace and not lite.is_empty(target):
            raise _not_empty(target.name)
        numbers = lite.numbers_of(target)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.restoring")
    url = f"sqlite://{fresh}"
    try:
        container.extract(path, fresh)
        done = await _made_ready(settings, url, manifest, numbers)
        aside = lite.put(fresh, target, stamp=_stamp())
    finally:
        lite.forget(fresh)
    await _anchored(settings)
    return {**done, "aside": aside}


async def _restore_server(
    settings: Settings, path: Path, manifest: Manifest, *, replace: bool
) -> dict[str, object]:  # fmt: skip
    server = Postgres(settings.database_url)
    await server.refuse_if_running()
    numbers: dict[str, int] = {}
    aside: Path | None = None
    if not await server.is_empty():
        if not replace:
            raise _not_empty("目标库")
        numbers = await server.numbers()
        kept = default_folder(settings) / f"before-restore-{_stamp()}{container.SUFFIX}"
        aside = (await make(settings, to=kept)).path
    raw = default_folder(settings) / f".{secrets.token_hex(8)}.raw"
    raw.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        container.extract(path, raw)
        await server.put(raw)
    finally:
        raw.unlink(missing_ok=True)
    done = await _made_ready(settings, settings.database_url, manifest, numbers)
    await _anchored(settings)
    return {**done, "aside": aside}


async def _made_ready(
    settings: Settings, url: str, manifest: Manifest, numbers: dict[str, int]
) -> dict[str, object]:  # fmt: skip
    """Brings the restored database up to date, takes away what it must not believe, and raises the quarantine."""
    memory = AnchorFile(settings.state_folder, settings.database_url).lines()
    lost = lost_acts(memory, after=manifest.audit_last_id)
    remembered = _highest([numbers, manifest.numbers, highest(memory)])
    migrated: list[str] = await migrate(url)
    async with _opened(url):
        now = await DatabaseClock().now()
        async with in_transaction() as connection:
            await cleanse(connection, now=now)
            floors = await jump(connection, remembered=remembered, always=True)
            await raise_epochs(connection, above=max([anchor.epoch for anchor in memory], default=0))
            halt = await impose(
                connection, trail=Trail(), actor=MACHINE, now=now, remote=remote_channels(settings), settle=settling(settings.restore_absent_after),
                reason=f"数据已恢复到 {_shown(manifest.moment)} 的备份，与平台核对清楚之前不发布任何内容",
                moment=datetime.fromisoformat(manifest.moment), cause="restore", lost=[list(act) for act in lost],
            )  # fmt: skip
        await tell("数据库刚刚从备份恢复", now=now)
        try:
            verified = await Trail().verify()
        except TrailBroken as broken:
            raise CommandFailed(f"恢复出的审计链不完整：{broken}请换一个备份文件", code=6) from broken
        rows = len(await set_aside_rows(halt))
    return {
        "migrated": tuple(migrated), "set_aside": rows, "floors": floors, "audit_records": verified.records,
        "lost_acts": len(lost),
    }  # fmt: skip


async def _anchored(settings: Settings) -> None:
    """From now on this machine remembers the restored chain; without this line it would be taken for an old copy."""
    async with _opened(settings.database_url):
        anchor = await present_anchor(DatabaseClock(), since=-1)
    AnchorFile(settings.state_folder, settings.database_url).append(anchor)


@contextlib.asynccontextmanager
async def _opened(url: str) -> AsyncIterator[None]:
    # tortoise-orm keeps the SQL of a model's statements for the whole process, whatever database came first.
    EXECUTOR_CACHE.clear()
    await connect(url)
    try:
        yield
    finally:
        await disconnect()


def _highest(known: Iterable[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for numbers in known:
        for name, number in numbers.items():
            found[name] = max(found.get(name, 0), number)
    return found


def _not_empty(name: str) -> CommandFailed:
    return CommandFailed(
        f"数据库（{name}）中已有数据，没有恢复。确认要替换时加 --replace：原有数据会先完整保留一份", code=4
    )


def _shown(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
