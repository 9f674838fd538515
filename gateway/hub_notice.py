"""Tells the WebSub hub, after the commit, that the feeds changed. A hub that is away delays nothing and loses nothing."""

import asyncio
import logging
from collections.abc import Sequence

import aiohttp

from publishers.errors import ChannelUnavailable
from publishers.portal.hub import announce

log = logging.getLogger(__name__)
TRIES = 3
PAUSE = 5.0


class HubNotice:
    """``changed`` may be called at any time; without a hub it does nothing."""

    def __init__(self, *, http: aiohttp.ClientSession, hub_url: str, topics: Sequence[str]) -> None:
        self._http = http
        self._hub_url = hub_url
        self._topics = tuple(topics)
        self._under_way: set[asyncio.Task[None]] = set()

    def changed(self) -> None:
        """The portal has a new, changed or withdrawn page."""
        if self._hub_url:
            task = asyncio.create_task(self._announce())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _announce(self) -> None:
        for number in range(TRIES):
            try:
                await announce(self._http, self._hub_url, self._topics)
            except ChannelUnavailable as away:
                log.warning("hub was not told (try %d): %s", number + 1, away)
                await asyncio.sleep(PAUSE)
            else:
                return
