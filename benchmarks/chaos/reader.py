"""A citizen who reloads pages that are not public yet: what he reads before its moment is early."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp

from benchmarks.chaos.texts import Approved

AHEAD = 4.0
PAUSE = 0.2
AT_ONCE = 5
REBORN = 30.0
"""Seconds within which a process that was killed serves again."""


class Reader:
    """``early`` and ``looks`` are how often a page was there too soon, and how often it was asked for."""

    def __init__(self, approved: Sequence[Approved]) -> None:
        self._waiting = sorted(approved, key=lambda one: one.due_at)
        self.early: set[int] = set()
        self.looks = 0

    async def read(self) -> None:
        """Until it is cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as http:
            while True:
                now = time.time()
                self._waiting = [one for one in self._waiting if one.due_at > now]
                soon = [one for one in self._waiting[:AT_ONCE] if one.due_at < now + AHEAD]
                await asyncio.gather(*(self._look(http, one) for one in soon))
                await asyncio.sleep(PAUSE)

    async def _look(self, http: aiohttp.ClientSession, one: Approved) -> None:
        try:
            async with http.get(one.page_url) as answer:
                body = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError):
            return  # The door may be dead or frozen at this moment; that is part of the run.
        if time.time() >= one.due_at:
            return
        self.looks += 1
        if answer.status == 200 and one.title in body:
            self.early.add(one.disclosure_id)


async def unread(approved: Sequence[Approved]) -> set[int]:
    """The disclosures whose page does not say what was approved, read over HTTP by a citizen."""
    missing = set()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
        for one in approved:
            status, body = await _page(http, one.page_url)
            if status != 200 or one.title not in body or not all(words in body for words in one.words):
                missing.add(one.disclosure_id)
    return missing


async def _page(http: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    """Status and text. The process that serves may have been killed a moment ago and is being born again: it is waited for."""
    loop = asyncio.get_running_loop()
    until = loop.time() + REBORN
    while True:
        try:
            async with http.get(url) as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientConnectionError:
            if loop.time() > until:
                raise
        await asyncio.sleep(PAUSE)
