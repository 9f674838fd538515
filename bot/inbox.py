"""The inbox: one row per message, so that a message that is delivered three times is answered once.

The first delivery thinks, further ones at this process wait for it, and the row is written together with the reply and with
all that follows from it, before anybody reads the reply: one commit (docs/adr/0040). Where two nodes think about the same
message, the first row that is committed is the answer; the other thought leaves nothing. What identifies a message: a MsgId
alone does not (two citizens have been seen with the same one).
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot import inbox_rows
from bot.gathering import Gathering
from bot.inbox_rows import Reply, Standing
from bot.message import Inbound
from bot.records import InboundMessage

ABANDONED: Final = timedelta(seconds=5)
"""So long another delivery waits for the one that thinks; the platform itself waits no longer. Then it thinks by itself."""
LEFT: Final = "left"
"""The kind of the row that says when somebody left. It names nobody: its key is a hash."""


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


def left_key(channel: str, sender: str) -> str:
    """The key of the row that says when a person left."""
    return hashlib.sha256(json.dumps([LEFT, channel, sender]).encode("utf8", "surrogatepass")).hexdigest()


@dataclass(slots=True, kw_only=True)
class _UnderWay:
    """A message that is being thought about in this process."""

    ended: asyncio.Future[Answered | None]
    """What it was answered; None when the thought failed."""
    begun: float
    deliveries: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """A thought that is to be stored for its message. ``now``: when the message came."""

    inbound: Inbound
    key: str
    thought: Thought
    now: datetime
    deliveries: int


class Inbox:
    """``mask`` hides personal data before a text is stored. Messages that come together are committed together."""

    def __init__(self, *, clock: Clock, mask: Callable[[str], str]) -> None:
        self._clock = clock
        self._mask = mask
        self._under_way: dict[str, _UnderWay] = {}
        self._looks = Gathering(self._look_all)
        self._outcomes = Gathering(self._store_all)

    async def once(self, inbound: Inbound, think: Think, *, now: datetime) -> Answered:
        """The reply to a message: thought of by the first delivery, read by every other. The caller limits the time."""
        key = key_of(inbound)
        while (first := self._under_way.get(key)) is not None:
            first.deliveries += 1
            answered = await self._awaited(first)
            if answered is not None:
                return Answered(reply=answered.reply, ours=False)
            if self._under_way.get(key) is first:
                break  # It takes too long: whoever stores first is the answer.
        mine = _UnderWay(ended=asyncio.get_running_loop().create_future(), begun=asyncio.get_running_loop().time())
        self._under_way[key] = mine
        try:
            answered = await self._answered(inbound, key, think, now, mine)
            mine.ended.set_result(answered)
            return answered
        finally:
            if not mine.ended.done():
                mine.ended.set_result(None)
            if self._under_way.get(key) is mine:
                del self._under_way[key]

    async def _awaited(self, first: _UnderWay) -> Answered | None:
        """What the first delivery was answered; None when it failed, or has taken too long."""
        left = first.begun + ABANDONED.total_seconds() - asyncio.get_running_loop().time()
        await asyncio.wait({first.ended}, timeout=max(left, 0))
        return first.ended.result() if first.ended.done() else None

    async def _answered(self, inbound: Inbound, key: str, think: Think, now: datetime, mine: _UnderWay) -> Answered:
        stored = await self._looks.one(key)
        if stored is not None and stored.reply is not None:
            await self._count(key, mine, counted=1)
            return Answered(reply=stored.reply, ours=False)
        thought = await think()
        deliveries = mine.deliveries
        answered = await self._outcomes.one(
            _Outcome(inbound=inbound, key=key, thought=thought, now=now, deliveries=deliveries)
        )
        await self._count(key, mine, counted=deliveries if answered.ours else 0)
        return answered

    async def _count(self, key: str, mine: _UnderWay, *, counted: int) -> None:
        """Counts the deliveries that joined since the row was written, and those that join while we count."""
        while mine.deliveries > counted:
            more, counted = mine.deliveries - counted, mine.deliveries
            await inbox_rows.count_again({key: more})

    async def _look_all(self, keys: Sequence[str]) -> Sequence[Standing | None]:
        """What stands under some keys; a message that is answered already is counted once more."""
        found = await inbox_rows.standing(list(set(keys)))
        again = Counter(key for key in keys if key in found and found[key].reply is not None)
        if again:
            await inbox_rows.count_again(again)
        return [found.get(key) for key in keys]

    def _row(self, outcome: _Outcome) -> tuple[Any, ...]:
        """In the order of ``inbox_rows.COLUMNS``."""
        inbound, thought = outcome.inbound, outcome.thought
        leaving = inbound.event in ("unsubscribe", "unfollow")
        return (
            outcome.key, inbound.channel, "" if leaving else inbound.sender, inbound.sort[:32],
            self._mask(inbound.text), "{}", outcome.now, outcome.deliveries, "", outcome.now,
            inbox_rows.written(thought.reply), thought.entry_id or None, thought.entry_mark or None,
        )  # fmt: skip

    async def _store_all(self, outcomes: Sequence[_Outcome]) -> Sequence[Answered]:
        """Stores replies with all that follows from them. A reply that already stands is never replaced."""
        # Always in the same order, so that two nodes never wait for each other.
        ordered = sorted(outcomes, key=lambda outcome: outcome.key)
        leaving = {o.key: left_key(o.inbound.channel, o.inbound.sender) for o in ordered}
        async with in_transaction() as connection:
            found = await inbox_rows.standing([*leaving, *set(leaving.values())], connection)
            wanted = {o.key: o for o in reversed(ordered) if not _gone(o, found.get(leaving[o.key]))}
            rows = [self._row(outcome) for key, outcome in sorted(wanted.items()) if key not in found]
            made = await inbox_rows.insert(connection, rows) if rows else set[str]()
            for key in sorted(wanted.keys() & found.keys()):
                if found[key].reply is None and await self._fill(connection, wanted[key]):
                    made.add(key)
            fresh = [outcome for outcome in outcomes if outcome.key in made and wanted[outcome.key] is outcome]
            await _settled(connection, [outcome.thought for outcome in fresh])
            lost = sorted(wanted.keys() - made)
            stood = await inbox_rows.standing(lost, connection) if lost else {}
        return [self._said(outcome, wanted, made, stood) for outcome in outcomes]

    def _said(
        self, outcome: _Outcome, wanted: Mapping[str, _Outcome], made: set[str], stood: Mapping[str, Standing]
    ) -> Answered:
        winner = wanted.get(outcome.key)
        if winner is not None and outcome.key in made:
            return Answered(reply=winner.thought.reply, ours=winner is outcome)
        row = stood.get(outcome.key)
        return Answered(reply=(row.reply if row is not None else None) or {"text": ""}, ours=False)

    async def _fill(self, connection: BaseDBAsyncClient, outcome: _Outcome) -> bool:
        """Answers a row that a process of an earlier version wrote before it thought, and died; one node only."""
        thought = outcome.thought
        open_row = InboundMessage.filter(key=outcome.key, answered_at=None).using_db(connection)
        return bool(
            await open_row.update(
                reply=thought.reply, answered_at=outcome.now, entry_id=thought.entry_id or None,
                entry_mark=thought.entry_mark or None,
            )
        )  # fmt: skip

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes every message of one person: the platform obliges us to when he leaves. When that was is noted, so that a
        message which is being thought about just now, here or on another node, is not stored behind it."""
        await InboundMessage.filter(channel=channel, sender=sender).using_db(connection).delete()
        key, now = left_key(channel, sender), await self._clock.now()
        row = InboundMessage(
            key=key, channel=channel, sender="", kind=LEFT, received_at=now, answered_at=now, reply={"text": ""}
        )
        await InboundMessage.bulk_create([row], update_fields=["received_at"], on_conflict=["key"], using_db=connection)


def _gone(outcome: _Outcome, left: Standing | None) -> bool:
    """Whether its sender left after the message had come. The leaving itself is a message, too, and is kept."""
    return left is not None and left.received_at > outcome.now and not outcome.inbound.event


async def _settled(connection: BaseDBAsyncClient, thoughts: Sequence[Thought]) -> None:
    shared: dict[Settle, list[Any]] = {}
    for thought in thoughts:
        if thought.settle is not None:
            await thought.settle(connection)
        if thought.settle_all is not None:
            shared.setdefault(thought.settle_all, []).append(thought.left)
    for settle_all, left in shared.items():
        await settle_all(connection, left)
