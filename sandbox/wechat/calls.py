"""One API call on its way in: method, token, right, quota, body; and its answer on the way out."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web

from sandbox.wechat.account import Account
from sandbox.wechat.errors import ApiError
from sandbox.wechat.quotas import Quotas
from sandbox.wechat.tokens import Tokens

_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u([0-9a-fA-F]{4})")


KEPT_RIDS = 2000


class Right(Enum):
    """Which accounts may use a call."""

    ANY = "any"
    CERTIFIED = "certified"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file of a multipart form."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that passed the gate. `escaped` says that the JSON came with \\uXXXX instead of UTF-8."""

    query: Mapping[str, str]
    body: Mapping[str, Any] = field(default_factory=dict)
    escaped: bool = False
    files: Mapping[str, Upload] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    remote: str = ""

    def text(self, name: str) -> str:
        """A member of the JSON body as text, empty when it is absent."""
        value = self.body.get(name)
        return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""

    def number(self, name: str, default: int = 0) -> int:
        """A whole number of the JSON body; anything else is refused with 40097."""
        value = self.body.get(name, default)
        if isinstance(value, str) and value.isdecimal():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ApiError(40097, name)
        return value


Raw = web.Response
Verb = Callable[[Call], "dict[str, Any] | Raw | Awaitable[dict[str, Any] | Raw]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A path of the platform: who may call it, how often, and what it does."""

    method: str
    path: str
    verb: Verb
    right: Right = Right.ANY
    daily: int | None = None
    per_minute: int | None = None
    token: bool = True
    strict_utf8: bool = True


class Gate:
    """Checks every call in the order of the platform and writes the answers."""

    def __init__(self, account: Account, tokens: Tokens, quotas: Quotas) -> None:
        self._account = account
        self._tokens = tokens
        self._quotas = quotas
        self.rids: dict[str, dict[str, Any]] = {}

    def handler(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The aiohttp handler of an endpoint, with the faults in front of it."""

        async def answer(request: web.Request) -> web.StreamResponse:
            return await self._answer(endpoint, request)

        return self._account.faults.wrap("wechat", endpoint.path, answer, self.refusal)

    def refusal(self, code: int) -> web.Response:
        """An error answer that a fault asked for."""
        return self._error(ApiError(code), "")

    async def _answer(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        try:
            self._admit(endpoint, request)
            call = await self._read(endpoint, request)
            result = endpoint.verb(call)
            if isinstance(result, Awaitable):
                result = await result
        except ApiError as refusal:
            return self._error(refusal, endpoint.path)
        return result if isinstance(result, web.Response) else _json(result)

    def _admit(self, endpoint: Endpoint, request: web.Request) -> None:
        if request.method != endpoint.method:
            raise ApiError(43001 if endpoint.method == "GET" else 43002)
        if endpoint.token:
            self._tokens.check(request.query.get("access_token", ""))
        account = self._account
        if endpoint.right is not Right.ANY and not account.certified:
            raise ApiError(48001)
        if endpoint.right is Right.SERVICE and not account.service:
            raise ApiError(48001)
        self._quotas.spend(endpoint.path)

    async def _read(self, endpoint: Endpoint, request: web.Request) -> Call:
        query = dict(request.query)
        remote = request.remote or ""
        if request.method == "GET":
            return Call(query=query, remote=remote)
        if request.content_type == "multipart/form-data":
            files, form = await _form(request)
            return Call(query=query, files=files, form=form, remote=remote)
        raw = await request.read()
        if not raw:
            return Call(query=query, remote=remote)
        try:
            body = json.loads(raw.decode("utf-8"))
        except ValueError:
            raise ApiError(47001) from None
        if not isinstance(body, dict):
            raise ApiError(47001)
        escaped = any(int(code, 16) >= 0x80 for code in _ESCAPED.findall(raw))
        if escaped and endpoint.strict_utf8 and self._account.options.escaped_json == "refuse":
            raise ApiError(40033)
        return Call(query=query, body=body, escaped=escaped, remote=remote)

    def _error(self, refusal: ApiError, path: str) -> web.Response:
        account = self._account
        rid = f"{int(account.now()):08x}-{account.hexadecimal(8)}-{account.hexadecimal(8)}"
        if len(self.rids) >= KEPT_RIDS:
            del self.rids[next(iter(self.rids))]
        self.rids[rid] = {"invoke_time": int(account.now()), "request_url": path, "errcode": refusal.code}
        body = {"errcode": refusal.code, "errmsg": refusal.text(rid), **refusal.extra}
        return _json(body, text=account.options.errors_as_text)


async def _form(request: web.Request) -> tuple[dict[str, Upload], dict[str, str]]:
    files: dict[str, Upload] = {}
    form: dict[str, str] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = Upload(name=value.filename, content_type=value.content_type, data=value.file.read())
        elif isinstance(value, str):
            form[name] = value
    return files, form


def _json(body: Mapping[str, Any], *, text: bool = False) -> web.Response:
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=raw, content_type="text/plain" if text else "application/json", charset="utf-8")
