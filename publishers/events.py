"""What the platforms push to us (PUBLISHJOBFINISH, MASSSENDJOBFINISH): kept first, matched to a delivery when one fits."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from tortoise.exceptions import IntegrityError

from audit.clock import Clock
from publishers.conclusion import AfterPublish
from publishers.errors import StaleClaim
from publishers.failpoints import Reach, nothing
from publishers.ledger import Ledger
from publishers.port import Channel, ChannelName, RemoteChannel
from publishers.records import Delivery, PlatformEvent
from publishers.states import AFTER_INTENT, Patience

log = logging.getLogger(__name__)
KEPT = timedelta(days=7)
"""An event older than this is not matched any more."""
SPENT = timedelta(minutes=10)
"""An event this old is about a delivery that ended, unless one that was already sent then is still open."""
AT_ONCE = 200


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
        reach: Reach = nothing,
    ) -> None:
        self._ledger = ledger
        self._channels = channels
        self._clock = clock
        self._patience = patience
        self._after_publish = after_publish
        self._reach = reach

    async def keep(self, channel: str, kind: str, key: str, body: dict[str, Any]) -> None:
        """Stores an event; the same key again is the same event."""
        try:
            await PlatformEvent.create(
                channel=channel, kind=kind[:48], key=key[:160], body=body, received_at=await self._clock.now()
            )
        except IntegrityError:
            log.info("platform event %s came again", key)
        else:
            await self._reach("after_event_kept")

    async def match(self) -> int:
        """Settles every delivery that a kept event is about; returns how many events found theirs.

        Most events tell what a poll found out before: they are laid aside, or in time they would crowd out the new ones.
        """
        now = await self._clock.now()
        events = await PlatformEvent.filter(matched_at=None, received_at__gt=now - KEPT).order_by("id").limit(AT_ONCE)
        if not events:
            return 0
        rows = await self._open_rows({event.channel for event in events})
        matched = 0
        for event in events:
            try:
                found = await self._match_one(event, rows.get(event.channel, []))
            except Exception:
                # The edge of a loop: one event that cannot be used must not keep the others, or the sending, waiting.
                log.exception("platform event %s cannot be used now", event.id)
                continue
            matched += found
            if found:
                await self._reach("after_event_settled")
            if found or _spent(event, rows.get(event.channel, []), now):
                await PlatformEvent.filter(id=event.id).update(matched_at=await self._clock.now())
        return matched

    async def _open_rows(self, channels: set[str]) -> dict[str, list[Delivery]]:
        """The deliveries that an event may be about, newest first."""
        rows: dict[str, list[Delivery]] = {}
        for channel in channels:
            about = Delivery.filter(channel=channel, state__in=list(AFTER_INTENT)).exclude(intent_at=None)
            rows[channel] = await about.order_by("-id").limit(5 * AT_ONCE)
        return rows

    async def _match_one(self, event: PlatformEvent, rows: Sequence[Delivery]) -> bool:
        channel = next((known for name, known in self._channels.items() if name == event.channel), None)
        if channel is None or channel.capabilities.local:
            return False
        remote = cast(RemoteChannel, channel)
        for row in rows:
            if remote.recognise(event.body, self._ledger.ticket_of(row)) is None:
                continue
            claim = await self._ledger.claim_one(row.id)
            if claim is None:
                return False
            sighting = remote.recognise(event.body, claim.ticket)
            if sighting is None:
                return False
            now = await self._clock.now()
            settled = claim.settled_by(sighting, capabilities=remote.capabilities, now=now, patience=self._patience)
            attempt = await self._ledger.begin(claim, "event")
            await self._ledger.end(attempt, sighting.verdict, event=event.id, **dict(sighting.evidence))
            try:
                await self._ledger.settle(claim, settled, sighting, self._after_publish)
            except StaleClaim:
                return False
            return True
        return False


def _spent(event: PlatformEvent, rows: Sequence[Delivery], now: datetime) -> bool:
    """Whether nothing that is still open can be what this event is about: an intent stands before its event."""
    if event.received_at > now - SPENT:
        return False
    return all(row.intent_at is None or row.intent_at > event.received_at for row in rows)
