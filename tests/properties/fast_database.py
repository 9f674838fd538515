"""A real SQLite database that costs little: in memory, driven in the loop's own thread, emptied between two examples.

Two thousand examples of fifty steps run hundreds of thousands of statements. What makes a statement slow is not SQLite: it
is the journey to aiosqlite's thread and back. So the connection runs it where it stands; SQL, constraints, transactions
and the product's guarded engine are the real ones.
"""

import asyncio
import atexit
import contextlib
import logging
import sqlite3
import tempfile
from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import aiosqlite
from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError

from gateway.database.connection import disconnect, tortoise_config
from gateway.database.migrate import migrate
from gateway.database.sqlite_guarded import GuardedTransaction

T = TypeVar("T")


class DirectConnection(aiosqlite.Connection):
    """aiosqlite without its thread."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, 64)

    async def _execute(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(*args, **kwargs)

    def __await__(self) -> Generator[Any, None, "DirectConnection"]:
        self._connection = self._connector()
        return self
        yield

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="mingbai-template-")
    atexit.register(folder.cleanup)
    return folder


class FastDatabase:
    """One event loop and one database for a whole test. ``fail_commit`` arms a fault for the commits to come."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.wrong_moves: list[str] = []
        """Changes of a delivery's state that are not in the table of moves."""
        self._faults: list[str] = []
        self.raw = self.run(self._open(self._migrated()))
        self.raw.execute("PRAGMA foreign_keys = OFF")
        tables = self.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        self.tables = [str(row[0]) for row in tables]
        self._patches = [
            patch.object(GuardedTransaction, "commit", self._committing(GuardedTransaction.commit)),
        ]
        for one in self._patches:
            one.start()

    def _migrated(self) -> Path:
        """The file of a migrated database, made once for all: it takes six seconds of a processor."""
        path = Path(_folder().name) / "mingbai.db"
        if not path.exists():
            self.run(migrate(f"sqlite://{path}"))
        return path

    async def _open(self, template: Path) -> sqlite3.Connection:
        config = tortoise_config(f"sqlite://{template}")
        memory = {"file_path": ":memory:", "journal_mode": "MEMORY", "synchronous": "OFF"}
        config["connections"]["default"]["credentials"] |= memory
        EXECUTOR_CACHE.clear()
        await Tortoise.init(config=config, _enable_global_fallback=True)
        with patch("aiosqlite.connect", _connect):
            client: Any = get_connection("default")
            await client.create_connection(with_db=True)
        raw: sqlite3.Connection = client._connection._conn
        with sqlite3.connect(template) as source:
            source.backup(raw)
        source.close()
        return raw

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """What is committed, asked without the ORM."""
        return self.raw.execute(sql, tuple(parameters)).fetchall()

    def reset(self, *, keep: Iterable[str] = ()) -> None:
        """Empties every table but those."""
        self._faults.clear()
        self.wrong_moves.clear()
        if self.raw.in_transaction:
            self.raw.rollback()
        for table in self.tables:
            if table not in keep:
                self.raw.execute(f'DELETE FROM "{table}"')
        self.raw.execute("DELETE FROM sqlite_sequence")

    def fail_commit(self, how: str) -> None:
        """``lost``: the next commit does not happen and says so; ``unheard``: it happens and says that it did not;
        ``passed``: a commit goes through before the one that is armed next."""
        self._faults.append(how)

    def disarm(self) -> None:
        self._faults.clear()

    def _committing(self, commit: Any) -> Any:
        database = self

        async def guarded(transaction: GuardedTransaction) -> None:
            fault = database._faults.pop(0) if database._faults else "passed"
            if fault == "lost":
                await transaction.rollback()
                raise OperationalError("disk I/O error")
            await commit(transaction)
            if fault == "unheard":
                raise OperationalError("the connection was lost")

        return guarded

    def close(self) -> None:
        for one in self._patches:
            one.stop()
        self.run(disconnect())
        EXECUTOR_CACHE.clear()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


@contextlib.contextmanager
def opened_database() -> Iterator[FastDatabase]:
    """Nothing is logged meanwhile: a hundred thousand steps say a hundred thousand things, and pytest keeps them all."""
    database = FastDatabase()
    logging.disable(logging.CRITICAL)
    yield database
    logging.disable(logging.NOTSET)
    database.close()


def _connect(database: str, **options: Any) -> DirectConnection:
    return DirectConnection(lambda: sqlite3.connect(database, **options))
