"""Brings the schema up to date, under a lock: three nodes that start at once all succeed."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from gateway.database.connection import sqlite_path, tortoise_config
from gateway.database.waking import install_triggers
from gateway.errors import MigrationFailed

LOCK_KEY = 0x6D696E67626169  # “mingbai” as a number: PostgreSQL's advisory locks are numbered.
LOCK_SECONDS = 120.0

Progress = Callable[[str], None]


async def migrate(
    url: str, *, progress: Progress | None = None, then: Callable[[], Awaitable[None]] | None = None
) -> list[str]:
    """Applies what is missing and returns the names of the migrations applied now; ``then`` runs under the same lock.

    Opens and closes its own connection. Raises MigrationFailed when another node holds the lock for two minutes.
    """
    applied: list[str] = []

    def note(event: str, _app: str, name: str) -> None:
        if event == "apply_done":
            applied.append(name)
            if progress is not None:
                progress(name)

    async with _locked(url):
        await Tortoise.init(config=tortoise_config(url))
        try:
            await _executor().migrate([MigrationTarget(app_label="mingbai", name="__latest__")], progress=note)
            await install_triggers(get_connection("default"))
            if then is not None:
                await then()
        finally:
            await Tortoise.close_connections()
    return applied


async def pending() -> list[str]:
    """The migrations that the open database still lacks."""
    steps = await _executor().plan([MigrationTarget(app_label="mingbai", name="__latest__")])
    return [step.migration.name for step in steps]


def _executor() -> MigrationExecutor:
    app = {"models": [], "default_connection": "default", "migrations": "gateway.database.migrations"}
    return MigrationExecutor(get_connection("default"), {"mingbai": app})


@asynccontextmanager
async def _locked(url: str) -> AsyncIterator[None]:
    path = sqlite_path(url)
    if path is None:
        async with _postgres_lock(url):
            yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(f"{path}.migrating", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        await _file_lock(lock)
        yield
    finally:
        os.close(lock)


async def _file_lock(lock: int) -> None:
    deadline = asyncio.get_running_loop().time() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                raise MigrationFailed(
                    "另一个进程正在升级数据库，两分钟内没有完成。请查看该进程的日志后重试。"
                ) from None
            await asyncio.sleep(0.1)
        else:
            return


@asynccontextmanager
async def _postgres_lock(url: str) -> AsyncIterator[None]:
    credentials = tortoise_config(url)["connections"]["default"]["credentials"]
    connection = await asyncpg.connect(
        host=credentials["host"],
        port=credentials["port"],
        user=credentials["user"],
        password=credentials["password"],
        database=credentials["database"],
        timeout=10,
    )
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY, timeout=LOCK_SECONDS)
        yield
    except TimeoutError as late:
        raise MigrationFailed("另一个节点正在升级数据库，两分钟内没有完成。请查看该节点的日志后重试。") from late
    finally:
        await connection.close()
