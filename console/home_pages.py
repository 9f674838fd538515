"""The first page, and the register of disclosures."""

from aiohttp import web

from audit.clock import Clock
from console.case_services import CaseServices
from console.debts import concerning
from console.door import Visit
from console.duty_desk import DutyDesk
from console.echo_desk import EchoDesk
from console.register import page_of_lines
from console.reviewing_desk import ReviewingDesk
from console.screen import Screen
from console.today import today
from console.today_list import Asking
from console.veil import Veil
from disclosures.desk import Desk
from disclosures.embargo import hidden_from
from disclosures.review import STEP_NAMES
from disclosures.states import STATE_NAMES, State


class HomePages:
    def __init__(
        self,
        *,
        screen: Screen,
        desk: Desk,
        clock: Clock,
        reviewing: ReviewingDesk,
        echo: EchoDesk | None = None,
        cases: CaseServices | None = None,
        duties: DutyDesk | None = None,
    ) -> None:
        self._echo = echo
        self._cases = cases
        self._duties = duties
        self._reviewing = reviewing
        self._screen = screen
        self._desk = desk
        self._clock = clock

    async def home(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        veil = await Veil.of(visit.person)
        asking = Asking(
            person=visit.person, now=await self._clock.now(), desk=self._desk, echo=self._echo, veil=veil, cases=self._cases,
            duties=self._duties,
            reviewing=self._reviewing, debts=concerning(request, visit.person),
        )  # fmt: skip
        return self._screen.show(request, visit, "home.html", title="今天要办", today=await today(asking))

    async def register(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        state, text = request.query.get("state", ""), request.query.get("q", "")[:100]
        states = frozenset({State(state)}) if state in set(State) else None
        found = await page_of_lines(
            self._desk,
            states=states,
            text=text,
            page=page_number(request),
            hidden=await hidden_from(visit.person.account_id),
        )
        return self._screen.show(
            request, visit, "register.html", title="公开信息", found=found, state=state, q=text,
            state_names=STATE_NAMES, step_names=STEP_NAMES,
        )  # fmt: skip


def page_number(request: web.Request) -> int:
    """``?page=``; what is no page number is the first page."""
    asked = request.query.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 7 and int(asked) > 0 else 1
