"""The inbox: one row per message, so that a message that is delivered three times is answered once.

The first delivery claims the row and thinks; another delivery of the same message waits for the row and gets the same
stored reply. What identifies a message: a MsgId alone does not (two citizens have been seen with the same one).
"""

import asyncio
import contextlib
import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import BaseORMException
from tortoise.expressions import F
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot.gathering import Gathering
from bot.message import Inbound
from bot.records import InboundMessage

Reply = dict[str, Any]
"""What was answered, as it is stored; ``text`` is empty when nothing is to be said."""

ABANDONED: Final = timedelta(seconds=5)
"""A claim older than this belongs to a process that died: the platform itself waits no longer."""
STORED: Final = ("reply", "answered_at", "entry_id", "entry_mark")
FIRST_PAUSE: Final = 0.02
LONGEST_PAUSE: Final = 0.25


Settle = Callable[[BaseDBAsyncClient, Sequence[Any]], Awaitable[None]]
"""Writes what several thoughts left behind, in the transaction of their replies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """A reply, and what must be written in the same transaction as it: by ``settle`` for this thought alone, or by
    ``settle_all``, which is called once with what all its thoughts of the transaction ``left``."""

    reply: Reply
    settle: Callable[[BaseDBAsyncClient], Awaitable[None]] | None = None
    settle_all: Settle | None = None
    left: Any = None
    entry_id: str = ""
    """The entry from which it is answered, and the mark of its text: who had it is told when it is corrected."""
    entry_mark: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One delivery; ``owner`` is drawn for it and tells it from every other delivery of the same message."""

    inbound: Inbound
    key: str
    owner: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """A thought that is to be stored for the delivery that thought it."""

    key: str
    owner: str
    thought: Thought
    now: datetime


class Inbox:
    """``mask`` hides personal data before a text is stored. Messages that come together are committed together."""

    def __init__(self, *, clock: Clock, mask: Callable[[str], str]) -> None:
        self._clock = clock
        self._mask = mask
        self._claims = Gathering(self._claim_all)
        self._looks = Gathering(self._look_all)
        self._outcomes = Gathering(self._store_all)

    async def once(self, inbound: Inbound, think: Think, *, now: datetime) -> Answered:
        """The reply to a message: thought of by the first delivery, read by every other. The caller limits the time."""
        key, owner = key_of(inbound), secrets.token_hex(8)
        row = await self._claims.one(_Claim(inbound=inbound, key=key, owner=owner, now=now))
        if row is not None and row.owner == owner:
            return await self._answer(key, owner, think, now)
        pause = FIRST_PAUSE
        while row is not None and row.reply is None:
            moment = await self._clock.now()
            if await self._taken_over(row, owner, moment):
                return await self._answer(key, owner, think, moment)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            row = await self._looks.one(key)
        return _answered(row, owner)  # No row: the sender has left, and nothing is kept of him.

    async def _claim_all(self, claims: Sequence[_Claim]) -> Sequence[InboundMessage | None]:
        """The rows of some deliveries: a first delivery's row is new and its own, any other's is counted."""
        first = {claim.key: claim for claim in reversed(claims)}
        # Always in the same order, so that two nodes never wait for each other.
        new = [self._row(first[key]) for key in sorted(first)]
        await InboundMessage.bulk_create(new, ignore_conflicts=True)
        rows = await _rows(InboundMessage.filter(key__in=list(first)))
        again = Counter(c.key for c in claims if c.key in rows and rows[c.key].owner != c.owner)
        for times in sorted(set(again.values())):
            met = InboundMessage.filter(key__in=[key for key, count in again.items() if count == times])
            await met.update(deliveries=F("deliveries") + times)
        return [rows.get(claim.key) for claim in claims]

    def _row(self, claim: _Claim) -> InboundMessage:
        inbound = claim.inbound
        leaving = inbound.event in ("unsubscribe", "unfollow")
        return InboundMessage(
            key=claim.key, channel=inbound.channel, sender="" if leaving else inbound.sender,
            kind=inbound.sort[:32], text=self._mask(inbound.text), received_at=claim.now,
            owner=claim.owner, detail={"claimed_at": claim.now.isoformat()},
        )  # fmt: skip

    async def _look_all(self, keys: Sequence[str]) -> Sequence[InboundMessage | None]:
        rows = await _rows(InboundMessage.filter(key__in=list(set(keys))))
        return [rows.get(key) for key in keys]

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
            return await self._outcomes.one(_Outcome(key=key, owner=owner, thought=thought, now=now))
        except BaseException:
            # The row is let go, so that the next delivery does not wait for an answer that never comes.
            await asyncio.shield(self._let_go(key, owner))
            raise

    async def _let_go(self, key: str, owner: str) -> None:
        with contextlib.suppress(BaseORMException):  # A database that is away lets the row go by its age.
            await InboundMessage.filter(key=key, owner=owner, answered_at=None).update(owner="")

    async def _store_all(self, outcomes: Sequence[_Outcome]) -> Sequence[Answered]:
        """Stores replies with all that follows from them. A reply that already stands is never replaced."""
        async with in_transaction() as connection:
            found = InboundMessage.filter(key__in=[o.key for o in outcomes]).order_by("key").select_for_update()
            rows = await _rows(found.using_db(connection))
            fresh = [o for o in outcomes if _unanswered(rows.get(o.key), o.owner)]
            for outcome in fresh:
                row = rows[outcome.key]
                row.reply, row.answered_at = outcome.thought.reply, outcome.now
                row.entry_id, row.entry_mark = outcome.thought.entry_id or None, outcome.thought.entry_mark or None
            mine = [rows[outcome.key] for outcome in fresh]
            if mine:
                await InboundMessage.bulk_update(mine, STORED, using_db=connection)
                await _settled(connection, [outcome.thought for outcome in fresh])
        return [_answered(rows.get(outcome.key), outcome.owner) for outcome in outcomes]

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes every message of one person: the platform obliges us to when he leaves."""
        await InboundMessage.filter(channel=channel, sender=sender).using_db(connection).delete()


async def _rows(found: QuerySet[InboundMessage]) -> dict[str, InboundMessage]:
    return {row.key: row for row in await found}


def _unanswered(row: InboundMessage | None, owner: str) -> bool:
    return row is not None and row.owner == owner and row.answered_at is None


def _answered(row: InboundMessage | None, owner: str) -> Answered:
    reply = row.reply if row is not None else None
    return Answered(reply=reply or {"text": ""}, ours=row is not None and row.owner == owner)


async def _settled(connection: BaseDBAsyncClient, thoughts: Sequence[Thought]) -> None:
    shared: dict[Settle, list[Any]] = {}
    for thought in thoughts:
        if thought.settle is not None:
            await thought.settle(connection)
        if thought.settle_all is not None:
            shared.setdefault(thought.settle_all, []).append(thought.left)
    for settle_all, left in shared.items():
        await settle_all(connection, left)
