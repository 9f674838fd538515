"""The API's calls on the red switch: the state of things, stopping, and lifting by two persons."""

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, StringConstraints

from audit.clock import Clock
from console.api.bodies import Taken
from console.api.intake import parse, read_body
from console.api.problems import dumps
from publishers.halt import Halts, ask_stands, how_many_wait, standing_halts
from publishers.quarantine import in_doubt_now
from publishers.records import Halt
from staff.person import Person

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class HaltBody(Taken):
    """停发，须写明原因；立即对所有节点生效。"""

    reason: Reason


class LiftBody(Taken):
    """解除停发。第一人提出时须写明理由；另一人再次调用即为确认，答复的 halts 中不再有这一项才算解除。"""

    kind: Literal["red", "quarantine"] = "red"
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class StandingAnswer(BaseModel):
    """一项停发。kind 为 red（发布总开关）或 quarantine（恢复数据后的核对）。"""

    id: int
    kind: str
    reason: str
    raised_by: str
    raised_at: datetime
    lift_asked_by: str | None
    lift_asked_at: datetime | None
    doubts: int
    """还没有与平台核对清楚的投放数。"""


class HaltAnswer(BaseModel):
    """现在的情况。halted 为真时，尚未发出的内容一律不发；waiting 是等候中的投放数。"""

    halted: bool
    waiting: int
    halts: list[StandingAnswer]


class HaltCalls:
    """Handlers; each is parse → verb → answer."""

    def __init__(self, *, halts: Halts, clock: Clock) -> None:
        self._halts = halts
        self._clock = clock

    async def read_halt(self, request: web.Request, person: Person) -> web.Response:
        return await self._answered()

    async def raise_halt(self, request: web.Request, person: Person) -> web.Response:
        body = parse(HaltBody, await read_body(request))
        await self._halts.raise_red(person, reason=body.reason)
        return await self._answered(status=201)

    async def lift_halt(self, request: web.Request, person: Person) -> web.Response:
        body = parse(LiftBody, await read_body(request))
        await self._halts.lift(person, body.kind, reason=body.reason)
        return await self._answered()

    async def _answered(self, *, status: int = 200) -> web.Response:
        now = await self._clock.now()
        standing = await standing_halts()
        answer = HaltAnswer(
            halted=bool(standing), waiting=await how_many_wait(now), halts=[await _told(halt, now) for halt in standing]
        )
        return web.json_response(answer.model_dump(mode="json"), status=status, dumps=dumps)


async def _told(halt: Halt, now: datetime) -> StandingAnswer:
    asked = ask_stands(halt, now)
    return StandingAnswer(
        id=halt.id, kind=halt.kind, reason=halt.reason, raised_by=halt.raised_by_name, raised_at=halt.raised_at,
        lift_asked_by=halt.lift_asked_by_name if asked else None, lift_asked_at=halt.lift_asked_at if asked else None,
        doubts=len(await in_doubt_now(halt)),
    )  # fmt: skip
