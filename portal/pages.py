"""The pages that show disclosures: home, lists by column and by unit, the disclosure itself, the map of the site."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from tortoise.queryset import QuerySet

from audit.clock import Clock
from disclosures.records import Unit
from portal.announcement_pages import coming_lines
from portal.catalogue import Catalogue, Shelf, load_catalogue
from portal.links import Links
from portal.metadata import Column, article_tags, box
from portal.screen import Screen
from portal.site import SiteIdentity
from portal.visits import Seen, is_reader, nobody
from publishers.portal.channel import REPEALED, WITHDRAWN
from publishers.records import Delivery, PortalPage

PER_PAGE = 20
_LISTED = ("disclosure_id", "state", "title", "unit", "category", "published_at", "updated_at", "withdrawn_at")
_ACTS = {"published": "首次公开", "updated": "更正", "withdrawn": "撤回", "repealed": "废止", "restored": "重新公开"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Where the reader is in a list."""

    page: int
    pages: int
    total: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * PER_PAGE


class DisclosurePages:
    """Handlers of the pages over ``PortalPage``. ``pushed``: the pages stand on another system; we point there."""

    def __init__(
        self,
        *,
        site: SiteIdentity,
        screen: Screen,
        links: Links,
        pushed: bool,
        clock: Clock | None = None,
        seen: Seen = nobody,
    ) -> None:
        self._site = site
        self._clock = clock
        self._screen = screen
        self._links = links
        self._pushed = pushed
        self._seen = seen

    async def home(self, request: web.Request) -> web.Response:
        # Written so that both queries walk an index from its end, however many pages there are.
        live = PortalPage.exclude(state__in=[WITHDRAWN, REPEALED])
        latest = await live.order_by("-published_at", "-disclosure_id").limit(12).only(*_LISTED)
        touched = await PortalPage.all().order_by("-updated_at").limit(60).only(*_LISTED)
        changed = [row for row in touched if row.updated_at > row.published_at][:5]
        column = Column(
            name="首页",
            description=f"{self._site.name}政府信息公开",
            keywords="政府信息公开,政策,办事,问答",
            kind="首页",
        )
        return await self._screen.show(
            request, "home.html", title="首页", column=column, latest=latest, changed=changed,
            coming=await coming_lines(await self._clock.now()) if self._clock is not None else [],
        )  # fmt: skip

    async def column(self, request: web.Request) -> web.Response:
        catalogue = await load_catalogue()
        shelf = catalogue.find(request.match_info["category"])
        if shelf is None:
            return await self._screen.missing(request)
        pages = PortalPage.exclude(state=WITHDRAWN).filter(category__in=shelf.names())
        return await self._list(
            request,
            pages,
            catalogue=catalogue,
            title=shelf.name,
            column=shelf.column,
            trail=catalogue.trail(shelf.name)[:-1],
            shelf=shelf,
            unit=None,
        )

    async def unit(self, request: web.Request) -> web.Response:
        key = request.match_info["unit"]
        catalogue = await load_catalogue()
        row = await Unit.get_or_none(code=key) or await Unit.get_or_none(name=key)
        known = catalogue.unit(key)
        if row is None and known is None:
            return await self._screen.missing(request)
        name = row.name if row is not None else known.name if known else key
        column = Column(name=name, description=f"{name}公开的政府信息", keywords=name, kind="信息公开目录")
        return await self._list(
            request,
            PortalPage.exclude(state=WITHDRAWN).filter(unit=name),
            catalogue=catalogue,
            title=name,
            column=column,
            trail=(),
            shelf=None,
            unit=row,
        )

    async def disclosure(self, request: web.Request) -> web.Response:
        """200; 410 with the public explanation when it was withdrawn; 404 when there never was one."""
        number = int(request.match_info["id"])
        page = await PortalPage.get_or_none(disclosure_id=number)
        if page is None:
            if self._pushed:
                await self._send_on(number)
            return await self._screen.missing(request)
        catalogue = await load_catalogue()
        if page.state == WITHDRAWN:
            return await self._gone(request, page, catalogue)
        if is_reader(request.method, request.headers):
            self._seen(number)
        trail = catalogue.trail(page.category)
        column = trail[-1].column if trail else Column(name=page.category, description="", keywords="", kind="")
        url = self._site.url(f"/d/{number}")
        return await self._screen.show(
            request,
            "disclosure.html",
            title=page.title,
            column=column,
            catalogue=catalogue,
            page=page,
            meta=article_tags(self._site, column, page.payload, published_at=page.published_at, url=url),
            payload=page.payload,
            trail=trail,
            history=_history(page.payload, quoting=True),
            box=box(page.payload, published_at=page.published_at, state=page.state, category=_way(trail, page)),
            document=await self._document(page),
            interpretations=await self._interpretations(number),
            repealed=page.state == REPEALED,
        )

    async def site_map(self, request: web.Request) -> web.Response:
        return await self._screen.show(request, "map.html", title="网站地图", column="信息公开目录")

    async def _list(
        self,
        request: web.Request,
        pages: QuerySet[PortalPage],
        *,
        catalogue: Catalogue,
        title: str,
        column: Column,
        trail: tuple[Shelf, ...],
        shelf: Shelf | None,
        unit: Unit | None,
    ) -> web.Response:
        paging = await paging_of(request, pages)
        if paging is None:
            return await self._screen.missing(request)
        rows = (
            await pages.order_by("-published_at", "-disclosure_id").offset(paging.offset).limit(PER_PAGE).only(*_LISTED)
        )
        return await self._screen.show(
            request,
            "list.html",
            title=title,
            column=column,
            catalogue=catalogue,
            rows=rows,
            paging=paging,
            trail=trail,
            shelf=shelf,
            unit=unit,
        )

    async def _gone(self, request: web.Request, page: PortalPage, catalogue: Catalogue) -> web.Response:
        """The notice keeps what identifies the document, but nothing of its text, not even in the history."""
        rows = box(
            {**page.payload, "summary": "", "keywords": []},
            published_at=page.published_at,
            state=page.state,
            category=_way(catalogue.trail(page.category), page),
        )
        rows = [("有效性", "已撤回") if label == "有效性" else (label, value) for label, value in rows]
        return await self._screen.show(
            request,
            "gone.html",
            title=f"已撤回：{page.title}",
            column="信息公开目录",
            status=410,
            catalogue=catalogue,
            page=page,
            box=rows,
            history=_history(page.payload, quoting=False),
        )

    async def _document(self, page: PortalPage) -> PortalPage | None:
        """The document that this page interprets, while it is public."""
        target = page.payload.get("interprets")
        if not isinstance(target, int):
            return None
        return await PortalPage.exclude(state=WITHDRAWN).filter(disclosure_id=target).only(*_LISTED).first()

    async def _interpretations(self, number: int) -> list[PortalPage]:
        ids = await self._links.interpretations_of(number)
        if not ids:
            return []
        return (
            await PortalPage.exclude(state=WITHDRAWN)
            .filter(disclosure_id__in=ids)
            .order_by("published_at")
            .only(*_LISTED)
        )

    async def _send_on(self, number: int) -> None:
        """Our address stays good when the district's portal is another system: it leads there."""
        delivery = (
            await Delivery.filter(disclosure_id=number, channel="portal", state="published").order_by("-id").first()
        )
        if delivery is not None and delivery.url and delivery.url != self._site.url(f"/d/{number}"):
            raise web.HTTPFound(delivery.url)


