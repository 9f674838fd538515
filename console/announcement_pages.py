"""信息公开预告: one person writes, another confirms; then the portal, the calendar and the bot say it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, see, whole
from console.screen import Screen
from disclosures.records import Category, Disclosure, Unit
from scheduler.announcements import CONFIRM, Text, due_of, words_of
from scheduler.announcing import OPEN, STANDING_NAMES, Due, Precision, Standing
from scheduler.calendar_desk import CalendarDesk
from scheduler.calendar_records import Announcement
from scheduler.errors import AnnouncementRefused, CalendarInvalid
from staff.errors import NotAllowed
from staff.roles import Verb

REFUSALS = (CalendarInvalid, AnnouncementRefused)
PRECISIONS = {"day": "到日", "month": "到月", "moment": "到时刻"}
MOST_SHOWN = 300
CANDIDATES = 100
"""How many of the texts that are not public yet are offered for linking."""


class AnnouncementPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, desk: CalendarDesk) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, one = self._door.get, self._door.post, r"/console/announcements/{id:\d{1,9}}"
        return [
            get("/console/announcements", self.show, Verb.RELEASE_READ),
            post("/console/announcements", self.propose, Verb.CALENDAR_WRITE),
            post(f"{one}/change", self.change, Verb.CALENDAR_WRITE),
            post(f"{one}/cancel", self.cancel, Verb.CALENDAR_WRITE),
            post(f"{one}/link", self.link, Verb.CALENDAR_WRITE),
            post(f"{one}/confirm", self.confirm, *CONFIRM),
            post(f"{one}/refuse", self.refuse, *CONFIRM),
        ]

    async def show(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def propose(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        async def act() -> None:
            await self._desk.announcements.propose(visit.person, text_of(visit))

        return await self._done(request, visit, "new", "announcement-proposed", act)

    async def change(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number, precision = int(request.match_info["id"]), visit.text("precision")

        async def act() -> None:
            await self._desk.announcements.ask_change(
                visit.person, number, precision=precision, due=_due(visit, precision), reason=visit.text("reason")
            )

        return await self._done(request, visit, f"change-{number}", "announcement-asked", act)

    async def cancel(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])

        async def act() -> None:
            await self._desk.announcements.ask_cancel(visit.person, number, reason=visit.text("reason"))

        return await self._done(request, visit, f"cancel-{number}", "announcement-asked", act)

    async def link(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])

        async def act() -> None:
            await self._desk.announcements.link(visit.person, number, visit.number("disclosure"))
            await self._desk.announcements.sweep()

        return await self._done(request, visit, f"link-{number}", "announcement-linked", act)

    async def confirm(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])

        async def act() -> None:
            await self._desk.announcements.confirm(visit.person, number)

        return await self._done(request, visit, f"decide-{number}", "announcement-confirmed", act)

    async def refuse(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])

        async def act() -> None:
            await self._desk.announcements.refuse(visit.person, number, remark=visit.text("remark"))

        return await self._done(request, visit, f"decide-{number}", "announcement-refused", act)

    async def _done(
        self, request: web.Request, visit: Visit, box: str, done: str, act: Callable[[], Awaitable[None]]
    ) -> web.StreamResponse:
        try:
            await act()
        except (*REFUSALS, NotAllowed) as error:
            return await self._show(request, visit, error=error, box=box)
        return see("/console/announcements", done)

    async def _show(
        self, request: web.Request, visit: Visit, *, error: Exception | None = None, box: str = ""
    ) -> web.StreamResponse:
        now = await self._clock.now()
        rows = await Announcement.all().order_by("-id").limit(MOST_SHOWN)
        units = await Unit.filter(active=True).order_by("sort", "id").values_list("name", flat=True)
        categories = await Category.filter(active=True).order_by("sort", "id").values_list("name", flat=True)
        unpublished = Disclosure.filter(released_at=None).order_by("-id").limit(CANDIDATES)
        candidates = dict(await unpublished.values_list("id", "title"))
        hidden = await self._desk.hide(visit.person)(set(candidates)) if candidates else frozenset()
        status = 200 if error is None else 422 if isinstance(error, CalendarInvalid) else 409
        return self._screen.show(
            request, visit, "announcements.html", title="信息公开预告", status=status,
            candidates=[(number, title) for number, title in candidates.items() if number not in hidden],
            waiting=[row for row in rows if row.asked is not None],
            coming=sorted((row for row in rows if row.state in OPEN), key=lambda row: (row.due_at, row.id)),
            over=[row for row in rows if row.state not in OPEN and row.asked is None], units=list(units),
            categories=list(categories), precisions=PRECISIONS, state_names=STANDING_NAMES, due_of=due_of, words_of=words_of,
            asked_words=_asked_words, now=now, error=error, field=getattr(error, "field", ""), box=box, typed=visit,
            may_confirm=any(visit.person.may(verb) for verb in CONFIRM), proposed=Standing.PROPOSED,
        )  # fmt: skip


def text_of(visit: Visit) -> Text:
    precision = visit.text("precision") or "day"
    return Text(
        title=visit.text("title"), unit=visit.text("unit"), precision=precision, due=_due(visit, precision),
        category=visit.text("category"), note=visit.text("note"), disclosure_id=whole(visit.text("disclosure")) or None,
    )  # fmt: skip


def _due(visit: Visit, precision: str) -> str:
    """The form has one date, and a time of day that counts only for a moment."""
    day = visit.text("due")
    return f"{day}T{visit.text('clock') or '09:00'}" if precision == Precision.MOMENT else day


def _asked_words(row: Announcement) -> str:
    """What one person wants, in words."""
    asked = row.asked or {}
    if asked.get("kind") == "change":
        due = Due(at=datetime.fromisoformat(str(asked["due_at"])), precision=Precision(str(asked["precision"])))
        return f"由{due_of(row).words}改到{due.words}，原因：{asked['reason']}"
    if asked.get("kind") == "cancel":
        return f"取消预告，原因：{asked['reason']}"
    return words_of(row)
