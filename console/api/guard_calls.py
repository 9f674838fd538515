"""The API's calls on abuse: who floods, advertises or insults, and the decision about one of them."""

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, StringConstraints

from casework.guard_desk import REASON, GuardDesk
from console.api.bodies import Taken
from console.api.intake import parse, read_body
from console.api.problems import dumps
from staff.person import Person

Reason = Annotated[str, StringConstraints(min_length=1, max_length=REASON)]


class LimitBody(Taken):
    """限制自动答复 24 小时或 168 小时（7 天），须写明理由；到期自动恢复，紧急求助仍会答复。"""

    hours: Literal[24, 168]
    reason: Reason


class UnlimitBody(Taken):
    """提前恢复自动答复，须写明理由。"""

    reason: Reason


class DeedAnswer(BaseModel):
    """一类滥用。kind 为 flood（发送过快）、repeat（重复刷屏）、advertisement（广告）或 insult（辱骂）；new 是上次处理以后的次数。"""

    kind: str
    times: int
    new: int
    examples: list[str]


class OffenderAnswer(BaseModel):
    """一个人。person 是由系统编的代号，不是平台账号；until 非空表示限制答复到那时。"""

    person: str
    channel: str
    deeds: list[DeedAnswer]
    first_at: datetime
    last_at: datetime
    waits: bool
    until: datetime | None
    reason: str
    decided_by: str


class GuardAnswer(BaseModel):
    """等待决定的在前。"""

    items: list[OffenderAnswer]


class GuardCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, desk: GuardDesk) -> None:
        self._desk = desk

    async def list_abuse(self, request: web.Request, person: Person) -> web.Response:
        return await self._answer()

    async def limit(self, request: web.Request, person: Person) -> web.Response:
        body = parse(LimitBody, await read_body(request))
        about = request.match_info["person"]
        await self._desk.limit(about, hours=body.hours, reason=body.reason, actor=person.actor)
        return await self._answer()

    async def lift(self, request: web.Request, person: Person) -> web.Response:
        body = parse(UnlimitBody, await read_body(request))
        await self._desk.lift(request.match_info["person"], reason=body.reason, actor=person.actor)
        return await self._answer()

    async def leave(self, request: web.Request, person: Person) -> web.Response:
        await self._desk.leave(request.match_info["person"], actor=person.actor)
        return await self._answer()

    async def _answer(self) -> web.Response:
        items = [
            OffenderAnswer(
                person=one.person, channel=one.channel, first_at=one.first_at, last_at=one.last_at, waits=one.waits,
                until=one.until, reason=one.reason, decided_by=one.decided_by,
                deeds=[
                    DeedAnswer(kind=deed.kind, times=deed.times, new=deed.new, examples=list(deed.examples))
                    for deed in one.deeds
                ],
            )
            for one in await self._desk.offenders()
        ]  # fmt: skip
        return web.json_response(GuardAnswer(items=items).model_dump(mode="json"), dumps=dumps)
