"""The meta tags of 国办发〔2017〕47号 and the metadata box of a disclosure. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.site import SiteIdentity
from publishers.portal.item import BEIJING

MetaTags = list[tuple[str, str]]
"""(name, content) in the order of the official tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """栏目: what the four column tags say."""

    name: str
    description: str
    keywords: str
    kind: str
    """ColumnType: a value of the official list."""


def site_tags(site: SiteIdentity) -> MetaTags:
    """The three tags of every page, all compulsory."""
    return [("SiteName", site.name), ("SiteDomain", site.domain), ("SiteIDCode", site.id_code)]


def column_tags(site: SiteIdentity, column: Column) -> MetaTags:
    """The site's and the column's tags, all compulsory: an empty one falls back to the column's name."""
    return [
        *site_tags(site),
        ("ColumnName", column.name),
        ("ColumnDescription", column.description or column.name),
        ("ColumnKeywords", column.keywords or column.name),
        ("ColumnType", column.kind or "信息公开目录"),
    ]


def article_tags(
    site: SiteIdentity, column: Column, payload: Mapping[str, Any], *, published_at: datetime, url: str
) -> MetaTags:
    """All three levels. ``PubDate`` is ``YYYY-MM-DD HH:MM`` in Beijing; optional tags are left out when empty."""
    optional = [
        ("Keywords", ",".join(payload.get("keywords") or ())),
        ("Author", str(payload.get("department") or "")),
        ("Description", str(payload.get("summary") or "")),
        ("Image", next((site.url(str(picture["path"])) for picture in payload.get("pictures") or ()), "")),
        ("Url", url),
    ]
    return [
        *column_tags(site, column),
        ("ArticleTitle", str(payload["title"])),
        ("PubDate", published_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")),
        ("ContentSource", str(payload.get("source") or payload.get("department") or site.name)),
        *((name, content) for name, content in optional if content),
    ]


def box(payload: Mapping[str, Any], *, published_at: datetime, state: str, category: str) -> list[tuple[str, str]]:
    """The metadata box as (label, value), in the order that real 政府信息 pages use. ``category`` may be a path
    (法定主动公开内容 / 社会救助). 文号 and the like are shown as 无 rather than left out, as the formats ask."""
    validity = "废止" if state == "repealed" else str(payload.get("validity") or "有效")
    rows = [
        ("索引号", str(payload.get("index_number") or "")),
        ("分类", category),
        ("发布机构", str(payload.get("department") or "")),
        ("文号", str(payload.get("document_number") or "无")),
        ("成文日期", chinese_date(str(payload.get("formed_on") or ""))),
        ("发布日期", chinese_date(published_at.astimezone(BEIJING).date().isoformat())),
        ("有效性", validity),
        ("公开方式", "主动公开"),
        ("名称", str(payload["title"])),
        ("内容概述", str(payload.get("summary") or "")),
        ("关键词", "、".join(payload.get("keywords") or ())),
    ]
    return [(label, value) for label, value in rows if value]


def chinese_date(iso: str) -> str:
    """2026-05-01 → 2026年5月1日; what is no date stays as it is."""
    parts = iso.split("-")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return iso
    return f"{int(parts[0])}年{int(parts[1])}月{int(parts[2])}日"
