"""Sending lists that can be tapped, in the place of a reply or after one; at most once, and only inside the allowance.

A list is a message of our own: where none may be sent, or the platform refuses, the same choices stand as text in the
passive reply. What may have arrived is never sent a second time, so a citizen never reads the same choices twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot import tapping
from bot.allowed import BegunBefore, Granted, OwnMessages
from bot.decision import Step
from bot.inbox import key_of
from bot.memory import VALID, Memory
from bot.message import Inbound
from bot.tapping import TapList
from bot.turn import Turn
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError

log = logging.getLogger(__name__)

SendList = Callable[[str, TapList], Awaitable[None]]
"""Sends a list to a citizen: his id on the platform, and the list. Raises as ``publishers.errors`` says."""
PATIENCE: Final = 2.5
"""Seconds that a reply waits for its list: the whole reply has four."""
REST: Final = 600.0
"""Seconds without lists after the platform refused one: an account that may not send any must not ask at every message."""
AFTER: Final = 1.0
"""Seconds after a reply in which the question whether it was of use follows it."""


class Lists:
    """``send``: the channels on which lists can be tapped. ``after``: see ``AFTER``."""

    def __init__(self, *, own: OwnMessages, send: Mapping[str, SendList], after: float = AFTER) -> None:
        self._own = own
        self._send = dict(send)
        self._after = after
        self._rests_until: dict[str, float] = {}
        self._following: set[asyncio.Task[None]] = set()

    def can(self, channel: str) -> bool:
        return channel in self._send and asyncio.get_running_loop().time() >= self._rests_until.get(channel, 0.0)

    async def in_place(self, inbound: Inbound, shown: TapList) -> bool:
        """Whether the list took the place of the reply to this message; else the reply must say it."""
        if not self.can(inbound.channel):
            return False
        try:
            row = await self._own.take(inbound.channel, inbound.sender, reply_to=_act(inbound))
        except BegunBefore:
            return True
        except ChannelRefused:
            return False
        return await self._sent(inbound.channel, inbound.sender, shown, row)

    def follow(self, inbound: Inbound, shown: TapList) -> None:
        """Sends a list after the reply, in the background; where it may not be sent nothing is lost."""
        task = asyncio.create_task(self._follow(inbound, shown))
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def close(self) -> None:
        """Waits for what is still to follow."""
        await asyncio.gather(*self._following, return_exceptions=True)

    async def _follow(self, inbound: Inbound, shown: TapList) -> None:
        try:
            await asyncio.sleep(self._after)
            # The message itself allows it: whether its row is written already or not, and for one node only.
            row = await self._own.take(inbound.channel, inbound.sender, reply_to=_act(inbound))
            await self._sent(inbound.channel, inbound.sender, shown, row)
        except PublishError as refused:
            log.info("no list follows on %s: %s", inbound.channel, refused)
        except Exception:
            # The edge of a background task: the answer itself has been given.
            log.exception("a list on %s was not sent", inbound.channel)

    async def _sent(self, channel: str, sender: str, shown: TapList, row: int) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._send[channel](sender, shown)
        except (OutcomeUnknown, TimeoutError):
            log.warning("whether a list on %s arrived is unknown: it is not sent again", channel)
        except ChannelUnavailable:
            await self._own.give_back(row)
            return False
        except PublishError as refused:
            self._rests_until[channel] = asyncio.get_running_loop().time() + REST
            log.warning("lists on %s rest for %d seconds: %s", channel, REST, refused)
            return False
        return True


def _act(inbound: Inbound) -> Granted:
    return Granted(key=key_of(inbound), kind=inbound.sort, at=inbound.sent_at)


def listed(turn: Turn, after: Memory, now: datetime) -> tuple[Turn, Memory]:
    """The turn with its list to tap, and the memory that knows the list again."""
    if turn.step is Step.CHOOSE and turn.options:
        after = replace(after, menu=tapping.mark_at(now))
        titles, minutes = [option.title for option in turn.options], int(VALID.total_seconds()) // 60
        shown = tapping.choice_list(turn.lead, titles, after.menu, minutes)
        return replace(turn, tap_list=shown, listed=turn.text), after
    if after.said is not None and (turn.rate or turn.step is Step.USELESS):
        shown = tapping.rate_list(after.said) if turn.rate else tapping.why_list(after.said)
        return replace(turn, tap_list=shown, listed=turn.text), after
    return turn, after


def still_listed(turn: Turn) -> Turn:
    """What is told before the choices has no place in a list: it is said, and the choices with it, as text."""
    return turn if turn.rate or turn.text == turn.listed else replace(turn, tap_list=None)
