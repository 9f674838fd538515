"""待核实: the list of unknown outcomes, and one delivery with what is known, what was tried, what the platform shows now, and
the decision of two persons."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, see
from console.doubts import confirmers, doubts, read_case
from console.errors import PasswordNeeded
from console.live_list import PLACES, LiveList, live_list
from console.screen import SHANGHAI, Screen
from console.veil import Veil
from publishers.choices import CHOICE_NAMES
from publishers.errors import DecisionRefused
from publishers.looking import Looking
from publishers.proposals import Proposals
from publishers.records import Delivery
from staff.errors import SignInRefused
from staff.roles import Verb
from staff.sessions import NewSession

REFUSALS: Final = (DecisionRefused, PasswordNeeded, SignInRefused)
"""What is told on the page itself, beside what was typed."""
PROPOSAL_STATES: Final = {
    "open": "等待另一人确认", "confirmed": "已确认", "refused": "不同意", "taken_back": "已收回",
    "overtaken": "已由系统核实，不再需要",
}  # fmt: skip


def second(moment: datetime) -> str:
    """Date and time in Shanghai, to the second: here seconds matter."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def ago(moment: datetime, now: datetime) -> str:
    """How long it is since, roughly."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟前"
    return f"{minutes // 60} 小时前" if minutes < 48 * 60 else f"{minutes // 1440} 天前"


class UnknownPages:
    """Reading the platform happens on request and outside of every transaction."""

    def __init__(self, *, screen: Screen, door: Door, proposals: Proposals, looking: Looking, clock: Clock) -> None:
        self._screen = screen
        self._door = door
        self._proposals = proposals
        self._looking = looking
        self._clock = clock

    # Reading

    async def unknown(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return self._screen.show(
            request, visit, "unknown.html", title="待核实", doubts=(await Veil.of(visit.person)).without(await doubts(visit.person)),
            choice_names=CHOICE_NAMES, now=await self._clock.now(), ago=ago,
        )  # fmt: skip

    async def delivery(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        asked = request.query.get("live") == "yes" and visit.person.may(Verb.DELIVERY_DECIDE)
        case = await read_case(_id(request), now=await self._clock.now())
        return await self._show(request, visit, live=await self._live(case.row) if asked else None)

    async def known(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What is known, alone, for the page's script; ``X-Moving`` tells whether to look again."""
        return await self._part(request, visit, "unknown-known.html")

    async def tried(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What was tried, alone, for the page's script."""
        return await self._part(request, visit, "unknown-tried.html")

    async def live(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The platform's list alone, read now."""
        case = await read_case(_id(request), now=await self._clock.now())
        text = self._screen.text(
            request, visit, "unknown-live.html", title="", case=case, live=await self._live(case.row), second=second
        )
        return web.Response(text=text, content_type="text/html")

    # Deciding

    async def propose(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number, choice = _id(request), visit.text("choice")
        url = visit.text("url").strip() or visit.text("post").strip()

        async def act(visit: Visit) -> None:
            await self._proposals.look_before(number, choice)
            await self._proposals.propose(visit.person, number, choice, reason=visit.text("reason"), url=url)

        return await self._act(request, visit, act, done="proposed")

    async def confirm(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """同意: asks for the password again when it was given long ago, since a post may follow at once."""
        session: NewSession | None = None
        number = _id(request)
        try:
            visit, session = await self._door.identified(request, visit)
        except REFUSALS as error:
            return await self._show(request, visit, problem=error, typed=visit)

        async def act(visit: Visit) -> None:
            await self._proposals.look_after(visit.person, number)
            await self._proposals.confirm(
                visit.person, number, proposal_id=_proposal(visit), remark=visit.text("remark")[:500]
            )

        response = await self._act(request, visit, act, done="confirmed")
        if session is not None:
            self._door.admit(response, session)
        return response

    async def refuse(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = _id(request)

        async def act(visit: Visit) -> None:
            await self._proposals.refuse(
                visit.person, number, proposal_id=_proposal(visit), remark=visit.text("remark")
            )

        return await self._act(request, visit, act, done="disagreed")

    async def take_back(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = _id(request)

        async def act(visit: Visit) -> None:
            await self._proposals.take_back(visit.person, number, proposal_id=_proposal(visit))

        return await self._act(request, visit, act, done="taken-back")

    async def _act(
        self, request: web.Request, visit: Visit, act: Callable[[Visit], Awaitable[None]], *, done: str
    ) -> web.StreamResponse:
        try:
            await act(visit)
        except REFUSALS as error:
            return await self._show(request, visit, problem=error, typed=visit)
        return see(f"/console/deliveries/{_id(request)}", done)

    # Showing

    async def _part(self, request: web.Request, visit: Visit, template: str) -> web.StreamResponse:
        case = await read_case(_id(request), now=await self._clock.now())
        text = self._screen.text(
            request, visit, template, title="", case=case, second=second, sends_again=self._looking.sends_again(case.row)
        )  # fmt: skip
        return web.Response(text=text, content_type="text/html", headers={"X-Moving": "yes" if case.moving else "no"})

    async def _live(self, row: Delivery) -> LiveList:
        return await live_list(self._looking, row, now=await self._clock.now())

    async def _show(
        self, request: web.Request, visit: Visit, *, live: LiveList | None = None, problem: Exception | None = None,
        typed: Visit | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        now = await self._clock.now()
        case = await read_case(_id(request), now=now)
        status = 200 if problem is None else 409 if isinstance(problem, DecisionRefused) else 422
        waiting = case.waiting
        return self._screen.show(
            request, visit, "unknown-delivery.html", title="待核实" if case.unknown else "投放", status=status, case=case,
            now=now, live=live, problem=problem, remedy=str(getattr(problem, "remedy", "")), typed=typed,
            choice_names=CHOICE_NAMES, proposal_states=PROPOSAL_STATES,
            confirmers=await confirmers(waiting) if waiting else (), fresh=visit.signed_in.fresh,
            approved_text=self._looking.approved_text(case.row), sends_again=self._looking.sends_again(case.row),
            place=PLACES.get(case.row.channel, ""),
            at_password=isinstance(problem, (PasswordNeeded, SignInRefused)), second=second,
        )  # fmt: skip


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _proposal(visit: Visit) -> int:
    """The proposal that the person had before him; 0 fits none."""
    text = visit.text("proposal")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
