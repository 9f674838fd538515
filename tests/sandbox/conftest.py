"""A running sandbox, a client that knows the platform's manners, and an account's server that answers as told."""

import asyncio
import json
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.app import run
from sandbox.options import SandboxOptions

START = 1_763_860_000.0
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APPID = "wxba5fad812f8e6fb9"
SECRET = "s" * 32
ACCOUNT = "gh_sandbox"
CITIZEN = "oCitizenChenXiuying_00000001"


class MovableClock:
    """Seconds since the epoch; stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = START

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class AccountServer:
    """The other end of the callback: records what comes and answers with `answer`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[web.Request, bytes], Awaitable[web.Response]] = self.success
        self.url = ""

    async def success(self, request: web.Request, body: bytes) -> web.Response:
        return web.Response(text=request.query.get("echostr", "success"))

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.requests.append((request.method, dict(request.query), body))
        return await self.answer(request, body)


class WechatBench:
    """Speaks to one running sandbox over HTTP."""

    def __init__(self, base: str, http: aiohttp.ClientSession, clock: MovableClock, account: AccountServer) -> None:
        self.base = base
        self.http = http
        self.clock = clock
        self.account = account
        self.token = ""

    async def stable_token(self, **more: Any) -> dict[str, Any]:
        body = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET, **more}
        return await self.post("/cgi-bin/stable_token", body, token="")

    async def log_in(self) -> None:
        self.token = (await self.stable_token())["access_token"]

    async def post(self, path: str, body: Any, *, token: str | None = None, raw: bytes | None = None) -> Any:
        data = json.dumps(body, ensure_ascii=False).encode() if raw is None else raw
        async with self.http.post(self._url(path, token), data=data) as response:
            return await response.json(content_type=None)

    async def get(self, path: str, *, token: str | None = None, **query: str) -> Any:
        async with self.http.get(self._url(path, token), params=query) as response:
            return await response.json(content_type=None)

    async def upload(self, path: str, data: bytes, name: str = "a.png", **form: str) -> Any:
        fields = aiohttp.FormData()
        fields.add_field("media", BytesIO(data), filename=name, content_type="application/octet-stream")
        for key, value in form.items():
            fields.add_field(key, value)
        async with self.http.post(self._url(path, None), data=fields) as response:
            return await response.json(content_type=None)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.base}/control/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def profile(self, **changes: Any) -> None:
        await self.control("PATCH", "profile", changes)

    async def effects(self, kind: str) -> list[dict[str, Any]]:
        return list((await self.control("GET", "effects"))[kind])

    async def say(self, content: str = "低保怎么申请", openid: str = CITIZEN, **more: Any) -> dict[str, Any]:
        return dict(await self.control("POST", f"followers/{openid}/say", {"content": content, **more}))

    async def cover(self) -> str:
        answer = await self.upload("/cgi-bin/material/add_material?type=image", png())
        return str(answer["media_id"])

    async def article(self, **changes: Any) -> dict[str, Any]:
        given = {
            "title": "县人民政府关于低保标准的通告",
            "content": "<p>正文</p>",
            "thumb_media_id": await self.cover(),
        }
        return {**given, **changes}

    async def draft(self, **changes: Any) -> Any:
        return await self.post("/cgi-bin/draft/add", {"articles": [await self.article(**changes)]})

    async def stored(self, html: str) -> str:
        """What the platform makes of some HTML."""
        media_id = (await self.draft(content=html))["media_id"]
        return str((await self.post("/cgi-bin/draft/get", {"media_id": media_id}))["news_item"][0]["content"])

    async def published(self, **changes: Any) -> dict[str, Any]:
        """Publish one article and wait until it is out; the answer of freepublish/get."""
        media_id = (await self.draft(**changes))["media_id"]
        publish_id = (await self.post("/cgi-bin/freepublish/submit", {"media_id": media_id}))["publish_id"]
        return dict(await self.post("/cgi-bin/freepublish/get", {"publish_id": publish_id}))

    async def until(self, wanted: Callable[[], Awaitable[bool]]) -> None:
        """Wait for something that comes on its own, two seconds at most."""
        for _ in range(100):
            if await wanted():
                return
            await asyncio.sleep(0.02)
        raise AssertionError("it never came")

    def _url(self, path: str, token: str | None) -> str:
        joint = "&" if "?" in path else "?"
        return f"{self.base}/wechat-api{path}{joint}access_token={self.token if token is None else token}"


def png(extra: int = 0) -> bytes:
    """A picture of one pixel, with `extra` bytes behind it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body + b"\0" * extra


@pytest.fixture
def picture() -> Callable[[int], bytes]:
    return png


@pytest.fixture
def sandbox_options() -> SandboxOptions:
    """Override in a test module to change the start."""
    return SandboxOptions(
        wechat_appid=APPID,
        wechat_secret=SECRET,
        wechat_token="AAAAA",
        wechat_aes_key=AES_KEY,
        wechat_account=ACCOUNT,
        publish_seconds=0.0,
        mass_seconds=0.0,
        event_seconds=0.0,
        callback_seconds=0.2,
    )


@pytest.fixture
async def account_server() -> AsyncIterator[AccountServer]:
    server = AccountServer()
    app = web.Application()
    app.router.add_route("*", "/wechat", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/wechat"
    yield server
    await runner.cleanup()


@pytest.fixture
async def wechat(sandbox_options: SandboxOptions, account_server: AccountServer) -> AsyncIterator[WechatBench]:
    """A sandbox with one certified account, logged in, whose callback is `account_server`."""
    clock = MovableClock()
    options = sandbox_options.changed({"wechat_callback_url": account_server.url})
    runner = await run(options, clock=clock)
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        bench = WechatBench(f"http://{host}:{port}", http, clock, account_server)
        await bench.log_in()
        yield bench
    await runner.cleanup()
