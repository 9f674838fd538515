"""Looking at a platform because a person asked: always a read, always with a time limit, never inside a transaction."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, cast

from tortoise.backends.base.client import BaseDBAsyncClient

from publishers.claim import ticket_of
from publishers.delivering import Deliverer
from publishers.errors import ChannelUnavailable, PublishError
from publishers.ledger import Ledger
from publishers.port import Channel, ChannelName, Live, Liveness, RemoteChannel, Shown, Verdict
from publishers.records import Attempt, Delivery
from publishers.states import State, Step

JUST_NOW: Final = timedelta(minutes=2)
"""How fresh the machine's own look must be before a person's “it is not there” counts."""
SHOWN_SECONDS: Final = 5.0
"""How long a person waits for the list of newest posts."""
READ_SECONDS: Final = 20.0
_ANOTHER_LOOKS: Final = 6.0
"""Seconds to wait for another worker that looks at this very row."""
_NOT_FOUND: Final = (Verdict.UNKNOWN, Verdict.ABSENT)


class Looking:
    """The machine's eyes, lent to a person. What a look finds goes its usual way through the ledger."""

    def __init__(
        self, *, ledger: Ledger, deliverer: Deliverer, channels: Mapping[ChannelName, Channel],
        page_url: Callable[[int], str],
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._deliverer = deliverer
        self._channels = channels
        self._page_url = page_url

    async def again(self, delivery_id: int, *, now: datetime) -> None:
        """Looks for the post of a delivery of unknown outcome now, unless a look within ``JUST_NOW`` told enough."""
        row = await Delivery.get_or_none(id=delivery_id)
        if row is None or State(row.state) not in {State.UNKNOWN, State.HELD} or row.intent_at is None:
            return
        fresh = await last_look(row, now=now)
        if fresh is not None and did_not_find(fresh):
            return
        claim = await self._ledger.claim_one(delivery_id)
        if claim is not None:
            await self._deliverer.work(claim)
            return
        seconds = 0.0
        while seconds < _ANOTHER_LOOKS and await last_look(row, now=now) is None:
            await asyncio.sleep(0.3)
            seconds += 0.3

    async def read_back(self, row: Delivery) -> Live:
        """What a reader finds of this delivery now; UNREADABLE whenever the platform cannot be asked."""
        channel = self._channels.get(ChannelName(row.channel))
        if channel is None:
            return Live(liveness=Liveness.UNREADABLE, message="这个渠道没有接入")
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await channel.read_back(ticket_of(row, self._page_url(row.disclosure_id)))
        except PublishError as trouble:
            return Live(liveness=Liveness.UNREADABLE, message=str(trouble), evidence=trouble.detail)
        except TimeoutError:
            return Live(liveness=Liveness.UNREADABLE, message="平台没有及时答复")

    async def shown(self, channel: str, *, limit: int = 10) -> tuple[Shown, ...]:
        """The newest posts, articles and drafts of the account. Raises ChannelUnavailable, after five seconds at most."""
        found = self._channels.get(ChannelName(channel))
        if found is None or found.capabilities.local:
            raise ChannelUnavailable("这个渠道没有可以读取的时间线")
        try:
            async with asyncio.timeout(SHOWN_SECONDS):
                return await cast(RemoteChannel, found).shown(limit=limit)
        except TimeoutError:
            raise ChannelUnavailable("平台没有及时答复") from None
        except ChannelUnavailable:
            raise
        except PublishError as trouble:
            raise ChannelUnavailable(str(trouble), remedy=trouble.remedy, **trouble.detail) from trouble

    def sends_again(self, row: Delivery) -> bool:
        """Whether the machine itself sends the same draft once more when it has proved that the platform has nothing."""
        channel = self._channels.get(ChannelName(row.channel))
        return row.state == State.UNKNOWN and channel is not None and channel.capabilities.may_conclude_absent

    def approved_text(self, row: Delivery) -> str:
        """The words of the frozen text as a reader should find them."""
        channel = self._channels.get(ChannelName(row.channel))
        return channel.approved_text(row.payload) if channel is not None else ""

    def page_url(self, row: Delivery) -> str:
        """The portal page that the post links to."""
        return self._page_url(row.disclosure_id)


async def last_look(row: Delivery, *, now: datetime, connection: BaseDBAsyncClient | None = None) -> Attempt | None:
    """The newest look that ended within ``JUST_NOW``, after the delivery's last sending began."""
    looks = Attempt.filter(delivery_id=row.id, verb=Step.LOOK, ended_at__gte=now - JUST_NOW).exclude(outcome="")
    if row.intent_at is not None:
        looks = looks.filter(began_at__gte=row.intent_at)
    if connection is not None:
        looks = looks.using_db(connection)
    return await looks.order_by("-id").first()


def did_not_find(look: Attempt) -> bool:
    """Whether the look reached the platform and saw nothing of ours; a platform that was away proves nothing."""
    return look.outcome in _NOT_FOUND
