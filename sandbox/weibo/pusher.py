"""The push engine: it verifies the account's server, calls it, and calls again when it does not answer.

Rule (open.weibo.com/wiki/Receive_General_Message): five seconds without an answer and the connection is dropped; the
same push comes up to three times; an empty answer ends it and says nothing to the citizen.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

import aiohttp

from sandbox.faults import FaultPlan
from sandbox.weibo.citizens import Line
from sandbox.weibo.envelope import push, read_passive
from sandbox.weibo.errors import BadReplyError
from sandbox.weibo.signature import signed_query
from sandbox.weibo.world import World

Outcome = Literal["under_way", "replied", "silent", "bad_reply", "gave_up", "unverified", "no_callback", "lost"]

ANSWER_CAP: Final = 64 * 1024
STALE_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call of the account's server: HTTP status and body, or what went wrong; `seconds` on the wall clock."""

    status: int | None
    body: str
    error: str
    seconds: float


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One push and what came of it. `problem` says why a reply was not shown."""

    number: int
    message: dict[str, Any]
    attempts: list[Attempt] = field(default_factory=list)
    outcome: Outcome = "under_way"
    problem: str = ""
    reply: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Pusher:
    """Delivers what citizens do to the account's own server, and brings its passive replies back."""

    def __init__(self, world: World, plan: FaultPlan, callback_url: str | None) -> None:
        self._world = world
        self._plan = plan
        self.callback_url = callback_url
        self.deliveries: list[Delivery] = []
        self._verified = False
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        self._client = aiohttp.ClientSession(auto_decompress=False)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
            self._client = None

    @property
    def under_way(self) -> int:
        return len(self._tasks)

    def reset(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        self.deliveries.clear()
        self._verified = False

    def redirect(self, callback_url: str | None) -> None:
        """Push to another server from now on; it is verified before the first push."""
        self.callback_url = callback_url
        self._verified = False

    async def tell(
        self, kind: str, sender: str, text: str, data: dict[str, Any], *, wait: bool = True
    ) -> list[Delivery]:
        """Push what a citizen did. With `wait` the push is over when this returns; the plan may lose or double it."""
        now = self._world.clock()
        message = push(kind, sender, self._world.app.owner, text, data, now)
        subtype = str(data.get("subtype", ""))
        switches = self._world.switches
        self._world.citizens.get(sender).approached(kind, subtype, now, switches.window_seconds)
        copies = self._plan.copies("weibo", subtype or kind)
        deliveries = [self._new(message) for _ in range(max(copies, 1))]
        if copies == 0:
            deliveries[0].outcome = "lost"
            return deliveries
        tasks = [self._spawn(self._deliver(delivery)) for delivery in deliveries]
        if wait:
            await asyncio.gather(*tasks)
        return deliveries

    async def verify(self) -> bool:
        """The GET with which the platform makes sure that the server is the account's: it must echo `echostr`."""
        if self.callback_url is None:
            return False
        echo = secrets.token_hex(5)
        attempt = await self._call("GET", dict(self._signed()) | {"echostr": echo}, None)
        self._verified = attempt.status == 200 and attempt.body == echo
        return self._verified

    async def forge(self, fault: str) -> Attempt:
        """One call that a careful server must refuse: signed with a wrong secret, long ago, or not at all."""
        message = push("text", "2489518277", self._world.app.owner, "伪造的消息", {}, self._world.clock())
        now = self._world.clock()
        if fault == "stale":
            query = signed_query(self._world.app.secret, now - STALE_SECONDS)
        elif fault == "unsigned":
            query = {}
        else:
            query = signed_query(self._world.app.secret + "x", now)
        return await self._call("POST", query, message)

    def _new(self, message: dict[str, Any]) -> Delivery:
        delivery = Delivery(number=len(self.deliveries) + 1, message=message)
        self.deliveries.append(delivery)
        return delivery

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def later(self, work: Any) -> None:
        """Do something in the background until the server stops."""
        self._spawn(work)

    async def _deliver(self, delivery: Delivery) -> None:
        switches = self._world.switches
        if self.callback_url is None:
            delivery.outcome = "no_callback"
            return
        if switches.verify_first and not self._verified and not await self.verify():
            delivery.outcome = "unverified"
            delivery.problem = "the server did not echo echostr"
            return
        for number in range(switches.push_attempts):
            if number:
                await asyncio.sleep(switches.push_pause)
            attempt = await self._call("POST", self._signed(), delivery.message)
            delivery.attempts.append(attempt)
            if attempt.status == 200:
                self._take(delivery, attempt.body)
                return
        delivery.outcome = "gave_up"

    def _take(self, delivery: Delivery, body: str) -> None:
        try:
            reply = read_passive(body, delivery.message, self._world.switches.reply_limit)
            if reply is not None and delivery.message["data"].get("subtype") == "unfollow":
                raise BadReplyError("who unfollowed cannot be written to")
        except BadReplyError as bad:
            delivery.outcome, delivery.problem = "bad_reply", str(bad)
            return
        if reply is None:
            delivery.outcome = "silent"
            return
        kind, content = reply
        delivery.outcome, delivery.reply = "replied", {"type": kind, "data": content}
        line = Line(by="account", kind=kind, data=content, at=self._world.clock(), road="passive")
        self._world.citizens.get(str(delivery.message["sender_id"])).lines.append(line)

    def _signed(self) -> Mapping[str, str]:
        return signed_query(self._world.app.secret, self._world.clock())

    async def _call(self, verb: str, query: Mapping[str, str], message: dict[str, Any] | None) -> Attempt:
        if self._client is None or self.callback_url is None:
            return Attempt(status=None, body="", error="no callback", seconds=0)
        loop = asyncio.get_running_loop()
        began = loop.time()
        body = None if message is None else json.dumps(message, ensure_ascii=False).encode()
        headers = {} if body is None else {"Content-Type": "application/json; charset=UTF-8"}
        timeout = aiohttp.ClientTimeout(total=self._world.switches.push_timeout)
        try:
            async with self._client.request(
                verb,
                self.callback_url,
                params=dict(query),
                data=body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            ) as answer:
                raw = await _up_to(answer.content, ANSWER_CAP)
                status, text, error = answer.status, raw.decode("utf-8", "replace"), ""
        except TimeoutError:
            status, text, error = None, "", "timeout"
        except aiohttp.ClientError as broken:
            status, text, error = None, "", type(broken).__name__
        return Attempt(status=status, body=text, error=error, seconds=loop.time() - began)


async def _up_to(content: aiohttp.StreamReader, cap: int) -> bytes:
    """A body, cut at `cap` bytes."""
    body = b""
    while len(body) < cap and (chunk := await content.read(cap - len(body))):
        body += chunk
    return body
