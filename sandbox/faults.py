"""Faults on demand, the same for both platforms.

The contract, for whoever builds a platform server:

* One `FaultPlan` is shared by the whole sandbox. A platform never decides by itself to misbehave; it asks the plan.
* Every API call is answered through `await plan.serve(platform, path, request, handler, refuse)`:
  `platform` is ``"wechat"`` or ``"weibo"``; `path` is the path as the platform documents it (no mount prefix), for
  instance ``/cgi-bin/freepublish/submit`` or ``/2/statuses/share.json``; `handler(request)` checks the call and does
  the effect; `refuse(errcode)` builds the platform's own error answer for the `errcode` fault. Without a matching
  fault `serve` is just ``await handler(request)``. `plan.wrap(platform, path, handler, refuse)` gives the same as
  an aiohttp handler for a route table.
* The body is read (and a multipart form parsed) before anything else, so `handler` may run after the answer went out.
* Pushes ask ``plan.copies(platform, event)``: 0 when the event is to be lost, 2 when it is to be doubled, else 1.
* On shutdown call ``await plan.close()``: it waits for no one and cancels effects that are still to come.

The kinds (`before` = no effect took place, `after` = the effect took place and the client cannot know):

===================  =================================================================================================
timeout_before       nothing is done, no answer for `seconds`, then the connection is reset
timeout_after        the effect, then no answer for `seconds`, then the connection is reset
http_5xx_before      HTTP `status` (default 502) with an HTML body, nothing done
http_5xx_after       the effect, then HTTP `status`
reset_before         TCP reset, nothing done
reset_after          the effect, then TCP reset
truncated_after      the effect, then HTTP 200 with half of the JSON
errcode              `refuse(errcode)`; nothing done, or with ``after: true`` after the effect
slow                 `seconds` of silence, then everything as usual
late_commit          HTTP 502 at once; the effect follows `seconds` later
event_lost           a push with that event name (the `path`) is never delivered
event_doubled        a push with that event name is delivered twice, as two separate deliveries
===================  =================================================================================================

A rule matches by `platform` (``*`` = both) and `path` (shell pattern, ``*`` = every path). `count` = how many times it
fires (null = until cleared); `probability` is drawn from the plan's own seeded generator, so a run can be repeated.
The first rule in the list that matches and is drawn wins.
"""

import asyncio
import contextlib
import random
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from io import BufferedReader, BytesIO
from typing import Any, cast

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Refuse = Callable[[int], web.StreamResponse]

_POLL_SECONDS = 0.05
_BAD_GATEWAY = (
    "<html>\r\n<head><title>{status}</title></head>\r\n<body><center><h1>{status}</h1></center></body></html>"
)


class FaultKind(StrEnum):
    """What can go wrong between a client and a platform."""

    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    HTTP_5XX_BEFORE = "http_5xx_before"
    HTTP_5XX_AFTER = "http_5xx_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    TRUNCATED_AFTER = "truncated_after"
    ERRCODE = "errcode"
    SLOW = "slow"
    LATE_COMMIT = "late_commit"
    EVENT_LOST = "event_lost"
    EVENT_DOUBLED = "event_doubled"


EVENT_KINDS = frozenset({FaultKind.EVENT_LOST, FaultKind.EVENT_DOUBLED})


