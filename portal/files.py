"""Pictures and attachments: public only while a public page shows them."""

import re
from urllib.parse import quote

from aiohttp import web

from disclosures.records import StoredFile
from portal.conditional import reply
from portal.links import Links
from publishers.port import LoadFile

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Types that a browser shows in place. SVG is not among them: it can carry script."""


class FilePages:
    """``/files/{sha256}/{name}``."""

    def __init__(self, *, load_file: LoadFile, links: Links) -> None:
        self._load_file = load_file
        self._links = links

    async def file(self, request: web.Request) -> web.Response:
        """The bytes; 404 when no public page shows the file (any more). Whoever keeps a copy asks each time whether it may
        still be shown (304 when it may): a withdrawn list must not live on in a proxy."""
        sha256 = request.match_info["sha256"]
        if not _SHA256.fullmatch(sha256) or not await self._links.is_public(sha256):
            raise web.HTTPNotFound(text="没有这个文件，或者它已不再公开。")
        row = await StoredFile.filter(sha256=sha256).first().values("media_type", "file_name")
        if row is None or row["file_name"] != request.match_info["name"]:
            raise web.HTTPNotFound(text="没有这个文件，或者它已不再公开。")
        media_type = str(row["media_type"]).split(";")[0].strip().lower() or "application/octet-stream"
        place = "inline" if media_type in _SHOWN else "attachment"
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Disposition": f"{place}; filename*=UTF-8''{quote(str(row['file_name']), safe='')}",
        }
        return reply(
            request,
            await self._load_file(sha256),
            content_type=media_type,
            charset=None,
            etag=sha256,
            cache_control="public, no-cache",
            headers=headers,
        )
