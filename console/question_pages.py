"""未解答问题: what citizens asked and the bot could not answer, in clusters, and what staff does with one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Final, Protocol
from urllib.parse import urlencode

from aiohttp import web

from audit.clock import Clock
from console.citizen_media import media_of_questions
from console.door import Door, Visit, see, whole
from console.home_pages import page_number
from console.question_lines import (
    PER_PAGE,
    STATES,
    Chosen,
    ClusterLine,
    ClusterSheet,
    lines_of,
    question_work,
    read_cluster,
    rows_of,
)
from console.screen import SHANGHAI, Screen
from console.unknown_pages import ago
from disclosures.records import Unit
from knowledge.errors import KnowledgeError, NotPermitted
from knowledge.finding import Finding
from knowledge.question_desk import QuestionDesk
from knowledge.question_records import QuestionCluster
from knowledge.question_rules import shipped
from knowledge.question_suggesting import Suggestion, suggestions
from knowledge.records import UnansweredQuestion
from staff.roles import Verb

HOME: Final = "/console/knowledge/questions"
OFFERED: Final = 20
"""Other clusters that are offered to join with."""
MAYBE: Final = 0.22
"""From this likeness on another cluster is proposed as perhaps the same; the machine joins only what is nearly twice as alike."""
MOST_ROWS: Final = 500
"""Questions of a cluster whose pictures are looked for, the latest first."""
TEXT: Final = 400
"""Characters of a question that are searched with."""
READ, WRITE = Verb.KNOWLEDGE_READ, Verb.KNOWLEDGE_WRITE
TYPED: Final = ("entry", "reason", "remark", "unit", "due_on", "into")


class Knowledge(Protocol):
    """The base behind the bot: the search in a cluster asks the very same one (K8)."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...


class QuestionPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, desk: QuestionDesk, knowledge: Knowledge) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk
        self._knowledge = knowledge

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, one = self._door.get, self._door.post, HOME + r"/{id:\d{1,9}}"
        return [
            get(HOME, self.clusters, READ),
            get(one, self.cluster, READ),
            post(f"{one}/attach", self.attach, WRITE),
            post(f"{one}/write", self.write, WRITE),
            post(f"{one}/close", self.close, WRITE),
            post(f"{one}/hand", self.hand, WRITE),
            post(f"{one}/take", self.take, WRITE),
            post(f"{one}/let-go", self.let_go, WRITE),
            post(f"{one}/merge", self.merge, WRITE),
            post(f"{one}/split", self.split, WRITE),
            post(f"{one}/reopen", self.reopen, WRITE),
        ]

    # Reading

    async def clusters(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Only who may write reads what was asked word for word; everybody else sees it masked."""
        await self._desk.sweep()
        now, page = await self._clock.now(), page_number(request)
        today, asked = now.astimezone(SHANGHAI).date(), request.query
        chosen = Chosen(
            state=asked.get("state", "open"), q=asked.get("q", "").strip()[:100], unit=asked.get("unit", "").strip()[:255],
            late=asked.get("late") == "yes", mine=visit.person.account_id if asked.get("mine") == "yes" else 0,
        )  # fmt: skip
        rows = rows_of(chosen, today)
        total, may_write = await rows.count(), visit.person.may(WRITE)
        lines = await lines_of(await rows.offset((page - 1) * PER_PAGE).limit(PER_PAGE), now=now, whole=may_write)
        kept = {name: asked[name] for name in ("state", "q", "unit", "late", "mine") if asked.get(name)}
        return self._screen.show(
            request, visit, "questions.html", title="未解答问题", lines=lines, total=total, page=page, now=now, ago=ago,
            pages=max(1, -(-total // PER_PAGE)), whole=may_write, chosen=chosen, states=STATES, units=await _units(),
            query="&" + urlencode(kept) if kept else "", work=await question_work(today), rules=shipped(),
            suggested=await self._suggested(lines, today) if may_write and chosen.state == "open" else {},
        )  # fmt: skip

    async def cluster(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._desk.sweep()
        return await self._show(request, visit)

    # Acting

    async def attach(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """``similar=yes``: the ticked wordings become similar questions of the entry, ``all``: those of the cluster; else the entry
        answers as it is."""
        number, entry_id = _id(request), visit.text("entry").strip()[:191]
        wordings = _ticked(visit) if visit.text("similar") == "yes" else ()
        try:
            if visit.text("similar") == "all":
                sheet = await read_cluster(number, now=await self._clock.now(), whole=False)
                wordings = _fit(sheet)
            suggestion = await self._suggestion(number, entry_id)
            attached = await self._desk.attach(visit.person, number, entry_id, wordings=wordings, suggestion=suggestion)
        except KnowledgeError as error:
            return await self._show(request, visit, box="attach", problem=error)
        if attached.draft_id is None:
            return see(f"{HOME}/{number}", "question-closed-at-once")
        return see(f"{HOME}/{number}", "question-attached" if attached.submitted else "question-attached-draft")

    async def write(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            draft_id = await self._desk.write(visit.person, _id(request))
        except KnowledgeError as error:
            return await self._show(request, visit, box="write", problem=error)
        return see(f"/console/knowledge/drafts/{draft_id}/edit", "question-written")

    async def close(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.close(visit.person, number, visit.text("reason"), remark=visit.text("remark"))

        return await self._act(request, visit, "close", act, done="question-closed")

    async def hand(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.hand(
                visit.person,
                number,
                unit=visit.text("unit"),
                due_on=_day(visit.text("due_on")),
                remark=visit.text("note"),
            )

        return await self._act(request, visit, "hand", act, done="question-handed")

    async def take(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.take(visit.person, number)

        return await self._act(request, visit, "take", act, done="question-taken")

    async def let_go(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.take(visit.person, number, back=True)

        return await self._act(request, visit, "take", act, done="question-let-go")

    async def merge(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.merge(visit.person, number, visit.number("into"))

        return await self._act(request, visit, "merge", act, done="question-merged")

    async def reopen(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(number: int) -> None:
            await self._desk.reopen(visit.person, number)

        return await self._act(request, visit, "reopen", act, done="question-reopened")

    async def split(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            made = await self._desk.split(visit.person, _id(request), _ticked(visit))
        except KnowledgeError as error:
            return await self._show(request, visit, box="split", problem=error)
        return see(f"{HOME}/{made}", "question-split")

    async def _act(
        self, request: web.Request, visit: Visit, box: str, act: Callable[[int], Awaitable[None]], *, done: str
    ) -> web.StreamResponse:
        try:
            await act(_id(request))
        except KnowledgeError as error:
            return await self._show(request, visit, box=box, problem=error)
        return see(f"{HOME}/{_id(request)}", done)

    async def _show(
        self, request: web.Request, visit: Visit, *, box: str = "", problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        """The page; with what was typed, and what is wrong beside it."""
        if isinstance(problem, NotPermitted):
            raise problem
        now, may_write = await self._clock.now(), visit.person.may(WRITE)
        sheet = await read_cluster(_id(request), now=now, whole=may_write)
        asked = (request.query.get("q", "") or visit.text("q")).strip()[:TEXT]
        found = await self._find(asked or _longest(sheet), now.astimezone(SHANGHAI).date()) if sheet.open else ()
        others = {other.id: other for other in sheet.others}
        alike = await self._desk.likest(sheet.line.title, [(one.id, one.title) for one in others.values()])
        ticked = frozenset(_ticked(visit) if box in {"attach", "split"} else _fit(sheet))
        rows = await UnansweredQuestion.filter(cluster_id=sheet.line.row.id).order_by("-id").limit(MOST_ROWS)
        media = {one.id: one for many in (await media_of_questions(rows)).values() for one in many}
        return self._screen.show(
            request, visit, "question.html", media=[media[number] for number in sorted(media)], title=sheet.line.title, status=409 if problem else 200, sheet=sheet,
            line=sheet.line, row=sheet.line.row, now=now, ago=ago, q=asked, found=found, units=await _units(),
            rules=shipped(), box=box, problem=problem, remedy=str(getattr(problem, "remedy", "")), ticked=ticked,
            others=[others[number] for number, _ in alike[:OFFERED]],
            alike=[others[number] for number, found in alike[:3] if found >= MAYBE],
            may_write=may_write, typed={name: visit.text(name) for name in (*TYPED, "note")}, home=HOME,
        )  # fmt: skip

    # What the base says to it

    async def _suggested(self, lines: Sequence[ClusterLine], today: date) -> dict[int, Suggestion]:
        """For each line the entry that probably answers it, as far as there is one."""
        found = {}
        for line in lines:
            first = (await self._find(line.row.title, today))[:1]
            if first and first[0].likely:
                found[line.row.id] = first[0]
        return found

    async def _suggestion(self, cluster_id: int, entry_id: str) -> Suggestion | None:
        """What the machine says of this entry for this cluster, to be kept beside who accepted it: looked up anew, since a form
        could say anything."""
        row = await QuestionCluster.get_or_none(id=cluster_id)
        if row is None:
            return None
        found = await self._find(row.title, (await self._clock.now()).astimezone(SHANGHAI).date())
        return next((one for one in found if one.entry_id == entry_id and one.likely), None)

    async def _find(self, text: str, today: date) -> tuple[Suggestion, ...]:
        await asyncio.sleep(0)  # Citizens' questions come between two searches of the list.
        return suggestions(self._knowledge.ask, text[:TEXT], today=today) if text else ()


def _fit(sheet: ClusterSheet) -> tuple[int, ...]:
    """The wordings that may stand in an entry: those without anybody's data, which would show as stars."""
    return tuple(said.question.id for said in sheet.said if "*" not in said.question.masked)


def _longest(sheet: ClusterSheet) -> str:
    return sheet.said[0].text if sheet.said else sheet.line.title


def _ticked(visit: Visit) -> tuple[int, ...]:
    return tuple(dict.fromkeys(number for text in visit.texts("question")[:500] if (number := whole(text))))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return None


async def _units() -> list[str]:
    return [str(name) for name in await Unit.filter(active=True).order_by("sort", "id").values_list("name", flat=True)]


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
