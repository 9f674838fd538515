"""Conditional answers (RFC 9110): strong ETags made from the content, the same on every replica."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import hdrs, web

PAGE_SECONDS = 60
"""How long a shared cache may keep a page or a feed."""


def reply(
    request: web.Request,
    body: bytes,
    *,
    content_type: str,
    modified: datetime | None = None,
    cache_control: str = f"public, max-age={PAGE_SECONDS}",
    headers: Mapping[str, str] | None = None,
    charset: str | None = "utf-8",
    etag: str = "",
) -> web.Response:
    """200, or 304 when the reader has it. ``If-None-Match`` goes before ``If-Modified-Since`` (RFC 9110 §13.2.2)."""
    mark = etag or hashlib.sha256(body).hexdigest()[:32]
    response = web.Response(
        headers={hdrs.CACHE_CONTROL: cache_control, hdrs.VARY: hdrs.ACCEPT_ENCODING, **(headers or {})}
    )
    response.etag = mark
    if modified is not None:
        response.last_modified = modified.astimezone(UTC).replace(microsecond=0)
    if _reader_has_it(request, mark, modified):
        response.set_status(304)
        return response
    response.content_type = content_type
    if charset is not None:
        response.charset = charset
    response.body = body
    return response


def _reader_has_it(request: web.Request, mark: str, modified: datetime | None) -> bool:
    if request.method not in (hdrs.METH_GET, hdrs.METH_HEAD):
        return False
    known = request.if_none_match
    if known is not None:
        return any(tag.value in (mark, "*") for tag in known)
    since = request.if_modified_since
    return since is not None and modified is not None and modified.replace(microsecond=0) <= since
