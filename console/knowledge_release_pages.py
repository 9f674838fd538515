"""知识库发布: what is put together, what was checked, the release itself, the history, and the way back."""

from typing import Final

from aiohttp import web

from console.door import Door, Visit, see, whole
from console.errors import PasswordNeeded
from console.home_pages import page_number
from console.screen import Screen
from knowledge.curating import Curating
from knowledge.differences import differences
from knowledge.draft import State
from knowledge.errors import KnowledgeError
from knowledge.history import ORIGIN_NAMES, counted
from knowledge.records import KnowledgeDraft
from knowledge.releases import Prepared
from knowledge.report import Report
from staff.errors import SignInRefused
from staff.roles import Verb
from staff.sessions import NewSession

PER_PAGE: Final = 20
SHOWN: Final = 50
"""So many entries are shown with their differences; all of them change."""
PAGE: Final = "/console/knowledge/release"
REFUSALS: Final = (KnowledgeError, PasswordNeeded, SignInRefused)


class KnowledgeReleasePages:
    def __init__(self, *, screen: Screen, door: Door, curating: Curating) -> None:
        self._screen = screen
        self._door = door
        self._releases = curating.releases
        self._drafts = curating.drafts

    async def preparing(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def prepare(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        chosen = [whole(number) for number in visit.texts("draft")]
        try:
            await self._releases.prepare(visit.person, chosen, title=visit.text("title"))
        except KnowledgeError as error:
            return await self._show(request, visit, box="prepare", problem=error)
        return see(PAGE, "release-checked")

    async def recheck(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._releases.recheck(visit.person)
        except KnowledgeError as error:
            return await self._show(request, visit, box="release", problem=error)
        return see(PAGE, "release-checked")

    async def ask(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._releases.ask(visit.person, reason=visit.text("reason"))
        except KnowledgeError as error:
            return await self._show(request, visit, box="ask", problem=error)
        return see(PAGE, "release-asked")

    async def drop(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._releases.drop(visit.person)
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(PAGE, "release-dropped")

    async def release(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What citizens hear changes with this: whoever does it says once more who he is (ASVS 7.5.3)."""
        session: NewSession | None = None
        try:
            visit, session = await self._door.identified(request, visit)
            done = await self._releases.release(visit.person, release_id=visit.number("release") or None)
        except REFUSALS as error:
            return self._admitted(await self._show(request, visit, box="release", problem=error), session)
        return self._admitted(see(f"/console/knowledge/releases/{done.number}", "knowledge-released"), session)

    async def history(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        page = page_number(request)
        rows, total = await self._releases.history(offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
        return self._screen.show(
            request, visit, "knowledge-history.html", title="知识库版本", rows=rows, total=total, page=page,
            pages=max(1, -(-total // PER_PAGE)), origins=ORIGIN_NAMES, counted=counted,
        )  # fmt: skip

    async def version(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._version(request, visit)

    async def roll_back(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._releases.prepare_rollback(visit.person, _number(request), reason=visit.text("reason"))
        except KnowledgeError as error:
            return await self._version(request, visit, problem=error)
        return see(PAGE, "rollback-asked")

    async def _version(
        self, request: web.Request, visit: Visit, *, problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        row, page = await self._releases.find(_number(request)), page_number(request)
        changes, total = await self._releases.changes(row, offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
        latest = (await self._releases.history(limit=1))[0][0]
        drafts = await KnowledgeDraft.filter(release_id=row.id).order_by("id").limit(SHOWN)
        return self._screen.show(
            request, visit, "knowledge-version.html", title=f"知识库第 {row.number} 版", status=409 if problem else 200,
            row=row, changes=changes, total=total, page=page, pages=max(1, -(-total // PER_PAGE)), origins=ORIGIN_NAMES,
            counted=counted, differences=differences, latest=latest.number, problem=problem, drafts=drafts,
            report=Report.from_json(row.report or {}), may_write=visit.person.may(Verb.KNOWLEDGE_WRITE),
        )  # fmt: skip

    async def _show(
        self, request: web.Request, visit: Visit, *, box: str = "", problem: Exception | None = None
    ) -> web.StreamResponse:
        prepared: Prepared | None = await self._releases.prepared()
        ready = await KnowledgeDraft.filter(state=State.accepted).order_by("id").limit(500)
        waiting = await KnowledgeDraft.filter(state=State.submitted).count()
        return self._screen.show(
            request, visit, "knowledge-release.html", title="发布知识库", status=409 if problem else 200,
            prepared=prepared, ready=await self._drafts.sheets(ready), waiting=waiting, box=box, problem=problem,
            at_password=isinstance(problem, (PasswordNeeded, SignInRefused)), fresh=visit.signed_in.fresh,
            differences=differences, shown=SHOWN, typed=visit,
            mine=prepared is not None and prepared.row.asked_by_id == visit.person.account_id,
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE), may_approve=visit.person.may(Verb.KNOWLEDGE_APPROVE),
        )  # fmt: skip

    def _admitted(self, response: web.StreamResponse, session: NewSession | None) -> web.StreamResponse:
        if session is not None:
            self._door.admit(response, session)
        return response


def _number(request: web.Request) -> int:
    return int(request.match_info["id"])