async def paging_of(request: web.Request, pages: QuerySet[PortalPage]) -> Paging | None:
    """``?page=`` against what there is; None when the page does not exist."""
    return paging_for(request, await pages.count())


def paging_for(request: web.Request, total: int) -> Paging | None:
    last = max(1, -(-total // PER_PAGE))
    asked = request.query.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else 0
    return Paging(page=number, pages=last, total=total) if 1 <= number <= last else None


def _way(trail: tuple[Shelf, ...], page: PortalPage) -> str:
    return " / ".join(shelf.name for shelf in trail) or page.category


def _history(payload: Mapping[str, Any], *, quoting: bool) -> list[dict[str, Any]]:
    """Newest first, in words. ``quoting`` shows the sentences that corrections added."""
    lines: list[dict[str, Any]] = []
    for entry in payload.get("history") or ():
        words = "、".join(entry.get("changed") or ())
        removed = int(entry.get("removed") or 0)
        lines.append(
            {
                "at": entry["at"],
                "act": _ACTS.get(entry["act"], entry["act"]),
                "note": entry.get("note") or "",
                "changed": f"改动：{words}" if words else "",
                "added": list(entry.get("added") or ()) if quoting else [],
                "removed": f"原文有{removed}句被删去或改写" if removed else "",
            }
        )
    return lines[::-1]
