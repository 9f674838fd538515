"""The API's calls on what lies over the base: dictionary, pins, rules, and their changes. The rules are the console's."""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from console.api.bodies import Taken
from console.api.intake import parse, read_body
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.errors import FieldError, RequestInvalid
from disclosures.errors import NotFound
from knowledge.canned import Rule
from knowledge.curating import Curating
from knowledge.dictionary import Word
from knowledge.dictionary_changes import Changes, Desk, Item, State, items_of
from knowledge.dictionary_pins import Pin
from knowledge.dictionary_records import DictionaryChange
from knowledge.dictionary_store import contents_in_force
from staff.person import Person
from staff.roles import Verb

READ, WRITE, APPROVE = Verb.KNOWLEDGE_READ, Verb.KNOWLEDGE_WRITE, Verb.KNOWLEDGE_APPROVE
SHOWN: Final = 100
Words = Annotated[list[str], Field(default_factory=list, max_length=60)]
Remark = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class WordBody(Taken):
    """词典的一行：群众说 said，知识库说 means；both 为真时两种说法通用。"""

    said: str
    means: str
    kind: Literal["colloquial", "synonym", "place", "abbreviation"] = "colloquial"
    both: bool = False
    source: str
    note: str = ""


class PinBody(Taken):
    """固定的问句：questions 一字不差地问来时，由条目 entry_id 答复，到 review_on 当日为止。"""

    questions: Annotated[list[str], Field(min_length=1, max_length=20)]
    entry_id: str
    review_on: date
    note: str = ""


class RuleBody(Taken):
    """敏感事项的一条规则。act：text 固定答复，person 转人工，decline 不作答。priority 数字小的先。"""

    name: str
    act: Literal["text", "person", "decline"]
    priority: int = 100
    exact: Words
    every: Words
    some: Words
    unless: Words
    channels: Words
    text: str = ""
    unit: str = ""
    source: str = ""
    source_url: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""


class LayerChangeBody(Taken):
    """提出改动。desk 是 words、pins 或 rules，只填对应的一项；remove 是要删去的行的 key。另一人确认后立即生效。"""

    desk: Literal["words", "pins", "rules"]
    words: list[WordBody] = Field(default_factory=list)
    pins: list[PinBody] = Field(default_factory=list)
    rules: list[RuleBody] = Field(default_factory=list)
    remove: list[str] = Field(default_factory=list)
    note: str = ""


class LayerAcceptBody(Taken):
    """确认。sha256 是读到的改动的摘要值。"""

    sha256: str


class LayerRefuseBody(Taken):
    """退回，须写意见。"""

    remark: Remark


class LayerItemAnswer(BaseModel):
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class LayerChangeAnswer(BaseModel):
    """一项改动。state：proposed 等待确认，accepted 已生效，refused 已退回，taken_back 已撤销。"""

    id: int
    desk: str
    state: str
    items: list[LayerItemAnswer]
    sha256: str
    note: str
    undoes: int | None
    author: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    remark: str


class LayerChangeListAnswer(BaseModel):
    items: list[LayerChangeAnswer]


class LayersAnswer(BaseModel):
    """正在生效的词典、固定问句和规则，各按 key。"""

    words: dict[str, dict[str, Any]]
    pins: dict[str, dict[str, Any]]
    rules: dict[str, dict[str, Any]]


class LayerCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, changes: Changes, curating: Curating, receipts: Receipts) -> None:
        self._changes = changes
        self._refresh = curating.refresh
        self._receipts = receipts

    def operations(self) -> tuple[Operation, ...]:
        home = "/api/v1/knowledge"
        one, change = home + r"/changes/{id:\d{1,9}}", LayerChangeAnswer
        return (
            operation("GET", f"{home}/layers", self.read_layers, "词典、固定问句和敏感事项规则", LayersAnswer, None, READ),
            operation("GET", f"{home}/changes", self.list_layer_changes, "词典和规则的改动", LayerChangeListAnswer, None, READ,
                      query=("state",)),
            operation("POST", f"{home}/changes", self.propose_layer_change, "提出词典或规则的改动", change, LayerChangeBody, WRITE,
                      status=201, keyed=True),
            operation("GET", one, self.read_layer_change, "查看一项改动", change, None, READ),
            operation("POST", f"{one}/accept", self.accept_layer_change, "确认改动，立即生效", change, LayerAcceptBody, APPROVE),
            operation("POST", f"{one}/refuse", self.refuse_layer_change, "退回改动", change, LayerRefuseBody, APPROVE),
            operation("POST", f"{one}/undo", self.undo_layer_change, "提出撤回已生效的改动", change, None, WRITE, status=201),
        )  # fmt: skip

    async def read_layers(self, request: web.Request, person: Person) -> web.Response:
        return _json(LayersAnswer(**await contents_in_force()))

    async def list_layer_changes(self, request: web.Request, person: Person) -> web.Response:
        state = request.query.get("state", State.proposed)
        if state not in set(State):
            raise RequestInvalid(
                [FieldError(field="state", message="没有这个状态。", remedy=f"可选：{'、'.join(State)}。")]
            )
        rows = await DictionaryChange.filter(state=state).order_by("-id").limit(SHOWN)
        return _json(LayerChangeListAnswer(items=[_change(row) for row in rows]))

    async def propose_layer_change(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(LayerChangeBody, raw)

        async def propose() -> Answer:
            row = await self._changes.propose(person, Desk(body.desk), await self._items(body), note=body.note)
            return 201, _change(row).model_dump(mode="json")

        status, plain = await self._receipts.atomically(keyed(request, person, raw), propose)
        headers = {"Location": f"/api/v1/knowledge/changes/{plain['id']}"}
        return web.json_response(plain, status=status, headers=headers, dumps=dumps)

    async def read_layer_change(self, request: web.Request, person: Person) -> web.Response:
        return _json(_change(await self._found(request)))

    async def accept_layer_change(self, request: web.Request, person: Person) -> web.Response:
        body = parse(LayerAcceptBody, await read_body(request))
        row = await self._changes.accept(person, (await self._found(request)).id, sha256=body.sha256)
        await self._refresh()
        return _json(_change(row))

    async def refuse_layer_change(self, request: web.Request, person: Person) -> web.Response:
        body = parse(LayerRefuseBody, await read_body(request))
        await self._changes.refuse(person, (await self._found(request)).id, remark=body.remark)
        return _json(_change(await self._found(request)))

    async def undo_layer_change(self, request: web.Request, person: Person) -> web.Response:
        return _json(_change(await self._changes.undo(person, (await self._found(request)).id)), status=201)

    async def _items(self, body: LayerChangeBody) -> tuple[Item, ...]:
        given = {"words": body.words, "pins": body.pins, "rules": body.rules}
        if other := next((name for name, rows in given.items() if rows and name != body.desk), ""):
            raise RequestInvalid(
                [FieldError(field=other, message=f"desk 是 {body.desk}。", remedy="一次只改一种，请分开提交。")]
            )
        if body.desk == "words":
            return await self._changes.words([Word(**row.model_dump()) for row in body.words], body.remove)
        if body.desk == "pins":
            pins = [Pin(**row.model_dump() | {"questions": tuple(row.questions)}) for row in body.pins]
            return await self._changes.pins(pins, body.remove)
        rules = [Rule.from_json(row.model_dump(mode="json")) for row in body.rules]
        return await self._changes.rules(rules, body.remove)

    async def _found(self, request: web.Request) -> DictionaryChange:
        row = await self._changes.find(int(request.match_info["id"]))
        if row is None:
            raise NotFound
        return row


def _change(row: DictionaryChange) -> LayerChangeAnswer:
    return LayerChangeAnswer(
        id=row.id, desk=row.desk, state=row.state, sha256=row.sha256, note=row.note, undoes=row.undoes, author=row.author,
        items=[LayerItemAnswer(key=each.key, before=each.before, after=each.after) for each in items_of(row)],
        proposed_at=row.proposed_at, decided_by=row.decided_by, decided_at=row.decided_at, remark=row.remark,
    )  # fmt: skip


def _json(answer: BaseModel, *, status: int = 200) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), status=status, dumps=dumps)
