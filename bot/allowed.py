"""The allowance: how many messages of our own a platform lets us send to one person, counted for all that send any.

WeChat allows five in 48 hours after a message and three in one minute after a tap, a follow or a scan; the count begins
anew with each (``data/own_messages.json``, with source). A message is counted before it is sent, as a row with a number that
only one process can take, so that two nodes never exceed the allowance together. A channel without figures has no limit here.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError

from audit.clock import Clock
from bot.message import TAPPED, Kind
from bot.records import InboundMessage
from bot.talk_records import OwnMessage
from publishers.errors import ChannelRefused, ChannelUnavailable

SendText = Callable[[str, str], Awaitable[None]]
"""Sends a text of our own: the citizen's id on the platform, and the text."""
TAP_EVENTS: Final = frozenset({TAPPED, "click", "scancode_push", "scancode_waitmsg", "subscribe", "scan"})
MESSAGE_KINDS: Final = frozenset(str(kind) for kind in Kind) - {Kind.EVENT, Kind.MENTION}
LOOKED_AT: Final = 50
"""Of so many of a person's latest messages and taps the newest of each sort is looked for."""
KEPT: Final = timedelta(days=7)


class NotAllowedNow(ChannelRefused):
    """平台现在不允许主动发送：群众最近没有来过，或者允许的条数已经用完。"""

    def __init__(self) -> None:
        super().__init__("现在不能主动给这位群众发消息", remedy="等他下次发来消息时一并告诉他")


class BegunBefore(NotAllowedNow):
    """这条消息的回复已经发过一次，不再重发。"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one act of a person allows."""

    count: int
    seconds: int
    spare: int
    """Seconds before its end in which nothing is sent any more: our clock and the platform's differ."""

    def open(self, begun: datetime, now: datetime) -> bool:
        return now - begun <= timedelta(seconds=self.seconds - self.spare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """An act that may allow something: its key in the inbox, what it was, and when."""

    key: str
    kind: str
    at: datetime


class OwnMessages:
    """The keeper of the allowance; every message of our own goes through it."""

    def __init__(self, *, clock: Clock, grants: Mapping[str, Mapping[str, Grant]] | None = None) -> None:
        self._clock = clock
        self._grants = grants if grants is not None else load_grants()

    def guarded(self, channel: str, send: SendText) -> SendText:
        """The same sender inside the allowance. It raises NotAllowedNow when there is none left; nothing was sent then."""

        async def guarded(sender: str, text: str) -> None:
            taken = await self.take(channel, sender)
            try:
                await send(sender, text)
            except ChannelUnavailable:
                await self.give_back(taken)
                raise

        return guarded

    async def take(self, channel: str, sender: str, *, reply_to: Granted | None = None) -> int:
        """Counts one message, and returns its row. ``reply_to``: the message it takes the place of a reply of, which may be
        not in the inbox yet. Raises NotAllowedNow; for a
        reply that was begun already BegunBefore: it is never sent again."""
        now, limits = await self._clock.now(), self._grants.get(channel)
        if limits is None:
            return 0
        acts = [reply_to] if reply_to is not None else []
        acts += await self._acts(channel, sender, now, limits)
        if reply_to is not None and await OwnMessage.exists(reply_to=reply_to.key):
            raise BegunBefore
        for name in ("tap", "message"):  # What ends sooner is used up first.
            newest = next((act for act in acts if _allows(act) == name), None)
            if newest is None or not limits[name].open(newest.at, now):
                continue
            row = await self._number(channel, sender, newest, limits[name].count, now, reply_to)
            if row:
                return row
        raise NotAllowedNow

    async def give_back(self, row: int) -> None:
        """Nothing was sent: the number is free again."""
        if row:
            await OwnMessage.filter(id=row).delete()

    async def sweep(self) -> int:
        """Deletes what no allowance looks at any more; to be called every hour."""
        return await OwnMessage.filter(at__lt=await self._clock.now() - KEPT).delete()

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is kept of one person."""
        await OwnMessage.filter(channel=channel, sender=sender).using_db(connection).delete()

    async def _acts(self, channel: str, sender: str, now: datetime, limits: Mapping[str, Grant]) -> list[Granted]:
        """What the person did lately, the newest first."""
        since = now - timedelta(seconds=max(grant.seconds for grant in limits.values()))
        rows = InboundMessage.filter(channel=channel, sender=sender, received_at__gte=since).order_by("-id")
        return [Granted(key=row.key, kind=row.kind, at=row.received_at) for row in await rows.limit(LOOKED_AT)]

    async def _number(
        self, channel: str, sender: str, act: Granted, count: int, now: datetime, reply_to: Granted | None
    ) -> int:
        """Takes the next number of a grant; 0 when all are taken."""
        taken = OwnMessage.filter(channel=channel, sender=sender, granted_by=act.key)
        used = {row.number for row in await taken}
        for number in range(1, count + 1):
            if number in used:
                continue
            try:
                row = await OwnMessage.create(
                    channel=channel, sender=sender, granted_by=act.key, number=number, at=now,
                    reply_to=reply_to.key if reply_to else None,
                )  # fmt: skip
            except IntegrityError:
                if reply_to is not None and await OwnMessage.exists(reply_to=reply_to.key):
                    raise BegunBefore from None
                continue  # Another process took this number at the same moment.
            return int(row.id)
        return 0


def _allows(act: Granted) -> str:
    """Which of the two allowances an act opens; "" for none (a mention, a view, an event of the platform)."""
    if act.kind in TAP_EVENTS:
        return "tap"
    return "message" if act.kind in MESSAGE_KINDS else ""


def load_grants() -> dict[str, dict[str, Grant]]:
    """The figures by channel, as they ship with the package."""
    plain = json.loads(resources.files("bot").joinpath("data/own_messages.json").read_text("utf8"))
    return {channel: {name: Grant(**row[name]) for name in ("message", "tap")} for channel, row in plain.items()}
