"""信息公开预告 for the public: a page, a feed of its own, and a calendar that can be subscribed to.

The feed of disclosures stays what it is: an announcement is no disclosure, so it has a feed of its own.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from lxml import etree

from audit.clock import Clock
from portal.conditional import reply
from portal.feeds import ATOM, ATOM_TYPE
from portal.screen import Screen
from portal.site import SiteIdentity
from publishers.portal.item import rfc3339
from scheduler.announcement_events import announcement_event
from scheduler.announcements import due_of, public_announcements, words_of
from scheduler.announcing import OPEN, STANDING_NAMES, Standing
from scheduler.calendar_records import Announcement
from scheduler.ics import calendar

ON_HOME = 5
"""How many announcements stand on the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One announcement as the public reads it."""

    id: int
    title: str
    words: str
    due: str
    unit: str
    state: str
    state_name: str
    url: str
    overdue: bool
    open: bool
    updated_at: datetime


def line_of(row: Announcement, now: datetime) -> Line:
    standing, due = Standing(row.state), due_of(row)
    done = standing is Standing.FULFILLED and row.disclosure_id is not None
    overdue = standing in OPEN and due.end < now
    return Line(
        id=row.id, title=row.title, words=words_of(row), due=due.words, unit=row.unit, state=standing,
        state_name="已过预告时间，尚未公布" if overdue else STANDING_NAMES[standing],
        url=f"/d/{row.disclosure_id}" if done else "", overdue=overdue, open=standing in OPEN, updated_at=row.updated_at,
    )  # fmt: skip


async def coming_lines(now: datetime) -> list[Line]:
    """What stands on the first page: the next to come; what was not kept stands on the page of its own."""
    rows = await Announcement.filter(state__in=sorted(OPEN)).order_by("due_at", "id").limit(4 * ON_HOME)
    return [line for line in (line_of(row, now) for row in rows) if not line.overdue][:ON_HOME]


class AnnouncementPages:
    """``/announcements``, ``/announcements.atom`` and ``/announcements.ics``."""

    def __init__(self, *, site: SiteIdentity, screen: Screen, clock: Clock) -> None:
        self._site = site
        self._screen = screen
        self._clock = clock

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/announcements", self.page),
            web.get("/announcements.atom", self.atom),
            web.get("/announcements.ics", self.file),
        ]

    async def page(self, request: web.Request) -> web.Response:
        now = await self._clock.now()
        lines = [line_of(row, now) for row in await public_announcements()]
        return await self._screen.show(
            request, "announcements.html", title="信息公开预告", column="信息公开目录",
            coming=[line for line in lines if line.open], over=[line for line in lines if not line.open],
            webcal=self._site.url("/announcements.ics").replace("https://", "webcal://").replace("http://", "webcal://"),
        )  # fmt: skip

    async def file(self, request: web.Request) -> web.Response:
        rows = await public_announcements()
        events = [announcement_event(row, self._site.root.rstrip("/")) for row in rows]
        body = await asyncio.to_thread(calendar, events, name=f"{self._site.name}信息公开预告")
        return reply(request, body, content_type="text/calendar")

    async def atom(self, request: web.Request) -> web.Response:
        rows = sorted(await public_announcements(), key=lambda row: (row.updated_at, row.id), reverse=True)
        return reply(request, _feed(self._site, rows), content_type=ATOM_TYPE)


def _feed(site: SiteIdentity, rows: list[Announcement]) -> bytes:
    # None is the key of the default namespace, which the stubs do not know.
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})  # type: ignore[dict-item]
    where = site.url("/announcements")

    def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
        made = etree.SubElement(parent, f"{{{ATOM}}}{name}", dict(attributes))
        made.text = text or None
        return made

    add(root, "id", f"{where}.atom")
    add(root, "title", f"{site.name}信息公开预告")
    add(root, "updated", rfc3339(rows[0].updated_at) if rows else "2026-01-01T00:00:00+08:00")
    add(add(root, "author"), "name", site.organiser or site.name)
    add(root, "link", rel="self", type=ATOM_TYPE, href=f"{where}.atom")
    add(root, "link", rel="alternate", type="text/html", href=where)
    for row in rows:
        entry = add(root, "entry")
        add(entry, "id", f"{where}#a{row.id}")
        add(entry, "title", f"预告：{row.title}")
        add(entry, "updated", rfc3339(row.updated_at))
        if row.public_at is not None:
            add(entry, "published", rfc3339(row.public_at))
        add(entry, "link", rel="alternate", type="text/html", href=f"{where}#a{row.id}")
        add(entry, "category", term=str(row.state))
        add(entry, "summary", words_of(row))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))
