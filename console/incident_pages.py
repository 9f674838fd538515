"""告警: what somebody must know and mend now, each with its remedy; below it what is over."""

from aiohttp import web

from console.door import Visit, see
from console.home_pages import page_number
from console.incident_lines import closed_lines, open_lines
from console.screen import Screen
from publishers.errors import NotReleasable
from publishers.incident_desk import MAY_CLOSE, IncidentDesk
from scheduler.readiness import Readiness

MOST_OPEN = 200


class IncidentPages:
    def __init__(self, *, screen: Screen, desk: IncidentDesk, readiness: Readiness | None) -> None:
        self._screen = screen
        self._desk = desk
        self._readiness = readiness

    async def incidents(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def dealt_with(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A person has mended the cause and says how."""
        number = int(request.match_info["id"])
        try:
            await self._desk.dealt_with(visit.person, number, reason=visit.text("reason"))
        except NotReleasable as error:
            return await self._show(request, visit, problem=error, at=number)
        return see("/console/incidents", "incident_closed")

    async def probe(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """立即查验: asks the channels of one release anew."""
        number = int(request.match_info["id"])
        if self._readiness is None or not await self._readiness.probe_now(number):
            raise NotReleasable("这个计划不在查验的时间内", remedy="发布前 24 小时内、尚未开始发送的计划才能查验")
        return see(f"/console/releases/{number}", "probed")

    async def _show(
        self, request: web.Request, visit: Visit, *, problem: NotReleasable | None = None, at: int = 0
    ) -> web.StreamResponse:
        page = page_number(request)
        closed, pages = await closed_lines(page=page)
        return self._screen.show(
            request, visit, "incident-list.html", title="告警", status=409 if problem else 200,
            found=await open_lines(limit=MOST_OPEN), closed=closed, page=page, pages=pages, problem=problem, at=at,
            may_close=any(visit.person.may(verb) for verb in MAY_CLOSE),
        )  # fmt: skip
