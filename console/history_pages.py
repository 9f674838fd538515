"""公开记录: what the public sees of a text's changes, and the decision that the old words of one correction are not shown."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from audit.clock import Clock
from audit.trail import Trail
from console.door import Door, Visit, see
from console.screen import Screen
from disclosures.desk import Desk
from publishers.history_records import HiddenChange
from publishers.portal.channel import WITHDRAWN
from publishers.public_history import REASONS, HistoryDesk, HistoryRefused, public_history
from publishers.records import Delivery, PortalPage
from staff.roles import Verb

PLANNED: Final = ("pending", "held", "claimed", "drafted", "failed")
"""States of a portal delivery that is not out yet."""


class HistoryPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, trail: Trail, desk: Desk) -> None:
        self._screen = screen
        self._door = door
        self._desk = desk
        self._history = HistoryDesk(clock=clock, trail=trail)

    def routes(self) -> Sequence[web.RouteDef]:
        one = r"/console/disclosures/{id:\d{1,9}}/public-history"
        return [
            self._door.get(one, self.history, Verb.DISCLOSURE_READ),
            self._door.post(f"{one}/hide", self.hide, Verb.DISCLOSURE_WITHDRAW),
            self._door.post(f"{one}/show", self.show, Verb.DISCLOSURE_WITHDRAW),
        ]

    async def history(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._shown(request, visit)

    async def hide(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number, release = int(request.match_info["id"]), visit.number("release")
        try:
            await self._history.hide(visit.person, number, release, reason=visit.text("reason"))
        except HistoryRefused as error:
            return await self._shown(request, visit, refused=(release, str(error)))
        return see(f"/console/disclosures/{number}/public-history", "old-text-hidden")

    async def show(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        await self._history.show(visit.person, number, visit.number("release"))
        return see(f"/console/disclosures/{number}/public-history", "old-text-shown")

    async def _shown(
        self, request: web.Request, visit: Visit, *, refused: tuple[int, str] | None = None
    ) -> web.StreamResponse:
        number = int(request.match_info["id"])
        sheet = await self._desk.sheet(number)
        page = await PortalPage.get_or_none(disclosure_id=number)
        planned = Delivery.filter(disclosure_id=number, channel="portal", state__in=PLANNED, published_at__isnull=True)
        hidden = await HiddenChange.filter(disclosure_id=number)
        return self._screen.show(
            request, visit, "public-history.html", title="公开记录", sheet=sheet, page=page, reasons=REASONS,
            status=422 if refused else 200, refused=refused, withdrawn=page is not None and page.state == WITHDRAWN,
            changes=await public_history(page, whole=True) if page is not None else [],
            planned=await planned.order_by("due_at") if page is not None else [],
            hidden={row.release_id: row for row in hidden}, may_hide=visit.person.may(Verb.DISCLOSURE_WITHDRAW),
        )  # fmt: skip
