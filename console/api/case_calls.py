"""The API's calls on cases: what waits, one with what was said, and taking, answering and closing it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from audit.clock import Clock
from casework.case import Case, Line, Side, State
from casework.records import CitizenCase
from casework.rows import case_of
from console.api.bodies import Taken
from console.api.intake import parse, read_body, whole_number
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.case_acts import CaseActs, ReplyTyped
from console.case_answers import plain
from console.case_services import CaseServices
from console.case_view import current_light
from console.errors import FieldError, RequestInvalid
from disclosures.personal import KIND_NAMES, find
from staff.person import Person
from staff.roles import Verb

PER_PAGE = 50


class CaseReplyBody(Taken):
    """回复群众。final 为假时只是先回一句，还没有答复完。entry 是所引知识条目的编号，quote 是引用的原文（连同“依据：”一行），
    须原样出现在 text 中；对不上的，按承办员自己的话记录。confirmed_personal 为真时，回复中可以有他本人的个人信息。"""

    text: Annotated[str, StringConstraints(min_length=1, max_length=5000)]
    final: bool = True
    entry: Annotated[str, StringConstraints(max_length=191)] = ""
    quote: Annotated[str, StringConstraints(max_length=5000)] = ""
    confirmed_personal: bool = False


class CaseCloseBody(Taken):
    """办结。done 已办结，repeated 与另一件重复，elsewhere 不属于本区职责，withdrawn 本人撤回；words 是给群众的话。"""

    outcome: Literal["done", "repeated", "elsewhere", "withdrawn"]
    words: Annotated[str, StringConstraints(max_length=1000)] = ""


class CaseLineAnswer(BaseModel):
    """说过的一句话，个人信息已遮盖。side 为 citizen、bot、handler 或 note（内部备注）；delivery 是回复送达的情况：
    waiting 等他下次发消息，sending 正在送，sent 已送达，told 已随答复送达，unknown 是否送达不确定。"""

    side: str
    at: datetime
    text: str
    author: str
    entry: str
    delivery: str
    told_at: datetime | None


class CaseAnswer(BaseModel):
    """一件诉求。reply_due 是承诺的首次回复时间，answer_due 是答复时间；light 为 green、amber、red，已办的为 kept 或 missed。"""

    number: str
    kind: str
    channel: str
    subject: str
    unit: str
    state: str
    handler: str
    opened_at: datetime
    reply_due: datetime
    answer_due: datetime
    light: str
    unread: int
    outcome: str
    score: int | None
    lines: list[CaseLineAnswer] = Field(default_factory=list)


class CaseListAnswer(BaseModel):
    """诉求的一页，最急的在前；不含对话。"""

    items: list[CaseAnswer]
    total: int
    page: int


class CaseCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, services: CaseServices, acts: CaseActs, clock: Clock, receipts: Receipts) -> None:
        self._services = services
        self._acts = acts
        self._clock = clock
        self._receipts = receipts

    async def list_cases(self, request: web.Request, person: Person) -> web.Response:
        state, page = request.query.get("state", ""), whole_number(request.query.get("page"), default=1, field="page")
        if state and state not in set(State):
            known = "、".join(State)
            raise RequestInvalid([FieldError(field="state", message="没有这个状态。", remedy=f"可选：{known}。")])
        rows = CitizenCase.filter(state=state) if state else CitizenCase.all()
        found = await rows.order_by("answer_due", "id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        now = await self._clock.now()
        items = [self._answer(case_of(row), now) for row in found]
        answer = CaseListAnswer(items=items, total=await rows.count(), page=page)
        return web.json_response(answer.model_dump(mode="json"), dumps=dumps)

    async def read_case(self, request: web.Request, person: Person) -> web.Response:
        return web.json_response(await self._one(_number(request)), dumps=dumps)

    async def take_case(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        parse(Taken, raw)

        async def work() -> None:
            await self._services.desk.take(_number(request), by=person)

        return await self._once(request, person, raw, work)

    async def reply_to_case(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(CaseReplyBody, raw)
        found = find(body.text)
        if found and not body.confirmed_personal:
            kinds = "、".join(dict.fromkeys(KIND_NAMES[each.kind] for each in found))
            remedy = "请删去；确需写明本人信息的，将 confirmed_personal 设为 true。"
            raise RequestInvalid([FieldError(field="text", message=f"回复中有{kinds}。", remedy=remedy)])
        typed = ReplyTyped(text=plain(body.text), entry=body.entry, quote=plain(body.quote))

        async def work() -> None:
            case = await self._services.desk.one(_number(request))
            await self._acts.reply(person, case, typed, final=body.final)

        return await self._once(request, person, raw, work)

    async def close_case(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(CaseCloseBody, raw)

        async def work() -> None:
            await self._services.desk.close(_number(request), outcome=body.outcome, words=plain(body.words), by=person)

        return await self._once(request, person, raw, work)

    async def _once(
        self, request: web.Request, person: Person, raw: bytes, act: Callable[[], Awaitable[None]]
    ) -> web.Response:
        async def work() -> Answer:
            await act()
            return 200, await self._one(_number(request))

        status, body = await self._receipts.atomically(keyed(request, person, raw), work)
        return web.json_response(body, status=status, dumps=dumps)

    async def _one(self, number: str) -> dict[str, Any]:
        case, now = await self._services.desk.one(number), await self._clock.now()
        lines = [_line(line) for line in await self._services.desk.transcript(number)]
        return self._answer(case, now).model_copy(update={"lines": lines}).model_dump(mode="json")

    def _answer(self, case: Case, now: datetime) -> CaseAnswer:
        _, light = current_light(case, self._services, now=now)
        return CaseAnswer(
            number=case.number, kind=case.kind, channel=case.channel, subject=case.subject, unit=case.unit,
            state=case.state, handler=case.handler_name, opened_at=case.opened_at, reply_due=case.reply_due,
            answer_due=case.answer_due, light=light.lamp, unread=case.unread, outcome=case.outcome, score=case.score,
        )  # fmt: skip


def case_operations(c: CaseCalls) -> tuple[Operation, ...]:
    """The lines of the table."""
    one, handle = r"/api/v1/cases/{number:[0-9-]{1,24}}", Verb.CASE_HANDLE
    return (
        operation("GET", "/api/v1/cases", c.list_cases, "诉求列表", CaseListAnswer, None, Verb.CASE_READ,
            query=("state", "page")),
        operation("GET", one, c.read_case, "查看诉求", CaseAnswer, None, Verb.CASE_READ),
        operation("POST", f"{one}/take", c.take_case, "接办诉求", CaseAnswer, None, handle, keyed=True),
        operation("POST", f"{one}/reply", c.reply_to_case, "回复群众", CaseAnswer, CaseReplyBody, handle, keyed=True),
        operation("POST", f"{one}/close", c.close_case, "办结诉求", CaseAnswer, CaseCloseBody, handle, Verb.CASE_ASSIGN,
            keyed=True),
    )  # fmt: skip


def _line(line: Line) -> CaseLineAnswer:
    return CaseLineAnswer(
        side=line.side, at=line.at, text=line.text, author=line.signed or line.author if line.side is Side.HANDLER else line.author,
        entry=line.entry_id, delivery=line.delivery, told_at=line.told_at,
    )  # fmt: skip


def _number(request: web.Request) -> str:
    return request.match_info["number"]
