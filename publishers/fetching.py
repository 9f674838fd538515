"""Fetching a file that a platform holds for us: one host that is configured, no redirects, a deadline and a cap."""

from collections.abc import Mapping
from typing import Final

import aiohttp

from publishers.errors import ChannelRefused, ChannelUnavailable

TIMEOUT: Final = aiohttp.ClientTimeout(total=30, connect=5, sock_connect=5, sock_read=10)
_AGAIN: Final = "系统会稍后再试。"


async def fetched(
    http: aiohttp.ClientSession, address: str, *, query: Mapping[str, str], headers: Mapping[str, str] | None = None,
    most: int, platform: str,
) -> bytes:  # fmt: skip
    """The body of a GET. Raises ChannelUnavailable when it may be tried again, ChannelRefused when it is too large or
    the platform leads elsewhere. Neither names the address, which may hold a token."""
    try:
        async with http.get(address, params=query, headers=headers, timeout=TIMEOUT, allow_redirects=False) as response:
            if response.status >= 500:
                raise ChannelUnavailable(f"{platform}暂时没有给出图片", remedy=_AGAIN, status=response.status)
            if response.status >= 300 and response.status < 400:
                raise ChannelRefused(f"{platform}把图片指向了别处，没有取", remedy="请与来访人联系。")
            body = bytearray()
            async for chunk in response.content.iter_chunked(65536):
                body += chunk
                if len(body) > most:
                    response.close()
                    raise ChannelRefused(f"图片超过 {most // 1024 // 1024} MB，没有取", remedy="请与来访人联系。")
            return bytes(body)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise ChannelUnavailable(f"连接不上{platform}", remedy=_AGAIN, cause=type(error).__name__) from None
