"""Telling those who asked: a result in a message of our own, while the platform allows one; else with their next message.

A message of our own is sent at most once: it is noted as on its way before it is sent, and what may have arrived is never
sent again. What the platform refuses, or does not allow any more, waits until its reader writes to us.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from audit.clock import Clock
from bot.clarifying import notice_text
from bot.reception import SendText
from bot.records import InboundMessage
from bot.turn import EntryOf
from knowledge.entry import Entry
from knowledge.question_notices import QuestionNotices
from knowledge.reporting import Addressed, Reporting
from publishers.errors import ChannelUnavailable, OutcomeUnknown, PublishError

log = logging.getLogger(__name__)

WINDOW: Final = timedelta(hours=47)
"""How long after his last message a citizen may be written to: 48 hours (wechat.md §4), with an hour to spare."""
AT_A_TIME: Final = 50


Worded = Callable[[Addressed, Entry], str]


def of_a_rumour(notice: Addressed, entry: Entry) -> str:
    """What somebody is told of a rumour that is settled."""
    return notice_text(entry, asked=notice.asked, asked_at=notice.asked_at)


class Telling:
    """``send_text``: the channels on which we may write first; ``worded``: what is said."""

    def __init__(
        self, *, reporting: Reporting | QuestionNotices, clock: Clock, entry_of: EntryOf,
        send_text: Mapping[str, SendText], worded: Worded = of_a_rumour,
    ) -> None:  # fmt: skip
        self._worded = worded
        self._reporting = reporting
        self._clock = clock
        self._entry_of = entry_of
        self._send_text = dict(send_text)

    async def sweep(self) -> int:
        """Sends what may be sent now; to be called every minute by one node. Returns how many were sent."""
        now = await self._clock.now()
        await self._reporting.lapse(now=now)
        sent = 0
        for notice in await self._reporting.addressed(channels=sorted(self._send_text), limit=AT_A_TIME):
            if not await self._may_be_written_to(notice):
                await self._reporting.leave(notice.id)
                continue
            sent += await self._tell(notice)
        return sent

    async def _may_be_written_to(self, notice: Addressed) -> bool:
        his = InboundMessage.filter(channel=notice.channel, sender=notice.sender).order_by("-received_at")
        last = await his.first()
        return last is not None and await self._clock.now() - last.received_at <= WINDOW

    async def _tell(self, notice: Addressed) -> bool:
        entry = await self._entry_of(notice.entry_id)
        if entry is None or entry.withdrawn or entry.under_check or not await self._reporting.begin(notice.id):
            return False
        text = self._worded(notice, entry)
        try:
            await self._send_text[notice.channel](notice.sender, text)
        except ChannelUnavailable:
            await self._reporting.undo(notice.id)
            return False
        except OutcomeUnknown:
            log.warning("whether notice %s arrived is unknown: it is not sent again", notice.id)
        except PublishError:
            await self._reporting.undo(notice.id, keep_sender=False)
            return False
        await self._reporting.end(notice.id, now=await self._clock.now())
        return True
