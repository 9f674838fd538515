"""One disclosure: its text as every channel will show it, its signatures, its releases, and what may be done now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from audit.clock import Clock
from console.derived import differing
from console.door import Door, Visit, see
from console.embargo_box import embargo_box
from console.errors import PasswordNeeded
from console.figure_pages import sheet_figures
from console.moments import local, moment_of
from console.preflight import GROUPS, PLACE_NAMES, Issue, Preflight
from console.press import PressDesk
from console.previews import Previewer, Source, for_staff
from console.results import read_releases
from console.screen import Screen
from console.show_links import ShowLinks
from console.timeline import timeline
from console.words import FIELD_NAMES, field_of
from disclosures.desk import Desk
from disclosures.errors import DisclosureError, InvalidContent
from disclosures.kinds import find_kind
from disclosures.particulars import as_table
from disclosures.review import STEP_NAMES, Turn
from disclosures.sheet import Sheet
from disclosures.states import State
from publishers.errors import NotReleasable
from publishers.mass_quota import MassQuota, Month
from publishers.port import ChannelName
from publishers.records import Delivery
from publishers.slot import day_of
from publishers.wechat.quota import month_start
from publishers.weibo.limits import Limits
from publishers.withdrawal import Withdrawal
from scheduler.errors import MomentRefused
from scheduler.planning import said_moment
from scheduler.timetable import CHANNEL_NAMES, STANDING, Timetable
from staff.errors import NotAllowed, SignInRefused
from staff.roles import REVIEW_VERBS, Verb
from staff.sessions import NewSession

REFUSALS = (DisclosureError, NotReleasable, MomentRefused, NotAllowed, PasswordNeeded, SignInRefused)
"""What an act on this page may be answered with: shown beside the box it came from, with all that was typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why an act was not done. ``box`` is where it is shown: submit, review, show, schedule, withdraw or repeal."""

    box: str
    error: Exception
    typed: Visit

    @property
    def message(self) -> str:
        remedy = str(getattr(self.error, "remedy", ""))
        return "。".join(part.rstrip("。") for part in (str(self.error), remedy) if part) + "。"

    @property
    def at_password(self) -> bool:
        return isinstance(self.error, (PasswordNeeded, SignInRefused))

    @property
    def at_moment(self) -> bool:
        return isinstance(self.error, MomentRefused)

    @property
    def status(self) -> int:
        if isinstance(self.error, NotAllowed):
            return 403
        if isinstance(self.error, (InvalidContent, MomentRefused, PasswordNeeded, SignInRefused)):
            return 422
        return 409

    def text(self, name: str) -> str:
        return self.typed.text(name)

    def texts(self, name: str) -> list[str]:
        return self.typed.texts(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBox:
    """One channel's checkbox in the schedule box. ``why_not`` is set when it cannot be chosen."""

    name: str
    title: str
    why_not: str = ""
    notes: tuple[str, ...] = field(default_factory=tuple)


