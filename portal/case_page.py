"""``/case``: a citizen who registered in the web chat sees how his case stands and what was answered. Number and 查询码 are posted,
so that neither stands in an address or a log."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from audit.allowance import Allowance
from audit.clock import Clock
from casework.lookup import Looked
from casework.numbering import found_in
from portal.screen import Screen

BODY_LIMIT: Final = 1024
"""Bytes of the form."""
TRIES_A_NUMBER: Final = 20
"""An hour, for one case: eight digits are not guessed so."""
WRONG_A_MINUTE: Final = 60
"""Wrong codes of everybody together."""
_WRONG = "没有查到。请核对受理编号和查询码；查询码是登记时一起给出的 8 位数字。"
_NUMBER = "请填写受理编号，例如 20261127-0007-3；编号有一位校验，请逐位核对。"
_CODE = "请填写登记时给出的 8 位查询码。"
_TOO_OFTEN = "查询太频繁，请稍后再试；也可以拨打页面下方的电话。"


class Look(Protocol):
    """What the page needs of ``casework.lookup.Lookup``."""

    def __call__(self, number: str, code: str, *, now: datetime) -> Awaitable[Looked | None]: ...


class CasePages:
    """``look`` None: no cases are kept here, and the address does not exist."""

    def __init__(self, *, screen: Screen, clock: Clock, look: Look | None) -> None:
        self._screen = screen
        self._clock = clock
        self._look = look
        self._of_a_number = Allowance(most=TRIES_A_NUMBER, seconds=3600)
        self._wrong = Allowance(most=WRONG_A_MINUTE, seconds=60)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        if self._look is None:
            return []
        return [web.get("/case", self.page), web.post("/case", self.form)]

    async def page(self, request: web.Request) -> web.Response:
        return await self._show(request)

    async def form(self, request: web.Request) -> web.Response:
        typed = await _typed(request)
        number, code = typed.get("number", "").strip()[:40], "".join(typed.get("code", "").split())[:20]
        sound = found_in(number)
        wrong = {"number": "" if sound else _NUMBER, "code": "" if code.isdigit() and len(code) == 8 else _CODE}
        if any(wrong.values()):
            return await self._show(request, number=number, code=code, wrong=wrong, status=400)
        now = await self._clock.now()
        assert self._look is not None
        if not self._of_a_number.take(sound, now=now.timestamp()):
            return await self._show(request, number=number, refusal=_TOO_OFTEN, status=429)
        found = await self._look(sound, code, now=now)
        if found is None:
            often = not self._wrong.take("everybody", now=now.timestamp())
            told, status = (_TOO_OFTEN, 429) if often else (_WRONG, 404)
            return await self._show(request, number=number, code=code, refusal=told, status=status)
        return await self._show(request, number=sound, found=found)

    async def _show(
        self, request: web.Request, *, number: str = "", code: str = "", refusal: str = "", status: int = 200,
        wrong: dict[str, str] | None = None, found: Looked | None = None,
    ) -> web.Response:  # fmt: skip
        return await self._screen.show(
            request, "case.html", title="诉求查询", column="咨询投诉", status=status, cache_control="no-store", number=number,
            code=code, refusal=refusal, wrong=wrong or {}, found=found,
        )  # fmt: skip


async def _typed(request: web.Request) -> dict[str, str]:
    """The form, at most ``BODY_LIMIT`` bytes of it; empty when it is none."""
    body = await request.content.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT or request.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=8))
    except ValueError:
        return {}
