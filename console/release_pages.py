"""The releases: what every channel says, and what only a person may decide."""

from dataclasses import dataclass

from aiohttp import web

from audit.clock import Clock
from console.cancelling import cancel
from console.door import Door, Visit, see
from console.errors import PasswordNeeded
from console.figure_pages import sheet_figures
from console.home_pages import page_number
from console.moments import local, moment_of
from console.probes import read_probes
from console.proofs import proofs_of_release
from console.results import ReleaseResult, read_release, recent_releases
from console.screen import Screen
from console.veil import Veil
from disclosures.records import Disclosure
from publishers.choices import CHOICE_NAMES, Choice
from publishers.decisions import Decisions
from publishers.errors import NotReleasable
from publishers.proposals import Proposals
from publishers.records import Delivery
from scheduler.errors import MomentRefused, ReleaseNotFound
from scheduler.timetable import Timetable
from staff.errors import SignInRefused
from staff.roles import Verb
from staff.sessions import NewSession

MAY_PROBE = (Verb.RELEASE_SCHEDULE, Verb.SYSTEM_OPERATE)
SENDING = (Choice.PUBLISH_LATE, Choice.TRY_AGAIN)
"""After these something goes out at once: they ask who is at the screen (ASVS 5.0, 7.5.3)."""
REFUSALS = (NotReleasable, MomentRefused, PasswordNeeded, SignInRefused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a form was not taken, and what was typed. ``delivery``: whose form it was; None for one of the whole release."""

    error: Exception
    typed: Visit
    delivery: int | None = None

    @property
    def message(self) -> str:
        return str(self.error)

    @property
    def remedy(self) -> str:
        return str(getattr(self.error, "remedy", ""))

    @property
    def status(self) -> int:
        return 409 if isinstance(self.error, NotReleasable) else 422

    def text(self, name: str) -> str:
        return self.typed.text(name)


class ReleasePages:
    def __init__(
        self, *, screen: Screen, door: Door, clock: Clock, timetable: Timetable, decisions: Decisions,
        proposals: Proposals,
    ) -> None:  # fmt: skip
        self._screen = screen
        self._door = door
        self._clock = clock
        self._timetable = timetable
        self._decisions = decisions
        self._proposals = proposals

    async def releases(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        page = page_number(request)
        found, pages = await recent_releases(page=page)
        shown = (await Veil.of(visit.person)).without(found)
        titles = await _titles({release.disclosure_id for release in shown})
        return self._screen.show(
            request, visit, "releases.html", title="发布", releases=shown, titles=titles, page=page, pages=pages
        )

    async def release(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit, await read_release(int(request.match_info["id"])))

    async def results(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The table alone, for the page's script; ``X-Moving`` tells whether to look again."""
        result = await read_release(int(request.match_info["id"]))
        text = self._screen.text(
            request, visit, "results.html", title="", release=result, choice_names=CHOICE_NAMES, refused=None,
            sending=SENDING, fresh=visit.signed_in.fresh,
        )  # fmt: skip
        return web.Response(text=text, content_type="text/html", headers={"X-Moving": "yes" if result.moving else "no"})

    async def cancel(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        try:
            _, proposed = await cancel(
                visit.person, number, reason=visit.text("reason"), timetable=self._timetable, proposals=self._proposals
            )
        except NotReleasable as error:
            return await self._refused(request, visit, number, Refused(error=error, typed=visit))
        return see(f"/console/releases/{number}", "cancel-proposed" if proposed else "cancelled")

    async def move(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """改期: the signatures stand, the moment is another; at once asks for the password, as every act that cannot be
        undone."""
        number, session = int(request.match_info["id"]), None
        try:
            at = moment_of(visit)
            if at == "now":
                visit, session = await self._door.identified(request, visit)
            await self._timetable.move(
                visit.person, number, at=at, reason=visit.text("reason").strip()[:300],
                override=visit.text("override"), confirm_quiet=visit.text("confirm_quiet") == "yes",
            )  # fmt: skip
        except REFUSALS as error:
            return self._admitted(
                await self._refused(request, visit, number, Refused(error=error, typed=visit)), session
            )
        return self._admitted(see(f"/console/releases/{number}", "moved"), session)

    async def decide(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What one person may decide about one delivery, with its reason. Whatever sends asks for the password."""
        number, session = int(request.match_info["id"]), None
        row = await Delivery.get_or_none(id=number)
        if row is None:
            raise ReleaseNotFound("没有这条投放记录。")
        choice = visit.text("choice")
        try:
            if choice in SENDING:
                visit, session = await self._door.identified(request, visit)
            await self._decisions.decide(visit.person, number, choice, reason=visit.text("reason"))
        except REFUSALS as error:
            refused = Refused(error=error, typed=visit, delivery=number)
            return self._admitted(await self._refused(request, visit, row.release_id, refused), session)
        gone = choice == Choice.IT_IS_GONE
        where = f"/console/deliveries/{number}" if gone else f"/console/releases/{row.release_id}"
        return self._admitted(see(where, "said-gone" if gone else "decided"), session)

    def _admitted(self, response: web.StreamResponse, session: NewSession | None) -> web.StreamResponse:
        if session is not None:
            self._door.admit(response, session)
        return response

    async def _refused(
        self, request: web.Request, visit: Visit, release_id: int, refused: Refused
    ) -> web.StreamResponse:
        return await self._show(request, visit, await read_release(release_id), refused=refused)

    async def _show(
        self, request: web.Request, visit: Visit, result: ReleaseResult, *, refused: Refused | None = None
    ) -> web.StreamResponse:
        titles, now = await _titles({result.disclosure_id}), await self._clock.now()
        probing = result.state == "scheduled" and any(visit.person.may(verb) for verb in MAY_PROBE)
        return self._screen.show(
            request, visit, "release.html", title="发布结果", status=refused.status if refused else 200, release=result,
            refused=refused, proofs=await proofs_of_release(result.id), probes=await read_probes(result.id),
            probe_at=f"/console/releases/{result.id}/probe" if probing else "",
            disclosure_title=titles.get(result.disclosure_id, ""), choice_names=CHOICE_NAMES, sending=SENDING,
            fresh=visit.signed_in.fresh, earliest=local(now), planned=local(max(result.due_at, now)),
            figures=await sheet_figures(result.disclosure_id, release_id=result.id),
        )  # fmt: skip


async def _titles(ids: set[int]) -> dict[int, str]:
    return dict(await Disclosure.filter(id__in=list(ids)).values_list("id", "title")) if ids else {}
