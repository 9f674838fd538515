"""A page as one JSON Feed 1.1 item with the ``_zwgk`` extension: for our feed and for a foreign portal. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urljoin
from zoneinfo import ZoneInfo

from publishers.portal import markup

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
BEIJING = ZoneInfo("Asia/Shanghai")
TAG_YEAR = "2026"
"""RFC 4151: a date on which the authority held the domain. Never change it: every entry id would change."""


def tag_uri(domain: str, disclosure_id: int) -> str:
    """The permanent id of a disclosure: it outlives titles, URLs and index numbers (RFC 4151)."""
    return f"tag:{domain},{TAG_YEAR}:disclosure/{disclosure_id}"


def legal(text: str) -> str:
    """The text without characters that XML 1.0 forbids; feeds must never break on one control character."""
    return _ILLEGAL.sub("", text)


def rfc3339(moment: datetime) -> str:
    """With the offset of Beijing, whole seconds: 2026-11-23T09:30:00+08:00."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def file_url(base: str, file: Mapping[str, Any]) -> str:
    """The absolute address of a stored file; the name may be Chinese and is escaped."""
    return urljoin(base, quote(str(file["path"])))


def metadata(payload: Mapping[str, Any], *, state: str) -> dict[str, Any]:
    """The 政府信息 metadata (索引号, 文号, …) under ASCII names, without empty ones."""
    values = {
        "index_number": payload.get("index_number"),
        "document_number": payload.get("document_number"),
        "department": payload.get("department"),
        "category": payload.get("category"),
        "formed_on": payload.get("formed_on"),
        "validity": "废止" if state == "repealed" else payload.get("validity"),
        "stage": payload.get("stage"),
        "source": payload.get("source"),
    }
    return {name: legal(str(value)) for name, value in values.items() if value}


def feed_item(
    payload: Mapping[str, Any],
    *,
    item_id: str,
    url: str,
    base: str,
    published_at: datetime,
    updated_at: datetime,
    state: str = "live",
) -> dict[str, Any]:
    """One item. ``base`` is the absolute root of the site that serves the files."""
    item: dict[str, Any] = {
        "id": item_id,
        "url": url,
        "title": legal(str(payload["title"])),
        "content_html": legal(markup.absolute(str(payload["body_html"]), base=base)),
        "date_published": rfc3339(published_at),
        "date_modified": rfc3339(updated_at),
        "authors": [{"name": legal(str(payload["department"]))}],
        "tags": [legal(str(tag)) for tag in [payload["category"], *payload.get("keywords", ())] if tag],
        "language": "zh-CN",
        "_zwgk": metadata(payload, state=state),
    }
    if payload.get("summary"):
        item["summary"] = legal(str(payload["summary"]))
    if payload.get("attachments"):
        item["attachments"] = [
            {
                "url": file_url(base, file),
                "mime_type": file["media_type"],
                "title": legal(str(file.get("title") or file["file_name"])),
                "size_in_bytes": file["size"],
            }
            for file in payload["attachments"]
        ]
    return item
