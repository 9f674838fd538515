"""Reaching citizens with what people answered: a message of our own while the platform allows one, else with their next word.

It is sent at most once: noted as on its way before it is sent, and what may have arrived is never sent again.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from audit.clock import Clock
from bot import handing_words as say
from bot.measure import Measure, measure_of
from bot.reception import SendText
from bot.records import InboundMessage
from bot.telling import WINDOW
from bot.wording import fitted
from casework.outbox import Outbox, ToSend
from publishers.errors import ChannelUnavailable, OutcomeUnknown, PublishError

log = logging.getLogger(__name__)

AT_A_TIME: Final = 50


class Reaching:
    """``send_text``: the channels on which we may write first."""

    def __init__(
        self, *, outbox: Outbox, clock: Clock, send_text: Mapping[str, SendText], measures: Mapping[str, Measure]
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._send_text = dict(send_text)
        self._measures = measures

    async def sweep(self) -> int:
        """Sends what may be sent now; to be called every few seconds by one node. Returns how many were sent."""
        now, sent = await self._clock.now(), 0
        await self._outbox.give_up(now=now)
        held = set[tuple[str, str]]()
        if not self._send_text:
            return 0  # No platform on which we may write first: everything waits for the citizen's next word.
        for one in await self._outbox.to_send(channels=sorted(self._send_text), limit=AT_A_TIME):
            person = (one.case.channel, one.case.sender)
            if person in held:
                continue  # His words reach him in their order.
            if not await self._may_be_written_to(one, now):
                await self._outbox.leave(one.line.id)
            elif await self._send(one, now):
                sent += 1
            else:
                held.add(person)
        return sent

    async def _may_be_written_to(self, one: ToSend, now: datetime) -> bool:
        his = InboundMessage.filter(channel=one.case.channel, sender=one.case.sender).order_by("-received_at")
        last = await his.first()
        return last is not None and now - last.received_at <= WINDOW

    async def _send(self, one: ToSend, now: datetime) -> bool:
        if not await self._outbox.begin(one.line.id, now=now):
            return False
        text = fitted(say.reply_text(one.case, one.line), measure_of(self._measures, one.case.channel))
        known = True
        try:
            await self._send_text[one.case.channel](one.case.sender, text)
        except ChannelUnavailable:
            await self._outbox.undo(one.line.id, again=True)
            return False
        except OutcomeUnknown:
            log.warning("whether reply %s in a case arrived is unknown: it is not sent again", one.line.id)
            known = False
        except PublishError:
            await self._outbox.undo(one.line.id, again=False)
            return False
        await self._outbox.end(one.line.id, now=await self._clock.now(), known=known)
        return True
