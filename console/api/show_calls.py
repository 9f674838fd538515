"""The API's calls on who may see a text before its release: links for readers without an account, and embargoes."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from console.api.bodies import Taken
from console.api.intake import parse, read_body
from console.api.operation import Operation, operation
from console.api.problems import dumps
from console.errors import FieldError, RequestInvalid
from console.show_links import DEFAULT_HOURS, LONGEST_NAME, MOST_HOURS, ShowLinks
from disclosures.desk import Desk
from disclosures.embargo import Embargo, embargo_of
from staff.accounts import plain_name
from staff.person import Person
from staff.records import Account
from staff.roles import Verb


class ShowLinkBody(Taken):
    """送阅：给没有账号的人看最新的一版。"""

    viewer: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    hours: Annotated[int, Field(ge=1, le=MOST_HOURS)] = DEFAULT_HOURS


class ShowLinkAnswer(BaseModel):
    """新的送阅链接。url 只在这里出现一次，本系统不保存；它本身就是钥匙，请勿写入日志。"""

    id: int
    url: str
    viewer: str
    revision: int
    expires_at: datetime


class ShowLinkLine(BaseModel):
    """一个送阅链接。state 为 living（有效）、revoked（已作废）、expired（已过期）或 over（已发布或撤回，失效）。"""

    id: int
    viewer: str
    revision: int
    made_by: str
    expires_at: datetime
    state: str
    views: int
    last_viewed_at: datetime | None


class ShowRemarkLine(BaseModel):
    """送阅对象的意见，供参考，不是审签。"""

    viewer: str
    revision: int
    text: str
    at: datetime


class ShowLinksAnswer(BaseModel):
    """一条公开信息的送阅链接和意见，新的在前。"""

    links: list[ShowLinkLine]
    remarks: list[ShowRemarkLine]


class EmbargoBody(Taken):
    """设为保密：发布前只有拟稿人和 readers（登录名）看得到；再次调用替换名单。"""

    readers: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(
        default_factory=list, max_length=100
    )


class LiftEmbargoBody(Taken):
    """解除保密；发布时自动解除，不必调用。"""


class EmbargoAnswer(BaseModel):
    """保密的情况；since 为空表示没有设为保密。"""

    since: datetime | None
    readers: list[str]


class ShowCalls:
    """Handlers; each is parse → verb → answer. ``page_url`` gives the public root of the links."""

    def __init__(self, *, desk: Desk, links: ShowLinks, embargo: Embargo, page_url: Callable[[int], str]) -> None:
        self._desk = desk
        self._links = links
        self._embargo = embargo
        self._root = page_url(1).removesuffix("/d/1")

    def operations(self) -> tuple[Operation, ...]:
        one = r"/api/v1/disclosures/{id:\d{1,9}}"
        return (
            operation("POST", f"{one}/show-links", self.make, "送阅", ShowLinkAnswer, ShowLinkBody, Verb.DISCLOSURE_SHOW,
                status=201),
            operation("GET", f"{one}/show-links", self.read, "送阅链接和意见", ShowLinksAnswer, None, Verb.DISCLOSURE_READ),
            operation("POST", one + r"/show-links/{link:\d{1,9}}/revoke", self.revoke, "作废送阅链接", ShowLinksAnswer, None,
                Verb.DISCLOSURE_SHOW),
            operation("POST", f"{one}/embargo", self.put, "设为保密", EmbargoAnswer, EmbargoBody, Verb.DISCLOSURE_SHOW),
            operation("POST", f"{one}/embargo/lift", self.lift, "解除保密", EmbargoAnswer, LiftEmbargoBody,
                Verb.DISCLOSURE_SHOW),
        )  # fmt: skip

    async def make(self, request: web.Request, person: Person) -> web.Response:
        body = parse(ShowLinkBody, await read_body(request))
        sheet = await self._desk.sheet(_id(request))
        link, secret = await self._links.make(person, sheet, viewer=body.viewer, hours=body.hours)
        return _json(
            ShowLinkAnswer(
                id=link.id, url=f"{self._root}/show/{secret}", viewer=link.viewer, revision=link.revision,
                expires_at=link.expires_at,
            ),
            status=201,
        )  # fmt: skip

    async def read(self, request: web.Request, person: Person) -> web.Response:
        return await self._listed(_id(request))

    async def revoke(self, request: web.Request, person: Person) -> web.Response:
        await self._links.revoke(person, _id(request), int(request.match_info["link"]))
        return await self._listed(_id(request))

    async def put(self, request: web.Request, person: Person) -> web.Response:
        body = parse(EmbargoBody, await read_body(request))
        names = {plain_name(name) for name in body.readers}
        rows = await Account.filter(name__in=sorted(names), disabled_at=None) if names else []
        if unknown := names - {row.name for row in rows}:
            raise RequestInvalid(
                [FieldError(field="readers", message=f"没有账号“{sorted(unknown)[0]}”。", remedy="请核对登录名。")]
            )
        await self._embargo.put(person, _id(request), {row.id: row.display_name for row in rows})
        return await _embargoed(_id(request))

    async def lift(self, request: web.Request, person: Person) -> web.Response:
        parse(LiftEmbargoBody, await read_body(request))
        await self._embargo.lift(person, _id(request))
        return await _embargoed(_id(request))

    async def _listed(self, number: int) -> web.Response:
        showing = await self._links.showing(number, (await self._desk.sheet(number)).state)
        return _json(
            ShowLinksAnswer(
                links=[
                    ShowLinkLine(
                        id=link.id, viewer=link.viewer, revision=link.revision, made_by=link.made_by_name,
                        expires_at=link.expires_at, state=link.state, views=link.views,
                        last_viewed_at=link.last_viewed_at,
                    )
                    for link in showing.links
                ],
                remarks=[
                    ShowRemarkLine(viewer=each.viewer, revision=each.revision, text=each.text, at=each.at)
                    for each in showing.remarks
                ],
            )
        )  # fmt: skip


async def _embargoed(number: int) -> web.Response:
    state = await embargo_of(number)
    return _json(EmbargoAnswer(since=state.since, readers=list(state.readers.values())))


def _json(answer: BaseModel, *, status: int = 200) -> web.Response:
    return web.json_response(answer.model_dump(mode="json"), status=status, dumps=dumps)


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
