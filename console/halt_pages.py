"""发布总开关: one person stops everything at once; two persons open it again, and see what has waited."""

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, see
from console.errors import PasswordNeeded
from console.halting import banner, is_unseen, situation
from console.screen import HALTS, Screen
from publishers.errors import NotReleasable
from publishers.foreign import Foreign
from publishers.halt import Halts
from publishers.states import Patience
from staff.errors import SignInRefused
from staff.sessions import NewSession

PAGE = "/console/halt"
REFUSALS = (NotReleasable, PasswordNeeded, SignInRefused)


class HaltPages:
    """``patience`` tells what will be too late once a halt is lifted."""

    def __init__(
        self, *, screen: Screen, door: Door, halts: Halts, foreign: Foreign, clock: Clock, patience: Patience
    ) -> None:
        self._screen = screen
        self._door = door
        self._halts = halts
        self._foreign = foreign
        self._clock = clock
        self._patience = patience

    async def note(self, request: web.Request) -> None:
        """What the banner of this request's page will say."""
        request[HALTS] = await banner(await self._clock.now())

    async def show(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def stop_all(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """立即停止一切发布. Nothing is asked but the reason: seconds count."""
        try:
            await self._halts.raise_red(visit.person, reason=visit.text("reason"))
        except NotReleasable as error:
            return await self._show(request, visit, box="raise", problem=error)
        return see(PAGE, "halted")

    async def lift(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The first person asks, the second confirms; both say who they are with their password (ASVS 7.5.3)."""
        kind, session = visit.text("kind"), None
        try:
            if not visit.signed_in.fresh:
                if not visit.text("password"):
                    raise PasswordNeeded
                visit, session = await self._door.renewed(request, visit, visit.text("password"))
            halt = await self._halts.lift(visit.person, kind, reason=visit.text("reason"))
        except REFUSALS as error:
            return self._admitted(await self._show(request, visit, box=kind, problem=error), session)
        return self._admitted(see(PAGE, "lifted" if halt.lifted_at else "lift-asked"), session)

    async def settle(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A person has looked at a post that the ledger does not know."""
        number = int(request.match_info["id"])
        try:
            await self._foreign.settle(visit.person, number, remark=visit.text("remark"))
        except NotReleasable as error:
            return await self._show(request, visit, box=f"foreign-{number}", problem=error)
        return see(f"{PAGE}#foreign", "foreign-settled")

    def _admitted(self, response: web.StreamResponse, session: NewSession | None) -> web.StreamResponse:
        if session is not None:
            self._door.admit(response, session)
        return response

    async def _show(
        self, request: web.Request, visit: Visit, *, box: str = "", problem: Exception | None = None
    ) -> web.StreamResponse:
        now = await self._clock.now()
        # The form may have changed what the banner said when the request came in.
        await self.note(request)
        return self._screen.show(
            request, visit, "halt.html", title="发布总开关", status=409 if problem else 200, box=box, problem=problem,
            at_password=isinstance(problem, (PasswordNeeded, SignInRefused)), typed=visit, is_unseen=is_unseen,
            found=await situation(visit.person, now=now, patience=self._patience), fresh=visit.signed_in.fresh,
        )  # fmt: skip
