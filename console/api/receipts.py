"""Idempotency-Key: the same request under the same key is done once and answered alike, for 24 hours."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from aiohttp import web
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.clock import Clock
from console.errors import FieldError, KeyReused, RequestInvalid, StillRunning
from console.records import ApiReceipt
from staff.person import Person

KEPT: Final = timedelta(hours=24)
LONGEST: Final = 100

Answer = tuple[int, dict[str, Any]]
"""Status and JSON body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request that carries a key."""

    key: str
    """With the account's id in front."""
    account_id: int
    method: str
    path: str
    sha256: str


def keyed(request: web.Request, person: Person, body: bytes) -> Ask | None:
    """The request as its receipt knows it; None without a key. Raises RequestInvalid for a key that is too long."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return None
    if len(key) > LONGEST or not key.isascii() or not key.isprintable():
        raise RequestInvalid([
            FieldError(field="Idempotency-Key", message=f"应为不超过 {LONGEST} 个字符的 ASCII 文字。", remedy="例如一个 UUID。")
        ])  # fmt: skip
    return Ask(
        key=f"{person.account_id}:{key}", account_id=person.account_id, method=request.method, path=request.path,
        sha256=hashlib.sha256(body).hexdigest(),
    )  # fmt: skip


class Receipts:
    """Keeps what was answered."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def atomically(self, ask: Ask | None, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Does the work and keeps its answer in one transaction: a crash leaves neither, and of two at once the second
        gets the first one's answer. The work must not call the network. What it raises is not kept: it may be tried
        again with the same key."""
        if ask is None:
            return await work()
        try:
            async with in_transaction():
                known = await self._known(ask)
                if known is not None:
                    return known
                receipt = await self._open(ask)
                status, body = await work()
                await ApiReceipt.filter(id=receipt.id).update(status=status, body=body)
                return status, body
        except IntegrityError as clash:
            # Another node began with this key at the same moment; its answer stands once it has committed.
            known = await self._known(ask)
            if known is None:
                raise StillRunning from clash
            return known

    async def remember(self, ask: Ask | None, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Does work that is idempotent under the key by itself, and keeps the answer afterwards."""
        if ask is None:
            return await work()
        if known := await self._known(ask):
            return known
        status, body = await work()
        try:
            async with in_transaction():
                receipt = await self._open(ask)
                await ApiReceipt.filter(id=receipt.id).update(status=status, body=body)
        except IntegrityError:
            # A twin of this request was quicker to write down the same answer.
            return await self._known(ask) or (status, body)
        return status, body

    async def _known(self, ask: Ask) -> Answer | None:
        now = await self._clock.now()
        receipt = await ApiReceipt.filter(key=ask.key, created_at__gt=now - KEPT).first()
        if receipt is None:
            return None
        if (receipt.method, receipt.path, receipt.request_sha256) != (ask.method, ask.path, ask.sha256):
            raise KeyReused
        return receipt.status, receipt.body

    async def _open(self, ask: Ask) -> ApiReceipt:
        now = await self._clock.now()
        await ApiReceipt.filter(created_at__lte=now - KEPT).delete()
        return await ApiReceipt.create(
            key=ask.key, account_id=ask.account_id, method=ask.method, path=ask.path, request_sha256=ask.sha256,
            status=0, body={}, created_at=now,
        )  # fmt: skip
