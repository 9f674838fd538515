"""The API's calls on disclosures: write, submit, sign, withdraw, and the files they use."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from console.api.answers import disclosure_answer, file_answer, line_answer
from console.api.bodies import (
    ApproveBody,
    DisclosureBody,
    DisclosureChanges,
    ListAnswer,
    RejectBody,
    RepealBody,
    SubmitBody,
    WithdrawBody,
)
from console.api.drafts import changes_of, draft_of
from console.api.intake import parse, read_body, read_file, whole_number
from console.api.problems import dumps, problem_of
from console.api.receipts import Answer, Receipts, keyed
from console.errors import FieldError, RequestInvalid
from console.preflight import Preflight
from console.register import page_of_lines
from disclosures.desk import Desk
from disclosures.embargo import hidden_from
from disclosures.errors import ReviewRefused
from disclosures.files import Files
from disclosures.review import Refusal
from disclosures.sheet import Sheet
from disclosures.states import State
from publishers.records import Release
from publishers.withdrawal import Withdrawal
from staff.person import Person


class DisclosureCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(
        self, *, desk: Desk, preflight: Preflight, files: Files, withdrawal: Withdrawal, receipts: Receipts,
        page_url: Callable[[int], str],
    ) -> None:  # fmt: skip
        self._desk = desk
        self._preflight = preflight
        self._files = files
        self._withdrawal = withdrawal
        self._receipts = receipts
        self._page_url = page_url

    async def create_disclosure(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        draft = draft_of(parse(DisclosureBody, raw))

        async def create() -> Answer:
            return 201, await self._plain(await self._desk.create(person, draft))

        status, body = await self._receipts.atomically(keyed(request, person, raw), create)
        return _json(body, status=status, location=f"/api/v1/disclosures/{body['id']}")

    async def read_disclosure(self, request: web.Request, person: Person) -> web.Response:
        return await self._answer(await self._desk.sheet(_id(request)))

    async def list_disclosures(self, request: web.Request, person: Person) -> web.Response:
        state = request.query.get("state", "")
        if state and state not in set(State):
            raise RequestInvalid(
                [FieldError(field="state", message="没有这个状态。", remedy=f"可选：{'、'.join(State)}。")]
            )
        page = whole_number(request.query.get("page"), default=1, field="page")
        found = await page_of_lines(
            self._desk,
            states=frozenset({State(state)}) if state else None,
            text=request.query.get("q", ""),
            page=page,
            hidden=await hidden_from(person.account_id),
        )
        answer = ListAnswer(
            items=[line_answer(line) for line in found.lines], page=found.page, pages=found.pages, total=found.total
        )
        return _json(answer.model_dump(mode="json"))

    async def change_disclosure(self, request: web.Request, person: Person) -> web.Response:
        body = parse(DisclosureChanges, await read_body(request))
        before = await self._desk.sheet(_id(request))
        expected = body.expected_revision or _if_match(request)
        changes = changes_of(body, before.version.draft)
        # Without a revision from the caller, the one just read stands in: the merge of channels rests on it.
        sheet = await self._desk.revise(person, before.id, changes, expected_revision=expected or before.revision)
        return await self._answer(sheet)

    async def submit_disclosure(self, request: web.Request, person: Person) -> web.Response:
        body = parse(SubmitBody, await read_body(request))
        return await self._answer(
            await self._preflight.submit(person, _id(request), reason=body.reason, without=body.without_channels)
        )

    async def approve_disclosure(self, request: web.Request, person: Person) -> web.Response:
        body = parse(ApproveBody, await read_body(request))
        number = _id(request)
        return await self._signed(
            person, number,
            lambda: self._desk.approve(
                person, number, seen_hash=body.content_hash, remark=body.remark, opinion=body.opinion
            ),
        )  # fmt: skip

    async def reject_disclosure(self, request: web.Request, person: Person) -> web.Response:
        body = parse(RejectBody, await read_body(request))
        number = _id(request)
        return await self._signed(
            person, number,
            lambda: self._desk.reject(
                person, number, body.remark, seen_hash=body.content_hash, opinion=body.opinion
            ),
        )  # fmt: skip

    async def withdraw_disclosure(self, request: web.Request, person: Person) -> web.Response:
        body = parse(WithdrawBody, await read_body(request))
        await self._withdrawal.withdraw(person, _id(request), explanation=body.explanation)
        return await self._answer(await self._desk.sheet(_id(request)))

    async def repeal_disclosure(self, request: web.Request, person: Person) -> web.Response:
        raw = await read_body(request)
        body = parse(RepealBody, raw)

        async def repeal() -> Answer:
            await self._withdrawal.repeal(person, _id(request), explanation=body.explanation)
            return 200, await self._plain(await self._desk.sheet(_id(request)))

        _, answer = await self._receipts.atomically(keyed(request, person, raw), repeal)
        return _json(answer, etag=str(answer["revision"]))

    async def upload_file(self, request: web.Request, person: Person) -> web.Response:
        data, name, media_type, title = await read_file(request)
        file = await self._files.put(data, name, media_type, by=person.actor, title=title)
        return _json(file_answer(file).model_dump(mode="json"), status=201)

    async def _signed(self, person: Person, number: int, sign: Callable[[], Awaitable[Sheet]]) -> web.Response:
        try:
            return await self._answer(await sign())
        except ReviewRefused as refused:
            # 403 when it is the person, 409 when it is the moment.
            turn = await self._desk.may_sign(person, number)
            return problem_of(refused, status=403 if isinstance(turn, Refusal) and turn.forbidden else 409)

    async def _answer(self, sheet: Sheet) -> web.Response:
        return _json(await self._plain(sheet), etag=str(sheet.revision))

    async def _plain(self, sheet: Sheet) -> dict[str, object]:
        issues = await self._preflight.issues(sheet) if sheet.state is State.DRAFT else ()
        ids = await Release.filter(disclosure_id=sheet.id).order_by("id").values_list("id", flat=True)
        answer = disclosure_answer(
            sheet, issues=issues, releases=[int(str(each)) for each in ids],
            page_url=self._page_url(sheet.id) if sheet.live else "",
        )  # fmt: skip
        return answer.model_dump(mode="json")


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _if_match(request: web.Request) -> int | None:
    text = request.headers.get("If-Match", "").strip()
    if not text or text == "*":
        return None
    return whole_number(text.removeprefix("W/").strip('"'), default=1, field="If-Match")


def _json(body: dict[str, object], *, status: int = 200, location: str = "", etag: str = "") -> web.Response:
    headers = {"Location": location} if location else {}
    if etag:
        headers["ETag"] = f'"{etag}"'
    return web.json_response(body, status=status, headers=headers, dumps=dumps)