class SheetPages:
    def __init__(
        self, *, screen: Screen, door: Door, desk: Desk, preflight: Preflight, timetable: Timetable,
        withdrawal: Withdrawal, clock: Clock, previewer: Previewer, shows: ShowLinks, press: PressDesk,
        mass_quota: MassQuota | None = None,
    ) -> None:  # fmt: skip
        self._press = press
        self._planning = press.calendar.planning
        self._screen = screen
        self._door = door
        self._desk = desk
        self._preflight = preflight
        self._timetable = timetable
        self._withdrawal = withdrawal
        self._clock = clock
        self._previewer = previewer
        self._shows = shows
        self._mass_quota = mass_quota
        self._reviewing = press.reviewing
        self._weibo = Limits.load()

    # Reading

    async def sheet(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def again(self, request: web.Request, visit: Visit, trouble: Trouble) -> web.StreamResponse:
        """The sheet with what was refused beside its box, for forms whose verbs are served elsewhere."""
        return await self._show(request, visit, trouble)

    async def version(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = _id(request)
        version = await self._desk.version(number, int(request.match_info["number"]))
        return self._screen.show(
            request, visit, "version.html", title=f"第 {version.number} 版", version=version, disclosure_id=number,
            body_html=for_staff(as_table(version.content.particulars) + version.content.body_html),
        )  # fmt: skip

    # Acting

    async def submit(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = _id(request)
        try:
            await self._reviewing.declare(visit.person, number, declared=visit.text("declared") == "yes")
            await self._preflight.submit(
                visit.person, number, reason=visit.text("reason"), without=visit.texts("without")
            )
        except REFUSALS as error:
            return await self._show(request, visit, Trouble(box="submit", error=error, typed=visit))
        return see(f"/console/disclosures/{number}", "submitted")

    async def approve(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = _id(request)
        try:
            await self._desk.approve(
                visit.person, number, seen_hash=_seen(visit), remark=visit.text("remark")[:1000],
                opinion=visit.text("opinion"),
            )  # fmt: skip
        except REFUSALS as error:
            return await self._show(request, visit, Trouble(box="review", error=error, typed=visit))
        return see(f"/console/disclosures/{number}", "approved")

    async def reject(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = _id(request)
        try:
            await self._desk.reject(
                visit.person, number, visit.text("remark")[:1000], seen_hash=_seen(visit), opinion=visit.text("opinion")
            )
        except REFUSALS as error:
            return await self._show(request, visit, Trouble(box="review", error=error, typed=visit))
        return see(f"/console/disclosures/{number}", "rejected")

    async def schedule(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number, session = _id(request), None
        try:
            at = moment_of(visit)
            if at == "now":
                visit, session = await self._door.identified(request, visit)
            release = await self._timetable.schedule(
                visit.person, number, at=at, channels=visit.texts("channels"),
                confirm_mass=visit.text("confirm_mass") == "yes", operator_address=self._door.address(request),
                override=visit.text("override"), confirm_quiet=visit.text("confirm_quiet") == "yes",
                reason=visit.text("reason")[:500], ask_twice=True,
            )  # fmt: skip
        except REFUSALS as error:
            trouble = Trouble(box="schedule", error=error, typed=visit)
            return self._admitted(await self._show(request, visit, trouble), session)
        return self._admitted(see(f"/console/releases/{release.id}", "scheduled"), session)

    async def withdraw(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._ended(request, visit, "withdraw", "withdrawn", self._withdrawal.withdraw)

    async def repeal(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._ended(request, visit, "repeal", "repealed", self._withdrawal.repeal)

    async def _ended(
        self, request: web.Request, visit: Visit, box: str, done: str, end: Callable[..., Awaitable[None]]
    ) -> web.StreamResponse:
        number, session = _id(request), None
        try:
            visit, session = await self._door.identified(request, visit)
            await end(visit.person, number, explanation=visit.text("explanation"))
        except REFUSALS as error:
            trouble = Trouble(box=box, error=error, typed=visit)
            return self._admitted(await self._show(request, visit, trouble), session)
        return self._admitted(see(f"/console/disclosures/{number}", done), session)

    async def refused(self, request: web.Request, visit: Visit, box: str, error: Exception) -> web.StreamResponse:
        """The page with what another module's act was answered with."""
        return await self._show(request, visit, Trouble(box=box, error=error, typed=visit))

    def _admitted(self, response: web.StreamResponse, session: NewSession | None) -> web.StreamResponse:
        if session is not None:
            self._door.admit(response, session)
        return response

    async def _show(self, request: web.Request, visit: Visit, trouble: Trouble | None = None) -> web.StreamResponse:
        sheet = await self._desk.sheet(_id(request))
        person = visit.person
        issues = await self._preflight.issues(sheet)
        turn = await self._desk.may_sign(person, sheet.id)
        return self._screen.show(
            request, visit, "sheet.html", title=sheet.title, status=trouble.status if trouble else 200, sheet=sheet,
            issues=issues, places=_by_place(issues), blocked=_blocked(issues), field_names=FIELD_NAMES, field_of=field_of,
            place_names=PLACE_NAMES, turn=turn if isinstance(turn, Turn) else None,
            why_not_sign="" if isinstance(turn, Turn) else turn.reason,
            reviews=any(person.may(verb) for verb in _REVIEW), steps=sheet.chain, step_names=STEP_NAMES,
            box=await self._reviewing.box(person, sheet, turn),
            previews=await self._previewer.previews(sheet.content, sheet.id, source=_source(sheet)), history=await self._desk.history(sheet.id),
            releases=await read_releases(sheet.id), timeline=await timeline(sheet.id),
            deadlines=await self._desk.deadlines(sheet), boxes=await self._boxes(sheet, issues), trouble=trouble,
            fresh=visit.signed_in.fresh, weibo=self._weibo, writable=sheet.state in _WRITABLE,
            earliest=local(await self._clock.now()), quota=await self._quota(visit, sheet),
            shows=await self._shows.showing(sheet.id, sheet.state),
            embargo=await embargo_box(sheet.id, sheet.state, sheet.author_id, person),
            others=await self._press.presence.others(sheet.id, person.account_id),
            differing=await differing(self._preflight, sheet.content, disclosure_id=sheet.id),
            kind=await find_kind(sheet.content.kind),
            proposals=await self._proposals(visit, sheet),
            figures=await sheet_figures(sheet.id),
            check_groups=GROUPS,
        )  # fmt: skip

    async def _quota(self, visit: Visit, sheet: Sheet) -> Month | None:
        """The mass sends of this month, for whoever is about to plan one more."""
        wanted = sheet.content.wechat.mode == "mass" and sheet.approved and visit.person.may(Verb.RELEASE_SCHEDULE)
        if not wanted or self._mass_quota is None:
            return None
        return await self._mass_quota.month(month_start(day_of(await self._clock.now())))

    async def _proposals(self, visit: Visit, sheet: Sheet) -> list[str]:
        """The next good moments in words, for whoever plans without script."""
        if not sheet.approved or not visit.person.may(Verb.RELEASE_SCHEDULE):
            return []
        names = [str(name) for name in self._timetable.channels if name is not ChannelName.ANSWERS]
        now, mass = await self._clock.now(), sheet.content.wechat.mode == "mass"
        advice = await self._planning.advise(names, now, mass=mass, at_once=True)
        return [said_moment(each) for each in advice.moments]

    async def _boxes(self, sheet: Sheet, issues: tuple[Issue, ...]) -> list[ChannelBox]:
        """The channels and why some cannot be chosen now."""
        standing = {
            row.channel
            for row in await Delivery.filter(
                disclosure_id=sheet.id, content_hash=sheet.content_hash, state__in=STANDING
            ).only("id", "channel")
        }
        boxes = []
        for name in self._timetable.channels:
            why = "；".join(issue.message.rstrip("。") for issue in issues if issue.place == name and issue.blocks)
            if name in standing:
                why = "已经发布或已经安排"
            boxes.append(ChannelBox(name=str(name), title=CHANNEL_NAMES[name], why_not=why))
        return boxes


_WRITABLE = frozenset({State.DRAFT, State.WITHDRAWN})
_REVIEW = REVIEW_VERBS


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _source(sheet: Sheet) -> Source:
    return Source(body=sheet.version.body_source, body_format=sheet.version.body_format)


def _seen(visit: Visit) -> str:
    """The hash of the text that the reviewer had before him; a form without it has seen nothing."""
    return visit.text("content_hash") or "0" * 64


def _by_place(issues: tuple[Issue, ...]) -> dict[str, list[Issue]]:
    found: dict[str, list[Issue]] = {}
    for issue in issues:
        found.setdefault(issue.place, []).append(issue)
    return found


def _blocked(issues: tuple[Issue, ...]) -> list[str]:
    """The social channels that object; the text may go to review without them."""
    return sorted({issue.place for issue in issues if issue.blocks and issue.place in {"wechat", "weibo"}})
