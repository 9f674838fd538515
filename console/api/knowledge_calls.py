"""The API's calls on the knowledge base: drafts, their review, releases, and what is due. The rules are the console's."""

from dataclasses import MISSING, fields
from datetime import date, datetime
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints, create_model

from audit.clock import Clock
from console.api.bodies import Taken
from console.api.intake import parse, read_body, whole_number
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.errors import FieldError, RequestInvalid
from console.screen import SHANGHAI
from knowledge.columns import made_id
from knowledge.curating import Curating
from knowledge.differences import differences
from knowledge.draft import OPEN, State
from knowledge.drafts import Sheet
from knowledge.due import Why, due
from knowledge.entry import CURATOR, LISTS, Entry
from knowledge.errors import ReleaseRefused
from knowledge.exchange import from_json, to_json
from knowledge.records import KnowledgeDraft, KnowledgeRelease
from knowledge.releases import Prepared
from staff.person import Person

PER_PAGE: Final = 20
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_OURS: Final = frozenset({"origin"})
"""What nobody writes: where an entry comes from."""


def _fields() -> dict[str, Any]:
    """The fields of an entry as a request gives them: all but the id and the kind may be left out."""
    found: dict[str, Any] = {}
    for each in fields(Entry):
        if each.name in _OURS:
            continue
        default = "" if each.name in {"id", "title"} else "faq" if each.name == "kind" else each.default
        kind: Any = list[str] if each.name in LISTS else str if each.name in {"id", "kind"} else each.type
        value = Field(default_factory=list) if each.name in LISTS else None if default is MISSING else default
        found[each.name] = (kind, value)
    return found


EntryBody = create_model("EntryBody", __base__=Taken, __doc__="知识条目。日期写成 2026-01-31。", **_fields())


class DraftBody(Taken):
    """新的草稿。编号与已有条目相同即为修改它；不写编号则按问题生成。发布之前不改变机器人的答复。"""

    entry: EntryBody  # type: ignore[valid-type]
    note: str = ""


class DraftChanges(Taken):
    """保存草稿。version 是所依据的稿次；他人已保存更新的一稿时返回 409，不会覆盖。"""

    entry: EntryBody  # type: ignore[valid-type]
    version: int
    note: str = ""


class VersionBody(Taken):
    """所依据的稿次。"""

    version: int


class AcceptDraftBody(Taken):
    """通过。sha256 是审核时读到的内容的摘要值。"""

    sha256: str
    remark: str = ""


class RemarkBody(Taken):
    """退回，须写意见。"""

    remark: Reason


class PrepareBody(Taken):
    """选择要发布的草稿；不写则为全部已通过的。"""

    drafts: list[int] | None = None
    title: str = ""


class ReasonBody(Taken):
    """理由，记入审计。"""

    reason: Reason


class PublishBody(Taken):
    """release 是检查时返回的 id；期间换了内容的不会发布。"""

    release: int


class DifferenceAnswer(BaseModel):
    """一个栏目的变化。"""

    field: str
    before: str
    after: str


class DraftAnswer(BaseModel):
    """一份草稿。moved 为真时，条目在起草之后又有改动，须重新保存。"""

    id: int
    state: str
    version: int
    sha256: str
    entry: dict[str, Any]
    changes: list[DifferenceAnswer]
    moved: bool
    author: str
    note: str
    reviewer: str
    remark: str
    updated_at: datetime


class DraftListAnswer(BaseModel):
    items: list[DraftAnswer]
    page: int
    pages: int
    total: int


class PreparedAnswer(BaseModel):
    """准备发布的一版，和检查的结果。obstacles 为空才能发布；只有测试退步时，可由两人例外放行。"""

    id: int
    number: int
    origin: str
    title: str
    asked_by: str | None
    reason: str
    obstacles: list[str]
    report: dict[str, Any]


