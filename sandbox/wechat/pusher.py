"""Pushes messages and events to the callback of the account, as the platform does it."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
from yarl import URL

from sandbox.wechat.account import Account
from sandbox.wechat.crypto import Envelope, signature
from sandbox.wechat.errors import ApiError
from sandbox.wechat.followers import Follower, Followers
from sandbox.wechat.replies import REPLY_BYTES, MalformedReplyError, ReplyExaminer
from sandbox.wechat.xml import written

NOTICE = "该公众号提供的服务出现故障，请稍后再试"
KEPT_DELIVERIES = 5000


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One request to the callback. `seconds` is how long the answer took."""

    at: float
    seconds: float
    outcome: str
    status: int = 0
    query: dict[str, str] = field(default_factory=dict)
    answer: str = ""


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One message or event with all its attempts. `outcome`: answered, silent, failed, malformed or unset."""

    number: int
    at: float
    openid: str
    event: str
    msg_id: str
    fields: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    outcome: str = "running"
    reason: str = ""
    reply: dict[str, Any] | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON for the control API."""
        return asdict(self)


class Pusher:
    """Delivers: five seconds, three requests in all, the same MsgId; then the failure notice in the chat."""

    def __init__(self, account: Account, followers: Followers, examiner: ReplyExaminer) -> None:
        self._account = account
        self._followers = followers
        self._examiner = examiner
        self._session: aiohttp.ClientSession | None = None
        self._running: set[asyncio.Task[Any]] = set()
        self._later: list[tuple[float, dict[str, Any]]] = []
        self._numbers = 0
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self.lost_events: list[str] = []

    async def start(self) -> None:
        """Open the connections to the callback."""
        self._session = aiohttp.ClientSession(trust_env=False)

    async def stop(self) -> None:
        """Give up everything that is under way."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def forget(self) -> None:
        """Drop the records and the events still to come."""
        self.deliveries.clear()
        self._later.clear()
        self.lost_events.clear()

    # -- events of the platform -----------------------------------------------------------------------------------

    def announce(self, event: str, fields: Mapping[str, Any]) -> None:
        """Queue an event that no person caused, such as PUBLISHJOBFINISH; it may be lost on purpose."""
        options = self._account.options
        if self._account.chance(options.event_lost_probability):
            self.lost_events.append(event)
            return
        copies = self._account.faults.copies("wechat", event)
        if copies == 0:
            self.lost_events.append(event)
        now = self._account.now()
        message = {
            "ToUserName": options.wechat_account,
            "FromUserName": f"o{self._account.letters(27)}",
            "CreateTime": int(now),
            "MsgType": "event",
            "Event": event,
            **fields,
        }
        self._later.extend([(now + options.event_seconds, message)] * copies)

    def tick(self) -> None:
        """Send the announced events whose time has come."""
        now = self._account.now()
        due = [message for at, message in self._later if at <= now]
        self._later = [(at, message) for at, message in self._later if at > now]
        for message in due:
            task = asyncio.create_task(self.deliver(message, None))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    @property
    def waiting(self) -> int:
        """Events that are still to go out or are on their way."""
        return len(self._later) + len(self._running)

    # -- messages of people -----------------------------------------------------------------------------------------

    async def send(self, fields: Mapping[str, Any], person: Follower) -> list[Delivery]:
        """Deliver what a person did, as often as the faults want it (usually once)."""
        name = str(fields.get("Event") or fields.get("MsgType"))
        copies = self._account.faults.copies("wechat", name)
        return list(await asyncio.gather(*(self.deliver(fields, person) for _ in range(copies))))

    async def deliver(self, fields: Mapping[str, Any], person: Follower | None) -> Delivery:
        """All attempts for one message, and their effect on the chat."""
        self._numbers += 1
        delivery = Delivery(
            number=self._numbers,
            at=self._account.now(),
            openid=str(fields.get("FromUserName", "")),
            event=str(fields.get("Event", "")),
            msg_id=str(fields.get("MsgId", "")),
            fields=dict(fields),
        )
        self.deliveries.append(delivery)
        if not self._account.options.wechat_callback_url:
            delivery.outcome = "unset"
            return delivery
        body = await self._answered(delivery)
        self._conclude(delivery, body, person)
        return delivery

    async def _answered(self, delivery: Delivery) -> bytes | None:
        options = self._account.options
        stamp = None
        for turn in range(max(1, options.callback_attempts)):
            if turn and options.callback_pause_seconds:
                await asyncio.sleep(options.callback_pause_seconds)
            if stamp is None or options.retry_fresh_nonce:
                stamp = (str(int(self._account.now())), self._account.digits(10))
            body = await self._attempt(delivery, *stamp)
            if body is not None:
                return body
        return None

    async def _attempt(self, delivery: Delivery, timestamp: str, nonce: str) -> bytes | None:
        query, body = self.sealed(delivery.fields, timestamp, nonce, delivery.openid)
        attempt = Attempt(at=self._account.now(), seconds=0.0, outcome="timeout", query=query)
        delivery.attempts.append(attempt)
        start = time.perf_counter()
        try:
            status, answer = await self._request("POST", query, body)
        except TimeoutError:
            return None
        except aiohttp.ClientError as trouble:
            attempt.outcome = f"connection: {type(trouble).__name__}"
            return None
        finally:
            attempt.seconds = round(time.perf_counter() - start, 4)
        attempt.status = status
        attempt.answer = answer.decode("utf-8", "replace")[:8192]
        attempt.outcome = "ok" if status == 200 else "status"
        return answer if status == 200 else None

    async def _request(self, method: str, query: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        url = URL(self._account.options.wechat_callback_url or "").extend_query(dict(query))
        session = self._session
        if session is None:
            raise aiohttp.ClientConnectionError("the sandbox is not running")
        limit = aiohttp.ClientTimeout(total=self._account.options.callback_seconds)
        headers = {"Content-Type": "text/xml"}
        async with session.request(
            method, url, data=body, headers=headers, timeout=limit, allow_redirects=False
        ) as response:
            answer = bytearray()
            async for chunk in response.content.iter_any():
                answer += chunk
                if len(answer) > REPLY_BYTES:
                    break
            return response.status, bytes(answer)

    def sealed(
        self, fields: Mapping[str, Any], timestamp: str, nonce: str, openid: str
    ) -> tuple[dict[str, str], bytes]:
        """Query and body of a push in the account's callback mode."""
        options = self._account.options
        query = {
            "signature": signature(options.wechat_token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": openid,
        }
        clear = written(fields)
        if options.callback_mode == "plain":
            return query, clear.encode()
        envelope = Envelope(options.wechat_aes_key, options.wechat_appid)
        encrypted = envelope.seal(clear.encode(), self._account.hexadecimal(16).encode())
        query["encrypt_type"] = "aes"
        query["msg_signature"] = signature(options.wechat_token, timestamp, nonce, encrypted)
        if options.callback_mode == "safe":
            return query, written({"ToUserName": options.wechat_account, "Encrypt": encrypted}).encode()
        return query, written({**fields, "Encrypt": encrypted}).encode()

    def _conclude(self, delivery: Delivery, body: bytes | None, person: Follower | None) -> None:
        if body is None:
            delivery.outcome, delivery.reason = "failed", "no answer"
        else:
            try:
                event = bool(delivery.event)
                delivery.reply = self._examiner.examine(body, delivery.openid, event=event)
                delivery.outcome = "answered" if delivery.reply else "silent"
            except MalformedReplyError as trouble:
                delivery.outcome, delivery.reason = "malformed", str(trouble)
        if person is None or delivery.event == "unsubscribe":
            return
        if delivery.outcome in ("failed", "malformed"):
            self._followers.say(person, "system", "notice", {"content": NOTICE})
        elif delivery.reply is not None:
            content = {name: value for name, value in delivery.reply.items() if name != "kind"}
            self._followers.say(person, "account", delivery.reply["kind"], content, via="passive")
            if self._account.options.passive_uses_allowance:
                with contextlib.suppress(ApiError):
                    self._followers.spend(person)

    # -- the check of the address ------------------------------------------------------------------------------------

    async def verify(self) -> dict[str, Any]:
        """The GET check that saving the settings does; the callback must answer the bare echostr."""
        options = self._account.options
        timestamp, nonce, echo = str(int(self._account.now())), self._account.digits(10), self._account.digits(19)
        query = {
            "signature": signature(options.wechat_token, timestamp, nonce),
            "echostr": echo,
            "timestamp": timestamp,
            "nonce": nonce,
        }
        status, answer = 0, b""
        with contextlib.suppress(TimeoutError, aiohttp.ClientError):
            status, answer = await self._request("GET", query, None)
        return {"ok": status == 200 and answer.decode("utf-8", "replace") == echo, "status": status}

    async def forge(self, fault: str) -> dict[str, Any]:
        """A push that an account must refuse; returns what it answered. `fault`: see `sandbox.control`."""
        options = self._account.options
        timestamp, nonce, openid = str(int(self._account.now())), self._account.digits(10), f"o{'x' * 27}"
        fields = {
            "ToUserName": options.wechat_account,
            "FromUserName": openid,
            "CreateTime": int(self._account.now()),
            "MsgType": "text",
            "Content": "低保怎么申请",
            "MsgId": self._account.message_id(),
        }
        query, body = self.sealed(fields, timestamp, nonce, openid)
        if fault == "signature":
            query["signature"] = query["msg_signature"] = "0" * 40
        elif fault == "appid":
            foreign = Envelope(options.wechat_aes_key, "wx0000000000000000")
            encrypted = foreign.seal(written(fields).encode(), self._account.hexadecimal(16).encode())
            query |= {"encrypt_type": "aes"}
            query["msg_signature"] = signature(options.wechat_token, timestamp, nonce, encrypted)
            body = written({"ToUserName": options.wechat_account, "Encrypt": encrypted}).encode()
        elif fault == "clear":
            query = {name: query[name] for name in ("signature", "timestamp", "nonce", "openid")}
            body = written(fields).encode()
        elif fault == "garbage":
            body = b"\x00\xff<xml"
        elif fault == "entity":
            body = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xml><ToUserName>&a;</ToUserName></xml>'
        else:
            raise ValueError("fault must be signature, appid, clear, garbage or entity")
        try:
            status, answer = await self._request("POST", query, body)
        except (TimeoutError, aiohttp.ClientError) as trouble:
            return {"status": 0, "answer": type(trouble).__name__}
        return {"status": status, "answer": answer.decode("utf-8", "replace")}
