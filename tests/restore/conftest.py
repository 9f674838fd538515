"""A district's busy day on real processes: `mingbai serve` beside the sandbox, killed, restored and started again."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from audit.actor import Actor
from audit.trail import Trail
from gateway.commands.demo import environment
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from gateway.database.seed import seed
from gateway.settings import Settings
from sandbox.app import run
from sandbox.cli import options_from
from staff.accounts import Accounts
from staff.passwords import Passwords
from staff.tokens import ApiTokens
from tests.endtoend import walk
from tests.endtoend.conftest import PASSWORD, PEOPLE, free_port, settings_for

STAFF = {**PEOPLE, "fabu2": ["publisher"]}
MACHINE = Actor.machine("测试")
EVERYWHERE = ["portal", "wechat", "weibo", "answers"]


class Day:
    """One installation and its platforms. Commands and the server are processes of their own."""

    def __init__(self, settings: Settings, sandbox_port: int, folder: Path) -> None:
        self.settings = settings
        self.base = settings.public_url
        self.folder = folder
        self.sandbox = f"http://127.0.0.1:{sandbox_port}"
        self.tokens: dict[str, str] = {}
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        self.environment = {
            **os.environ, **environment(settings), "MINGBAI_STATE_DIR": str(folder / "state"),
            # What WeChat does not show for six seconds counts as not sent; its sandbox reviews for one.
            "MINGBAI_RESTORE_ABSENT_MINUTES": "0.1",
        }  # fmt: skip
        self._server: asyncio.subprocess.Process | None = None

    async def staff(self) -> None:
        """One account a role (two who may publish), each with a token; cheap passwords."""
        EXECUTOR_CACHE.clear()
        await connect(self.settings.database_url)
        await seed()
        passwords = Passwords(time_cost=1, memory_cost=1024, parallelism=1)
        accounts = Accounts(clock=DatabaseClock(), trail=Trail(), passwords=passwords)
        for name, roles in STAFF.items():
            await accounts.add(name, roles=roles, unit="区民政局", password=PASSWORD, by=MACHINE)
            self.tokens[name] = await ApiTokens(clock=DatabaseClock(), trail=Trail()).issue(name, by=MACHINE)
        passwords.close()
        await disconnect()
        EXECUTOR_CACHE.clear()

    async def command(self, *words: str, code: int = 0) -> Any:
        """What a command says in JSON (or its text, when it is none)."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", *words, env=self.environment, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert process.returncode == code, (words, process.returncode, out.decode(), err.decode())
        with contextlib.suppress(ValueError):
            return json.loads(out)
        return out.decode() + err.decode()

    async def start(self) -> None:
        with (self.folder / "serve.log").open("ab") as log:
            self._server = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway", "serve", env=self.environment, stderr=log
            )
        for _ in range(400):
            with contextlib.suppress(aiohttp.ClientError):
                async with self.http.get(f"{self.base}/healthz") as answer:
                    if answer.status == 200:
                        return
            assert self._server.returncode is None, (self.folder / "serve.log").read_text()[-3000:]
            await asyncio.sleep(0.1)
        raise AssertionError("mingbai serve did not come up within 40 s")

    async def end(self, how: signal.Signals) -> None:
        if self._server is not None and self._server.returncode is None:
            self._server.send_signal(how)
            async with asyncio.timeout(10):
                await self._server.wait()

    async def call(self, person: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.tokens[person]}"}
        async with self.http.request(method, f"{self.base}/api/v1{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def must(self, person: str, method: str, path: str, body: Any = None) -> Any:
        status, found = await self.call(person, method, path, body)
        assert status in {200, 201}, (method, path, status, found)
        return found

    async def approved(self, title: str) -> int:
        """A disclosure that three people have signed."""
        text = walk.draft(title)
        text["channels"]["weibo"]["text"] = f"【{title}】冬季取暖补助由村（居）代办，五个工作日到卡。"
        number = int((await self.must("nigao", "POST", "/disclosures", text))["id"])
        await self.must("nigao", "POST", f"/disclosures/{number}/submit")
        for reviewer in ("chushen", "fushen", "zhongshen"):
            await self.must(reviewer, "POST", f"/disclosures/{number}/approve")
        return number

    async def scheduled(self, number: int, *, after: float | None = None, channels: list[str] = EVERYWHERE) -> int:
        """The release of an approved disclosure, now or in so many seconds."""
        at = "now" if after is None else (datetime.now(UTC) + timedelta(seconds=after)).isoformat()
        asked = {"disclosure": number, "at": at, "channels": channels, "reason": walk.REASON}
        return int((await self.must("fabu", "POST", "/releases", asked))["id"])

    async def deliveries(self, release: int) -> dict[str, str]:
        found = await self.must("fabu", "GET", f"/releases/{release}")
        return {delivery["channel"]: delivery["state"] for delivery in found["deliveries"]}

    async def published(self, *releases: int, seconds: float = 60.0) -> None:
        """Waits until every delivery of the releases is out."""
        async with asyncio.timeout(seconds):
            for release in releases:
                while True:
                    states = set((await self.deliveries(release)).values())
                    if states == {"published"}:
                        break
                    await asyncio.sleep(0.2)

    async def page_status(self, path: str) -> int:
        async with self.http.get(self.base + path) as answer:
            return answer.status

    async def halt(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.must("fabu", "GET", "/halt")
        return found

    async def settled(self, *, seconds: float = 90.0) -> None:
        """Two persons settle what the machine cannot: they look at the platform, which here is the sandbox itself."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            standing = [halt for halt in (await self.halt())["halts"] if halt["kind"] == "quarantine"]
            if standing and standing[0]["doubts"] == 0:
                return
            assert asyncio.get_running_loop().time() < deadline, await self.must("fabu", "GET", "/deliveries")
            for line in (await self.must("fabu", "GET", "/deliveries?state=held"))["items"]:
                if line["intent_at"] is not None:
                    await self._decide(line)
            await asyncio.sleep(0.5)

    async def _decide(self, line: dict[str, Any]) -> None:
        page = f"{self.base}/d/{line['disclosure']}"
        out = [post for post in await self._posts(line["channel"]) if post["page"] == page]
        choice = {"choice": "it_is_out", "url": out[0]["id"]} if out else {"choice": "send_again"}
        if line["channel"] == "wechat":
            choice.pop("url", None)
        status, _ = await self.call(
            "fabu", "POST", f"/deliveries/{line['id']}/propose", {**choice, "reason": "已在平台核对"}
        )
        if status == 200:
            await self.call("fabu2", "POST", f"/deliveries/{line['id']}/confirm", {})

    async def lifted(self, *, seconds: float = 60.0) -> None:
        """One person asks, another confirms; as soon as the machine allows it."""
        asked = {"kind": "quarantine", "reason": "已核对完毕"}
        async with asyncio.timeout(seconds):
            while True:
                status, _ = await self.call("fabu", "POST", "/halt/lift", asked)
                if status == 200:
                    break
                await asyncio.sleep(0.5)
        status, refused = await self.call("fabu", "POST", "/halt/lift", asked)
        assert status == 409
        assert "另一个人" in refused["detail"]
        assert (await self.must("fabu2", "POST", "/halt/lift", asked))["halted"] is False

    async def _posts(self, channel: str) -> list[dict[str, str]]:
        """Everything that ever stood on the platform, by its own count."""
        async with self.http.get(f"{self.sandbox}/control/effects") as answer:
            effects = await answer.json()
        if channel == "weibo":
            posts = [(each["mid"], each["urls"][0]) for each in effects["weibo_posts"] if each["urls"]]
        else:
            posts = [(each["article_id"], each["source_url"]) for each in effects["publications"]]
        return [{"id": number, "page": page.split("#")[0]} for number, page in posts]

    async def out_there(self) -> dict[str, Counter[int]]:
        """How often each disclosure went out on each platform."""
        return {
            channel: Counter(int(post["page"].rsplit("/", 1)[1]) for post in await self._posts(channel))
            for channel in ("wechat", "weibo")
        }


@pytest.fixture
def installed(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database of the kind that the test names."""
    url: str = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
async def day(installed: str, tmp_path: Path) -> AsyncIterator[Day]:
    port, sandbox_port = free_port(), free_port()
    settings = settings_for(tmp_path, installed, port=port, sandbox_port=sandbox_port)
    runner = await run(options_from({**environment(settings)}, settings.public_url), port=sandbox_port)
    day = Day(settings, sandbox_port, tmp_path)
    await day.staff()
    yield day
    await day.end(signal.SIGKILL)
    await day.http.close()
    await runner.cleanup()
