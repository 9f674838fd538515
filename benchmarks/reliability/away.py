"""The database is away while citizens write over the real, encrypted WeChat callback: nobody's message may be lost.

A citizen whose message is answered has one answer in his chat, at once or after the database is back; one who reads “该公众号
提供的服务出现故障” and nothing else was not heard. The platform delivers three times, without pauses, and waits five seconds.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks.chaos.plan import Plan
from benchmarks.chaos.stage import House, house
from benchmarks.reliability.figure import Size, told
from benchmarks.reliability.server import Server

BEFORE: Final = 5.0
AFTER: Final = 8.0
"""Seconds of messages before and after the absence."""
LATER: Final = 40.0
"""Seconds in which what was kept must reach the citizen once the database is back."""
QUICK: Final = 4.5
RED: Final = 5.0
LOOK: Final = 0.25
QUESTION: Final = "办理居住证需要什么材料"


@dataclass(slots=True, kw_only=True)
class Watch:
    """What somebody sees who asks ``/readyz`` and ``/healthz`` all the time."""

    away_at: float = 0.0
    back_at: float = 0.0
    red_at: float = 0.0
    green_at: float = 0.0
    dead: int = 0
    """How often ``/healthz`` did not say that the process is alive."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def look(self, base: str) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
            while not self.stop.is_set():
                self.dead += await _status(http, f"{base}/healthz") != 200
                ready = await _status(http, f"{base}/readyz") == 200
                now = time.monotonic()
                if self.away_at and not self.red_at and not ready:
                    self.red_at = now
                if self.back_at and not self.green_at and ready:
                    self.green_at = now
                await asyncio.sleep(LOOK)


async def measure(kind: str, url: str, folder: Path, size: Size, *, frozen: bool) -> dict[str, Any]:
    """PostgreSQL only. ``frozen``: the server hangs instead of being gone."""
    plan = Plan(database=kind, releases=0, processes=1, kills=0, stops=0, phase=0, share=0)
    async with house(plan, url, folder) as here:
        # The planning product's own connections are not what is measured.
        server = await Server.behind(url)
        here.fleet.start()
        await opened(here.settings.public_url)
        watch = Watch()
        watching = asyncio.create_task(watch.look(here.settings.public_url))
        writing = asyncio.create_task(_write(here, size))
        await asyncio.sleep(BEFORE)
        watch.away_at = time.monotonic()
        if frozen:
            server.freeze()
        else:
            await server.stop()
        await asyncio.sleep(size.outage)
        if frozen:
            server.thaw()
        else:
            await server.start()
        watch.back_at = time.monotonic()
        asked = await writing
        chats = await _answers(here, asked)
        watch.stop.set()
        await watching
        return await _line(here, watch, asked, chats, frozen=frozen, size=size)


async def _line(
    here: House, watch: Watch, asked: list[str], chats: dict[str, list[str]], *, frozen: bool, size: Size
) -> dict[str, Any]:
    deliveries = (await here.sandbox.control("GET", "/deliveries"))["deliveries"]
    attempts = [attempt for one in deliveries if one["openid"] in set(asked) for attempt in one["attempts"]]
    slow = sum(attempt["seconds"] > QUICK and attempt["status"] < 500 for attempt in attempts)
    counts = Counter(min(len(answers), 2) for answers in chats.values())
    red = watch.red_at - watch.away_at if watch.red_at else None
    green = watch.green_at - watch.back_at if watch.green_at else None
    crashes = len(here.fleet.crashes)
    reached = counts[0] == 0 and counts[2] == 0 and not slow and not crashes and red is not None and red <= RED
    return told(
        "database away", "postgres", reached and watch.dead == 0, kind="frozen" if frozen else "gone", seconds=size.outage,
        messages=len(asked), answered_once=counts[1], lost=counts[0], answered_twice=counts[2],
        attempts=len(attempts), refused_5xx=sum(attempt["status"] >= 500 for attempt in attempts),
        slow=slow, slowest=max((attempt["seconds"] for attempt in attempts), default=0),
        red_after=_rounded(red), green_after=_rounded(green), dead=watch.dead, crashes=crashes,
    )  # fmt: skip


async def _write(here: House, size: Size) -> list[str]:
    """Citizens write, each once, before, during and after the absence; returns who they are."""
    asked: list[str] = []
    end = time.monotonic() + BEFORE + size.outage + AFTER
    while time.monotonic() < end:
        openid = f"oAway{len(asked):023d}"
        asked.append(openid)
        await here.sandbox.control(
            "POST", f"/followers/{openid}/say", {"type": "text", "content": QUESTION, "wait": False}
        )
        await asyncio.sleep(1 / size.a_second)
    return asked


async def _answers(here: House, asked: list[str]) -> dict[str, list[str]]:
    """What stands in each citizen's chat from the account, once everybody has something or the time is up."""
    end = time.monotonic() + LATER
    chats: dict[str, list[str]] = {}
    while time.monotonic() < end:
        for openid in asked:
            person = await here.sandbox.control("GET", f"/followers/{openid}")
            chats[openid] = [
                str(line["content"].get("content", "")) for line in person["chat"] if line["side"] == "account"
            ]
        if all(chats.values()) and await here.sandbox.idle():
            break
        await asyncio.sleep(1)
    return chats


async def opened(base: str) -> None:
    """Waits until the product is ready."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        for _ in range(120):
            if await _status(http, f"{base}/readyz") == 200:
                return
            await asyncio.sleep(0.5)
    raise RuntimeError("the product did not start")


async def _status(http: aiohttp.ClientSession, url: str) -> int:
    try:
        async with http.get(url) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return 0


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