class FaultRuleError(ValueError):
    """The fault rule cannot be understood; the text says which field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule. Times are in seconds. See the table at the top of this module."""

    kind: FaultKind
    platform: str = "*"
    path: str = "*"
    count: int | None = 1
    probability: float = 1.0
    seconds: float = 30.0
    status: int = 502
    errcode: int = -1
    after: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Fault":
        """Read a rule of the control API; raises `FaultRuleError` naming the field that is wrong."""
        unknown = set(data) - {*cls.__dataclass_fields__, "seed"}
        if unknown:
            raise FaultRuleError(f"unknown fields: {', '.join(sorted(unknown))}")
        try:
            kind = FaultKind(str(data.get("kind")))
        except ValueError:
            raise FaultRuleError(f"kind must be one of {', '.join(FaultKind)}") from None
        count = data.get("count", 1)
        if count is not None and (not isinstance(count, int) or count < 1):
            raise FaultRuleError("count must be null or a whole number of at least 1")
        try:
            rule = cls(
                kind=kind,
                platform=str(data.get("platform", "*")),
                path=str(data.get("path", "*")),
                count=count,
                probability=float(data.get("probability", 1.0)),
                seconds=float(data.get("seconds", 30.0)),
                status=int(data.get("status", 502)),
                errcode=int(data.get("errcode", -1)),
                after=bool(data.get("after", False)),
            )
        except (TypeError, ValueError):
            raise FaultRuleError("probability, seconds, status and errcode must be numbers") from None
        if not 0 < rule.probability <= 1 or rule.seconds < 0:
            raise FaultRuleError("probability must be above 0 and at most 1, seconds at least 0")
        return rule


class _Armed:
    """A rule with the count of what it still has to do."""

    __slots__ = ("fault", "fired", "number", "remaining")

    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.remaining = fault.count
        self.fired = 0

    def fire(self) -> Fault:
        self.fired += 1
        if self.remaining is not None:
            self.remaining -= 1
        return self.fault


