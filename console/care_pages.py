"""What has to be looked at: entries that are due, and entries that contradict one another."""

from typing import Final

from aiohttp import web

from audit.clock import Clock
from console.door import Visit, see
from console.home_pages import page_number
from console.screen import SHANGHAI, Screen
from knowledge.curating import Curating
from knowledge.due import NAMES, Why, due

PER_PAGE: Final = 20


class CarePages:
    def __init__(self, *, screen: Screen, clock: Clock, curating: Curating) -> None:
        self._screen = screen
        self._clock = clock
        self._survey = curating.survey

    async def due(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        page, asked = page_number(request), request.query.get("why", "")
        why = Why(asked) if asked in set(Why) else None
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        found, counts = await due(today, why=why, offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
        more = len(found) == PER_PAGE
        return self._screen.show(
            request, visit, "knowledge-due.html", title="到期与复核", found=found, counts=counts, names=NAMES, why=why,
            page=page, pages=page + 1 if more else page,
        )  # fmt: skip

    async def conflicts(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        page, found = page_number(request), self._survey.found
        conflicts = list(found.conflicts) if found else []
        standing = [each for each in conflicts if not each.checked]
        shown = standing if request.query.get("checked") != "1" else [each for each in conflicts if each.checked]
        return self._screen.show(
            request, visit, "knowledge-conflicts.html", title="矛盾的条目", found=found,
            progress=self._survey.progress, shown=shown[(page - 1) * PER_PAGE : page * PER_PAGE], page=page,
            pages=max(1, -(-len(shown) // PER_PAGE)), standing=len(standing), checked=len(conflicts) - len(standing),
            showing_checked=request.query.get("checked") == "1",
        )  # fmt: skip

    async def survey(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        self._survey.start()
        return see("/console/knowledge/conflicts", "survey-started")
