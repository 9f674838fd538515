"""The API's calls on what came back: comments, replies, figures, the radar, and the platform's live list."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import BaseModel, StringConstraints

from console.api.bodies import Taken
from console.api.intake import parse, read_body, whole_number
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.echo_desk import EchoDesk
from console.errors import FieldError, RequestInvalid
from console.live_list import live_list
from publishers.echo.comment_desk import AGREE
from publishers.echo.figures import figures_of, month_of
from publishers.echo.port import Act
from publishers.echo.records import Comment, CommentReply
from publishers.records import Delivery
from scheduler.errors import ReleaseNotFound
from staff.person import Person
from staff.roles import Verb

PER_PAGE: Final = 20
STATES: Final = ("new", "answered", "ignored", "hidden")
Reason = Annotated[str, StringConstraints(max_length=300)]
Remark = Annotated[str, StringConstraints(max_length=500)]


class ReplyBody(Taken):
    """公开回复。entry：所引用知识条目的编号；文字与条目一字不差时，才算经审定的文字，可以不经第二人。"""

    text: Annotated[str, StringConstraints(max_length=4000)]
    entry: Annotated[str, StringConstraints(max_length=191)] = ""


class LeaveBody(Taken):
    """不需要回复的理由。"""

    reason: Reason


class ActBody(Taken):
    """精选、取消精选，或在平台删除（须写明理由）。"""

    act: Literal["elect", "unelect", "take_down"]
    reason: Reason = ""


class RemarkBody(Taken):
    """意见；不同意时必填。"""

    remark: Remark = ""


class RetractBody(Taken):
    """撤回已公开的回复的理由。"""

    reason: Remark


class OutcomeBody(Taken):
    """结果待核实的回复：已在平台看到（sent），或系统核对后确认没有发出（not_sent）。"""

    outcome: Literal["sent", "not_sent"]
    reason: Remark


class ReplyAnswer(BaseModel):
    """一条公开回复。"""

    id: int
    comment: int
    state: str
    text: str
    entry: str
    written_by: str
    written_at: datetime
    approved_by: str
    sent_at: datetime | None
    problem: str
    remedy: str


class CommentAnswer(BaseModel):
    """一条评论；个人信息和姓名已遮盖。"""

    id: int
    channel: str
    state: str
    author: str
    text: str
    at: datetime
    disclosure: int | None
    delivery: int | None
    elected: bool | None
    answered_at: datetime | None
    answered_by: str
    working_days: int
    replies: list[ReplyAnswer]


class CommentListAnswer(BaseModel):
    """评论列表。"""

    items: list[CommentAnswer]
    page: int
    pages: int
    total: int


class RadarLine(BaseModel):
    """一个账号的互动情况。"""

    channel: str
    name: str
    open: int
    late: int
    oldest_at: datetime | None
    oldest_working_days: int
    share_in_time: int | None
    silent_days: int | None
    level: str


class RadarAnswer(BaseModel):
    """互动雷达。"""

    accounts: list[RadarLine]


class FigureLine(BaseModel):
    """一个渠道的数据：累计，以及每天结束时的累计。"""

    channel: str
    delivery: int
    totals: dict[str, int]
    days: dict[str, dict[date, int]]
    read_at: datetime | None


class MonthLine(BaseModel):
    """当月发布的一条公开信息。"""

    disclosure: int
    title: str
    unit: str
    channels: list[str]
    published_at: datetime
    totals: dict[str, int]


class FiguresAnswer(BaseModel):
    """查一条公开信息时是 channels，查一个月时是 lines。"""

    channels: list[FigureLine] = []
    lines: list[MonthLine] = []


class LiveLine(BaseModel):
    """平台上的一条内容。"""

    kind: str
    external_id: str
    text: str
    url: str
    at: datetime | None
    ours: bool
    why: str


class LiveAnswer(BaseModel):
    """平台现在的列表；读不到时 problem 说明原因。"""

    place: str
    read_at: datetime
    problem: str
    items: list[LiveLine]


class EchoCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, desk: EchoDesk, receipts: Receipts) -> None:
        self._desk = desk
        self._receipts = receipts

    async def list_comments(self, request: web.Request, person: Person) -> web.Response:
        page = whole_number(request.query.get("page"), default=1, field="page")
        state, channel = request.query.get("state", ""), request.query.get("channel", "")
        if state and state not in STATES:
            raise RequestInvalid(
                [FieldError(field="state", message="没有这个状态。", remedy=f"可选：{'、'.join(STATES)}。")]
            )
        rows = Comment.all()
        rows = rows.filter(state=state) if state else rows
        rows = rows.filter(channel=channel) if channel else rows
        total = await rows.count()
        shown = await rows.order_by("-at", "-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        return _json(
            CommentListAnswer(
                items=await self._answers(shown), page=page, pages=max(1, -(-total // PER_PAGE)), total=total
            )
        )

    async def read_comment(self, request: web.Request, person: Person) -> web.Response:
        return _json(await self._one(_id(request)))

    async def reply_to_comment(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, number = parse(ReplyBody, raw), _id(request)

        async def act() -> None:
            await self._desk.comments.reply(person, number, body.text, entry_id=body.entry)

        return await self._once(request, person, raw, number, act, status=201)

    async def leave_comment(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, number = parse(LeaveBody, raw), _id(request)

        async def act() -> None:
            await self._desk.comments.leave(person, number, reason=body.reason)

        return await self._once(request, person, raw, number, act)

    async def act_on_comment(self, request: web.Request, person: Person) -> web.Response:
        body, number = parse(ActBody, await read_body(request)), _id(request)
        await self._desk.comments.act(person, number, Act(body.act), reason=body.reason)
        return _json(await self._one(number))

    async def agree_to_reply(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, row = parse(RemarkBody, raw), await _reply(request)

        async def act() -> None:
            await self._desk.comments.agree(person, row.id, remark=body.remark)

        return await self._once(request, person, raw, row.comment_id, act)

    async def drop_reply(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, row = parse(RemarkBody, raw), await _reply(request)

        async def act() -> None:
            await self._desk.comments.drop(person, row.id, remark=body.remark)

        return await self._once(request, person, raw, row.comment_id, act)

    async def retract_reply(self, request: web.Request, person: Person) -> web.Response:
        body, row = parse(RetractBody, await read_body(request)), await _reply(request)
        await self._desk.comments.retract(person, row.id, reason=body.reason)
        return _json(await self._one(row.comment_id))

    async def decide_reply(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body, row = parse(OutcomeBody, raw), await _reply(request)
        if body.outcome == "not_sent":
            await self._desk.comments.look(person, row.id)

        async def act() -> None:
            if body.outcome == "sent":
                await self._desk.comments.it_is_there(person, row.id, reason=body.reason)
            else:
                await self._desk.comments.it_is_not_there(person, row.id, reason=body.reason)

        return await self._once(request, person, raw, row.comment_id, act)

    async def read_radar(self, request: web.Request, person: Person) -> web.Response:
        readings = await self._desk.radar(now=await self._desk.clock.now())
        return _json(
            RadarAnswer(
                accounts=[
                    RadarLine(
                        channel=one.channel, name=one.name, open=one.open, late=one.late, oldest_at=one.oldest_at,
                        oldest_working_days=one.oldest_working_days, share_in_time=one.share, silent_days=one.silent_days, level=one.level,
                    )
                    for one in readings
                ]
            )
        )  # fmt: skip

    async def read_figures(self, request: web.Request, person: Person) -> web.Response:
        """Of one disclosure, or of everything that was published in a month."""
        if request.query.get("month"):
            month = await month_of(_month(request.query["month"]), channel=request.query.get("channel", ""))
            lines = [
                MonthLine(
                    disclosure=line.disclosure_id, title=line.title, unit=line.unit, channels=list(line.channels),
                    published_at=line.published_at, totals=dict(line.totals),
                )
                for line in month.lines
            ]  # fmt: skip
            return _json(FiguresAnswer(lines=lines))
        number = whole_number(request.query.get("disclosure"), default=0, field="disclosure")
        if not number:
            raise RequestInvalid(
                [FieldError(field="disclosure", message="请写明公开信息的编号，或用 month 指定月份。")]
            )
        return _json(
            FiguresAnswer(
                channels=[
                    FigureLine(
                        channel=one.channel, delivery=one.delivery_id, totals=dict(one.totals), read_at=one.read_at,
                        days={name: dict(points) for name, points in one.days.items()},
                    )
                    for one in await figures_of(number)
                ]
            )
        )  # fmt: skip

    async def read_live(self, request: web.Request, person: Person) -> web.Response:
        """What the platform lists now, with what may be this delivery. Waits for the platform five seconds at most."""
        row = await Delivery.get_or_none(id=_id(request))
        if row is None:
            raise ReleaseNotFound("没有这条投放记录。")
        listed = await live_list(self._desk.looking, row, now=await self._desk.clock.now())
        return _json(
            LiveAnswer(
                place=listed.place, read_at=listed.read_at, problem=listed.problem,
                items=[
                    LiveLine(
                        kind=each.shown.kind, external_id=each.shown.external_id, text=each.shown.text,
                        url=each.shown.url, at=each.shown.at, ours=each.ours, why=each.why,
                    )
                    for each in listed.seen
                ],
            )
        )  # fmt: skip

    async def _once(
        self, request: web.Request, person: Person, raw: bytes, comment_id: int, act: Callable[[], Awaitable[None]],
        *, status: int = 200,
    ) -> web.Response:  # fmt: skip
        async def work() -> Answer:
            await act()
            return status, (await self._one(comment_id)).model_dump(mode="json")

        told, body = await self._receipts.atomically(keyed(request, person, raw), work)
        return web.json_response(body, status=told, dumps=dumps)

    async def _one(self, number: int) -> CommentAnswer:
        row = await Comment.get_or_none(id=number)
        if row is None:
            raise ReleaseNotFound("没有这条评论。")
        return (await self._answers([row]))[0]

    async def _answers(self, rows: list[Comment]) -> list[CommentAnswer]:
        now, replies = await self._desk.clock.now(), dict[int, list[CommentReply]]()
        for reply in await CommentReply.filter(comment_id__in=[row.id for row in rows] or [0]).order_by("id"):
            replies.setdefault(reply.comment_id, []).append(reply)
        return [
            CommentAnswer(
                id=row.id, channel=row.channel, state=row.state, author=row.author, text=row.text, at=row.at,
                disclosure=row.disclosure_id, delivery=row.delivery_id, elected=row.elected,
                answered_at=row.answered_at, answered_by=row.answered_by, working_days=self._desk.age(row, now),
                replies=[_reply_answer(each) for each in replies.get(row.id, [])],
            )
            for row in rows
        ]  # fmt: skip


def echo_operations(c: EchoCalls) -> tuple[Operation, ...]:
    """The lines of the table."""
    one, reply = r"/api/v1/comments/{id:\d{1,9}}", r"/api/v1/replies/{id:\d{1,9}}"
    answer = Verb.COMMENT_REPLY
    return (
        operation("GET", "/api/v1/comments", c.list_comments, "评论列表", CommentListAnswer, None, Verb.COMMENT_READ,
            query=("state", "channel", "page")),
        operation("GET", one, c.read_comment, "查看评论", CommentAnswer, None, Verb.COMMENT_READ),
        operation("POST", f"{one}/reply", c.reply_to_comment, "回复评论", CommentAnswer, ReplyBody, answer, status=201,
            keyed=True),
        operation("POST", f"{one}/leave", c.leave_comment, "不需要回复", CommentAnswer, LeaveBody, answer, keyed=True),
        operation("POST", f"{one}/act", c.act_on_comment, "精选、取消精选或在平台删除", CommentAnswer, ActBody, answer),
        operation("POST", f"{reply}/agree", c.agree_to_reply, "同意另一人的回复", CommentAnswer, RemarkBody, *AGREE,
            keyed=True),
        operation("POST", f"{reply}/drop", c.drop_reply, "收回自己的回复，或不同意另一人的回复", CommentAnswer, RemarkBody,
            *AGREE, keyed=True),
        operation("POST", f"{reply}/retract", c.retract_reply, "撤回已公开的回复", CommentAnswer, RetractBody, answer),
        operation("POST", f"{reply}/decide", c.decide_reply, "认定结果待核实的回复是否发出", CommentAnswer, OutcomeBody,
            answer, keyed=True),
        operation("GET", "/api/v1/radar", c.read_radar, "互动雷达", RadarAnswer, None, Verb.COMMENT_READ),
        operation("GET", "/api/v1/figures", c.read_figures, "阅读和互动数据", FiguresAnswer, None, Verb.RELEASE_READ,
            query=("disclosure", "month", "channel")),
        operation("GET", r"/api/v1/deliveries/{id:\d{1,9}}/live", c.read_live, "平台现在的列表", LiveAnswer, None,
            Verb.DELIVERY_DECIDE),
    )  # fmt: skip


def _reply_answer(row: CommentReply) -> ReplyAnswer:
    return ReplyAnswer(
        id=row.id, comment=row.comment_id, state=row.state, text=row.text, entry=row.entry_id,
        written_by=row.written_by_name, written_at=row.written_at, approved_by=row.approved_by_name,
        sent_at=row.sent_at, problem=row.problem, remedy=row.remedy,
    )  # fmt: skip


async def _reply(request: web.Request) -> CommentReply:
    row = await CommentReply.get_or_none(id=_id(request))
    if row is None:
        raise ReleaseNotFound("没有这条回复。")
    return row


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise RequestInvalid([FieldError(field="month", message="月份写法不对。", remedy="请写成 2026-11。")]) from None


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _json(answer: BaseModel) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), dumps=dumps)
