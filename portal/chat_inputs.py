"""The web chat's other inputs: a picture, and where somebody is. Voice is not taken: nothing here could hear it."""

import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from aiohttp import BodyPartReader, web

from audit.allowance import Allowance
from audit.clock import Clock
from disclosures.errors import FileRefused
from portal.chat import ChatPages, ChatRefused, ChatReply

PICTURE_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a picture, as on WeChat."""
PLACE_LIMIT: Final = 4096
STREET_LIMIT: Final = 60
ALL_PICTURES: Final = 120
"""Pictures within ten minutes from everybody together: names of visitors cost nothing, the disk does."""
_PICTURE_SAID: Final = "［图片］"
_PLACE_SAID: Final = "［我的位置］"
_NO_PICTURE: Final = "没有选择图片，请选一张 JPG、PNG 或 GIF 图片。"
_TOO_LARGE: Final = "图片超过 10 MB，没有收下。请缩小或截取其中要问的部分再发。"
_NO_STREET: Final = "请写明您所在的乡镇、街道或路名。"
_BAD_PLACE: Final = "没有读到位置，请改为写明所在的乡镇、街道或路名。"
_BUSY_PICTURES: Final = "现在发图片的人太多，这一张没有收下，请过几分钟再试。"


class Given(Protocol):
    """What the answering side does with what is no sentence (``gateway.speaking.Speaking``)."""

    async def picture(self, visitor: str, data: bytes) -> ChatReply: ...

    async def near(
        self, visitor: str, *, latitude: float | None, longitude: float | None, street: str
    ) -> ChatReply: ...


class ChatInputs:
    """``POST /chat/picture`` and ``POST /chat/place``: JSON for the script, a page for a plain form."""

    def __init__(self, *, chat: ChatPages, clock: Clock, given: Given) -> None:
        self._chat = chat
        self._clock = clock
        self._given = given
        self._pictures = Allowance(most=ALL_PICTURES, seconds=600)
        chat.takes = True

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [web.post("/chat/picture", self.picture), web.post("/chat/place", self.place)]

    async def picture(self, request: web.Request) -> web.Response:
        async def answer(visitor: str) -> tuple[str, ChatReply]:
            data = await _picture(request)
            if not self._pictures.take("all", now=(await self._clock.now()).timestamp()):
                raise ChatRefused(429, _BUSY_PICTURES)
            try:
                return _PICTURE_SAID, await self._chat.within_limits(
                    request, visitor, "", partial(self._given.picture, visitor, data)
                )
            except FileRefused as refused:
                raise ChatRefused(422, str(refused)) from refused

        return await self._answered(request, answer, said=_PICTURE_SAID)

    async def place(self, request: web.Request) -> web.Response:
        async def answer(visitor: str) -> tuple[str, ChatReply]:
            latitude, longitude, street = await _place(request)
            near = partial(self._given.near, visitor, latitude=latitude, longitude=longitude, street=street)
            return street or _PLACE_SAID, await self._chat.within_limits(request, visitor, street, near)

        return await self._answered(request, answer, said="")

    async def _answered(
        self, request: web.Request, answer: Callable[[str], Awaitable[tuple[str, ChatReply]]], *, said: str
    ) -> web.Response:
        visitor = self._chat.visitor(request)
        scripted = request.headers.get("Accept", "").startswith("application/json")
        try:
            _check_origin(request)
            said, reply = await answer(visitor)
        except ChatRefused as refusal:
            if scripted:
                response = web.json_response({"error": str(refusal)}, status=refusal.status, dumps=_dumps)
                return self._chat.keep(response, visitor)
            return await self._chat.show(
                request, visitor=visitor, said=said, refusal=str(refusal), status=refusal.status
            )
        if scripted:
            return self._chat.keep(web.json_response(asdict(reply), dumps=_dumps), visitor)
        return await self._chat.show(request, visitor=visitor, said=said, answer=reply)


def _check_origin(request: web.Request) -> None:
    """A foreign page must not make a visitor's browser send us something."""
    origin = request.headers.get("Origin", "")
    if origin and urlsplit(origin).netloc != request.host:
        raise ChatRefused(403, "请从本网站的页面发送。")


async def _picture(request: web.Request) -> bytes:
    """The file of the form, read in pieces and never beyond its limit."""
    if request.content_type != "multipart/form-data":
        raise ChatRefused(415, _NO_PICTURE)
    if (request.content_length or 0) > PICTURE_LIMIT + 65536:
        raise ChatRefused(413, _TOO_LARGE)
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name != "picture":
                continue
            data = bytearray()
            while piece := await part.read_chunk(65536):
                data += piece
                if len(data) > PICTURE_LIMIT:
                    raise ChatRefused(413, _TOO_LARGE)
            if data:
                return bytes(data)
            break
    except ValueError as trouble:
        raise ChatRefused(400, _NO_PICTURE) from trouble
    raise ChatRefused(400, _NO_PICTURE)


async def _place(request: web.Request) -> tuple[float | None, float | None, str]:
    """Degrees, or a street. A browser's place comes as JSON, a street as a form."""
    body = b""
    async for piece in request.content.iter_chunked(1024):
        body += piece
        if len(body) > PLACE_LIMIT:
            raise ChatRefused(413, _NO_STREET)
    if request.content_type == "application/json":
        try:
            told: Any = json.loads(body)
        except (ValueError, RecursionError) as trouble:
            raise ChatRefused(400, _BAD_PLACE) from trouble
        told = told if isinstance(told, dict) else {}
        street = told.get("street")
        if isinstance(street, str) and street.strip():
            return None, None, street.strip()[:STREET_LIMIT]
        latitude, longitude = _degrees(told.get("latitude"), 90), _degrees(told.get("longitude"), 180)
        if latitude is None or longitude is None:
            raise ChatRefused(422, _BAD_PLACE)
        return latitude, longitude, ""
    if request.content_type != "application/x-www-form-urlencoded":
        raise ChatRefused(415, _NO_STREET)
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=8))
    except ValueError as trouble:
        raise ChatRefused(400, _NO_STREET) from trouble
    street = form.get("street", "").strip()[:STREET_LIMIT]
    if not street:
        raise ChatRefused(400, _NO_STREET)
    return None, None, street


def _degrees(value: object, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= most else None


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