class KnowledgeReleaseAnswer(BaseModel):
    """知识库的一版。"""

    number: int
    origin: str
    title: str
    reason: str
    target: int | None
    released_by: str
    released_at: datetime
    counts: dict[str, int]


class KnowledgeReleaseListAnswer(BaseModel):
    items: list[KnowledgeReleaseAnswer]
    page: int
    pages: int
    total: int


class DueAnswer(BaseModel):
    id: str
    title: str
    unit: str
    responsible: str
    next_review_on: date | None
    valid_to: date | None
    why: list[str]


class DueListAnswer(BaseModel):
    """须复核、到期和没有责任单位的条目；counts 是每一类的总数。"""

    counts: dict[str, int]
    items: list[DueAnswer]


class KnowledgeCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, curating: Curating, clock: Clock, receipts: Receipts) -> None:
        self._drafts = curating.drafts
        self._releases = curating.releases
        self._clock = clock
        self._receipts = receipts

    async def list_knowledge_drafts(self, request: web.Request, person: Person) -> web.Response:
        state, page = request.query.get("state", ""), whole_number(request.query.get("page"), default=1, field="page")
        if state and state not in set(State):
            raise RequestInvalid(
                [FieldError(field="state", message="没有这个状态。", remedy=f"可选：{'、'.join(State)}。")]
            )
        rows = KnowledgeDraft.filter(state__in=[state] if state else list(OPEN))
        total = await rows.count()
        found = await rows.order_by("-id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        items = [_draft(sheet) for sheet in await self._drafts.sheets(found)]
        return _json(DraftListAnswer(items=items, page=page, pages=max(1, -(-total // PER_PAGE)), total=total))

    async def create_knowledge_draft(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(DraftBody, raw)

        async def create() -> Answer:
            sheet = await self._drafts.create(person, _entry(body.entry), note=body.note)
            return 201, _draft(sheet).model_dump(mode="json")

        status, plain = await self._receipts.atomically(keyed(request, person, raw), create)
        headers = {"Location": f"/api/v1/knowledge/drafts/{plain['id']}"}
        return web.json_response(plain, status=status, headers=headers, dumps=dumps)

    async def read_knowledge_draft(self, request: web.Request, person: Person) -> web.Response:
        return _json(_draft(await self._drafts.sheet(_id(request))))

    async def save_knowledge_draft(self, request: web.Request, person: Person) -> web.Response:
        body = parse(DraftChanges, await read_body(request))
        sheet = await self._drafts.sheet(_id(request))
        entry = _entry(body.entry, entry_id=sheet.row.entry_id)
        return _json(_draft(await self._drafts.save(person, sheet.row.id, entry, version=body.version, note=body.note)))

    async def submit_knowledge_draft(self, request: web.Request, person: Person) -> web.Response:
        body = parse(VersionBody, await read_body(request))
        return _json(_draft(await self._drafts.submit(person, _id(request), version=body.version)))

    async def accept_knowledge_draft(self, request: web.Request, person: Person) -> web.Response:
        body = parse(AcceptDraftBody, await read_body(request))
        return _json(_draft(await self._drafts.accept(person, _id(request), sha256=body.sha256, remark=body.remark)))

    async def send_back_knowledge_draft(self, request: web.Request, person: Person) -> web.Response:
        body = parse(RemarkBody, await read_body(request))
        return _json(_draft(await self._drafts.send_back(person, _id(request), remark=body.remark)))

    async def discard_knowledge_draft(self, request: web.Request, person: Person) -> web.Response:
        body = parse(VersionBody, await read_body(request))
        return _json(_draft(await self._drafts.discard(person, _id(request), version=body.version)))

    async def read_prepared_knowledge_release(self, request: web.Request, person: Person) -> web.Response:
        prepared = await self._releases.prepared()
        if prepared is None:
            raise ReleaseRefused("现在没有准备发布的内容。", "请先选择草稿，或选择要回退的版本。")
        return _json(_prepared(prepared))

    async def prepare_knowledge_release(self, request: web.Request, person: Person) -> web.Response:
        body = parse(PrepareBody, await read_body(request))
        return _json(_prepared(await self._releases.prepare(person, body.drafts, title=body.title)), status=201)

    async def ask_for_knowledge_release(self, request: web.Request, person: Person) -> web.Response:
        body = parse(ReasonBody, await read_body(request))
        return _json(_prepared(await self._releases.ask(person, reason=body.reason)))

    async def publish_knowledge_release(self, request: web.Request, person: Person) -> web.Response:
        body = parse(PublishBody, await read_body(request))
        return _json(_release(await self._releases.release(person, release_id=body.release)))

    async def list_knowledge_releases(self, request: web.Request, person: Person) -> web.Response:
        page = whole_number(request.query.get("page"), default=1, field="page")
        rows, total = await self._releases.history(offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
        pages = max(1, -(-total // PER_PAGE))
        items = [_release(row) for row in rows]
        return _json(KnowledgeReleaseListAnswer(items=items, page=page, pages=pages, total=total))

    async def read_knowledge_release(self, request: web.Request, person: Person) -> web.Response:
        return _json(_release(await self._releases.find(_id(request))))

    async def roll_back_knowledge(self, request: web.Request, person: Person) -> web.Response:
        body = parse(ReasonBody, await read_body(request))
        prepared = await self._releases.prepare_rollback(person, _id(request), reason=body.reason)
        return _json(_prepared(prepared), status=201)

    async def list_due_knowledge(self, request: web.Request, person: Person) -> web.Response:
        page = whole_number(request.query.get("page"), default=1, field="page")
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        found, counts = await due(today, offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
        items = [
            DueAnswer(
                id=one.entry.id, title=one.entry.title, unit=one.entry.unit, responsible=one.entry.responsible,
                next_review_on=one.entry.next_review_on, valid_to=one.entry.valid_to, why=[str(each) for each in one.why],
            )
            for one in found
        ]  # fmt: skip
        return _json(DueListAnswer(counts={str(each): counts[each] for each in Why}, items=items))


def _entry(body: BaseModel, *, entry_id: str = "") -> Entry:
    """The entry that a body describes. Raises EntryInvalid."""
    row = {**body.model_dump(mode="json"), "origin": CURATOR}
    row["id"] = entry_id or str(row["id"]).strip() or made_id(str(row["title"]), str(row["body"]))
    return from_json(row)


def _draft(sheet: Sheet) -> DraftAnswer:
    row = sheet.row
    return DraftAnswer(
        id=row.id, state=row.state, version=row.version, sha256=row.content_sha256, entry=to_json(sheet.entry),
        changes=[
            DifferenceAnswer(field=each.field, before=each.before, after=each.after)
            for each in differences(sheet.now, sheet.entry)
        ],
        moved=sheet.moved, author=row.author, note=row.note, reviewer=row.reviewer, remark=row.remark,
        updated_at=row.updated_at,
    )  # fmt: skip


def _prepared(prepared: Prepared) -> PreparedAnswer:
    row = prepared.row
    return PreparedAnswer(
        id=row.id, number=prepared.number, origin=row.origin, title=row.title, asked_by=row.asked_by or None,
        reason=row.reason, obstacles=list(prepared.report.obstacles), report=prepared.report.to_json(),
    )  # fmt: skip


def _release(row: KnowledgeRelease) -> KnowledgeReleaseAnswer:
    assert row.number is not None
    assert row.released_at is not None
    return KnowledgeReleaseAnswer(
        number=row.number, origin=row.origin, title=row.title, reason=row.reason, target=row.target,
        released_by=row.released_by, released_at=row.released_at, counts=row.counts,
    )  # fmt: skip


def _json(answer: BaseModel, *, status: int = 200) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), status=status, dumps=dumps)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
