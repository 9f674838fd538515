"""The API's calls on the unanswered inbox: list, read, attach, close. The rules are the console's."""

from datetime import date, datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from console.api.bodies import Taken
from console.api.intake import parse, read_body, whole_number
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.errors import FieldError, RequestInvalid
from console.question_lines import PER_PAGE, STATES, Chosen, ClusterLine, ClusterSheet, lines_of, read_cluster, rows_of
from console.screen import SHANGHAI
from knowledge.question_desk import QuestionDesk
from staff.person import Person
from staff.roles import Verb

EntryId = Annotated[str, StringConstraints(min_length=1, max_length=191)]


class AttachBody(Taken):
    """并入条目。questions 是收作相似问法的问题编号，须另一人审核并发布以后才办结；不写则条目已能回答，立即办结。"""

    entry: EntryId
    questions: list[int] = Field(default_factory=list, max_length=100)


class CloseBody(Taken):
    """关闭。reason：no_question 不是问题，advertisement 广告，not_ours 不属于本区职责，duplicate 重复，test 测试。"""

    reason: str
    remark: Annotated[str, StringConstraints(max_length=500)] = ""


class ClusterAnswer(BaseModel):
    """一组同样的问题。text 等按权限遮盖个人信息；due_on 是应办理的最后一天；draft 是等待发布的草稿。"""

    id: int
    title: str
    state: str
    askers: int
    volume: int
    this_week: int
    last_week: int
    first_at: datetime
    last_at: datetime
    channels: list[str]
    candidates: list[str]
    unit: str
    taken_by: str
    due_on: date
    due_provisional: bool
    overdue: bool
    entry: str | None
    draft: int | None
    reason: str


class WordingAnswer(BaseModel):
    """一种问法：question 是其中第一条的编号。"""

    question: int
    text: str
    persons: int
    times: int


class ClusterDetail(ClusterAnswer):
    """一组问题和它的各种问法；to_tell 是要求告知结果、还没有告知的人数。"""

    wordings: list[WordingAnswer]
    to_tell: int


class ClusterListAnswer(BaseModel):
    items: list[ClusterAnswer]
    page: int
    pages: int
    total: int


class QuestionCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, desk: QuestionDesk) -> None:
        self._desk = desk

    async def list_question_clusters(self, request: web.Request, person: Person) -> web.Response:
        state, page = (
            request.query.get("state", "open"),
            whole_number(request.query.get("page"), default=1, field="page"),
        )
        if state not in STATES:
            raise RequestInvalid(
                [FieldError(field="state", message="没有这个状态。", remedy=f"可选：{'、'.join(STATES)}。")]
            )
        await self._desk.sweep()
        now = await self._desk.now()
        rows = rows_of(
            Chosen(state=state, unit=request.query.get("unit", "")[:255], late=request.query.get("late") == "yes"),
            now.astimezone(SHANGHAI).date(),
        )
        total = await rows.count()
        found = await rows.offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        lines = await lines_of(found, now=now, whole=person.may(Verb.KNOWLEDGE_WRITE))
        items = [ClusterAnswer(**_plain(line)) for line in lines]
        pages = max(1, -(-total // PER_PAGE))
        return _json(ClusterListAnswer(items=items, page=page, pages=pages, total=total))

    async def read_question_cluster(self, request: web.Request, person: Person) -> web.Response:
        return _json(await self._detail(request, person))

    async def attach_question_cluster(self, request: web.Request, person: Person) -> web.Response:
        body = parse(AttachBody, await read_body(request))
        await self._desk.attach(person, _id(request), body.entry, wordings=body.questions)
        return _json(await self._detail(request, person))

    async def close_question_cluster(self, request: web.Request, person: Person) -> web.Response:
        body = parse(CloseBody, await read_body(request))
        await self._desk.close(person, _id(request), body.reason, remark=body.remark)
        return _json(await self._detail(request, person))

    async def _detail(self, request: web.Request, person: Person) -> ClusterDetail:
        sheet: ClusterSheet = await read_cluster(
            _id(request), now=await self._desk.now(), whole=person.may(Verb.KNOWLEDGE_WRITE)
        )
        wordings = [
            WordingAnswer(question=said.question.id, text=said.text, persons=said.persons, times=said.times)
            for said in sheet.said
        ]
        to_tell = sheet.notices.get("wanted", 0) + sheet.notices.get("waiting", 0)
        return ClusterDetail(**_plain(sheet.line), wordings=wordings, to_tell=to_tell)


def question_operations(q: QuestionCalls) -> tuple[Operation, ...]:
    home = "/api/v1/knowledge/questions"
    one, read, write = home + r"/{id:\d{1,9}}", Verb.KNOWLEDGE_READ, Verb.KNOWLEDGE_WRITE
    return (
        operation("GET", home, q.list_question_clusters, "未解答问题列表（按组）", ClusterListAnswer, None, read,
                  query=("state", "unit", "late", "page")),
        operation("GET", one, q.read_question_cluster, "查看一组未解答问题", ClusterDetail, None, read),
        operation("POST", f"{one}/attach", q.attach_question_cluster, "并入知识条目", ClusterDetail, AttachBody, write),
        operation("POST", f"{one}/close", q.close_question_cluster, "关闭一组未解答问题", ClusterDetail, CloseBody, write),
    )  # fmt: skip


def _plain(line: ClusterLine) -> dict[str, Any]:
    row = line.row
    return {
        "id": row.id, "title": line.title, "state": row.state, "askers": row.askers, "volume": row.volume,
        "this_week": line.trend.this_week, "last_week": line.trend.last_week, "first_at": row.first_at,
        "last_at": row.last_at, "channels": list(line.channels), "candidates": list(line.candidates), "unit": row.unit,
        "taken_by": row.taken_by, "due_on": row.due_on, "due_provisional": row.due_provisional, "overdue": line.late,
        "entry": row.entry_id, "draft": row.draft_id, "reason": row.reason,
    }  # fmt: skip


def _json(answer: BaseModel, *, status: int = 200) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), status=status, dumps=dumps)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
