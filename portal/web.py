"""The public portal as one value: its parts, and the table of its addresses."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from audit.clock import Clock
from portal.announcement_pages import AnnouncementPages
from portal.chat import Answer, ChatPages, News
from portal.feed_pages import FeedPages
from portal.files import FilePages
from portal.links import Links
from portal.pages import DisclosurePages
from portal.preview import preview_page
from portal.screen import STATIC, Screen
from portal.search import SearchPages
from portal.site import SiteIdentity
from portal.visits import Seen, nobody
from publishers.port import LoadFile


class Portal:
    """The public's pages.

    ``answer`` is the bot behind the web chat (None: the chat says that it is closed). ``application_path`` is the page of
    the 依申请公开 form. ``pushed``: the district's portal is another system, so ``/d/…`` leads there, and files of
    pushed pages are public. ``seen`` counts a reader of a disclosure.
    """

    def __init__(
        self,
        *,
        site: SiteIdentity,
        clock: Clock,
        load_file: LoadFile,
        answer: Answer | None = None,
        news: News | None = None,
        application_path: str = "",
        pushed: bool = False,
        seen: Seen = nobody,
    ) -> None:
        self._clock = clock
        links = self._links = Links(pushed=pushed)
        self._screen = Screen(site=site, application_path=application_path)
        self._pages = DisclosurePages(
            site=site, screen=self._screen, links=links, pushed=pushed, clock=clock, seen=seen
        )
        self._announcements = AnnouncementPages(site=site, screen=self._screen, clock=clock)
        self._feeds = FeedPages(site=site)
        self._files = FilePages(load_file=load_file, links=links)
        self._search = SearchPages(screen=self._screen)
        self._chat = ChatPages(screen=self._screen, clock=clock, answer=answer, secure=site.secure, news=news)

    async def warm(self) -> None:
        """Reads the index of files and interpretations once; for the start of the process."""
        await self._links.refresh()

    async def preview(self, payload: Mapping[str, Any], *, disclosure_id: int) -> str:
        """A text that is not public yet, on the page that the public would see."""
        return await preview_page(self._screen, payload, disclosure_id=disclosure_id, now=await self._clock.now())

    async def missing(self, request: web.Request) -> web.Response:
        """404 in the portal's dress, for every public address that nobody knows."""
        return await self._screen.missing(request)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/", self._pages.home),
            web.get("/c/{category}", self._pages.column),
            web.get("/u/{unit}", self._pages.unit),
            web.get(r"/d/{id:\d{1,9}}", self._pages.disclosure),
            web.get("/map", self._pages.site_map),
            web.get("/search", self._search.search),
            web.get("/files/{sha256}/{name}", self._files.file),
            web.get("/feed.atom", self._feeds.atom),
            web.get("/feed.rss", self._feeds.rss),
            web.get("/feed.json", self._feeds.json),
            web.get("/sitemap.xml", self._feeds.sitemap),
            web.get("/robots.txt", self._feeds.robots),
            *self._announcements.routes(),
            web.get("/chat", self._chat.page),
            web.post("/chat", self._chat.form),
            web.post("/chat/messages", self._chat.message),
            web.static("/static/portal", STATIC),
        ]