class FaultPlan:
    """The list of rules, and the one place where they act."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # Faults must be repeatable, not secret.
        self._armed: list[_Armed] = []
        self._numbers = 0
        self._late: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self.calls: Counter[str] = Counter()
        """How many API calls of each platform asked the plan."""

    # -- setting the plan -------------------------------------------------------------------------------------------

    def add(self, fault: Fault) -> int:
        """Arm a rule; returns its number, with which it can be removed."""
        self._numbers += 1
        self._armed.append(_Armed(self._numbers, fault))
        return self._numbers

    def seed(self, seed: int) -> None:
        """Start the generator of probabilities anew."""
        self._random.seed(seed)

    def remove(self, number: int) -> bool:
        """Disarm one rule; False when there is none of that number."""
        before = len(self._armed)
        self._armed = [armed for armed in self._armed if armed.number != number]
        return len(self._armed) < before

    def clear(self) -> None:
        """Disarm everything. Effects of `late_commit` that are already under way still arrive."""
        self._armed.clear()

    def listing(self) -> list[dict[str, Any]]:
        """Every rule with how often it fired, spent ones too."""
        return [
            {"number": a.number, **asdict(a.fault), "remaining": a.remaining, "fired": a.fired} for a in self._armed
        ]

    @property
    def late_effects(self) -> int:
        """How many late effects are still to come."""
        return len(self._late)

    # -- asking the plan --------------------------------------------------------------------------------------------

    def draw(self, platform: str, path: str) -> Fault | None:
        """Take the fault for this API call, if any, and count it as fired."""
        self.calls[platform] += 1
        return self._take(platform, path, events=False)

    def copies(self, platform: str, event: str) -> int:
        """How many times a push of that event goes out: 0 lost, 1 as usual, 2 doubled."""
        fault = self._take(platform, event, events=True)
        if fault is None:
            return 1
        return 0 if fault.kind is FaultKind.EVENT_LOST else 2

    def _take(self, platform: str, path: str, *, events: bool) -> Fault | None:
        for armed in self._armed:
            fault = armed.fault
            if (fault.kind in EVENT_KINDS) is not events or armed.remaining == 0:
                continue
            if fault.platform not in ("*", platform) or not fnmatchcase(path, fault.path):
                continue
            if fault.probability >= 1 or self._random.random() < fault.probability:
                return armed.fire()
        return None

    # -- acting -----------------------------------------------------------------------------------------------------

    def wrap(self, platform: str, path: str, handler: Handler, refuse: Refuse) -> Handler:
        """`serve` as an aiohttp handler for a route table."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            return await self.serve(platform, path, request, handler, refuse)

        return guarded

    async def serve(
        self, platform: str, path: str, request: web.Request, handler: Handler, refuse: Refuse
    ) -> web.StreamResponse:
        """Answer one API call, with the fault that is due. See the contract at the top of this module."""
        fault = self.draw(platform, path)
        if fault is None:
            return await handler(request)
        await _read(request)
        early = await self.apply_before(fault, request, handler, refuse)
        if early is not None:
            return early
        answer = await handler(request)
        return await self.apply_after(fault, request, answer, refuse)

    async def apply_before(
        self, fault: Fault, request: web.Request, handler: Handler, refuse: Refuse
    ) -> web.StreamResponse | None:
        """What the fault does before the effect; an answer means that the effect must not take place now."""
        kind = fault.kind
        if kind is FaultKind.TIMEOUT_BEFORE:
            await self._silence(request, fault.seconds)
            return _reset(request)
        if kind is FaultKind.HTTP_5XX_BEFORE:
            return _server_error(fault.status)
        if kind is FaultKind.RESET_BEFORE:
            return _reset(request)
        if kind is FaultKind.ERRCODE and not fault.after:
            return refuse(fault.errcode)
        if kind is FaultKind.LATE_COMMIT:
            task = asyncio.create_task(self._commit_late(fault.seconds, request, handler))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return _server_error(fault.status)
        if kind is FaultKind.SLOW:
            await self._silence(request, fault.seconds, until_gone=False)
        return None

    async def apply_after(
        self, fault: Fault, request: web.Request, answer: web.StreamResponse, refuse: Refuse
    ) -> web.StreamResponse:
        """What the fault makes of the true answer, after the effect."""
        kind = fault.kind
        if kind is FaultKind.TIMEOUT_AFTER:
            await self._silence(request, fault.seconds)
            return _reset(request)
        if kind is FaultKind.HTTP_5XX_AFTER:
            return _server_error(fault.status)
        if kind is FaultKind.RESET_AFTER:
            return _reset(request)
        if kind is FaultKind.ERRCODE:
            return refuse(fault.errcode)
        if kind is FaultKind.TRUNCATED_AFTER and isinstance(answer, web.Response):
            whole = answer.body if isinstance(answer.body, bytes) else b'{"errcode":0}'
            return web.Response(body=whole[: max(1, len(whole) // 2)], content_type="application/json")
        return answer

    async def close(self) -> None:
        """Let every silence end at once and drop the effects that are still to come."""
        self._closing.set()
        late = list(self._late)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _commit_late(self, seconds: float, request: web.Request, handler: Handler) -> None:
        await asyncio.sleep(seconds)
        with contextlib.suppress(web.HTTPException):
            await handler(request)

    async def _silence(self, request: web.Request, seconds: float, *, until_gone: bool = True) -> None:
        """Say nothing. A client that hung up is not waited for, so that a test ends when its client does."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0 and not self._closing.is_set():
            gone = request.transport is None or request.transport.is_closing()
            if gone and until_gone:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), min(left, _POLL_SECONDS))


class _Kept(BytesIO):
    """An uploaded file that outlives its request: aiohttp closes uploads as soon as the answer went out."""

    def close(self) -> None:
        """Nothing to do; the memory goes with the last reference."""


async def _read(request: web.Request) -> None:
    """Keep the body in the request, because the effect may come after the connection is gone."""
    if request.content_type != "multipart/form-data":
        await request.read()
        return
    kept: MultiDict[Any] = MultiDict()
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            raw = value.file.read()
            value.file.close()
            copy = cast(BufferedReader, _Kept(raw))
            kept.add(name, web.FileField(value.name, value.filename, copy, value.content_type, value.headers))
        else:
            kept.add(name, value)
    request._post = MultiDictProxy(kept)


def _server_error(status: int) -> web.Response:
    return web.Response(status=status, text=_BAD_GATEWAY.format(status=status), content_type="text/html")


def _reset(request: web.Request) -> web.Response:
    """Drop the connection with a TCP reset. The response is never seen; aiohttp wants one to be returned."""
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=499)
