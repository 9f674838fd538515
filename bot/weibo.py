"""The Weibo callback (粉丝服务): signature with the AppSecret, JSON in, a percent-encoded passive reply out.

Source: open.weibo.com/wiki/Messages_api_start, Receive_General_Message, Send_Passive_Response_Message. The signature
covers only timestamp and nonce, so the callback's address must be HTTPS and the window is narrow.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from aiohttp import web

from bot.callback import forbidden, read_body
from bot.errors import EnvelopeRefused
from bot.message import Inbound, read_weibo
from bot.moment import DoorClock
from bot.reception import Reception

BUDGET: Final = 3.0
WINDOW: Final = timedelta(seconds=300)
TIMESTAMP: Final = re.compile(r"[0-9]{10}(?:[0-9]{3})?")
NONCE: Final = re.compile(r"[A-Za-z0-9]{1,32}")


class WeiboCallback:
    """``GET /weibo`` verifies the address, ``POST /weibo`` delivers. ``uid`` is our account: a message to another is
    refused."""

    def __init__(
        self, *, app_secret: str, reception: Reception, clock: DoorClock, uid: str = "", budget: float = BUDGET
    ) -> None:
        self._app_secret = app_secret
        self._reception = reception
        self._clock = clock
        self._uid = uid
        self._budget = budget

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/weibo", self.check, allow_head=False), web.post("/weibo", self.receive)]

    async def check(self, request: web.Request) -> web.Response:
        echo = request.query.get("echostr", "")
        try:
            check_signature(request.query, self._app_secret, now=(await self._clock.moment()).now)
            if not NONCE.fullmatch(echo):
                raise EnvelopeRefused
        except EnvelopeRefused:
            return forbidden()
        return web.Response(text=echo)

    async def receive(self, request: web.Request) -> web.Response:
        begun = time.monotonic()
        moment = await self._clock.moment()
        now = moment.now
        try:
            check_signature(request.query, self._app_secret, now=now)
            inbound = read_weibo(await read_body(request))
            if self._uid and inbound.account != self._uid:
                raise EnvelopeRefused
        except EnvelopeRefused:
            return forbidden()
        left = self._budget - (time.monotonic() - begun)
        text = await self._reception.receive(inbound, now=now, budget=left, away=moment.away)
        return web.Response(text=passive_reply(inbound, text) if text else "", content_type="application/json")


def check_signature(query: Mapping[str, str], app_secret: str, *, now: datetime) -> None:
    """Proves that the call comes from Weibo, and that it is fresh. ``now`` is aware. Raises EnvelopeRefused."""
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not TIMESTAMP.fullmatch(timestamp) or not NONCE.fullmatch(nonce):
        raise EnvelopeRefused
    # Weibo's stamp is in milliseconds; its older documents show seconds.
    sent_at = datetime.fromtimestamp(int(timestamp[:10]), UTC)
    if abs(now - sent_at) > WINDOW:
        raise EnvelopeRefused
    right = hashlib.sha1("".join(sorted((app_secret, timestamp, nonce))).encode(), usedforsecurity=False).hexdigest()
    if not hmac.compare_digest(query.get("signature", "").encode(), right.encode()):
        raise EnvelopeRefused


def passive_reply(inbound: Inbound, text: str) -> str:
    """The body of a passive text reply: the ids change places, ``data`` is percent-encoded JSON."""
    data = quote(json.dumps({"text": text}, ensure_ascii=False), safe="")
    return json.dumps({
        "result": True, "sender_id": inbound.account, "receiver_id": inbound.sender, "type": "text", "data": data,
    })  # fmt: skip
