"""What the platforms push to us (PUBLISHJOBFINISH, MASSSENDJOBFINISH): kept first, matched to a delivery when one fits."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from tortoise.exceptions import IntegrityError

from audit.clock import Clock
from publishers.errors import StaleClaim
from publishers.ledger import AfterPublish, Ledger
from publishers.port import Channel, ChannelName, RemoteChannel
from publishers.records import Delivery, PlatformEvent
from publishers.states import AFTER_INTENT, Patience, settle

log = logging.getLogger(__name__)
KEPT = timedelta(days=7)


class PlatformEvents:
    """An event may come before our own commit, twice, or never: it is stored under a unique key and matched by sweeps."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        channels: Mapping[ChannelName, Channel],
        clock: Clock,
        patience: Patience,
        after_publish: AfterPublish,
    ) -> None:
        self._ledger = ledger
        self._channels = channels
        self._clock = clock
        self._patience = patience
        self._after_publish = after_publish

    async def keep(self, channel: str, kind: str, key: str, body: dict[str, Any]) -> None:
        """Stores an event; the same key again is the same event."""
        try:
            await PlatformEvent.create(
                channel=channel, kind=kind[:48], key=key[:160], body=body, received_at=await self._clock.now()
            )
        except IntegrityError:
            log.info("platform event %s came again", key)

    async def match(self) -> int:
        """Settles every delivery that a kept event is about; returns how many events found theirs."""
        now = await self._clock.now()
        events = await PlatformEvent.filter(matched_at=None, received_at__gt=now - KEPT).order_by("id").limit(200)
        matched = 0
        for event in events:
            if await self._match_one(event):
                await PlatformEvent.filter(id=event.id).update(matched_at=await self._clock.now())
                matched += 1
        return matched

    async def _match_one(self, event: PlatformEvent) -> bool:
        channel = self._channels.get(ChannelName(event.channel))
        if channel is None or channel.capabilities.local:
            return False
        remote = cast(RemoteChannel, channel)
        for row in (
            await Delivery.filter(channel=event.channel, state__in=list(AFTER_INTENT)).order_by("-id").limit(200)
        ):
            claim_ticket = self._ledger.ticket_of(row)
            if remote.recognise(event.body, claim_ticket) is None:
                continue
            claim = await self._ledger.claim_one(row.id)
            if claim is None:
                return False
            sighting = remote.recognise(event.body, claim.ticket)
            if sighting is None:
                return False
            settled = settle(
                claim.state,
                sighting,
                capabilities=remote.capabilities,
                tries=claim.delivery.tries,
                intent_at=claim.delivery.intent_at,
                settle_until=claim.delivery.settle_until,
                now=await self._clock.now(),
                patience=self._patience,
            )
            attempt = await self._ledger.begin(claim, "event")
            await self._ledger.end(attempt, sighting.verdict, event=event.id, **dict(sighting.evidence))
            try:
                await self._ledger.settle(claim, settled, sighting, self._after_publish)
            except StaleClaim:
                return False
            return True
        return False
