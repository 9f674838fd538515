"""The API's calls on the checks: what is wrong with a text, letting a finding pass, and the district's words."""

from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from audit.clock import Clock
from console.api.answers import issue_answer
from console.api.bodies import DisclosureBody, IssueAnswer, Taken
from console.api.drafts import draft_of
from console.api.intake import parse, read_body, whole_number
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.preflight import Preflight
from console.screen import SHANGHAI
from disclosures.desk import Desk
from disclosures.errors import InvalidContent
from disclosures.findings import block
from disclosures.lexicon_desk import MODES
from disclosures.seed_words import COLUMNS, read_rows, row_of
from staff.person import Person
from staff.roles import Verb

PER_PAGE: Final = 100
MOST: Final = 2_000
"""Words in one call."""


class CheckAnswer(BaseModel):
    """检查结果。没有保存任何内容。"""

    issues: list[IssueAnswer]


class PassBody(Taken):
    """放行一处可以放行的问题，须写明理由；记入审计，审核人签署前会看到。"""

    key: Annotated[str, StringConstraints(min_length=16, max_length=16)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class PassAnswer(BaseModel):
    """这条公开信息现在的检查结果。"""

    id: int
    issues: list[IssueAnswer]


class WordBody(Taken):
    """本区词库的一个词语，与导入文件的列相同。类别和程度用中文名称。"""

    word: str
    kind: str = ""
    severity: str = ""
    suggestion: str = ""
    reason: str = ""
    exceptions: list[str] = Field(default_factory=list)


class WordsBody(Taken):
    """导入词语。mode 为 merge（并入）或 replace（以此为准，其余删去）；dry_run 为真时只说明会怎样。"""

    words: Annotated[list[WordBody], Field(min_length=1, max_length=MOST)]
    mode: str = "merge"
    dry_run: bool = False


class WordAnswer(BaseModel):
    """词库的一个词语。own 为真是本区的，否则随产品提供。"""

    word: str
    kind: str
    severity: str
    suggestion: str
    reason: str
    exceptions: list[str]
    own: bool
    active: bool


class WordsAnswer(BaseModel):
    """词库的一页，本区的在前。"""

    items: list[WordAnswer]
    page: int
    pages: int
    total: int


class TakenAnswer(BaseModel):
    """导入的结果；import_id 可在工作台撤销，dry_run 时为 null。"""

    import_id: int | None
    new: int
    changed: int
    gone: int
    same: int


class CheckCalls:
    def __init__(self, *, desk: Desk, preflight: Preflight, clock: Clock) -> None:
        self._desk = desk
        self._preflight = preflight
        self._clock = clock

    async def check_text(self, request: web.Request, person: Person) -> web.Response:
        draft = draft_of(parse(DisclosureBody, await read_body(request)))
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        issues = await self._preflight.trial(draft, disclosure_id=None, today=today)
        return _json(CheckAnswer(issues=[issue_answer(each) for each in issues]))

    async def let_pass(self, request: web.Request, person: Person) -> web.Response:
        body = parse(PassBody, await read_body(request))
        number = int(request.match_info["id"])
        await self._desk.examination.let_pass(person, number, body.key, body.reason)
        issues = await self._preflight.issues(await self._desk.sheet(number))
        return _json(PassAnswer(id=number, issues=[issue_answer(each) for each in issues]))

    async def list_words(self, request: web.Request, person: Person) -> web.Response:
        page = whole_number(request.query.get("page"), default=1, field="page")
        lines = await self._desk.examination.lexicon.lines(text=request.query.get("q", "")[:60])
        shown = lines[(page - 1) * PER_PAGE : page * PER_PAGE]
        items = []
        for line in shown:
            word, kind, severity, suggestion, reason, _ = row_of(line.word)
            items.append(WordAnswer(
                word=word, kind=kind, severity=severity, suggestion=suggestion, reason=reason,
                exceptions=list(line.word.exceptions), own=line.own, active=line.active,
            ))  # fmt: skip
        return _json(WordsAnswer(items=items, page=page, pages=max(1, -(-len(lines) // PER_PAGE)), total=len(lines)))

    async def take_words(self, request: web.Request, person: Person) -> web.Response:
        body = parse(WordsBody, await read_body(request))
        if body.mode not in MODES:
            raise InvalidContent([block("mode", f"没有“{body.mode[:20]}”这种方式。", f"可选：{'、'.join(MODES)}。")])
        rows = [
            (number, (each.word, each.kind, each.severity, each.suggestion, each.reason, "；".join(each.exceptions)))
            for number, each in enumerate(body.words, 1)
        ]
        words, errors = read_rows([(0, COLUMNS), *rows])
        if errors:
            raise InvalidContent(
                block(f"words.{number - 1}", f"{column}：{what}。", f"{remedy}。")
                for number, column, what, remedy in errors
            )
        lexicon = self._desk.examination.lexicon
        if body.dry_run:
            plan, batch = await lexicon.plan(words, body.mode), None
        else:
            batch, plan = await lexicon.take(person, words, body.mode, file="接口")
        return _json(TakenAnswer(import_id=batch, **plan.counts))


def check_operations(calls: CheckCalls) -> tuple[Operation, ...]:
    one = r"/api/v1/disclosures/{id:\d{1,9}}"
    return (
        operation("POST", "/api/v1/check", calls.check_text, "检查一份稿件，不保存", CheckAnswer, DisclosureBody,
            Verb.DISCLOSURE_WRITE),
        operation("POST", f"{one}/pass", calls.let_pass, "放行一处检查提示", PassAnswer, PassBody,
            Verb.DISCLOSURE_SUBMIT, Verb.RELEASE_SCHEDULE),
        operation("GET", "/api/v1/lexicon", calls.list_words, "词库", WordsAnswer, None, Verb.DISCLOSURE_READ,
            query=("q", "page")),
        operation("POST", "/api/v1/lexicon", calls.take_words, "导入本区词语", TakenAnswer, WordsBody, Verb.LEXICON_WRITE),
    )  # fmt: skip


def _json(answer: BaseModel) -> web.Response:
    body: dict[str, Any] = answer.model_dump(mode="json")
    return web.json_response(body, dumps=dumps)
