"""One token owner an account: three real processes that all need a token ask the platform once."""

import asyncio
import sys
from typing import Any

import aiohttp
import pytest

from sandbox.app import run
from sandbox.cli import options_from
from tests.nodes.token_asker import APPID, SECRET

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]


class Asker:
    """One process; ``ask`` returns the tokens that all its tasks got."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def begin(cls, url: str, api_base: str) -> "Asker":
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.nodes.token_asker", url, api_base,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        asker = cls(process)
        assert await asker._line() == "ready"
        return asker

    async def ask(self, how: str = "ask") -> set[str]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{how}\n".encode())
        await self._process.stdin.drain()
        return set((await self._line()).split())

    async def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert await self._process.wait() == 0

    async def _line(self) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(40):
            return (await self._process.stdout.readline()).decode().strip()


async def test_sixty_tasks_in_three_processes_are_one_call(postgres_url: str) -> None:
    options = options_from({"MINGBAI_WECHAT_APPID": APPID, "MINGBAI_WECHAT_SECRET": SECRET}, "http://127.0.0.1:1")
    runner = await run(options, port=0)
    sandbox = f"http://127.0.0.1:{runner.addresses[0][1]}"
    askers = await asyncio.gather(*(Asker.begin(postgres_url, f"{sandbox}/wechat-api") for _ in range(3)))
    async with aiohttp.ClientSession() as http:

        async def calls() -> Any:
            async with http.get(f"{sandbox}/control/calls") as answer:
                return (await answer.json())["calls"]["/cgi-bin/stable_token"]

        assert len(set[str]().union(*await asyncio.gather(*(asker.ask() for asker in askers)))) == 1
        assert await calls() == 1
        # The platform refuses the token everywhere at once: again one call, and the same new token for all.
        async with http.post(f"{sandbox}/control/tokens/kill") as answer:
            assert answer.status == 200
        renewed = set[str]().union(*await asyncio.gather(*(asker.ask("renew") for asker in askers)))
        assert len(renewed) == 1
        assert await calls() == 2
    for asker in askers:
        await asker.end()
    await runner.cleanup()
