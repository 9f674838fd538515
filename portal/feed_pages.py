"""The addresses that machines read: the three feeds, the sitemap, robots.txt."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web
from tortoise.queryset import QuerySet

from portal import feeds
from portal.catalogue import load_catalogue
from portal.conditional import reply
from portal.pages import PER_PAGE, Paging, paging_of
from portal.site import SiteIdentity
from portal.sitemap import MOST_URLS, robots, sitemap, sitemap_index
from publishers.portal.channel import WITHDRAWN
from publishers.records import PortalPage

_ROWS = 500
MOST_TOMBSTONES = 200
"""The newest withdrawals, on the first page of a feed."""


class FeedPages:
    """``/feed.atom``, ``/feed.rss``, ``/feed.json`` (with ``?page=``, ``?category=``, ``?unit=``), ``/sitemap.xml``."""

    def __init__(self, *, site: SiteIdentity, urls_per_sitemap: int = MOST_URLS) -> None:
        self._site = site
        self._urls_per_sitemap = urls_per_sitemap
        # The last file that was made, and what it was made of: machines ask for it often, and it changes with a page only.
        self._made: tuple[tuple[object, ...], bytes] = ((), b"")

    async def atom(self, request: web.Request) -> web.Response:
        return await self._feed(request, feeds.atom, feeds.ATOM_TYPE)

    async def rss(self, request: web.Request) -> web.Response:
        return await self._feed(request, feeds.rss, feeds.RSS_TYPE)

    async def json(self, request: web.Request) -> web.Response:
        return await self._feed(request, feeds.json_feed, feeds.JSON_TYPE)

    async def sitemap(self, request: web.Request) -> web.Response:
        """One file, or an index of files beyond the protocol's 50 000 addresses."""
        pages = PortalPage.exclude(state=WITHDRAWN)
        parts = -(-await pages.count() // self._urls_per_sitemap)
        asked = request.query.get("part", "")
        if not asked and parts > 1:
            body = sitemap_index([(self._site.url(f"/sitemap.xml?part={n}"), None) for n in range(1, parts + 1)])
            return reply(request, body, content_type="application/xml")
        part = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
        newest = await pages.order_by("-updated_at").limit(1).values_list("updated_at", flat=True)
        mark = (part, parts, await pages.count(), *newest)
        if self._made[0] == mark:
            return reply(request, self._made[1], content_type="application/xml")
        first = (max(part, 1) - 1) * self._urls_per_sitemap
        addresses: list[tuple[str, datetime | None]] = []
        # A few hundred rows at a time, and the XML in a thread: 50 000 addresses must not hold up the loop. Each batch begins
        # behind the last number, because the database walks over every row that it is told to leave out.
        last, entries = 0, feeds.entry_url(self._site, 0).removesuffix("0")
        while (
            rows := await pages.filter(disclosure_id__gt=last)
            .order_by("disclosure_id")
            .offset(0 if last else first)
            .limit(min(_ROWS, self._urls_per_sitemap - len(addresses)))
            .values_list("disclosure_id", "updated_at")
        ):
            last = int(rows[-1][0])
            addresses += [(f"{entries}{int(number)}", changed) for number, changed in rows]
            if len(addresses) >= self._urls_per_sitemap:
                break
        if parts <= 1:
            shelves = (shelf for top in (await load_catalogue()).shelves for shelf in top.walk())
            columns: list[tuple[str, datetime | None]] = [
                (self._site.url(shelf.path), None) for shelf in shelves if shelf.total
            ]
            addresses = [(self._site.root, None), *columns, *addresses]
        self._made = mark, await asyncio.to_thread(sitemap, addresses)
        return reply(request, self._made[1], content_type="application/xml")

    async def robots(self, request: web.Request) -> web.Response:
        return reply(request, robots(self._site), content_type="text/plain")

    async def _feed(self, request: web.Request, build: Callable[[feeds.Feed], bytes], media_type: str) -> web.Response:
        chosen = {name: request.query[name][:64] for name in ("category", "unit") if request.query.get(name)}
        everything = PortalPage.filter(**chosen)
        live = everything.exclude(state=WITHDRAWN)
        paging = await paging_of(request, live)
        if paging is None:
            raise web.HTTPNotFound(text="没有这一页。")
        feed = feeds.Feed(
            site=self._site,
            path=request.path,
            query=urlencode(chosen),
            page=paging.page,
            pages=paging.pages,
            title=" · ".join([f"{self._site.name}政府信息公开", *chosen.values()]),
            entries=await _entries(live, paging),
            tombstones=await _tombstones(everything) if paging.page == 1 else (),
        )
        return reply(
            request,
            build(feed),
            content_type=media_type,
            modified=feed.updated,
            headers={"Link": feeds.link_headers(feed)},
        )


async def _entries(live: QuerySet[PortalPage], paging: Paging) -> tuple[feeds.FeedEntry, ...]:
    rows = await live.order_by("-updated_at", "-disclosure_id").offset(paging.offset).limit(PER_PAGE)
    return tuple(
        feeds.FeedEntry(
            disclosure_id=row.disclosure_id,
            payload=row.payload,
            state=row.state,
            published_at=row.published_at,
            updated_at=row.updated_at,
        )
        for row in rows
    )


async def _tombstones(everything: QuerySet[PortalPage]) -> tuple[feeds.Tombstone, ...]:
    rows = (
        await everything.filter(state=WITHDRAWN)
        .order_by("-withdrawn_at", "-disclosure_id")
        .limit(MOST_TOMBSTONES)
        .only("disclosure_id", "title", "withdrawn_at", "updated_at", "explanation")
    )
    return tuple(
        feeds.Tombstone(
            disclosure_id=row.disclosure_id,
            when=row.withdrawn_at or row.updated_at,
            title=row.title,
            explanation=row.explanation,
        )
        for row in rows
    )
