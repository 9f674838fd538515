"""The scene of a crash: a database, the sandbox over HTTP, and processes of the product that come and go.

What went out is counted by the sandbox alone; what the ledger believes is read from the database.
"""

import asyncio
import contextlib
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from gateway.commands.demo import environment
from gateway.database.connection import sqlite_path
from gateway.settings import Settings
from gateway.wiring import Product
from publishers.records import Attempt, Delivery
from publishers.states import State
from staff.person import Person
from tests.crash.running import Running

PATIENCE: dict[str, Any] = {
    "lease": 3, "settle": 2, "ask_person": 60, "ask_person_soon": 5, "first_retry": 1, "longest_retry": 2,
    "follow": [1], "look": [1],
}  # fmt: skip
"""Seconds; what takes a minute in the product takes about a second here."""


class Scene:
    """``product`` is wired in the test's process and never started: it only plans, cancels and decides as a person does."""

    def __init__(self, settings: Settings, product: Product, sandbox: str, folder: Path) -> None:
        self.settings = settings
        self.product = product
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        self._sandbox = sandbox
        self._folder = folder
        self._running: list[Running] = []

    async def close(self) -> None:
        for running in self._running:
            await running.end()
        await self.http.close()

    # Processes

    async def start(self, kind: str = "worker", *, at: str = "", **patience: Any) -> Running:
        """A new process; ``at``: the failpoint it is to die or stop at."""
        log = self._folder / f"process-{len(self._running)}.log"
        variables = {**os.environ, **environment(self.settings), "MINGBAI_FAILPOINT": at}
        words = (kind, json.dumps({**PATIENCE, **patience}))
        running = await Running.start(variables, log, *words)
        self._running.append(running)
        return running

    async def dies(self, at: str, kind: str = "worker", **patience: Any) -> None:
        """A process comes, works, and is killed at its failpoint."""
        await (await self.start(kind, at=at, **patience)).died()

    async def ready(self, running: Running) -> None:
        """Waits until a ``serve`` answers."""
        async with asyncio.timeout(25):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with self.http.get(f"{self.settings.public_url}/healthz") as answer:
                        if answer.status == 200:
                            return
                assert running.process.returncode is None, running.said()
                await asyncio.sleep(0.1)

    # The ledger

    async def person(self, name: str = "fabu") -> Person:
        return await self.product.accounts.get(name)

    async def release(self, channel: str, *, disclosure: int = 1) -> int:
        """Plans an approved disclosure for now on one channel; returns the delivery's id."""
        made = await self.product.timetable.schedule(
            await self.person(), disclosure, at="now", channels=[channel], operator_address="211.156.0.1"
        )
        return int((await Delivery.get(release_id=made.id, channel=channel)).id)

    async def row(self, delivery: int) -> Delivery:
        return await Delivery.get(id=delivery)

    async def until(self, delivery: int, *states: State, seconds: float = 25.0) -> Delivery:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            row = await self.row(delivery)
            if row.state in states:
                return row
            assert loop.time() < end, (row.state, row.problem, [r.said()[-3000:] for r in self._running])
            await asyncio.sleep(0.1)

    async def attempts(self, delivery: int, verb: str) -> list[str]:
        """The outcomes of the calls of one kind, oldest first."""
        rows = await Attempt.filter(delivery_id=delivery, verb=verb).order_by("id")
        return [row.outcome for row in rows]

    # The sandbox

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self._sandbox}/control{path}", json=body) as answer:
            found = await answer.json(content_type=None)
            assert answer.status < 300, (path, answer.status, found)
            return found

    async def fault(self, kind: str, path: str, **more: Any) -> None:
        await self.control("POST", "/faults", {"kind": kind, "path": path, **more})

    async def effects(self, channel: str) -> list[dict[str, Any]]:
        """Everything that ever appeared on the platform."""
        found: list[dict[str, Any]] = (await self.control("GET", "/effects"))[
            "weibo_posts" if channel == "weibo" else "publications"
        ]
        return found

    async def calls(self, path: str) -> int:
        """How often WeChat was called on this path."""
        return int((await self.control("GET", "/calls"))["calls"].get(path, 0))

    async def quiet(self, seconds: float) -> None:
        """Lets running processes do wrong, if they want to: nothing to wait for, so time must pass."""
        await asyncio.sleep(seconds)

    # The database's own troubles

    @contextlib.asynccontextmanager
    async def database_away(self) -> AsyncIterator[None]:
        """PostgreSQL refuses and ends every connection; SQLite's file is locked by somebody else."""
        path = sqlite_path(self.settings.database_url)
        if path is not None:
            lock = sqlite3.connect(path, isolation_level=None, timeout=20)
            lock.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                lock.rollback()
                lock.close()
            return
        name = urlsplit(self.settings.database_url).path.strip("/")
        admin = await asyncpg.connect(self.settings.database_url.rsplit("/", 1)[0] + "/postgres")
        try:
            await admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
                name,
            )
            yield
        finally:
            await admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
            await admin.close()
