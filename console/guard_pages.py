"""滥用: who floods, advertises or insults, and what a person decides about one of them. No machine bans anybody."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web

from audit.clock import Clock
from casework.guard_desk import GuardDesk, GuardRefused
from console.door import Door, Visit, see
from console.rumour_lines import CHANNEL_NAMES
from console.screen import Screen
from console.unknown_pages import ago
from staff.roles import Verb

HERE: Final = "/console/guard"
KIND_NAMES: Final = {"flood": "发送过快", "repeat": "重复刷屏", "advertisement": "广告", "insult": "辱骂"}


class GuardPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, desk: GuardDesk) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, one = self._door.get, self._door.post, f"{HERE}/{{person:[0-9a-f]{{1,64}}}}"
        return [
            get(HERE, self.people, Verb.CONVERSATION_READ),
            post(f"{one}/limit", self.limit, Verb.CONVERSATION_BLOCK),
            post(f"{one}/lift", self.lift, Verb.CONVERSATION_BLOCK),
            post(f"{one}/leave", self.leave, Verb.CONVERSATION_BLOCK),
        ]

    async def people(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def limit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(person: str) -> None:
            await self._desk.limit(
                person, hours=visit.number("hours"), reason=visit.text("reason"), actor=visit.person.actor
            )

        return await self._act(request, visit, act, done="guard-limited")

    async def lift(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(person: str) -> None:
            await self._desk.lift(person, reason=visit.text("reason"), actor=visit.person.actor)

        return await self._act(request, visit, act, done="guard-lifted")

    async def leave(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act(person: str) -> None:
            await self._desk.leave(person, actor=visit.person.actor)

        return await self._act(request, visit, act, done="guard-left")

    async def _act(
        self, request: web.Request, visit: Visit, act: Callable[[str], Awaitable[None]], *, done: str
    ) -> web.StreamResponse:
        person = request.match_info["person"]
        try:
            await act(person)
        except GuardRefused as error:
            return await self._show(request, visit, problem=error, about=person)
        return see(HERE, done)

    async def _show(
        self, request: web.Request, visit: Visit, *, problem: GuardRefused | None = None, about: str = ""
    ) -> web.StreamResponse:
        people = await self._desk.offenders()
        beside = problem is not None and bool(problem.field) and any(one.person == about for one in people)
        return self._screen.show(
            request, visit, "guard.html", title="滥用", status=422 if problem else 200,
            people=people, beside=beside, now=await self._clock.now(), ago=ago, kind_names=KIND_NAMES,
            channel_names=CHANNEL_NAMES, problem=problem, about=about, typed=visit,
        )  # fmt: skip
