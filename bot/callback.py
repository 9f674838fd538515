"""What both callbacks do with a raw request: its body is read up to a cap, and whatever is wrong gets one bare 403."""

import asyncio
from typing import Final

from aiohttp import web

from bot.envelope import BODY_CAP
from bot.errors import EnvelopeRefused

READING: Final = 3.0
"""Seconds a body may take to arrive."""


async def read_body(request: web.Request) -> bytes:
    """The body, as it was sent. Raises EnvelopeRefused when it is too long, too slow or encoded."""
    if request.headers.get("Content-Encoding") or (request.content_length or 0) > BODY_CAP:
        raise EnvelopeRefused
    body = bytearray()
    try:
        async with asyncio.timeout(READING):
            while chunk := await request.content.read(BODY_CAP + 1 - len(body)):
                body += chunk
                if len(body) > BODY_CAP:
                    raise EnvelopeRefused
    except TimeoutError:
        raise EnvelopeRefused from None
    return bytes(body)


def forbidden() -> web.Response:
    """Bare 403: no text, no reason, always the same bytes."""
    response = web.Response(status=403)
    response.force_close()
    return response
