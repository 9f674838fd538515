"""The door every call of the open API goes through: verb, token, permission, rate; then the endpoint itself."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web
from aiohttp.web_request import FileField

from sandbox.faults import FaultPlan
from sandbox.weibo.errors import ArticleRefusal, MassSendRefusal, Refusal, fill_in, typical_status
from sandbox.weibo.grants import Grant
from sandbox.weibo.switches import WeiboSwitches
from sandbox.weibo.world import World

MOUNT: Final = "/weibo-api"
SCHEME: Final = "OAuth2 "

Verb = Literal["GET", "POST", "ANY"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that was let in. `form` holds query and body together; of a repeated name it holds the last."""

    request: web.Request
    path: str
    now: float
    form: Mapping[str, str]
    every: Mapping[str, list[str]]
    files: Mapping[str, FileField] = field(default_factory=dict)
    multipart: bool = False
    grant: Grant | None = None

    @property
    def uid(self) -> str:
        """Who granted the token the call came with. Raises Refusal 10006 where none is asked for."""
        if self.grant is None:
            raise Refusal(10006)
        return self.grant.uid

    @property
    def origin(self) -> str:
        return str(self.request.url.origin())

    def need(self, name: str) -> str:
        """A parameter that must be there. Raises Refusal 10016."""
        value = self.form.get(name, "")
        if not value.strip():
            raise Refusal(10016, name)
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number, or the default when absent. Raises Refusal 10017."""
        value = self.form.get(name, "").strip()
        if not value:
            return default
        if not value.isascii() or not value.isdigit():
            raise Refusal(10017, name, "number", value)
        return int(value)


Action = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What an endpoint asks before it is reached. `hourly` names the special limit and the switch that sets it."""

    verb: Verb
    auth: bool = True
    permission: str | None = None
    counted: bool = True
    hourly: tuple[str, str] | None = None


READ: Final = Gate(verb="GET")
WRITE: Final = Gate(verb="POST")
FREE: Final = Gate(verb="GET", counted=False)
OPEN_POST: Final = Gate(verb="POST", auth=False, counted=False)


class Door:
    """Turns an endpoint into a route: faults by plan, checks by gate, answers in the platform's shape."""

    def __init__(self, world: World, plan: FaultPlan) -> None:
        self._world = world
        self._plan = plan

    @property
    def _switches(self) -> WeiboSwitches:
        return self._world.switches

    def route(self, path: str, gate: Gate, action: Action) -> web.AbstractRouteDef:
        """The route of one documented path, below the mount."""

        async def handler(request: web.Request) -> web.StreamResponse:
            try:
                answer = await action(await self._let_in(request, path, gate))
            except Refusal as refusal:
                return self.refuse(path, refusal)
            except ArticleRefusal as refusal:
                return _json({"code": refusal.code, "msg": refusal.text, "data": {}})
            except MassSendRefusal as refusal:
                return _json({"request": path, "errcode": refusal.code, "errmsg": refusal.text}, 400)
            return answer if isinstance(answer, web.StreamResponse) else _json(answer)

        def refuse(code: int) -> web.Response:
            return self.refuse(path, _planned(code))

        return web.route("*", MOUNT + path, self._plan.wrap("weibo", path, handler, refuse))

    async def unknown(self, request: web.Request) -> web.Response:
        """Any path nobody documented."""
        return self.refuse(request.path.removeprefix(MOUNT), Refusal(10020))

    def refuse(self, path: str, refusal: Refusal) -> web.Response:
        """The platform's error answer."""
        code: int | str = str(refusal.code) if self._switches.error_code_as == "string" else refusal.code
        body: dict[str, Any] = {"request": path, "error_code": code, "error": refusal.text}
        if "/oauth2/" in path:
            body |= {"error_uri": path, "error_description": refusal.text}
        style = self._switches.error_status
        status = typical_status(refusal.code) if style == "typical" else int(style.removeprefix("always_"))
        return _json(body, status)

    async def _let_in(self, request: web.Request, path: str, gate: Gate) -> Call:
        if gate.verb not in {"ANY", request.method}:
            raise Refusal(10021)
        call = await read_call(request, path, self._world.clock())
        if self._switches.require_https and request.scheme != "https":
            raise Refusal(21320)
        if not gate.auth:
            return call
        grant = self._grant(call)
        if gate.permission is not None and not getattr(self._switches, gate.permission):
            raise Refusal(10014)
        self._count(call, grant, gate)
        return Call(
            request=request,
            path=path,
            now=call.now,
            form=call.form,
            every=call.every,
            files=call.files,
            multipart=call.multipart,
            grant=grant,
        )

    def _grant(self, call: Call) -> Grant:
        token = call.form.get("access_token", "")
        header = call.request.headers.get("Authorization")
        if header is not None:
            if not header.startswith(SCHEME):
                raise Refusal(21301)
            token = token or header.removeprefix(SCHEME).strip()
        if not token:
            raise Refusal(21301) if call.form.get("source") else Refusal(10006)
        return self._world.grants.check(token, call.now, self._switches.password_death_code)

    def _count(self, call: Call, grant: Grant, gate: Gate) -> None:
        switches, limits = self._switches, self._world.limits
        if not limits.take("ip", call.request.remote or "", switches.ip_calls_per_hour, call.now):
            raise Refusal(10022)
        if gate.counted and not limits.take("user", grant.uid, switches.calls_per_day, call.now, "day"):
            raise Refusal(10023)
        if gate.hourly is not None:
            name, switch = gate.hourly
            if not limits.take(name, grant.uid, getattr(switches, switch), call.now):
                raise Refusal(10024, call.path)


async def read_call(request: web.Request, path: str, now: float) -> Call:
    """Query, form and files of a request. Raises Refusal 10018 for a body that is too long."""
    every: dict[str, list[str]] = {}
    files: dict[str, FileField] = {}
    for name, value in request.query.items():
        every.setdefault(name, []).append(value)
    try:
        posted = await request.post()
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(10018) from None
    except ValueError:
        raise Refusal(10008) from None
    for name, part in posted.items():
        if isinstance(part, FileField):
            files[name] = part
        else:
            every.setdefault(name, []).append(part if isinstance(part, str) else part.decode("utf-8", "replace"))
    return Call(
        request=request,
        path=path,
        now=now,
        form={name: values[-1] for name, values in every.items()},
        every=every,
        files=files,
        multipart=request.content_type == "multipart/form-data",
    )


def _planned(code: int) -> Refusal:
    if code == 10017:
        return Refusal(10017, text="text not find domain!")
    return Refusal(code if code > 0 else 10001, text=fill_in(code if code > 0 else 10001))


def _json(body: Any, status: int = 200) -> web.Response:
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json")
