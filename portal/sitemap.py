"""The sitemap (sitemaps.org 0.9) and robots.txt. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from portal.site import SiteIdentity
from publishers.portal.item import rfc3339

_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_URLS = 50_000
"""Per file, as the protocol says."""


def sitemap(addresses: Sequence[tuple[str, datetime | None]]) -> bytes:
    """One file of absolute addresses, each with the moment of its last change where it is known."""
    return _document("urlset", "url", addresses)


def sitemap_index(addresses: Sequence[tuple[str, datetime | None]]) -> bytes:
    """The file that lists the files."""
    return _document("sitemapindex", "sitemap", addresses)


def robots(site: SiteIdentity) -> bytes:
    """Everything public may be read by machines; the staff's pages and the callbacks are none of their business."""
    closed = "".join(f"Disallow: {path}\n" for path in ("/console/", "/api/", "/wechat", "/weibo", "/search"))
    return f"User-agent: *\n{closed}Sitemap: {site.url('/sitemap.xml')}\n".encode()


def _document(root_name: str, item_name: str, addresses: Sequence[tuple[str, datetime | None]]) -> bytes:
    prefixes: Any = {None: _NAMESPACE}
    root = etree.Element(f"{{{_NAMESPACE}}}{root_name}", nsmap=prefixes)
    for address, changed in addresses:
        node = etree.SubElement(root, f"{{{_NAMESPACE}}}{item_name}")
        etree.SubElement(node, f"{{{_NAMESPACE}}}loc").text = address
        if changed is not None:
            etree.SubElement(node, f"{{{_NAMESPACE}}}lastmod").text = rfc3339(changed)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
