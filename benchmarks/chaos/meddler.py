"""The clerk who changes his mind in the middle of it: cancels releases around their moment, and edits texts while their posts
are on the way. What he cancelled in time must never appear, and what he wrote anew was approved by nobody."""

import asyncio
import logging
import random
import time
from collections.abc import Sequence

import aiohttp
from tortoise.exceptions import BaseORMException

from benchmarks.chaos.stage import Office
from benchmarks.chaos.texts import Approved
from publishers.errors import PublishError

log = logging.getLogger(__name__)
SHARE = 0.03
"""Of the releases; half of them are cancelled, half edited."""
PATIENCE = 120.0
"""Seconds after the moment in which a page may appear, so that its text can be edited."""


class Meddler:
    """``cancelled`` and ``edited`` are the disclosures where it succeeded."""

    def __init__(self, office: Office, approved: Sequence[Approved], dice: random.Random) -> None:
        self._office = office
        self._dice = dice
        chosen = dice.sample(list(approved), max(2, round(SHARE * len(approved))))
        self._to_cancel, self._to_edit = chosen[::2], chosen[1::2]
        self.cancelled: set[int] = set()
        self.edited: set[int] = set()

    async def meddle(self) -> None:
        """All of it; ends when the last moment has come."""
        await asyncio.gather(
            *(self._cancel(one) for one in self._to_cancel), *(self._edit(one) for one in self._to_edit)
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
