"""The WeChat callback: envelope, message, reception, sealed reply, always within four seconds."""

import time
from typing import Final

from aiohttp import web

from bot.callback import forbidden, read_body
from bot.envelope import Envelope, text_reply
from bot.errors import EnvelopeRefused
from bot.message import read_wechat
from bot.moment import DoorClock
from bot.reception import Reception

BUDGET: Final = 4.0
"""Seconds; the platform cuts the connection after five."""


class WeChatCallback:
    """``GET /wechat`` verifies the address, ``POST /wechat`` delivers. ``account`` is our gh_… id: a message to another
    is refused."""

    def __init__(
        self, *, envelope: Envelope, reception: Reception, clock: DoorClock, account: str = "", budget: float = BUDGET
    ) -> None:
        self._envelope = envelope
        self._reception = reception
        self._clock = clock
        self._account = account
        self._budget = budget

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/wechat", self.check, allow_head=False), web.post("/wechat", self.receive)]

    async def check(self, request: web.Request) -> web.Response:
        try:
            echo = self._envelope.check_address(request.query, now=(await self._clock.moment()).now)
        except EnvelopeRefused:
            return forbidden()
        return web.Response(text=echo)

    async def receive(self, request: web.Request) -> web.Response:
        begun = time.monotonic()
        moment = await self._clock.moment()
        now = moment.now
        try:
            opened = self._envelope.open(request.query, await read_body(request), now=now)
            inbound = read_wechat(opened.xml)
            if self._account and inbound.account != self._account:
                raise EnvelopeRefused
        except EnvelopeRefused:
            return forbidden()
        left = self._budget - (time.monotonic() - begun)
        text = await self._reception.receive(inbound, now=now, budget=left, away=moment.away)
        if not text:
            return web.Response(text="success")
        reply = text_reply(to=inbound.sender, sender=inbound.account, at=now, text=text)
        return web.Response(text=self._envelope.seal(reply, opened, now=now), content_type="application/xml")
