"""诉求: the cases that wait for a person, one case with all that was said, and what a handler does with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from audit.clock import Clock
from casework.case import SCORES
from casework.errors import CaseRefused, FieldWrong
from casework.sample import HANDFUL
from console import case_presence
from console.case_acts import CaseActs, ReplyTyped
from console.case_answers import plain
from console.case_scores import PERIODS, satisfaction
from console.case_services import CHANNEL_NAMES, CaseServices
from console.case_sheet import CaseSheets
from console.case_view import EMPTY, NOTHING_FOUND, VIEWS, Asked, listed, units_of_cases
from console.door import Door, Visit, see, wants_json, whole
from console.home_pages import page_number
from console.screen import Screen
from disclosures.personal import KIND_NAMES, find
from staff.roles import Verb

HOME: Final = "/console/cases"
REPLIED: Final = frozenset({"case-replied", "case-replied-quoting", "case-asked-back"})
NUMBER: Final = r"{number:[0-9-]{1,24}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a form was not taken. ``ask``: it is taken once the person confirms what the message says."""

    message: str
    form: str
    ask: bool = False


class CasePages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, services: CaseServices, acts: CaseActs) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._services = services
        self._acts = acts
        self._sheets = CaseSheets(services=services)

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, one = self._door.get, self._door.post, f"{HOME}/{NUMBER}"
        read, handle = Verb.CASE_READ, Verb.CASE_HANDLE
        return [
            get(HOME, self.cases, read),
            get(f"{HOME}/news", self.list_news, read),
            get(f"{HOME}/satisfaction", self.scores, read),
            get(one, self.case, read),
            post(f"{one}/news", self.news, read),
            post(f"{one}/whole", self.unmasked, Verb.PERSONAL_READ),
            post(f"{one}/look", self.look, handle),
            post(f"{one}/insert", self.insert, handle),
            post(f"{one}/take", self.take, handle),
            post(f"{one}/assign", self.assign, handle, Verb.CASE_ASSIGN),
            post(f"{one}/unit", self.unit, handle, Verb.CASE_ASSIGN),
            post(f"{one}/note", self.note, handle, Verb.CASE_ASSIGN),
            post(f"{one}/reply", self.reply, handle),
            post(f"{one}/close", self.close, handle, Verb.CASE_ASSIGN),
            post(f"{one}/reopen", self.reopen, handle, Verb.CASE_ASSIGN),
            post(f"{one}/teach", self.teach, handle, Verb.KNOWLEDGE_WRITE),
        ]

    # -- the list --------------------------------------------------------------------------------------------------

    async def cases(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        values = await self._list(request, visit)
        asked: Asked = values["asked"]
        if asked.number and values["shown"].total == 1:
            return see(f"{HOME}/{asked.number}")
        narrowed = {"channel": asked.channel, "unit": asked.unit, "q": asked.q}
        return self._screen.show(
            request, visit, "cases.html", title="诉求", views=VIEWS, units=await units_of_cases(),
            narrowed=urlencode({name: value for name, value in narrowed.items() if value}), **values,
        )  # fmt: skip

    async def list_news(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The list alone, for the page's script."""
        values = await self._list(request, visit)
        text = self._screen.text(request, visit, "case-list.html", title="", **values)
        counts = " ".join(f"{view}={count}" for view, count in values["shown"].counts.items())
        return web.Response(text=text, content_type="text/html", headers={"X-Counts": counts})

    async def _list(self, request: web.Request, visit: Visit) -> dict[str, Any]:
        asked, now = Asked.of(request.query, page=page_number(request)), await self._clock.now()
        shown = await listed(asked, self._services, account_id=visit.person.account_id, now=now)
        kept = {"view": asked.view, "channel": asked.channel, "unit": asked.unit, "q": asked.q}
        return {
            "asked": asked, "shown": shown, "channel_names": CHANNEL_NAMES,
            "nothing": NOTHING_FOUND if asked.narrowed else EMPTY[asked.view],
            "query": urlencode({name: value for name, value in kept.items() if value}),
        }  # fmt: skip

    async def scores(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        days = whole(request.query.get("days", ""))
        found = await satisfaction(now=await self._clock.now(), days=days if days in PERIODS else PERIODS[1])
        return self._screen.show(
            request, visit, "case-satisfaction.html", title="满意度", found=found, periods=PERIODS, few=HANDFUL,
            score_names=SCORES,
        )  # fmt: skip

    # -- one case --------------------------------------------------------------------------------------------------

    async def case(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def unmasked(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The whole words, this once; the look is audited."""
        return await self._show(request, visit, unmasked=True)

    async def news(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What moved meanwhile, for the page's script; and that this person has the page open."""
        case, now = await self._services.desk.one(_number(request)), await self._clock.now()
        talk = await self._sheets.talk(case)
        typed = visit.text("typed") == "yes"
        seen = await case_presence.read_to(visit.person, case.id)
        last = max([seen, *(line.id for line in talk.lines)])
        await case_presence.note(visit.person, case.id, last=last, now=now, beating=True, typed=typed)
        await self._acts.read(visit.person, case)
        others = await case_presence.others(visit.person, case.id, now=now)
        words = {"case": case, "new_from": 0, **talk.shown()}
        return web.json_response(
            {
                "talk": self._screen.text(request, visit, "case-talk.html", title="", **words),
                "others": self._screen.text(request, visit, "case-others.html", title="", others=others),
                "state": case.state_name,
            }
        )

    async def look(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Approved words that may answer, beside what is typed."""
        if not wants_json(request):
            return await self._show(request, visit, typed=ReplyTyped.of(visit))
        case, asked = await self._services.desk.one(_number(request)), visit.text("asked").strip()[:200]
        values = {"case": case, "asked": asked, "proposals": await self._acts.proposals(case, asked)}
        return web.json_response(
            {"answers": self._screen.text(request, visit, "case-answers.html", title="", **values)}
        )

    async def insert(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Without script: the chosen words are put below what is typed."""
        case, typed = await self._services.desk.one(_number(request)), ReplyTyped.of(visit)
        return await self._show(request, visit, typed=await self._acts.inserted(case, typed, visit.text("insert")))

    # -- acting ----------------------------------------------------------------------------------------------------

    async def take(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def work(number: str) -> str:
            await self._services.desk.take(number, by=visit.person)
            return "case-taken"

        return await self._done(request, visit, "take", work)

    async def assign(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def work(number: str) -> str:
            await self._acts.assign(visit.person, number, visit.number("handler"))
            return "case-assigned"

        return await self._done(request, visit, "assign", work)

    async def unit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def work(number: str) -> str:
            await self._acts.set_unit(visit.person, number, visit.text("unit"))
            return "case-unit"

        return await self._done(request, visit, "unit", work)

    async def note(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def work(number: str) -> str:
            await self._services.desk.note(number, visit.text("note"), by=visit.person)
            return "case-noted"

        return await self._done(request, visit, "note", work)

    async def reply(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        typed = ReplyTyped.of(visit)
        found = find(typed.text)
        if found and visit.text("personal") != "yes":
            kinds = "、".join(dict.fromkeys(KIND_NAMES[each.kind] for each in found))
            message = f"回复中有{kinds}，没有发出。请删去；是他本人的、确需写明的，请勾选后再发"
            return await self._show(
                request, visit, typed=typed, trouble=Trouble(message=message, form="reply", ask=True)
            )

        async def work(number: str) -> str:
            case = await self._services.desk.one(number)
            quoting = await self._acts.reply(visit.person, case, typed, final=visit.text("as") != "ask")
            if visit.text("as") == "ask":
                return "case-asked-back"
            return "case-replied-quoting" if quoting else "case-replied"

        return await self._done(request, visit, "reply", work, typed=typed)

    async def close(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def work(number: str) -> str:
            await self._services.desk.close(
                number, outcome=visit.text("outcome"), words=plain(visit.text("words")), by=visit.person
            )
            return "case-closed"

        return await self._done(request, visit, "close", work)

    async def reopen(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def work(number: str) -> str:
            await self._services.desk.reopen(number, by=visit.person)
            return "case-reopened"

        return await self._done(request, visit, "reopen", work)

    async def teach(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Question and answer as a draft of the base, or the question handed to the curators."""
        number, question = _number(request), visit.text("question")
        case = await self._services.desk.one(number)
        try:
            draft = await self._acts.teach(visit.person, case, question=question, answer=visit.text("answer"))
        except FieldWrong as error:
            return await self._show(request, visit, trouble=Trouble(message=str(error), form="teach"))
        return (
            see(f"/console/knowledge/drafts/{draft}", "draft-saved")
            if draft
            else see(f"{HOME}/{number}", "case-taught")
        )

    async def _done(
        self, request: web.Request, visit: Visit, form: str, work: Callable[[str], Awaitable[str]], *,
        typed: ReplyTyped | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        """Does the work and shows the page anew; a refusal stands beside its form, with what was typed."""
        number = _number(request)
        try:
            done = await work(number)
        except (CaseRefused, FieldWrong) as error:
            return await self._show(request, visit, typed=typed, trouble=Trouble(message=str(error), form=form))
        return see(f"{HOME}/{number}", done)

    async def _show(
        self, request: web.Request, visit: Visit, *, typed: ReplyTyped | None = None, trouble: Trouble | None = None,
        unmasked: bool = False,
    ) -> web.StreamResponse:  # fmt: skip
        now, person = await self._clock.now(), visit.person
        case = await self._services.desk.one(_number(request))
        talk = await self._sheets.talk(case, whole_for=person if unmasked else None)
        before = await case_presence.read_to(person, case.id)
        await case_presence.note(person, case.id, last=talk.last, now=now)
        await self._acts.read(person, case)
        typed = typed or ReplyTyped(asked=case.subject)
        values = await self._sheets.values(case, talk, person, now=now)
        values["last_answer"] = await self._acts.last_answer(talk.lines)
        return self._screen.show(
            request, visit, "case.html", title=f"诉求 {case.number}", status=422 if trouble else 200, trouble=trouble,
            new_from=talk.new_from(before), others=await case_presence.others(person, case.id, now=now),
            typed={**_texts(visit), "text": typed.text, "entry": typed.entry, "quote": typed.quote}, asked=typed.asked,
            proposals=await self._acts.proposals(case, typed.asked) if values["replies"] else (),
            personal="", whole=unmasked, replied=request.query.get("done") in REPLIED, **values,
        )  # fmt: skip


def _texts(visit: Visit) -> dict[str, str]:
    names = ("handler", "unit", "note", "outcome", "words", "reason", "question", "answer")
    return {name: visit.text(name)[:5000] for name in names}


def _number(request: web.Request) -> str:
    return request.match_info["number"]
