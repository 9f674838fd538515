"""Fetching the pictures that citizens sent: after the reply, by a sweep of its own, so that no reply waits for a platform."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from casework.media import CitizenPictures, Wanted
from publishers.errors import ChannelUnavailable, PublishError

log = logging.getLogger(__name__)

FetchPicture = Callable[[Mapping[str, str]], Awaitable[bytes]]
"""Fetches a file by what its platform calls it. Raises the errors of ``publishers.errors``."""
AT_A_TIME: Final = 10


class Fetching:
    """``fetch``: how each channel's pictures are fetched; a channel without a way says so where the officer looks."""

    def __init__(self, *, pictures: CitizenPictures, fetch: Mapping[str, FetchPicture]) -> None:
        self._pictures = pictures
        self._fetch = dict(fetch)

    async def sweep(self) -> int:
        """Fetches what is due; to be called every few seconds by one node. Returns how many were looked for."""
        wanted = await self._pictures.due(limit=AT_A_TIME)
        for one in wanted:
            await self._one(one)
        return len(wanted)

    async def _one(self, one: Wanted) -> None:
        fetch = self._fetch.get(one.channel)
        if fetch is None or not any(one.reference.values()):
            await self._pictures.give_up(one.id, "没有取到：平台没有给出图片的编号。")
            return
        try:
            data = await fetch(one.reference)
        except ChannelUnavailable as away:
            await self._pictures.postpone(one.id, f"还没有取到：{away}")
        except PublishError as refused:
            await self._pictures.give_up(one.id, f"没有取到：{refused}")
        except Exception:
            # The edge of a loop: whatever a platform's answer did, the next picture must not wait for it.
            log.exception("picture %s was not fetched", one.id)
            await self._pictures.postpone(one.id, "还没有取到：读平台的应答时出错")
        else:
            await self._pictures.keep(one.id, data)
