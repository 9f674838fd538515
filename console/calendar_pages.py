"""日历: month and week, moving a release to another day, the advice while a moment is chosen, and the calendar as a file."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from audit.clock import Clock
from console.api.problems import dumps
from console.calendar_files import plan_file
from console.calendar_view import CHANNELS, GROUPS, asked_of, read_view
from console.door import Door, Visit, see, wants_json, whole
from console.screen import Screen
from disclosures.records import Unit
from publishers.errors import NotReleasable
from publishers.mass_quota import MassQuota
from publishers.records import Delivery, Release
from publishers.slot import SHANGHAI, day_of
from publishers.wechat.quota import month_start
from scheduler.calendar_desk import CalendarDesk
from scheduler.deadline_marks import DeadlineMarks
from scheduler.errors import MomentRefused, QuietDayStands, ReleaseNotFound
from scheduler.planned import CHANNEL_NAMES
from scheduler.planning import Advice, said_moment
from scheduler.timetable import Timetable
from staff.roles import Verb

REFUSALS: Final = (NotReleasable, MomentRefused)


class CalendarPages:
    """``quota`` is None where no official account is connected."""

    def __init__(
        self, *, screen: Screen, door: Door, clock: Clock, desk: CalendarDesk, timetable: Timetable,
        quota: MassQuota | None,
    ) -> None:  # fmt: skip
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk
        self._timetable = timetable
        self._quota = quota
        self._marks = DeadlineMarks(working_days=desk.planning.working_days)

    def routes(self) -> Sequence[web.RouteDef]:
        get, post = self._door.get, self._door.post
        return [
            get("/console/calendar", self.show, Verb.RELEASE_READ),
            get("/console/calendar/advice", self.advice, Verb.RELEASE_SCHEDULE),
            get("/console/calendar/plan.ics", self.download, Verb.RELEASE_READ),
            post("/console/calendar/address", self.new_address, Verb.RELEASE_READ),
            post("/console/calendar/address/revoke", self.end_address, Verb.RELEASE_READ),
            post(r"/console/calendar/releases/{id:\d{1,9}}/move", self.move, Verb.RELEASE_SCHEDULE),
        ]

    def open_routes(self) -> Sequence[web.AbstractRouteDef]:
        """What a calendar program reads: the secret in the address is the key."""
        return [web.get("/console/calendar.ics", self.by_address, allow_head=False)]

    async def show(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def move(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """改期 from the calendar: to a day (the time of day stays) or to a moment. The approval stands."""
        number = int(request.match_info["id"])
        try:
            at = await self._wanted(number, visit)
            release = await self._timetable.move(
                visit.person, number, at=at.isoformat(), reason=visit.text("reason").strip()[:300],
                override=visit.text("override").strip()[:300], confirm_quiet=visit.text("confirm_quiet") == "yes",
            )  # fmt: skip
        except REFUSALS as error:
            return await self._refused(request, visit, number, error)
        if wants_json(request):
            said = f"已改到{said_moment(release.due_at)}，三审仍然有效。"
            return web.json_response({"ok": True, "said": said, "at": _local(release.due_at)}, dumps=dumps)
        return see(f"/console/calendar?{_back(visit, day_of(release.due_at))}", "moved")

    async def advice(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What to say about a moment while it is chosen, and the next good ones."""
        query = request.query
        release, disclosure = whole(query.get("release", "")), whole(query.get("disclosure", ""))
        chosen = query.get("channels", "").split(",")
        channels = [str(name) for name in CHANNELS if name in chosen]
        mass = query.get("mass") == "yes"
        if release:
            channels, mass, disclosure = await _of_release(release)
        now = await self._clock.now()
        at_once = query.get("at", "now") in {"", "now"}
        try:
            at = now if at_once else _moment(query["at"])
        except MomentRefused as error:
            return web.json_response(
                {"notes": [_note("stop", str(error), "")], "moments": [], "quota": ""}, dumps=dumps
            )
        deadline = await self._marks.deadline(disclosure) if disclosure else None
        found = await self._desk.planning.advise(
            channels, at, mass=mass, deadline=deadline, release_id=release, at_once=at_once,
            hide=self._desk.hide(visit.person),
        )  # fmt: skip
        return web.json_response(_told(found), dumps=dumps)

    async def download(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        body = await plan_file(self._desk, visit.person, name="发布计划", now=await self._clock.now())
        headers = {"Content-Disposition": "attachment; filename=plan.ics"}
        return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)

    async def by_address(self, request: web.Request) -> web.StreamResponse:
        person = await self._desk.addresses.resolve(request.query.get("key", ""))
        if person is None:
            raise web.HTTPNotFound(text="这个日历地址已经失效，请到工作台的“日历”重新生成。")
        body = await plan_file(self._desk, person, name="发布计划", now=await self._clock.now())
        return web.Response(body=body, content_type="text/calendar", charset="utf-8")

    async def new_address(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        key = await self._desk.addresses.issue(visit.person)
        return await self._show(request, visit, address=f"{self._desk.public_url}/console/calendar.ics?key={key}")

    async def end_address(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._desk.addresses.revoke(visit.person)
        return see("/console/calendar", "address-revoked")

    async def _wanted(self, number: int, visit: Visit) -> datetime:
        release = await Release.get_or_none(id=number)
        if release is None:
            raise ReleaseNotFound("没有这个发布计划")
        if visit.text("at"):
            return _moment(visit.text("at"))
        try:
            day = date.fromisoformat(visit.text("day").strip())
        except ValueError:
            raise MomentRefused("请选择要改到的日期和时间") from None
        return datetime.combine(day, release.due_at.astimezone(SHANGHAI).timetz(), SHANGHAI)

    async def _refused(
        self, request: web.Request, visit: Visit, number: int, error: NotReleasable | MomentRefused
    ) -> web.StreamResponse:
        channels, mass, _ = await _of_release(number)
        at = await self._near(number, visit)
        found = await self._desk.planning.advise(
            channels, at, mass=mass, release_id=number, hide=self._desk.hide(visit.person)
        )
        refusal = {
            "release": number, "message": str(error), "remedy": str(getattr(error, "remedy", "")),
            "forbids": isinstance(error, QuietDayStands) and error.forbids,
            "asks": isinstance(error, QuietDayStands) and not error.forbids,
            "moments": [{"at": _local(each), "label": said_moment(each)} for each in found.moments],
            "typed": _local(at), "override": visit.text("override"),
        }  # fmt: skip
        status = 422 if isinstance(error, MomentRefused) else 409
        if wants_json(request):
            return web.json_response({"ok": False, **refusal}, status=status, dumps=dumps)
        return await self._show(request, visit, refusal=refusal, status=status)

    async def _near(self, number: int, visit: Visit) -> datetime:
        try:
            return await self._wanted(number, visit)
        except MomentRefused:
            return await self._clock.now()

    async def _show(
        self, request: web.Request, visit: Visit, *, refusal: dict[str, Any] | None = None, address: str = "",
        status: int = 200,
    ) -> web.StreamResponse:  # fmt: skip
        await self._desk.years.refresh()
        now = await self._clock.now()
        given = {name: visit.text(f"back_{name}") for name in _KEPT} if request.method == "POST" else request.query
        asked = asked_of(given, day_of(now))
        view = await read_view(self._desk, self._marks, visit.person, asked, now=now)
        month = await self._quota.month(month_start(asked.day)) if self._quota is not None else None
        return self._screen.show(
            request, visit, "calendar.html", title="发布日历", status=status, view=view, asked=asked, groups=GROUPS,
            channels={name: CHANNEL_NAMES[name] for name in CHANNELS}, units=await _units(), quota=month, refusal=refusal,
            address=address, standing=await self._desk.addresses.standing(visit.person), link=_link(asked),
            earliest=_local(now), said=said_moment,
        )  # fmt: skip


_KEPT: Final = ("view", "at", "channel", "unit", "state")


def _link(asked: Any) -> Any:
    """Makes an address of the calendar with something changed."""
    kept = {
        "view": asked.view,
        "at": asked.day.isoformat(),
        "channel": asked.channel,
        "unit": asked.unit,
        "state": asked.state,
    }

    def link(**changed: object) -> str:
        values = {**kept, **{name: str(value) for name, value in changed.items()}}
        return "?" + urlencode({name: value for name, value in values.items() if value})

    return link


def _back(visit: Visit, day: date) -> str:
    values = {name: visit.text(f"back_{name}") for name in _KEPT}
    values["at"] = values["at"] or day.isoformat()
    return urlencode({name: value for name, value in values.items() if value})


async def _units() -> list[str]:
    return [str(name) for name in await Unit.filter(active=True).order_by("sort", "id").values_list("name", flat=True)]


async def _of_release(number: int) -> tuple[list[str], bool, int]:
    """(its channels that may still be moved, whether it is a mass send, its disclosure)."""
    release = await Release.get_or_none(id=number)
    if release is None:
        raise ReleaseNotFound("没有这个发布计划")
    rows = Delivery.filter(release_id=number, intent_at=None)
    names = {str(name) for name in await rows.values_list("channel", flat=True)}
    return (
        [str(name) for name in CHANNELS if name in names],
        release.mass_confirmed_by_id is not None,
        release.disclosure_id,
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=SHANGHAI)
    except ValueError:
        raise MomentRefused("时间无法识别，请写成 2026-11-24 09:00") from None


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def _note(weight: str, message: str, remedy: str) -> dict[str, str]:
    return {"weight": weight, "message": message, "remedy": remedy}


def _told(found: Advice) -> dict[str, Any]:
    notes = [_note(str(each.weight), each.said, each.remedy) for each in found.conflicts]
    if found.quota_problem:
        notes.insert(0, _note("stop", found.quota_problem, "请改到有名额的日子，或改为“发布（不推送）”"))
    quiet = [each for each in found.conflicts if each.kind == "quiet"]
    return {
        "notes": notes, "quota": found.quota, "stops": found.stops,
        "forbids": any(each.weight == "stop" for each in quiet), "asks": any(each.weight == "warn" for each in quiet),
        "moments": [{"at": _local(each), "label": said_moment(each)} for each in found.moments],
    }  # fmt: skip
