"""The clerk who changes his mind in the middle of it: cancels and moves releases around their moment, and edits texts while
their posts are on the way. What he cancelled in time must never appear, what he moved must not appear before its new moment,
and what he wrote anew was approved by nobody."""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
from tortoise.exceptions import BaseORMException

from benchmarks.chaos.stage import Office
from benchmarks.chaos.texts import Approved
from publishers.errors import PublishError

log = logging.getLogger(__name__)
SHARE = 0.045
"""Of the releases; a third of them is cancelled, a third moved, a third edited."""
LATER = (5.0, 20.0)
"""Seconds by which a release is put off."""
PATIENCE = 120.0
"""Seconds after the moment in which a page may appear, so that its text can be edited."""


class Meddler:
    """``cancelled`` and ``edited`` are the disclosures where it succeeded; ``moved`` says since when what was moved may be
    out: (channel, disclosure) → seconds since the epoch."""

    def __init__(self, office: Office, approved: Sequence[Approved], dice: random.Random) -> None:
        self._office = office
        self._dice = dice
        chosen = dice.sample(list(approved), max(3, round(SHARE * len(approved))))
        self._to_cancel, self._to_edit, self._to_move = chosen[::3], chosen[1::3], chosen[2::3]
        self.cancelled: set[int] = set()
        self.moved: dict[tuple[str, int], float] = {}
        self.edited: set[int] = set()

    async def meddle(self) -> None:
        """All of it; ends when the last moment has come."""
        await asyncio.gather(
            *(self._cancel(one) for one in self._to_cancel),
            *(self._edit(one) for one in self._to_edit),
            *(self._move(one) for one in self._to_move),
        )

    async def _cancel(self, one: Approved) -> None:
        await asyncio.sleep(one.due_at + self._dice.uniform(-1, 6) - time.time())
        try:
            await self._office.cancel(one.release_id)
        except (PublishError, BaseORMException, OSError) as trouble:
            # Too late, or a frozen process holds the database: he reads it on his screen, and nothing has changed.
            log.info("release %s is not cancelled: %s", one.release_id, trouble)
        else:
            self.cancelled.add(one.disclosure_id)

    async def _move(self, one: Approved) -> None:
        await asyncio.sleep(one.due_at + self._dice.uniform(-1, 6) - time.time())
        at = datetime.now(UTC) + timedelta(seconds=self._dice.uniform(*LATER))
        try:
            channels = await self._office.move(one.release_id, at)
        except (PublishError, BaseORMException, OSError) as trouble:
            log.info("release %s is not moved: %s", one.release_id, trouble)
        else:
            self.moved |= {(channel, one.disclosure_id): at.timestamp() for channel in channels}

    async def _edit(self, one: Approved) -> None:
        """As soon as the portal shows the text: while the other channels are about to."""
        await asyncio.sleep(one.due_at - time.time())
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            while time.time() < one.due_at + PATIENCE:
                if await _shown(http, one.page_url) and await self._edited(one):
                    return
                await asyncio.sleep(0.1)

    async def _edited(self, one: Approved) -> bool:
        try:
            await self._office.edit(one.disclosure_id)
        except (BaseORMException, OSError) as trouble:
            log.info("disclosure %s is not edited yet: %s", one.disclosure_id, trouble)
            return False
        self.edited.add(one.disclosure_id)
        return True


async def _shown(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
