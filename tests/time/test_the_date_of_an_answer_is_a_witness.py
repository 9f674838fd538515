"""Any HTTP server tells the time with every answer; what cannot be believed is no witness. Over real HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from publishers.fencing import steady_seconds
from scheduler import witnesses
from scheduler.steadiness import Span
from scheduler.witnesses import DateWitness

Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        runners.append(runner)
        return f"http://127.0.0.1:{runner.addresses[0][1]}/api"

    yield start
    for runner in runners:
        await runner.cleanup()


def now() -> Span:
    before = steady_seconds()
    return Span.read(datetime.now(UTC), before=before, after=steady_seconds())


def answering(status: int = 200, **headers: str) -> Any:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


@pytest.mark.parametrize("status", [200, 302, 403, 404, 405, 500])
async def test_any_answer_tells_the_time(http: aiohttp.ClientSession, serve: Serve, status: int) -> None:
    headers = {"Location": "http://127.0.0.1:9/"} if status == 302 else {}
    span = await DateWitness(http=http, url=await serve(answering(status, **headers))).testify()
    assert span is not None
    assert now().agrees(span)


@pytest.mark.parametrize("wrong_by", [3600, -3600, 30, -30, 5, -5])
async def test_a_server_with_another_time_does_not_agree(
    http: aiohttp.ClientSession, serve: Serve, wrong_by: int
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=wrong_by), usegmt=True)
    span = await DateWitness(http=http, url=await serve(answering(Date=date))).testify()
    assert span is not None
    assert not now().agrees(span)
    assert (now().ahead_of(span) < 0) is (wrong_by > 0)


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 23 Nov 2026 25:00:00 GMT", "2026-11-23T10:00:00"])
async def test_what_is_no_date_is_no_testimony(http: aiohttp.ClientSession, serve: Serve, date: str) -> None:
    assert await DateWitness(http=http, url=await serve(answering(Date=date))).testify() is None


async def test_an_answer_out_of_a_store_is_no_testimony(http: aiohttp.ClientSession, serve: Serve) -> None:
    assert await DateWitness(http=http, url=await serve(answering(Age="120"))).testify() is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://no.such.host.invalid/"])
async def test_who_cannot_be_reached_is_no_witness(http: aiohttp.ClientSession, url: str) -> None:
    assert await DateWitness(http=http, url=url).testify() is None


async def test_a_witness_that_hangs_is_given_up(
    http: aiohttp.ClientSession, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert witnesses.PATIENCE.total == 5
    monkeypatch.setattr(witnesses, "PATIENCE", aiohttp.ClientTimeout(total=0.3))
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    url = await serve(hang)
    began = time.monotonic()
    assert await DateWitness(http=http, url=url).testify() is None
    assert time.monotonic() - began < 3
    released.set()
