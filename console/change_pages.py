"""One change of the dictionary, the pins or the rules: what it is, what it would do, and the second person's word on it."""

from aiohttp import web

from console.change_view import PAGES, lines_of
from console.door import Visit, see
from console.layering import Layering
from console.screen import Screen
from knowledge.dictionary_changes import DESK_NAMES, STATE_NAMES, Desk, State, items_of
from knowledge.dictionary_effect import SHOWN
from knowledge.errors import KnowledgeError
from staff.roles import Verb


class ChangePages:
    def __init__(self, *, screen: Screen, layering: Layering) -> None:
        self._screen = screen
        self._layering = layering

    async def change(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def accept(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._layering.changes.accept(visit.person, _id(request), sha256=visit.text("sha256"))
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        # The other nodes follow within a second; who confirmed it sees it at once.
        await self._layering.base.refresh()
        return see(f"/console/knowledge/changes/{_id(request)}", "in-force")

    async def refuse(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._layering.changes.refuse(visit.person, _id(request), remark=visit.text("remark"))
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(f"/console/knowledge/changes/{_id(request)}", "change-refused")

    async def take_back(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._layering.changes.take_back(visit.person, _id(request))
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(f"/console/knowledge/changes/{_id(request)}", "change-taken-back")

    async def undo(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            row = await self._layering.changes.undo(visit.person, _id(request))
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(f"/console/knowledge/changes/{row.id}", "layer-proposed")

    async def _show(
        self, request: web.Request, visit: Visit, *, problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        row = await self._layering.changes.find(_id(request))
        if row is None:
            return see(PAGES[Desk.words])
        items, effect = items_of(row), None
        if row.state == State.proposed:
            layers = await self._layering.changes.layers_with(Desk(row.desk), items)
            effect = await self._layering.effects.of(layers, today=await self._layering.changes.today())
        waiting = row.state == State.proposed
        mine = row.author_id == visit.person.account_id
        return self._screen.show(
            request, visit, "layer-change.html", title=f"第 {row.id} 项改动", status=409 if problem else 200, row=row,
            lines=lines_of(row.desk, items), total=len(items), desk=DESK_NAMES[row.desk], back=PAGES[row.desk],
            state=STATE_NAMES[row.state], effect=effect, shown=SHOWN, problem=problem, waiting=waiting, mine=mine,
            may_accept=waiting and not mine and visit.person.may(Verb.KNOWLEDGE_APPROVE),
            may_take_back=waiting and mine,
            may_undo=row.state == State.accepted and visit.person.may(Verb.KNOWLEDGE_WRITE), typed=visit,
        )  # fmt: skip


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
