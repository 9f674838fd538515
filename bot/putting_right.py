"""Sending corrections by ourselves, while the platform allows a message of our own; at most once, as in ``bot.telling``."""

import logging
from collections.abc import Mapping
from typing import Final

from audit.clock import Clock
from bot.correcting import Correction, Corrections, correction_text, mark_of
from bot.measure import Measure
from bot.reception import SendText
from bot.records import InboundMessage
from bot.telling import WINDOW
from bot.turn import EntryOf
from publishers.errors import ChannelUnavailable, OutcomeUnknown, PublishError

log = logging.getLogger(__name__)
AT_A_TIME: Final = 50


class PuttingRight:
    """``send_text``: the channels on which we may write first."""

    def __init__(
        self, *, corrections: Corrections, clock: Clock, entry_of: EntryOf, measures: Mapping[str, Measure],
        send_text: Mapping[str, SendText],
    ) -> None:  # fmt: skip
        self._corrections = corrections
        self._clock = clock
        self._entry_of = entry_of
        self._measures = dict(measures)
        self._send_text = dict(send_text)

    async def sweep(self) -> int:
        """Looks for who must be told, and writes to those who may be written to; to be called every minute by one node.
        Returns how many messages were sent."""
        await self._corrections.look()
        sent = 0
        for one in await self._corrections.addressed(channels=sorted(self._send_text), limit=AT_A_TIME):
            if await self._may_be_written_to(one):
                sent += await self._tell(one)
            else:
                await self._corrections.leave(one.id)
        return sent

    async def _may_be_written_to(self, one: Correction) -> bool:
        last = await InboundMessage.filter(channel=one.channel, sender=one.sender).order_by("-received_at").first()
        return last is not None and await self._clock.now() - last.received_at <= WINDOW

    async def _tell(self, one: Correction) -> bool:
        entry = await self._entry_of(one.entry_id)
        text = correction_text(one, entry, self._measures[one.channel])
        if not text:
            await self._corrections.drop(one.id)
            return False
        if not await self._corrections.begin(one.id):
            return False
        try:
            await self._send_text[one.channel](one.sender, text)
        except ChannelUnavailable:
            await self._corrections.undo(one.id)
            return False
        except OutcomeUnknown:
            log.warning("whether correction %s arrived is unknown: it is not sent again", one.id)
        except PublishError:
            await self._corrections.leave(one.id)
            return False
        await self._corrections.end(one.id, mark_of(entry), now=await self._clock.now())
        return True
