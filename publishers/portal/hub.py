"""Tells a WebSub hub that feeds have changed (W3C WebSub: ``hub.mode=publish``), so that subscribers hear at once."""

from collections.abc import Sequence

import aiohttp

from publishers.errors import ChannelUnavailable

_TIMEOUT = aiohttp.ClientTimeout(total=10)


async def announce(http: aiohttp.ClientSession, hub_url: str, topics: Sequence[str]) -> None:
    """One POST a topic. Repeating it is harmless. Raises ChannelUnavailable when the hub does not take it."""
    for topic in topics:
        try:
            form = {"hub.mode": "publish", "hub.url": topic}
            async with http.post(hub_url, data=form, timeout=_TIMEOUT, allow_redirects=False) as answer:
                if not 200 <= answer.status < 300:
                    raise ChannelUnavailable(f"WebSub 中枢返回状态 {answer.status}", topic=topic, status=answer.status)
        except (aiohttp.ClientError, TimeoutError) as trouble:
            raise ChannelUnavailable("连不上 WebSub 中枢", topic=topic, reason=type(trouble).__name__) from trouble
