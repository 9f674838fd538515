"""Several real processes of the product over one database, beside one sandbox."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from audit.trail import Trail
from gateway.commands.demo import environment
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from gateway.database.migrate import migrate
from gateway.database.seed import seed
from gateway.settings import Settings
from sandbox.app import run
from sandbox.cli import options_from
from staff.accounts import Accounts
from staff.tokens import ApiTokens
from tests.endtoend.conftest import (
    MACHINE,
    PASSWORD,
    PEOPLE,
    House,
    cheap_passwords,
    free_port,
    settings_for,
)

STARTED_WITHIN = 40.0
"""Seconds: two cores may have other work."""


class NodeProcess(House):
    """One `mingbai serve` or `mingbai worker`; what it says on standard error is in ``told``."""

    def __init__(self, settings: Settings, sandbox_port: int, command: tuple[str, ...], folder: Path) -> None:
        super().__init__(settings, sandbox_port)
        self.base = f"http://{settings.bind}"
        self._command = command
        self._log = folder / f"node-{settings.port}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def told(self) -> str:
        return self._log.read_text("utf-8")

    async def begin(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MINGBAI_")}
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway", *self._command, env={**clean, **environment(self.settings)}, stderr=log
            )

    async def up(self) -> "NodeProcess":
        """Waits until it answers."""
        async with asyncio.timeout(STARTED_WITHIN):
            while True:
                assert self._process is not None
                assert self._process.returncode is None, self.told
                with suppress(aiohttp.ClientError):
                    if (await self.page("/healthz"))[0] == 200:
                        return self
                await asyncio.sleep(0.1)

    async def ended(self) -> int:
        """Waits until it ends by itself; its exit code."""
        assert self._process is not None
        async with asyncio.timeout(STARTED_WITHIN):
            return await self._process.wait()

    def send(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)

    async def close(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self.send(signal.SIGCONT)
                self.send(signal.SIGTERM)
            try:
                async with asyncio.timeout(12):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        await self.http.close()


class Fleet(House):
    """An installation and its processes. ``call`` and ``must`` of a node speak to that node."""

    def __init__(self, settings: Settings, sandbox_port: int, folder: Path) -> None:
        super().__init__(settings, sandbox_port)
        self.folder = folder
        self.nodes: list[NodeProcess] = []
        self._sandbox_port = sandbox_port

    async def begin(self, *command: str, **changes: Any) -> NodeProcess:
        """Starts a process, by default `serve` on a port of its own; ``changes`` are settings."""
        values = {"bind": f"127.0.0.1:{free_port()}", "state_dir": self.folder / "state", **changes}
        settings = self.settings.model_copy(update=values)
        node = NodeProcess(settings, self._sandbox_port, command or ("serve",), self.folder)
        node.tokens = self.tokens
        self.nodes.append(node)
        await node.begin()
        return node

    async def first(self) -> NodeProcess:
        """The node that stands at the public address, where the platforms' callbacks come in."""
        return await (await self.begin(bind=self.settings.bind)).up()

    async def prepared(self) -> None:
        """A migrated, seeded database with one account a role."""
        EXECUTOR_CACHE.clear()
        await migrate(self.settings.database_url, then=seed)
        await connect(self.settings.database_url)
        clock, trail, passwords = DatabaseClock(), Trail(), cheap_passwords()
        accounts = Accounts(clock=clock, trail=trail, passwords=passwords)
        for name, roles in PEOPLE.items():
            await accounts.add(name, roles=roles, unit="区民政局", password=PASSWORD, by=MACHINE)
            self.tokens[name] = await ApiTokens(clock=clock, trail=trail).issue(name, by=MACHINE)
        passwords.close()
        await disconnect()
        EXECUTOR_CACHE.clear()

    async def close(self) -> None:
        await asyncio.gather(*(node.close() for node in self.nodes))
        await self.http.close()


Making = Callable[[str], Fleet]


@pytest.fixture
async def making_fleets(tmp_path: Path) -> AsyncIterator[Making]:
    """Makes installations over databases of one's choice, all beside the same sandbox: the same platform accounts."""
    sandbox_port = free_port()
    made: list[Fleet] = []
    first = settings_for(tmp_path, "sqlite:///none.db", port=free_port(), sandbox_port=sandbox_port)
    runner = await run(options_from({**environment(first)}, first.public_url), port=sandbox_port)

    def make(url: str) -> Fleet:
        folder = tmp_path / f"installation{len(made)}"
        folder.mkdir()
        settings = first
        if made:
            settings = settings_for(folder, url, port=free_port(), sandbox_port=sandbox_port)
        fleet = Fleet(settings.model_copy(update={"database_url": url}), sandbox_port, folder)
        made.append(fleet)
        return fleet

    yield make
    for fleet in made:
        await fleet.close()
    await runner.cleanup()
    EXECUTOR_CACHE.clear()


async def until(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What ``true`` returns (or the coroutine that it returns gives) once it is not false."""
    async with asyncio.timeout(seconds):
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.05)
