"""The web chat: what the answering side must give, and the pages over it. The bot is joined to it by the wiring."""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from audit.allowance import Allowance
from audit.clock import Clock
from portal.screen import Screen

COOKIE = "mingbai_visitor"
BODY_LIMIT = 16_384
"""Bytes of one message's request; a Chinese character of a form is nine."""
TEXT_LIMIT = 1000
"""Characters of one message: a forwarded warning, which is to be checked whole, often has more than 500."""
NOTICE = "自动问答，内容均引自已审核发布的信息"
"""Shown all the time beside the dialogue (GB 45438-2025 asks it of automatic dialogue)."""
GREETING = "您好，我可以回答本区政策、办事和公开信息方面的问题，也可以核对网上的传言。请直接输入您的问题。"
_ANSWER_SECONDS = 8.0
_COOKIE_SECONDS = 7 * 24 * 3600
"""A visitor is known for a week after his last message, to be told what was corrected; the bot lets go of him then too."""
_VISITOR = re.compile(r"[0-9a-f]{32}")
_TOO_MANY = "您发送得太快了，请过一分钟再试。"
_TOO_LONG = f"您的话太长了，请缩短到{TEXT_LIMIT}字以内。"
_EMPTY = "请输入您的问题。"
_BUSY = "暂时无法回答，请稍后再试。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOption:
    """A choice offered to the visitor: what the button shows, and what it says for them."""

    label: str
    say: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSource:
    """Where an answer stands. ``note`` is like “〔2026〕3号 · 区民政局 · 2026-05-01 · 有效”."""

    title: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """One reply of the bot: approved text in lines, choices, sources. A reply that quotes has in ``lines`` what must be known
    before, and in ``notes`` what stands after the quotation."""

    lines: tuple[str, ...]
    quote: str = ""
    notes: tuple[str, ...] = ()
    options: tuple[ChatOption, ...] = ()
    sources: tuple[ChatSource, ...] = ()


Answer = Callable[[str, str], Awaitable[ChatReply]]
"""(visitor, text) → reply. The visitor is a random name that lives as long as the browser's cookie."""
News = Callable[[str], Awaitable[Sequence[str]]]
"""visitor → the lines that he must be told when he comes back, once; empty when there is nothing."""


class ChatRefused(Exception):
    """The message is not put to the bot. ``str(error)`` is for the screen."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ChatPages:
    """``/chat`` as a page that works without script, and ``/chat/messages`` for the script."""

    def __init__(
        self, *, screen: Screen, clock: Clock, answer: Answer | None, secure: bool, news: News | None = None
    ) -> None:
        self._news = news
        self._screen = screen
        self._clock = clock
        self._answer = answer
        self._secure = secure
        self._allowance = Allowance(most=20, seconds=60)

    async def page(self, request: web.Request) -> web.Response:
        visitor = self._visitor(request)
        returns = self._news is not None and request.method == "GET" and request.cookies.get(COOKIE) == visitor
        told = await self._told(visitor) if returns else ()
        return await self._page(request, visitor=visitor, told=told)

    async def _told(self, visitor: str) -> Sequence[str]:
        """A page that cannot ask the bot is shown without its news; they wait for the visitor's next message."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._news(visitor) if self._news is not None else ()
        except TimeoutError:
            return ()

    async def form(self, request: web.Request) -> web.Response:
        """Without script: the page comes back with the question and its reply."""
        visitor = self._visitor(request)
        said = ""
        try:
            form = await _form(request)
            said = form.get("choice") or form.get("text", "")
            answer = await self._ask(visitor, said)
        except ChatRefused as refusal:
            return await self._page(request, visitor=visitor, said=said, refusal=str(refusal), status=refusal.status)
        return await self._page(request, visitor=visitor, said=said, answer=answer)

    async def message(self, request: web.Request) -> web.Response:
        """{"text": …} → {"lines", "quote", "notes", "options", "sources"}; trouble is {"error": …} with its status."""
        visitor = self._visitor(request)
        try:
            if request.content_type != "application/json":  # A foreign site's form cannot send this type.
                raise ChatRefused(415, "请用 JSON 发送。")
            answer = await self._ask(visitor, _text(await _body(request)))
        except ChatRefused as refusal:
            return self._keep(web.json_response({"error": str(refusal)}, status=refusal.status), visitor)
        return self._keep(web.json_response(asdict(answer), dumps=_dumps), visitor)

    async def _ask(self, visitor: str, text: str) -> ChatReply:
        text = text.strip()
        if self._answer is None:
            raise ChatRefused(503, _BUSY)
        if not text:
            raise ChatRefused(400, _EMPTY)
        if len(text) > TEXT_LIMIT:
            raise ChatRefused(413, _TOO_LONG)
        if not self._allowance.take(visitor, now=(await self._clock.now()).timestamp()):
            raise ChatRefused(429, _TOO_MANY)
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._answer(visitor, text)
        except TimeoutError as trouble:
            raise ChatRefused(503, _BUSY) from trouble

    async def _page(
        self,
        request: web.Request,
        *,
        visitor: str,
        said: str = "",
        answer: ChatReply | None = None,
        refusal: str = "",
        status: int = 200,
        told: Sequence[str] = (),
    ) -> web.Response:
        response = await self._screen.show(
            request,
            "chat.html",
            title="智能问答",
            status=status,
            cache_control="no-store",
            said=said,
            answer=answer,
            refusal=refusal,
            notice=NOTICE,
            greeting=GREETING,
            told=told,
            limit=TEXT_LIMIT,
            column="咨询投诉",
        )
        return self._keep(response, visitor)

    def _visitor(self, request: web.Request) -> str:
        known = request.cookies.get(COOKIE, "")
        return known if _VISITOR.fullmatch(known) else secrets.token_hex(16)

    def _keep(self, response: web.Response, visitor: str) -> web.Response:
        response.set_cookie(
            COOKIE, visitor, max_age=_COOKIE_SECONDS, path="/chat", httponly=True, samesite="Lax", secure=self._secure
        )
        response.headers["Cache-Control"] = "no-store"
        return response


async def _body(request: web.Request) -> bytes:
    """At most ``BODY_LIMIT`` bytes; more is refused before it is read."""
    if (request.content_length or 0) > BODY_LIMIT:
        raise ChatRefused(413, _TOO_LONG)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_chunked(1024):
        size += len(chunk)
        if size > BODY_LIMIT:
            raise ChatRefused(413, _TOO_LONG)
        chunks.append(chunk)
    return b"".join(chunks)


async def _form(request: web.Request) -> dict[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise ChatRefused(415, "请用表单发送。")
    try:
        return dict(parse_qsl((await _body(request)).decode(), keep_blank_values=True, max_num_fields=8))
    except ValueError as trouble:
        raise ChatRefused(400, _EMPTY) from trouble


def _text(body: bytes) -> str:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as trouble:
        raise ChatRefused(400, "消息格式有误。") from trouble
    text = document.get("text") if isinstance(document, dict) else None
    if not isinstance(text, str):
        raise ChatRefused(400, "消息格式有误。")
    return text


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
