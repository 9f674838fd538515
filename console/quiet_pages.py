"""纪念日与静默日, the channels' hours, and the years' working days: what the calendar is made of."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from audit.clock import Clock
from console.door import Door, Visit, see, uploads
from console.screen import Screen
from disclosures.year_table import MOST
from publishers.slot import day_of
from scheduler.calendar_desk import CalendarDesk
from scheduler.errors import CalendarInvalid
from scheduler.planned import CHANNEL_NAMES
from scheduler.quiet_desk import CHANNELS, KINDS, RULES, HoursText, QuietText
from staff.roles import Verb


class QuietPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, desk: CalendarDesk) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, one = self._door.get, self._door.post, r"/console/calendar/quiet/{id:\d{1,9}}"
        return [
            get("/console/calendar/quiet", self.show, Verb.RELEASE_READ),
            post("/console/calendar/quiet", self.add, Verb.CALENDAR_WRITE),
            post(one, self.change, Verb.CALENDAR_WRITE),
            post(f"{one}/remove", self.remove, Verb.CALENDAR_WRITE),
            post("/console/calendar/hours", self.hours, Verb.CALENDAR_WRITE),
            get("/console/calendar/years", self.years, Verb.RELEASE_READ),
            post("/console/calendar/years", self.enter_year, Verb.CALENDAR_WRITE),
        ]

    async def show(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def add(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._desk.quiet.put(visit.person, _quiet(visit))
        except CalendarInvalid as error:
            return await self._show(request, visit, error=error, box="new")
        return see("/console/calendar/quiet", "quiet-saved")

    async def change(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        try:
            await self._desk.quiet.put(visit.person, _quiet(visit), day_id=number)
        except CalendarInvalid as error:
            return await self._show(request, visit, error=error, box=f"day-{number}")
        return see("/console/calendar/quiet", "quiet-saved")

    async def remove(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            await self._desk.quiet.remove(visit.person, int(request.match_info["id"]))
        except CalendarInvalid as error:
            return await self._show(request, visit, error=error, box="new")
        return see("/console/calendar/quiet", "quiet-removed")

    async def hours(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        channel = visit.text("channel")
        text = HoursText(
            channel=channel, least_minutes=_whole(visit, "least_minutes"), most_days=_whole(visit, "most_days"),
            night_from=visit.text("night_from"), night_to=visit.text("night_to"),
            apart_minutes=_whole(visit, "apart_minutes"), per_day=_whole(visit, "per_day"),
        )  # fmt: skip
        try:
            await self._desk.quiet.set_hours(visit.person, text)
        except CalendarInvalid as error:
            return await self._show(request, visit, error=error, box=f"hours-{channel}")
        return see("/console/calendar/quiet#hours", "hours-saved")

    async def years(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show_years(request, visit)

    async def enter_year(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            data = _data(visit)
            calendar = await self._desk.years.enter(visit.person, data, source=visit.text("source"))
        except CalendarInvalid as error:
            return await self._show_years(request, visit, error=error)
        return see(f"/console/calendar/years?year={calendar.year}", "year-entered")

    async def _show(
        self, request: web.Request, visit: Visit, *, error: CalendarInvalid | None = None, box: str = ""
    ) -> web.StreamResponse:
        return self._screen.show(
            request, visit, "quiet.html", title="纪念日与发布时段", status=422 if error else 200,
            days=await self._desk.quiet.days(), hours=await self._desk.quiet.hours(), kinds=KINDS, rules=RULES,
            channels={name: CHANNEL_NAMES[name] for name in CHANNELS}, error=error, box=box, typed=visit,
        )  # fmt: skip

    async def _show_years(
        self, request: web.Request, visit: Visit, *, error: CalendarInvalid | None = None
    ) -> web.StreamResponse:
        await self._desk.years.refresh()
        working, today = self._desk.planning.working_days, day_of(await self._clock.now())
        asked = request.query.get("year", "")
        year = (
            int(asked)
            if asked.isascii() and asked.isdigit() and len(asked) == 4 and 2004 <= int(asked) <= 2099
            else today.year
        )
        return self._screen.show(
            request, visit, "years.html", title="节假日安排", status=422 if error else 200, calendar=working.year(year), year=year,
            next_known=working.year(today.year + 1) is not None, this_year=today.year, entered=await self._desk.years.entered(),
            error=error, typed=visit,
        )  # fmt: skip


def _quiet(visit: Visit) -> QuietText:
    return QuietText(
        name=visit.text("name"), falls_on=visit.text("falls_on"), kind=visit.text("kind") or "district",
        rule=visit.text("rule") or "warn", channels=tuple(visit.texts("channels")), message=visit.text("message"),
        source=visit.text("source"),
    )  # fmt: skip


def _whole(visit: Visit, name: str) -> int:
    """-1 for what is no number: out of every range."""
    text = visit.text(name).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1


def _data(visit: Visit) -> bytes:
    """The file, or what was pasted. Raises CalendarInvalid when it is too large; the body as a whole has its own cap."""
    found: list[FileField] = uploads(visit.form, "file")
    data: Any = found[0].file.read(MOST + 1) if found else visit.text("table").encode("utf-8", "replace")
    if len(data) > MOST:
        raise CalendarInvalid("file", "文件超过 64 KB，不像是一年的节假日安排", "请只保留日期、休或班、节日名称三列")
    return bytes(data)
