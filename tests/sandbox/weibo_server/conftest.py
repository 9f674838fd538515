"""A local Weibo on a free port, an account's server that answers as the test says, and a clock that obeys."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image

from sandbox.faults import FaultPlan
from sandbox.weibo.app import WeiboServer
from sandbox.weibo.signature import sign
from sandbox.weibo.switches import WeiboSwitches

SECRET = "xyz123xyz"
TOKEN = "2.00sandbox"
UID = "1902538057"
NOON = 1_795_406_400.0  # 2026-11-23 12:00 in Shanghai, to the hour
PERMALINK = "http://mingbai.gov.cn/d/"


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Callback:
    """The account's own server: it verifies the GET honestly and answers pushes as told."""

    received: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    answer: Answer | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        if query.get("signature") != sign(SECRET, query.get("timestamp", ""), query.get("nonce", "")):
            return web.Response(status=403)
        if request.method == "GET":
            return web.Response(text=query["echostr"])
        self.queries.append(query)
        self.received.append(json.loads(await request.text()))
        return web.Response() if self.answer is None else await self.answer(request)


@dataclass
class Weibo:
    server: WeiboServer
    plan: FaultPlan
    clock: Clock
    client: aiohttp.ClientSession
    callback: Callback
    origin: str

    async def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return await self._json("GET", path, params={"access_token": TOKEN} | query)

    async def post(self, path: str, **form: Any) -> tuple[int, Any]:
        return await self._json("POST", path, data={"access_token": TOKEN} | form)

    async def share(self, status: str, **form: Any) -> tuple[int, Any]:
        return await self.post("/2/statuses/share.json", status=status, **({"rip": "211.156.0.1"} | form))

    async def share_picture(self, picture: bytes | None, status: str) -> tuple[int, Any]:
        form = aiohttp.FormData({"access_token": TOKEN, "status": status, "rip": "211.156.0.1"})
        if picture is None:
            form.add_field("other", b"1", filename="other.bin")
        else:
            form.add_field("pic", io.BytesIO(picture), filename="p.jpg", content_type="image/jpeg")
        return await self._json("POST", "/2/statuses/share.json", data=form)

    async def control(self, path: str, **wish: Any) -> Any:
        async with self.client.post(f"{self.origin}/control/weibo/{path}", json=wish) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def say(self, text: str, **wish: Any) -> dict[str, Any]:
        deliveries: list[dict[str, Any]] = (await self.control("say", kind="text", text=text, **wish))["deliveries"]
        return deliveries[0]

    async def page(self, path: str) -> str:
        async with self.client.get(self.origin + path) as answer:
            return await answer.text()

    def turn(self, **switches: Any) -> None:
        self.server.world.switches = self.server.world.switches.changed(switches)

    async def _json(self, verb: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.client.request(verb, f"{self.origin}/weibo-api{path}", **more) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def weibo() -> AsyncIterator[Weibo]:
    clock, plan, callback = Clock(), FaultPlan(), Callback()
    own = web.Application()
    own.router.add_route("*", "/weibo", callback.serve)
    async with TestServer(own, port=0) as own_server:
        server = WeiboServer(
            app_key="1352222456",
            app_secret=SECRET,
            access_token=TOKEN,
            uid=UID,
            safe_domain="mingbai.gov.cn",
            callback_url=str(own_server.make_url("/weibo")),
            fault_plan=plan,
            clock=clock,
            switches=WeiboSwitches(redirect_uri="http://mingbai.gov.cn/back"),
        )
        app = web.Application(client_max_size=12 * 1024 * 1024)
        app.add_routes(server.routes())
        timeout = aiohttp.ClientTimeout(total=5)
        async with TestServer(app, port=0) as site, aiohttp.ClientSession(timeout=timeout) as client:
            await server.start()
            yield Weibo(server, plan, clock, client, callback, str(site.make_url("")).rstrip("/"))
            await plan.close()
            await server.stop()


@pytest.fixture
def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "JPEG")
    return out.getvalue()
