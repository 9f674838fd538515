"""The API's calls of the reviews: remarks on a sentence, differences, emergency releases, deputies."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from console.api.answers import release_answer
from console.api.bodies import ChannelText, ReleaseAnswer, Sha256, Taken
from console.api.intake import parse, read_body, whole_number
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.api.receipts import Answer, Receipts, keyed
from console.results import read_release
from console.reviewing_desk import Placed, ReviewingDesk
from disclosures.remarks import Remark, anchored
from disclosures.wording import Piece
from staff.deputies import Deputy
from staff.person import Person
from staff.roles import REVIEW_VERBS, Verb

Text = Annotated[str, StringConstraints(max_length=1000)]


class RemarkBody(Taken):
    """对一句话提意见。quote 是该句的原文，或其中一段；revision 是所读的版本，缺省为最新版。"""

    field: Literal["title", "summary", "body", "wechat.title", "wechat.digest", "weibo.text"] = "body"
    quote: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    text: Text
    revision: int | None = None


class RemarkReply(Taken):
    """答复一条意见。kind：changed（改了）或 kept（不改，须写理由）。"""

    kind: Literal["changed", "kept"]
    text: Text = ""


class CloseRemarkBody(Taken):
    """认可答复，或收回自己的意见。"""


class RemarkAnswer(BaseModel):
    """一条逐句意见。now 是它在最新版中对应的句子；空表示原句已改。"""

    id: int
    disclosure: int
    revision: int
    field: str
    quote: str
    text: str
    by: str
    at: datetime
    state: str
    answer_kind: str
    answer: str
    answered_by: str
    now: str
    unchanged: bool


class RemarkListAnswer(BaseModel):
    """一条公开信息的全部逐句意见，旧的在前。"""

    items: list[RemarkAnswer]


class PieceAnswer(BaseModel):
    """一段文字。kind：same、deleted 或 inserted。"""

    kind: str
    text: str


class FieldDifferenceAnswer(BaseModel):
    """一个字段的差异。"""

    label: str
    pieces: list[PieceAnswer]


class PartDifferenceAnswer(BaseModel):
    """正文的一段，或一张表格（rows 逐格列出）。change：same、changed、added 或 removed。"""

    change: str
    style: str
    note: str
    pieces: list[PieceAnswer]
    rows: list[list[list[PieceAnswer]]]


class DifferenceAnswer(BaseModel):
    """两个版本的差异。"""

    from_revision: int
    to_revision: int
    since: str
    words: str
    inserted: int
    deleted: int
    changed: int
    fields: list[FieldDifferenceAnswer]
    parts: list[PartDifferenceAnswer]
    files: list[str]


class EmergencyBody(Taken):
    """应急发布：未经三审，立即发布，事后在规定时限内补齐审签。secrecy_checked 表示已做保密自查。"""

    reason: Annotated[str, StringConstraints(max_length=500)]
    channels: Annotated[list[ChannelText], Field(min_length=1)]
    secrecy_checked: bool
    content_hash: Sha256 | None = None
    confirm_mass: bool = False


class DeputyBody(Taken):
    """指定审核代理人。person 与 deputy 是用户名；steps 是审核步骤；日期含首尾两天。"""

    person: str
    deputy: str
    steps: Annotated[list[Literal["first", "second", "final", "secrecy", "countersign"]], Field(min_length=1)]
    from_day: date
    to_day: date
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


class EndDeputyBody(Taken):
    """终止代理。"""


class DeputyAnswer(BaseModel):
    """一条代理。state：now、later、over 或 ended。"""

    id: int
    person: str
    deputy: str
    steps: list[str]
    from_day: date
    to_day: date
    reason: str
    named_by: str
    state: str


class DeputyListAnswer(BaseModel):
    """最近的代理，新的在前。"""

    items: list[DeputyAnswer]


class ReviewCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, reviewing: ReviewingDesk, receipts: Receipts, address: Callable[[web.Request], str]) -> None:
        self._reviewing = reviewing
        self._receipts = receipts
        self._address = address

    async def list_remarks(self, request: web.Request, person: Person) -> web.Response:
        sheet = await self._reviewing.desk.sheet(_id(request))
        items = [_remark(each) for each in await self._reviewing.placed(sheet)]
        return _json(RemarkListAnswer(items=items))

    async def place_remark(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(RemarkBody, raw)

        async def place() -> Answer:
            made = await self._reviewing.remarks.place(
                person, _id(request), field=body.field, quote=body.quote, text=body.text, seen_revision=body.revision
            )
            return 201, (await self._placed(made)).model_dump(mode="json")

        status, answer = await self._receipts.atomically(keyed(request, person, raw), place)
        return web.json_response(answer, status=status, dumps=dumps)

    async def answer_remark(self, request: web.Request, person: Person) -> web.Response:
        body = parse(RemarkReply, await read_body(request))
        made = await self._reviewing.remarks.answer(person, _id(request), kind=body.kind, text=body.text)
        return _json(await self._placed(made))

    async def close_remark(self, request: web.Request, person: Person) -> web.Response:
        parse(CloseRemarkBody, await read_body(request))
        return _json(await self._placed(await self._reviewing.remarks.accept(person, _id(request))))

    async def read_difference(self, request: web.Request, person: Person) -> web.Response:
        sheet = await self._reviewing.desk.sheet(_id(request))
        old = whole_number(request.query.get("from"), default=0, field="from")
        new = whole_number(request.query.get("to"), default=0, field="to")
        found = await self._reviewing.compare(sheet, old=old or None, new=new or None)
        difference = found.difference
        return _json(
            DifferenceAnswer(
                from_revision=found.old.number, to_revision=found.new.number, since=found.since, words=difference.words,
                inserted=difference.inserted, deleted=difference.deleted, changed=difference.changed,
                fields=[FieldDifferenceAnswer(label=f.label, pieces=_pieces(f.pieces)) for f in difference.fields],
                parts=[
                    PartDifferenceAnswer(
                        change=part.change, style=part.style, note=part.note, pieces=_pieces(part.pieces),
                        rows=[[_pieces(cell) for cell in row.cells] for row in part.rows],
                    )
                    for part in difference.parts
                ],
                files=[f"{file.label}：{file.words}" for file in difference.files],
            )
        )  # fmt: skip

    async def release_in_an_emergency(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(EmergencyBody, raw)

        async def release() -> Answer:
            made = await self._reviewing.emergency.release(
                person, _id(request), reason=body.reason, channels=body.channels, secrecy_checked=body.secrecy_checked,
                seen_hash=body.content_hash, confirm_mass=body.confirm_mass, operator_address=self._address(request),
            )  # fmt: skip
            return 201, release_answer(await read_release(made.id)).model_dump(mode="json")

        status, answer = await self._receipts.atomically(keyed(request, person, raw), release)
        return web.json_response(answer, status=status, dumps=dumps)

    async def list_deputies(self, request: web.Request, person: Person) -> web.Response:
        today = await self._reviewing.today_is()
        return _json(DeputyListAnswer(items=[_deputy(each, today) for each in await self._reviewing.deputies.list()]))

    async def name_deputy(self, request: web.Request, person: Person) -> web.Response:
        body = parse(DeputyBody, await read_body(request))
        made = await self._reviewing.deputies.name(
            person, person=body.person, deputy=body.deputy, steps=body.steps, from_day=body.from_day,
            to_day=body.to_day, reason=body.reason,
        )  # fmt: skip
        return _json(_deputy(made, await self._reviewing.today_is()), status=201)

    async def end_deputy(self, request: web.Request, person: Person) -> web.Response:
        parse(EndDeputyBody, await read_body(request))
        ended = await self._reviewing.deputies.end(person, _id(request))
        return _json(_deputy(ended, await self._reviewing.today_is()))

    async def _placed(self, remark: Remark) -> RemarkAnswer:
        sheet = await self._reviewing.desk.sheet(remark.disclosure_id)
        return _remark(Placed(remark=remark, anchor=anchored(remark, sheet)))


def review_operations(r: ReviewCalls) -> tuple[Operation, ...]:
    """The addresses of these calls."""
    one, remark, deputy = (rf"/api/v1/{name}/{{id:\d{{1,9}}}}" for name in ("disclosures", "remarks", "deputies"))
    return (
        operation("GET", f"{one}/remarks", r.list_remarks, "逐句意见列表", RemarkListAnswer, None, Verb.DISCLOSURE_READ),
        operation("POST", f"{one}/remarks", r.place_remark, "逐句提意见", RemarkAnswer, RemarkBody, *REVIEW_VERBS,
                  status=201, keyed=True),
        operation("POST", f"{remark}/answer", r.answer_remark, "答复意见", RemarkAnswer, RemarkReply, Verb.DISCLOSURE_WRITE),
        operation("POST", f"{remark}/close", r.close_remark, "认可答复，或收回自己的意见", RemarkAnswer, CloseRemarkBody,
                  *REVIEW_VERBS),
        operation("GET", f"{one}/compare", r.read_difference, "版本差异", DifferenceAnswer, None, Verb.DISCLOSURE_READ,
                  query=("from", "to")),
        operation("POST", f"{one}/emergency", r.release_in_an_emergency, "应急发布", ReleaseAnswer, EmergencyBody,
                  Verb.RELEASE_EMERGENCY, status=201, keyed=True),
        operation("GET", "/api/v1/deputies", r.list_deputies, "审核代理列表", DeputyListAnswer, None,
                  *REVIEW_VERBS, Verb.STAFF_READ),
        operation("POST", "/api/v1/deputies", r.name_deputy, "指定审核代理人", DeputyAnswer, DeputyBody,
                  *REVIEW_VERBS, Verb.STAFF_MANAGE, status=201),
        operation("POST", f"{deputy}/end", r.end_deputy, "终止代理", DeputyAnswer, EndDeputyBody,
                  *REVIEW_VERBS, Verb.STAFF_MANAGE),
    )  # fmt: skip


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _json(answer: BaseModel, *, status: int = 200) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), status=status, dumps=dumps)


def _pieces(pieces: tuple[Piece, ...]) -> list[PieceAnswer]:
    return [PieceAnswer(kind=piece.kind, text=piece.text) for piece in pieces]


def _remark(placed: Placed) -> RemarkAnswer:
    remark, sentence = placed.remark, placed.anchor.sentence
    return RemarkAnswer(
        id=remark.id, disclosure=remark.disclosure_id, revision=remark.revision, field=remark.field, quote=remark.quote,
        text=remark.text, by=remark.by_name, at=remark.at, state=remark.state, answer_kind=remark.answer_kind,
        answer=remark.answer, answered_by=remark.answered_by_name, now=sentence.text if sentence else "",
        unchanged=placed.anchor.same,
    )  # fmt: skip


def _deputy(deputy: Deputy, today: date) -> DeputyAnswer:
    return DeputyAnswer(
        id=deputy.id, person=deputy.person_name, deputy=deputy.deputy_name, steps=list(deputy.steps),
        from_day=deputy.from_day, to_day=deputy.to_day, reason=deputy.reason, named_by=deputy.named_by_name,
        state=deputy.state(today),
    )  # fmt: skip
