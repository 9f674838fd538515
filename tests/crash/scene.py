"""The scene of a crash: a database, the sandbox over HTTP, and processes of the product that come and go.

What went out is counted by the sandbox alone; what the ledger believes is read from the database.
"""

import asyncio
import contextlib
import os
import resource
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands.demo import environment
from gateway.database.clock import DatabaseClock
from gateway.database.connection import sqlite_path
from gateway.settings import Settings
from gateway.wiring import Product
from publishers.records import Attempt, Delivery
from publishers.states import State
from staff.person import Person
from staff.tokens import ApiTokens
from tests.crash.running import Nursery, Running

MACHINE = Actor.machine("测试")
PATIENCE: dict[str, Any] = {
    "lease": 3, "settle": 2, "ask_person": 60, "ask_person_soon": 5, "first_retry": 1, "longest_retry": 2,
    "follow": [1], "look": [1],
}  # fmt: skip
"""Seconds; what takes a minute in the product takes about a second here."""


ROOM = 16 * 1024
FULL = """
CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_delivery BEFORE INSERT OR UPDATE ON delivery FOR EACH ROW EXECUTE FUNCTION disk_full();
CREATE TRIGGER full_attempt BEFORE INSERT OR UPDATE ON delivery_attempt FOR EACH ROW EXECUTE FUNCTION disk_full();
CREATE TRIGGER full_audit BEFORE INSERT OR UPDATE ON audit_record FOR EACH ROW EXECUTE FUNCTION disk_full();
"""


class Scene:
    """``product`` is wired in the test's process and never started: it only plans, cancels and decides as a person does."""

    def __init__(self, settings: Settings, product: Product, sandbox: str, folder: Path, nursery: Nursery) -> None:
        self.settings = settings
        self.product = product
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        self.clock, self.trail = DatabaseClock(), Trail()
        self._sandbox = sandbox
        self._folder = folder
        self._nursery = nursery
        self._running: list[Running] = []
        self._tokens: dict[str, str] = {}

    async def close(self) -> None:
        for running in self._running:
            await running.end()
        await self.http.close()

    # Processes

    async def start(self, kind: str = "worker", *, at: str = "", **patience: Any) -> Running:
        """A new process; ``at``: the failpoint it is to die or stop at."""
        log = self._folder / f"process-{len(self._running)}.log"
        variables = {**os.environ, **environment(self.settings), "MINGBAI_FAILPOINT": at}
        running = await self._nursery.born(log, kind=kind, patience={**PATIENCE, **patience}, environment=variables)
        self._running.append(running)
        return running

    async def dies(self, at: str, kind: str = "worker", **patience: Any) -> None:
        """A process comes, works, and is killed at its failpoint."""
        await (await self.start(kind, at=at, **patience)).died()

    async def ready(self, running: Running) -> None:
        """Waits until a ``serve`` answers."""
        async with asyncio.timeout(75):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with self.http.get(f"{self.settings.public_url}/healthz") as answer:
                        if answer.status == 200:
                            return
                assert running.code is None, running.said()
                await asyncio.sleep(0.1)

    async def call(self, name: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The API of the ``serve`` that runs, as one of the staff."""
        if name not in self._tokens:
            self._tokens[name] = await ApiTokens(clock=self.clock, trail=self.trail).issue(name, by=MACHINE)
        bearer = {"Authorization": f"Bearer {self._tokens[name]}"}
        url = f"{self.settings.public_url}/api/v1{path}"
        async with self.http.request(method, url, json=body, headers=bearer) as answer:
            return answer.status, await answer.json(content_type=None)

    async def decided(self, delivery: int, choice: str) -> None:
        """Two persons decide; the second may have to wait until the machine has looked once more."""
        steps = (
            ("fabu", "propose", {"choice": choice, "reason": "已核对，时间线上没有这条内容"}),
            ("fabu2", "confirm", {}),
        )
        for name, verb, body in steps:
            for _ in range(400):
                status, found = await self.call(name, "POST", f"/deliveries/{delivery}/{verb}", body)
                if status == 200:
                    break
                assert status == 409, (verb, status, found)
                await asyncio.sleep(0.1)
            assert status == 200, (verb, found)

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

    async def until(self, delivery: int, *states: State, seconds: float = 75.0) -> Delivery:
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

    async def attempted(self, delivery: int, verb: str) -> None:
        """Waits until a call of this kind stands in the ledger."""

        async def stands() -> bool:
            return bool(await self.attempts(delivery, verb))

        await self.comes_true(stands)

    async def effect(self, channel: str) -> None:
        """Waits until something appeared on the platform: a request may be on its way when its sender is dead already."""

        async def appeared() -> bool:
            return bool(await self.effects(channel))

        await self.comes_true(appeared)

    async def comes_true(self, fact: Callable[[], Awaitable[bool]], *, seconds: float = 75.0) -> None:
        for _ in range(int(seconds / 0.1)):
            if await fact():
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{fact.__name__} never came true")

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

    async def fired(self, path: str) -> int:
        """How often the faults on this path acted."""
        listed = (await self.control("GET", "/faults"))["faults"]
        return sum(rule["fired"] for rule in listed if rule["path"] == path)

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

    @contextlib.asynccontextmanager
    async def disk_full(self, running: Running) -> AsyncIterator[None]:
        """The process may write no file beyond 16 KB, which a transaction in SQLite's log needs soon (its own short log still
        fits); PostgreSQL answers as it does when its disk is full (53100)."""
        if sqlite_path(self.settings.database_url) is not None:
            assert running.pid is not None
            before = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (ROOM, before[1]))
            try:
                yield
            finally:
                resource.prlimit(running.pid, resource.RLIMIT_FSIZE, before)
            return
        admin = await asyncpg.connect(self.settings.database_url)
        try:
            await admin.execute(FULL)
            yield
        finally:
            await admin.execute("DROP FUNCTION disk_full CASCADE")
            await admin.close()
