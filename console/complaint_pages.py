"""没用评价: the answers that citizens found of no use, by entry, with the reasons, the owner and the day (features K7)."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, see
from console.home_pages import page_number
from console.screen import SHANGHAI, Screen
from knowledge.errors import KnowledgeError, NotPermitted
from knowledge.question_complaints import OUTCOMES, Complaints
from knowledge.question_records import EntryComplaint
from knowledge.question_rules import shipped
from knowledge.records import KnowledgeEntry
from staff.roles import Verb

PER_PAGE: Final = 20
HOME: Final = "/console/knowledge/questions/useless"


class ComplaintPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, desk: Complaints) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            self._door.get(HOME, self.complaints, Verb.KNOWLEDGE_READ),
            self._door.post(HOME + r"/{id:\d{1,9}}/close", self.close, Verb.KNOWLEDGE_WRITE),
        ]

    async def complaints(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._desk.gather()
        return await self._show(request, visit)

    async def close(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        try:
            await self._desk.close(visit.person, number, visit.text("outcome"), remark=visit.text("remark"))
        except NotPermitted:
            raise
        except KnowledgeError as error:
            return await self._show(request, visit, number=number, problem=error)
        return see(HOME, "complaint-closed")

    async def _show(
        self, request: web.Request, visit: Visit, *, number: int = 0, problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        state, page = request.query.get("state", "open"), page_number(request)
        chosen = EntryComplaint.filter(state="closed" if state == "closed" else "open")
        total = await chosen.count()
        order = ("-closed_at", "-id") if state == "closed" else ("due_on", "-askers", "id")
        rows = await chosen.order_by(*order).offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        entries = {
            entry.entry_id: entry
            for entry in await KnowledgeEntry.filter(entry_id__in=[row.entry_id for row in rows] or [""])
        }
        return self._screen.show(
            request, visit, "complaints.html", title="没用评价", status=409 if problem else 200, rows=rows, entries=entries,
            total=total, page=page, pages=max(1, -(-total // PER_PAGE)), state=state, rules=shipped(), outcomes=OUTCOMES,
            today=(await self._clock.now()).astimezone(SHANGHAI).date(), problem=problem, number=number, home=HOME,
            remedy=str(getattr(problem, "remedy", "")), typed=visit.text("remark"), query=f"&state={state}",
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE),
        )  # fmt: skip
