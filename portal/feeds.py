"""The feeds as bytes: Atom (RFC 4287, 5005, 6721), RSS 2.0, JSON Feed 1.1. Pure: same input, same bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from portal.site import SiteIdentity
from publishers.portal.item import BEIJING, feed_item, legal, metadata, rfc3339, tag_uri
from publishers.portal.markup import plain_text

ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONE = "http://purl.org/atompub/tombstones/1.0"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
ZWGK = "urn:x-mingbai:zwgk:1.0"
"""Our own namespace for 政府信息 metadata (索引号, 文号, …)."""
XML = "http://www.w3.org/XML/1998/namespace"

ATOM_TYPE, RSS_TYPE, JSON_TYPE = "application/atom+xml", "application/rss+xml", "application/feed+json"
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""``updated`` of a feed in which nothing has happened yet."""
# Typed as Any because the stubs know no default namespace (the None key).
_ATOM_PREFIXES: Any = {None: ATOM, "at": TOMBSTONE, "zw": ZWGK}
_ZW_NAMES = {
    "index_number": "indexNo",
    "document_number": "documentNo",
    "department": "issuer",
    "category": "category",
    "formed_on": "formedOn",
    "validity": "validity",
    "stage": "stage",
    "source": "source",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One live or repealed page."""

    disclosure_id: int
    payload: Mapping[str, Any]
    state: str
    published_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A withdrawn page: readers must remove their copy (RFC 6721)."""

    disclosure_id: int
    when: datetime
    title: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One page of a feed. ``path`` is like ``/feed.atom``; ``query`` the filter without the page (``category=…``)."""

    site: SiteIdentity
    path: str
    query: str = ""
    title: str
    page: int
    pages: int
    entries: tuple[FeedEntry, ...]
    tombstones: tuple[Tombstone, ...]

    @property
    def updated(self) -> datetime:
        moments = [e.updated_at for e in self.entries] + [t.when for t in self.tombstones]
        return max(moments, default=_BEGINNING)

    def address(self, page: int) -> str:
        """The absolute URL of one page of this feed; the first page has no number."""
        parts = [part for part in (self.query, f"page={page}" if page > 1 else "") if part]
        return self.site.url(self.path) + ("?" + "&".join(parts) if parts else "")

    def relations(self) -> list[tuple[str, str]]:
        """The paging and WebSub links as (rel, href)."""
        found = [("self", self.address(self.page))]
        if self.pages > 1:
            found += [("first", self.address(1)), ("last", self.address(self.pages))]
        if self.page > 1:
            found.append(("previous", self.address(self.page - 1)))
        if self.page < self.pages:
            found.append(("next", self.address(self.page + 1)))
        if self.site.hub_url:
            found.append(("hub", self.site.hub_url))
        return found


def entry_url(site: SiteIdentity, disclosure_id: int) -> str:
    return site.url(f"/d/{disclosure_id}")


def atom(feed: Feed) -> bytes:
    """``application/atom+xml``."""
    site = feed.site
    root = etree.Element(_q(ATOM, "feed"), nsmap=_ATOM_PREFIXES)
    root.set(_q(XML, "lang"), "zh-CN")
    _add(root, ATOM, "id", site.url(feed.path) + (f"?{feed.query}" if feed.query else ""))
    _add(root, ATOM, "title", feed.title)
    _add(root, ATOM, "updated", rfc3339(feed.updated))
    _add(_add(root, ATOM, "author"), ATOM, "name", site.organiser or site.name)
    _add(root, ATOM, "link", rel="alternate", type="text/html", href=site.root)
    for rel, href in feed.relations():
        _add(root, ATOM, "link", rel=rel, href=href, **({} if rel == "hub" else {"type": ATOM_TYPE}))
    _add(root, ATOM, "generator", "明白")
    for grave in feed.tombstones:
        _add_tombstone(root, feed, grave)
    for entry in feed.entries:
        _add_atom_entry(root, feed, entry)
    return _bytes(root)


def rss(feed: Feed) -> bytes:
    """``application/rss+xml``. RSS knows no deletion: the tombstones stand in their own namespace."""
    site = feed.site
    root = etree.Element("rss", nsmap={"atom": ATOM, "content": CONTENT, "at": TOMBSTONE, "zw": ZWGK}, version="2.0")
    channel = etree.SubElement(root, "channel")
    _plain(channel, "title", feed.title)
    _plain(channel, "link", site.root)
    _plain(channel, "description", f"{site.name}主动公开的政府信息")
    _plain(channel, "language", "zh-cn")
    _plain(channel, "lastBuildDate", _rfc822(feed.updated))
    _plain(channel, "generator", "明白")
    _plain(channel, "ttl", "5")
    for rel, href in feed.relations():
        _add(channel, ATOM, "link", rel=rel, href=href, **({} if rel == "hub" else {"type": RSS_TYPE}))
    for grave in feed.tombstones:
        _add_tombstone(channel, feed, grave)
    for entry in feed.entries:
        _add_rss_item(channel, feed, entry)
    return _bytes(root)


def json_feed(feed: Feed) -> bytes:
    """``application/feed+json``; withdrawn ids stand in ``_zwgk.withdrawn``."""
    site = feed.site
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": legal(feed.title),
        "home_page_url": site.root,
        "feed_url": feed.address(1),
        "description": f"{legal(site.name)}主动公开的政府信息",
        "language": "zh-CN",
        "authors": [{"name": legal(site.organiser or site.name), "url": site.root}],
        "_zwgk": {
            "about": ZWGK,
            "withdrawn": [
                {
                    "id": tag_uri(site.domain, grave.disclosure_id),
                    "url": entry_url(site, grave.disclosure_id),
                    "when": rfc3339(grave.when),
                    "explanation": legal(grave.explanation),
                }
                for grave in feed.tombstones
            ],
        },
        "items": [_json_item(feed, entry) for entry in feed.entries],
    }
    if feed.page < feed.pages:
        document["next_url"] = feed.address(feed.page + 1)
    if site.hub_url:
        document["hubs"] = [{"type": "WebSub", "url": site.hub_url}]
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def link_headers(feed: Feed) -> str:
    """The ``Link`` header of WebSub discovery: hub and self; subscribers look here first."""
    return ", ".join(f'<{href}>; rel="{rel}"' for rel, href in feed.relations() if rel in ("hub", "self"))


def _json_item(feed: Feed, entry: FeedEntry) -> dict[str, Any]:
    site = feed.site
    item = feed_item(
        entry.payload,
        item_id=tag_uri(site.domain, entry.disclosure_id),
        url=entry_url(site, entry.disclosure_id),
        base=site.root,
        published_at=entry.published_at,
        updated_at=entry.updated_at,
        state=entry.state,
    )
    if len(entry.payload.get("history") or ()) > 1:
        item["_zwgk"]["history_url"] = f"{entry_url(site, entry.disclosure_id)}/history"
    if entry.payload.get("interprets"):
        item["_zwgk"]["interprets"] = tag_uri(site.domain, int(entry.payload["interprets"]))
    return item


def _add_atom_entry(root: etree._Element, feed: Feed, entry: FeedEntry) -> None:
    site, item = feed.site, _json_item(feed, entry)
    node = _add(root, ATOM, "entry")
    _add(node, ATOM, "id", item["id"])
    _add(node, ATOM, "title", item["title"])
    _add(node, ATOM, "updated", item["date_modified"])
    _add(node, ATOM, "published", item["date_published"])
    _add(_add(node, ATOM, "author"), ATOM, "name", item["authors"][0]["name"])
    _add(node, ATOM, "link", rel="alternate", type="text/html", href=item["url"])
    if entry.payload.get("interprets"):
        _add(node, ATOM, "link", rel="related", href=entry_url(site, int(entry.payload["interprets"])))
    for file in item.get("attachments", ()):
        _add(
            node,
            ATOM,
            "link",
            rel="enclosure",
            href=file["url"],
            type=file["mime_type"],
            title=file["title"],
            length=str(file["size_in_bytes"]),
        )
    for tag in item["tags"]:
        _add(node, ATOM, "category", term=tag)
    if "summary" in item:
        _add(node, ATOM, "summary", item["summary"])
    _add(node, ATOM, "content", item["content_html"], type="html")
    _add_metadata(node, entry)


def _add_rss_item(channel: etree._Element, feed: Feed, entry: FeedEntry) -> None:
    item = _json_item(feed, entry)
    node = etree.SubElement(channel, "item")
    _plain(node, "title", item["title"])
    _plain(node, "link", item["url"])
    _plain(node, "guid", item["id"]).set("isPermaLink", "false")
    _plain(node, "pubDate", _rfc822(entry.published_at))
    _plain(node, "description", item.get("summary") or plain_text(item["content_html"])[:200] or item["title"])
    for tag in item["tags"]:
        _plain(node, "category", tag)
    for file in item.get("attachments", ())[:1]:
        etree.SubElement(node, "enclosure", url=file["url"], length=str(file["size_in_bytes"]), type=file["mime_type"])
    _add(node, CONTENT, "encoded", item["content_html"])
    _add(node, ATOM, "updated", item["date_modified"])
    _add_metadata(node, entry)


def _add_metadata(node: etree._Element, entry: FeedEntry) -> None:
    for name, value in metadata(entry.payload, state=entry.state).items():
        _add(node, ZWGK, _ZW_NAMES[name], value)


def _add_tombstone(parent: etree._Element, feed: Feed, grave: Tombstone) -> None:
    node = _add(
        parent, TOMBSTONE, "deleted-entry", ref=tag_uri(feed.site.domain, grave.disclosure_id), when=rfc3339(grave.when)
    )
    _add(node, TOMBSTONE, "comment", f"《{grave.title}》已撤回。{grave.explanation}")
    _add(node, ATOM, "link", rel="alternate", type="text/html", href=entry_url(feed.site, grave.disclosure_id))


def _q(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def _add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    node = etree.SubElement(parent, _q(namespace, name))
    for key, value in attributes.items():
        node.set(key, legal(value))
    if text is not None:
        node.text = legal(text)
    return node


def _plain(parent: etree._Element, name: str, text: str) -> etree._Element:
    node = etree.SubElement(parent, name)
    node.text = legal(text)
    return node


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(BEIJING).replace(microsecond=0))


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
