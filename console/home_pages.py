"""The first page, and the register of disclosures."""

from aiohttp import web

from audit.clock import Clock
from console.door import Visit
from console.incident_lines import open_lines
from console.register import page_of_lines
from console.reviewing_desk import ReviewingDesk
from console.screen import Screen
from console.today import today
from disclosures.desk import Desk
from disclosures.review import STEP_NAMES
from disclosures.states import STATE_NAMES, State
from publishers.choices import CHOICE_NAMES


class HomePages:
    def __init__(self, *, screen: Screen, desk: Desk, clock: Clock, reviewing: ReviewingDesk) -> None:
        self._reviewing = reviewing
        self._screen = screen
        self._desk = desk
        self._clock = clock

    async def home(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        work = await today(self._desk, visit.person, now=await self._clock.now())
        return self._screen.show(
            request, visit, "home.html", title="今天要办", today=work, step_names=STEP_NAMES, choice_names=CHOICE_NAMES,
            incidents=await open_lines(),
            reviewing=await self._reviewing.today(visit.person),
        )  # fmt: skip

    async def register(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        state, text = request.query.get("state", ""), request.query.get("q", "")[:100]
        states = frozenset({State(state)}) if state in set(State) else None
        found = await page_of_lines(self._desk, states=states, text=text, page=page_number(request))
        return self._screen.show(
            request, visit, "register.html", title="公开信息", found=found, state=state, q=text,
            state_names=STATE_NAMES, step_names=STEP_NAMES,
        )  # fmt: skip


def page_number(request: web.Request) -> int:
    """``?page=``; what is no page number is the first page."""
    asked = request.query.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 7 and int(asked) > 0 else 1
