"""However many tasks and processes ask, the platform is asked once; the token is never readable in the database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from publishers.errors import ChannelRefused, ChannelUnavailable
from publishers.records import PlatformToken
from publishers.wechat import token as token_module
from publishers.wechat.token import WeChatTokens


class Issuer:
    """stable_token: the same token while it is valid."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.token = "99_first"
        self.answer: dict[str, Any] | None = None
        self.base = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        await asyncio.sleep(0.02)
        return web.json_response(self.answer or {"access_token": self.token, "expires_in": 7200})


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    made = Issuer()
    app = web.Application()
    app.router.add_post("/cgi-bin/stable_token", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def keeper(http: aiohttp.ClientSession, issuer: Issuer, clock: Any, **changes: str) -> WeChatTokens:
    values = {"appid": "wxapp", "secret": "s" * 32, "owner": "worker", **changes}
    return WeChatTokens(http=http, api_base=issuer.base, clock=clock, **values)


async def test_many_askers_are_one_question(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any
) -> None:
    first, second = keeper(http, issuer, clock), keeper(http, issuer, clock)
    tokens = await asyncio.gather(*(who.current() for who in (first, second) * 10))
    assert set(tokens) == {"99_first"}
    assert len(issuer.asked) == 1
    assert issuer.asked[0]["force_refresh"] is False


async def test_the_token_is_renewed_five_minutes_before_its_end(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any
) -> None:
    tokens = keeper(http, issuer, clock)
    await tokens.current()
    clock.advance(7200 - 301)
    await tokens.current()
    assert len(issuer.asked) == 1
    clock.advance(2)
    issuer.token = "99_second"
    assert await tokens.current() == "99_second"
    assert len(issuer.asked) == 2


async def test_a_rejected_token_is_first_looked_up_again(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any
) -> None:
    mine, other = keeper(http, issuer, clock), keeper(http, issuer, clock)
    old = await mine.current()
    issuer.token = "99_second"
    assert await other.renewed(rejected=old) == "99_second"
    assert await mine.renewed(rejected=old) == "99_second"
    assert len(issuer.asked) == 2


async def test_a_token_that_the_platform_repeats_is_not_asked_for_again_and_again(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any
) -> None:
    tokens = keeper(http, issuer, clock)
    old = await tokens.current()
    assert await tokens.renewed(rejected=old) == old
    assert len(issuer.asked) == 2


async def test_the_token_is_sealed_in_the_database(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any
) -> None:
    assert await keeper(http, issuer, clock).current() == "99_first"
    row = await PlatformToken.get(account="wechat:wxapp")
    assert "99_first" not in row.token
    assert row.lease_until is None
    assert await keeper(http, issuer, clock).current() == "99_first"
    assert len(issuer.asked) == 1
    # Another AppSecret cannot open it, so it fetches its own.
    await keeper(http, issuer, clock, secret="t" * 32).current()
    assert len(issuer.asked) == 2


async def test_a_dead_keepers_lease_runs_out(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_module, "_POLLS", 2)
    await PlatformToken.create(
        account="wechat:wxapp", owner="dead", lease_until=await clock.now() + timedelta(seconds=15)
    )
    with pytest.raises(ChannelUnavailable, match="另一进程"):
        await keeper(http, issuer, clock).current()
    clock.advance(16)
    assert await keeper(http, issuer, clock).current() == "99_first"


async def test_a_failed_fetch_frees_the_lease_and_says_why(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any
) -> None:
    tokens = keeper(http, issuer, clock)
    issuer.answer = {"errcode": 40164, "errmsg": "invalid ip 1.2.3.4, not in whitelist rid: 66bd627d-1"}
    with pytest.raises(ChannelRefused, match="白名单") as caught:
        await tokens.current()
    assert "系统管理员" in caught.value.remedy
    issuer.answer = {"access_token": 5}
    with pytest.raises(ChannelUnavailable):
        await tokens.current()
    issuer.answer = None
    assert await tokens.current() == "99_first"


@pytest.mark.parametrize(("code", "waits"), [(40001, True), (42001, True), (40125, False), (40013, False)])
async def test_only_a_secret_that_is_surely_wrong_is_not_waited_for(
    database: str, http: aiohttp.ClientSession, issuer: Issuer, clock: Any, code: int, waits: bool
) -> None:
    issuer.answer = {"errcode": code, "errmsg": "invalid"}
    with pytest.raises(ChannelUnavailable if waits else ChannelRefused) as caught:
        await keeper(http, issuer, clock).current()
    assert "AppSecret" in caught.value.remedy
