"""The inbox: one row per message, so that a message that is delivered three times is answered once.

The first delivery claims the row and thinks; another delivery of the same message waits for the row and gets the same
stored reply. What identifies a message: a MsgId alone does not (two citizens have been seen with the same one).
"""

import asyncio
import contextlib
import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import BaseORMException, IntegrityError
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot.message import Inbound
from bot.records import InboundMessage

Reply = dict[str, Any]
"""What was answered, as it is stored; ``text`` is empty when nothing is to be said."""

ABANDONED: Final = timedelta(seconds=5)
"""A claim older than this belongs to a process that died: the platform itself waits no longer."""
FIRST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """A reply, and what must be written in the same transaction as it."""

    reply: Reply
    settle: Callable[[BaseDBAsyncClient], Awaitable[None]]


Think = Callable[[], Awaitable[Thought]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The stored reply. ``ours``: this delivery stored it, so what follows from it is this delivery's to do."""

    reply: Reply
    ours: bool


def key_of(inbound: Inbound) -> str:
    """What identifies a message on its platform, hashed: no name of a citizen is in the key."""
    people = (inbound.channel, inbound.account, inbound.sender, inbound.created)
    if inbound.event:
        parts = [*people, inbound.event, inbound.event_key]
    elif inbound.message_id:
        parts = [*people, inbound.message_id]
    else:  # Weibo numbers no messages and its stamp has whole seconds, so the words belong to the identity.
        parts = [*people, str(inbound.kind), inbound.event_key, inbound.text]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf8", "surrogatepass")).hexdigest()


class Inbox:
    """``mask`` hides personal data before a text is stored."""

    def __init__(self, *, clock: Clock, mask: Callable[[str], str]) -> None:
        self._clock = clock
        self._mask = mask

    async def once(self, inbound: Inbound, think: Think, *, now: datetime) -> Answered:
        """The reply to a message: thought of by the first delivery, read by every other. The caller limits the time."""
        key, owner = key_of(inbound), secrets.token_hex(8)
        if await self._claimed(inbound, key, owner, now):
            return await self._answer(key, owner, think, now)
        pause = FIRST_PAUSE
        await InboundMessage.filter(key=key).update(deliveries=F("deliveries") + 1)
        while True:
            row = await InboundMessage.get_or_none(key=key)
            if row is None or row.reply is not None:  # No row: the sender has left, and nothing is kept of him.
                return Answered(reply=(row and row.reply) or {"text": ""}, ours=False)
            moment = await self._clock.now()
            if await self._taken_over(row, owner, moment):
                return await self._answer(key, owner, think, moment)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _claimed(self, inbound: Inbound, key: str, owner: str, now: datetime) -> bool:
        leaving = inbound.event in ("unsubscribe", "unfollow")
        try:
            # One statement is a transaction by itself; this is the hottest path of the house.
            await InboundMessage.create(
                    key=key, channel=inbound.channel, sender="" if leaving else inbound.sender,
                    kind=(inbound.event or inbound.kind)[:32], text=self._mask(inbound.text), received_at=now,
                    owner=owner, detail={"claimed_at": now.isoformat()},
                )  # fmt: skip
        except IntegrityError:
            return False
        return True

    async def _taken_over(self, row: InboundMessage, owner: str, now: datetime) -> bool:
        """Takes a row whose claimant died or gave up; compare-and-set, so only one delivery gets it."""
        claimed_at = datetime.fromisoformat(str(row.detail.get("claimed_at") or row.received_at.isoformat()))
        if row.owner and now - claimed_at < ABANDONED:
            return False
        taken = InboundMessage.filter(id=row.id, owner=row.owner, answered_at=None)
        return await taken.update(owner=owner, detail={"claimed_at": now.isoformat()}) == 1

    async def _answer(self, key: str, owner: str, think: Think, now: datetime) -> Answered:
        try:
            thought = await think()
            return await self._stored(key, owner, thought, now)
        except BaseException:
            # The row is let go, so that the next delivery does not wait for an answer that never comes.
            await asyncio.shield(self._let_go(key, owner))
            raise

    async def _let_go(self, key: str, owner: str) -> None:
        with contextlib.suppress(BaseORMException):  # A database that is away lets the row go by its age.
            await InboundMessage.filter(key=key, owner=owner, answered_at=None).update(owner="")

    async def _stored(self, key: str, owner: str, thought: Thought, now: datetime) -> Answered:
        async with in_transaction() as connection:
            mine = InboundMessage.filter(key=key, owner=owner, answered_at=None).using_db(connection)
            if await mine.update(reply=thought.reply, answered_at=now) == 1:
                await thought.settle(connection)
                return Answered(reply=thought.reply, ours=True)
            row = await InboundMessage.get_or_none(key=key, using_db=connection)
            return Answered(reply=(row and row.reply) or {"text": ""}, ours=False)

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes every message of one person: the platform obliges us to when he leaves."""
        await InboundMessage.filter(channel=channel, sender=sender).using_db(connection).delete()
