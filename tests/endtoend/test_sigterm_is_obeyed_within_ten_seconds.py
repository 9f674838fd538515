"""SIGTERM: the process is gone within ten seconds, whatever hangs, and the next one finds everything in the ledger."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.time.processes import SetHouse, set_house

LIMIT = 10.0
HANGS = 30


async def gone_within(house: SetHouse) -> float:
    """Seconds until the process is gone; more than ten fail in ``end``."""
    began = time.monotonic()
    await house.end(signal.SIGTERM)
    return time.monotonic() - began


@pytest.fixture
async def silent_server() -> AsyncIterator[str]:
    """Accepts every connection and never says a word."""
    writers: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0)


@pytest.mark.timeout(120)
async def test_with_calls_to_both_platforms_that_hang_and_half_a_request_of_a_citizen(
    database_url: str, tmp_path: Path
) -> None:
    async with set_house(tmp_path, database_url, texts=1, fake=False) as (house, (text,)):
        await house.open()
        hanging = [
            {"kind": "slow", "seconds": HANGS, "path": path}
            for path in ("/2/statuses/share.json", "/cgi-bin/freepublish/submit")
        ]
        await house.control("POST", "/faults", {"faults": hanging})
        release, _ = await house.planned(text, 0.2)
        await both_hang(house)
        _, writer = await asyncio.open_connection(house.settings.host, house.settings.port)
        writer.write(b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        assert await gone_within(house) < LIMIT
        writer.transport.abort()
        await house.control("DELETE", "/faults")
        await house.open()
        found = await house.must("fabu", "GET", f"/releases/{release}")
        states = {delivery["channel"]: delivery["state"] for delivery in found["deliveries"]}
        assert states["portal"] == "published"
        assert {states["wechat"], states["weibo"]} <= {"sending", "unknown", "submitted", "published"}
        assert "完整" in await house.command("audit", "verify")


async def both_hang(house: SetHouse) -> None:
    """Waits until both calls are under way."""
    for _ in range(300):
        armed = (await house.control("GET", "/faults"))["faults"]
        if all(rule["fired"] for rule in armed):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(armed)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("after", [0.0, 0.5, 2.0])
async def test_with_witnesses_of_the_time_that_hang(
    database_url: str, tmp_path: Path, silent_server: str, after: float
) -> None:
    async with set_house(tmp_path, database_url, texts=0, fake=False) as (house, _):
        house.environ(MINGBAI_WECHAT_API_BASE=silent_server, MINGBAI_WEIBO_API_BASE=silent_server)
        await house.open()
        await asyncio.sleep(after)
        assert await gone_within(house) < LIMIT


@pytest.mark.timeout(120)
@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_with_a_database_that_answers_no_more(postgres_url: str, tmp_path: Path) -> None:
    """Every process of the server that works for us is stopped, as on a machine that is short of memory."""
    async with set_house(tmp_path, postgres_url, texts=0, fake=False) as (house, _):
        await house.open()
        await asyncio.sleep(2)
        backends = await backends_of(postgres_url)
        for number in backends:
            os.kill(number, signal.SIGSTOP)
        try:
            await asyncio.sleep(1.5)
            assert await gone_within(house) < LIMIT
        finally:
            for number in backends:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGCONT)


async def backends_of(url: str) -> list[int]:
    """The numbers of the server's processes behind the connections to this database."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    return [int(row["pid"]) for row in rows]
