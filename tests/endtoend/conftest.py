"""The whole house over real HTTP: the product as the wiring builds it, beside the sandbox. Only the wire joins them."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands.demo import demo_settings, environment
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from gateway.database.seed import seed
from gateway.settings import Settings, WeChatLists
from gateway.wiring import Product, build
from sandbox.app import run
from sandbox.cli import options_from
from staff.passwords import Passwords
from staff.tokens import ApiTokens

PASSWORD = "mingbai-demo-2026"
PEOPLE = {
    "nigao": ["drafter"],
    "chushen": ["first_reviewer"],
    "fushen": ["second_reviewer"],
    "zhongshen": ["final_reviewer"],
    "fabu": ["publisher"],
    "zhishi": ["curator"],
}
MACHINE = Actor.machine("测试")


def cheap_passwords() -> Passwords:
    return Passwords(time_cost=1, memory_cost=1024, parallelism=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """Product and sandbox with their addresses; ``call`` speaks the API as one person, ``sandbox`` the control door."""

    def __init__(self, settings: Settings, sandbox_port: int) -> None:
        self.settings = settings
        self.base = settings.public_url
        self.sandbox = f"http://127.0.0.1:{sandbox_port}"
        self.tokens: dict[str, str] = {}
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        self.product: Product | None = None
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        """Starts the product's process half: what a restart would do."""
        await connect(self.settings.database_url)
        self.product = await build(self.settings, passwords=cheap_passwords())
        await self.product.start()
        self._runner = web.AppRunner(self.product.app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.settings.host, self.settings.port, reuse_address=True).start()

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self.product is not None:
            await self.product.stop()
        await disconnect()

    async def restart(self) -> None:
        await self.close()
        await self.open()

    async def staff(self) -> None:
        """One account a role, each with a token."""
        assert self.product is not None
        for name, roles in PEOPLE.items():
            await self.product.accounts.add(name, roles=roles, unit="区民政局", password=PASSWORD, by=MACHINE)
            self.tokens[name] = await ApiTokens(clock=DatabaseClock(), trail=Trail()).issue(name, by=MACHINE)

    async def call(self, person: str, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        answer = await self.http.request(
            method,
            f"{self.base}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.tokens[person]}", **headers},
        )
        async with answer:
            return answer.status, await answer.json(content_type=None)

    async def must(self, person: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, found = await self.call(person, method, path, body, **headers)
        assert status in {200, 201}, (method, path, status, found)
        return found

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.sandbox}/control{path}", json=body) as answer:
            found = await answer.json(content_type=None)
            assert answer.status < 300, (path, answer.status, found)
            return found

    async def page(self, path: str) -> tuple[int, str]:
        async with self.http.get(self.base + path) as answer:
            return answer.status, await answer.text()

    async def until(self, release: int, *states: str, seconds: float = 60.0) -> Any:
        """The release once all its deliveries are in one of ``states``; fails with what it was at the end."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            found = await self.must("fabu", "GET", f"/releases/{release}")
            if all(delivery["state"] in states for delivery in found["deliveries"]):
                return found
            assert loop.time() < deadline, found
            await asyncio.sleep(0.1)


async def until_known(house: House, question: str) -> Any:
    """The bot's answer, once its index has seen what was released (it looks every second)."""
    async with asyncio.timeout(60):
        while True:
            answer = await house.must("fabu", "POST", "/ask", {"text": question})
            if answer["decision"] == "answer":
                return answer
            await asyncio.sleep(0.2)


def settings_for(folder: Path, database_url: str, *, port: int, sandbox_port: int) -> Settings:
    # Choices as text: a list to tap follows an answer after a moment, and most tests look at the last message of the phone.
    changes = {"database_url": database_url, "wechat_lists": WeChatLists.OFF}
    return demo_settings(folder, port=port, sandbox_port=sandbox_port).model_copy(update=changes)


class ProcessHouse(House):
    """The product as an operator runs it: commands and a `mingbai serve` process that can be stopped or killed."""

    def __init__(self, settings: Settings, sandbox_port: int) -> None:
        super().__init__(settings, sandbox_port)
        self._environment = {**os.environ, **environment(settings), "MINGBAI_LATE_MINUTES": "15"}
        self._process: asyncio.subprocess.Process | None = None

    async def command(self, *words: str, stdin: str = "") -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", *words, env=self._environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate(stdin.encode())
        assert process.returncode == 0, (words, process.returncode)
        return out.decode().strip()

    async def open(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "serve", env=self._environment, stderr=asyncio.subprocess.DEVNULL
        )
        for _ in range(600):
            with contextlib.suppress(aiohttp.ClientError):
                async with self.http.get(f"{self.base}/healthz") as answer:
                    if answer.status == 200:
                        return
            assert self._process.returncode is None, "mingbai serve ended at once"
            await asyncio.sleep(0.1)
        raise AssertionError("mingbai serve did not come up within a minute")

    async def close(self) -> None:
        await self.end(signal.SIGTERM)

    async def end(self, how: signal.Signals) -> None:
        """Ends the process; SIGTERM must be obeyed within ten seconds."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            async with asyncio.timeout(10):
                await self._process.wait()

    async def staff(self) -> None:
        for name, roles in PEOPLE.items():
            await self.command(
                "staff",
                "add",
                name,
                "--role",
                ",".join(roles),
                "--unit",
                "区民政局",
                "--password-stdin",
                stdin=PASSWORD + "\n",
            )
            self.tokens[name] = await self.command("staff", "token", name)


@pytest.fixture
async def process_house(tmp_path: Path) -> AsyncIterator[ProcessHouse]:
    """A new installation: `mingbai migrate`, `mingbai staff add`, `mingbai serve`, beside the sandbox."""
    port, sandbox_port = free_port(), free_port()
    settings = settings_for(tmp_path, f"sqlite://{tmp_path}/mingbai.db", port=port, sandbox_port=sandbox_port)
    runner = await run(options_from({**environment(settings)}, settings.public_url), port=sandbox_port)
    house = ProcessHouse(settings, sandbox_port)
    await house.command("migrate")
    await house.staff()
    await house.open()
    yield house
    await house.close()
    await house.http.close()
    await runner.cleanup()


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    port, sandbox_port = free_port(), free_port()
    settings = settings_for(tmp_path, database_url, port=port, sandbox_port=sandbox_port)
    options = options_from({**environment(settings)}, settings.public_url)
    runner = await run(options, port=sandbox_port)
    house = House(settings, sandbox_port)
    await house.open()
    await seed()
    await house.staff()
    yield house
    await house.http.close()
    await house.close()
    await runner.cleanup()
