"""The API's calls on the calendar: what is planned and hindered, the quiet days, the year's working days, announcements."""

from datetime import date, datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from audit.clock import Clock
from console.api.bodies import ChannelText, Taken
from console.api.intake import parse, read_body
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.calendar_view import asked_of, read_view
from publishers.slot import day_of
from scheduler.announcements import CONFIRM, Text, due_of, words_of
from scheduler.calendar_desk import CalendarDesk
from scheduler.calendar_records import Announcement, QuietDay
from scheduler.deadline_marks import DeadlineMarks
from scheduler.quiet_desk import QuietText
from staff.person import Person
from staff.roles import Verb

Short = Annotated[str, StringConstraints(max_length=300)]


class QuietBody(Taken):
    """纪念日或静默日。falls_on 写 12-13（每年）、2026-12-13（一次）或“清明”；channels 为空表示全部渠道。"""

    name: Short
    falls_on: Short
    kind: Literal["memorial", "quiet", "district"] = "district"
    rule: Literal["show", "warn", "forbid"] = "warn"
    channels: list[ChannelText] = Field(default_factory=list)
    message: Short = ""
    source: Short = ""


class QuietAnswer(QuietBody):
    """一个纪念日或静默日。"""

    id: int


class QuietListAnswer(BaseModel):
    """全部纪念日和静默日。"""

    items: list[QuietAnswer]


class YearBody(Taken):
    """一年的节假日安排。source 写明通知名称和文号；off 与 worked 是日期到节日名称。再次提交同一年即替换。"""

    source: Short
    off: dict[date, Short]
    worked: dict[date, Short] = Field(default_factory=dict)


class YearAnswer(YearBody):
    """一年的节假日安排。"""

    year: int


class AnnouncementBody(Taken):
    """预告。due 按 precision 写 2027-03（month）、2027-03-01（day）或 2027-03-01T09:30（moment，北京时间）。"""

    title: Short
    unit: Short
    due: Short
    precision: Literal["month", "day", "moment"] = "day"
    category: Short = ""
    note: Short = ""
    disclosure: int | None = None


class ChangeBody(Taken):
    """改期。另一人确认后公布。"""

    due: Short
    precision: Literal["month", "day", "moment"] = "day"
    reason: Short


class ReasonBody(Taken):
    """原因或理由。"""

    reason: Short


class NothingBody(Taken):
    """不需要内容。"""


class AnnouncementAnswer(BaseModel):
    """一条预告。words 是对外公布的原话；asked 是等待另一人确认的事项（new、change、cancel），没有时为空。"""

    id: int
    title: str
    unit: str
    category: str
    note: str
    due: str
    precision: str
    state: str
    words: str
    reason: str
    disclosure: int | None
    asked: str
    public_at: datetime | None


class AnnouncementListAnswer(BaseModel):
    """预告，按编号从新到旧。"""

    items: list[AnnouncementAnswer]


class ConflictAnswer(BaseModel):
    """一处冲突。weight 为 stop、warn 或 note。"""

    kind: str
    weight: str
    message: str
    remedy: str


class EntryAnswer(BaseModel):
    """日历上的一个发布计划。"""

    release: int
    disclosure: int
    title: str
    unit: str
    at: datetime
    channels: dict[str, str]
    state: str
    mass: bool
    conflicts: list[ConflictAnswer]


class DeadlineAnswer(BaseModel):
    """一个公开期限。"""

    disclosure: int
    title: str
    kind: Literal["local", "statutory"]
    passed: bool
    provisional: bool


class DayAnswer(BaseModel):
    """日历上的一天。off 是休息的原因，worked 是调休上班的节日，source 是依据。"""

    day: date
    working: bool
    off: str
    worked: str
    source: str
    quiet: list[str]
    entries: list[EntryAnswer]
    deadlines: list[DeadlineAnswer]
    announcements: list[str]


class CalendarAnswer(BaseModel):
    """一个月或一周。overdue 是超过期限仍未公开的条数。"""

    first: date
    last: date
    overdue: int
    days: list[DayAnswer]


class CalendarCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, desk: CalendarDesk, clock: Clock, receipts: Receipts) -> None:
        self._desk = desk
        self._clock = clock
        self._receipts = receipts
        self._marks = DeadlineMarks(working_days=desk.planning.working_days)

    def operations(self) -> tuple[Operation, ...]:
        one, quiet = r"/api/v1/announcements/{id:\d{1,9}}", "/api/v1/quiet-days"
        told = AnnouncementAnswer
        return (
            operation("GET", "/api/v1/calendar", self.calendar, "日历", CalendarAnswer, None, Verb.RELEASE_READ,
                query=("view", "at", "channel", "unit", "state")),
            operation("GET", quiet, self.quiet_days, "纪念日与静默日", QuietListAnswer, None, Verb.RELEASE_READ),
            operation("POST", quiet, self.add_quiet, "增加纪念日或静默日", QuietAnswer, QuietBody, Verb.CALENDAR_WRITE, status=201,
                keyed=True),
            operation("DELETE", quiet + r"/{id:\d{1,9}}", self.remove_quiet, "删去纪念日或静默日", QuietListAnswer, None,
                Verb.CALENDAR_WRITE),
            operation("POST", "/api/v1/years", self.enter_year, "导入一年的节假日安排", YearAnswer, YearBody, Verb.CALENDAR_WRITE,
                status=201),
            operation("GET", "/api/v1/announcements", self.announcements, "预告列表", AnnouncementListAnswer, None,
                Verb.RELEASE_READ),
            operation("POST", "/api/v1/announcements", self.propose_announcement, "提出预告", told, AnnouncementBody,
                Verb.CALENDAR_WRITE, status=201, keyed=True),
            operation("POST", f"{one}/change", self.change_announcement, "提出预告改期", told, ChangeBody, Verb.CALENDAR_WRITE),
            operation("POST", f"{one}/cancel", self.cancel_announcement, "提出取消预告", told, ReasonBody, Verb.CALENDAR_WRITE),
            operation("POST", f"{one}/confirm", self.confirm_announcement, "确认另一人的预告", told, NothingBody, *CONFIRM),
            operation("POST", f"{one}/refuse", self.refuse_announcement, "不同意或收回预告", told, ReasonBody, *CONFIRM),
        )  # fmt: skip

    async def calendar(self, request: web.Request, person: Person) -> web.Response:
        await self._desk.years.refresh()
        now = await self._clock.now()
        asked = asked_of(request.query, day_of(now))
        view = await read_view(self._desk, self._marks, person, asked, now=now)
        days = [
            DayAnswer(
                day=cell.day, working=not cell.off, off=cell.off, worked=cell.worked, source=cell.source,
                quiet=[each.name for each in cell.quiet], announcements=[each.words for each in cell.notices],
                deadlines=[
                    DeadlineAnswer(
                        disclosure=mark.disclosure_id, title=mark.title, kind="statutory" if mark.statutory else "local",
                        passed=mark.passed, provisional=mark.provisional,
                    )
                    for mark in cell.marks
                ],
                entries=[
                    EntryAnswer(
                        release=slot.release_id, disclosure=slot.disclosure_id, title=slot.title, unit=slot.unit, at=slot.at,
                        channels={mark.channel: str(mark.state) for mark in slot.channels}, state=slot.state, mass=slot.mass,
                        conflicts=[
                            ConflictAnswer(kind=each.kind, weight=str(each.weight), message=each.said, remedy=each.remedy)
                            for each in slot.conflicts
                        ],
                    )
                    for slot in cell.slots
                ],
            )
            for cell in view.cells
        ]  # fmt: skip
        return _answered(CalendarAnswer(first=asked.first, last=asked.last, overdue=view.overdue, days=days))

    async def quiet_days(self, request: web.Request, person: Person) -> web.Response:
        return _answered(QuietListAnswer(items=[_quiet(row) for row in await self._desk.quiet.days()]))

    async def add_quiet(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(QuietBody, raw)

        async def add() -> Answer:
            text = QuietText(**{**body.model_dump(), "channels": tuple(body.channels)})
            return 201, _quiet(await self._desk.quiet.put(person, text)).model_dump(mode="json")

        status, answer = await self._receipts.remember(keyed(request, person, raw), add)
        return web.json_response(answer, status=status, dumps=dumps)

    async def remove_quiet(self, request: web.Request, person: Person) -> web.Response:
        await self._desk.quiet.remove(person, int(request.match_info["id"]))
        return await self.quiet_days(request, person)

    async def enter_year(self, request: web.Request, person: Person) -> web.Response:
        body = parse(YearBody, await read_body(request))
        made = await self._desk.years.enter(person, body.model_dump_json().encode(), source=body.source)
        answer = YearAnswer(year=made.year, source=made.source, off=dict(made.off), worked=dict(made.worked))
        return web.json_response(answer.model_dump(mode="json"), status=201, dumps=dumps)

    async def announcements(self, request: web.Request, person: Person) -> web.Response:
        rows = await Announcement.all().order_by("-id").limit(300)
        return _answered(AnnouncementListAnswer(items=[_told(row) for row in rows]))

    async def propose_announcement(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(AnnouncementBody, raw)

        async def propose() -> Answer:
            text = Text(
                title=body.title, unit=body.unit, precision=body.precision, due=body.due, category=body.category,
                note=body.note, disclosure_id=body.disclosure,
            )  # fmt: skip
            return 201, _told(await self._desk.announcements.propose(person, text)).model_dump(mode="json")

        status, answer = await self._receipts.remember(keyed(request, person, raw), propose)
        return web.json_response(answer, status=status, dumps=dumps)

    async def change_announcement(self, request: web.Request, person: Person) -> web.Response:
        body = parse(ChangeBody, await read_body(request))
        row = await self._desk.announcements.ask_change(
            person, int(request.match_info["id"]), precision=body.precision, due=body.due, reason=body.reason
        )
        return _answered(_told(row))

    async def cancel_announcement(self, request: web.Request, person: Person) -> web.Response:
        body = parse(ReasonBody, await read_body(request))
        number = int(request.match_info["id"])
        return _answered(_told(await self._desk.announcements.ask_cancel(person, number, reason=body.reason)))

    async def confirm_announcement(self, request: web.Request, person: Person) -> web.Response:
        parse(NothingBody, await read_body(request))
        return _answered(_told(await self._desk.announcements.confirm(person, int(request.match_info["id"]))))

    async def refuse_announcement(self, request: web.Request, person: Person) -> web.Response:
        body = parse(ReasonBody, await read_body(request))
        number = int(request.match_info["id"])
        return _answered(_told(await self._desk.announcements.refuse(person, number, remark=body.reason)))


def _answered(answer: BaseModel) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), dumps=dumps)


def _quiet(row: QuietDay) -> QuietAnswer:
    plain = {name: getattr(row, name) for name in QuietAnswer.model_fields}
    return QuietAnswer.model_validate(plain)


def _told(row: Announcement) -> AnnouncementAnswer:
    return AnnouncementAnswer(
        id=row.id, title=row.title, unit=row.unit, category=row.category, note=row.note, due=due_of(row).typed,
        precision=str(row.precision), state=str(row.state), words=words_of(row), reason=row.reason,
        disclosure=row.disclosure_id, asked=str((row.asked or {}).get("kind", "")), public_at=row.public_at,
    )  # fmt: skip
