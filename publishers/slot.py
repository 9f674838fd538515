"""A slot: one planned sending, as a probe of a platform must think of it. Pure; a channel knows slots, not deliveries."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""The platforms count their days from midnight in Beijing (wechat.md §1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One planned sending. ``mass`` is true for a WeChat 群发, which reaches every follower."""

    at: datetime
    mass: bool = False


Planned = Callable[[], Awaitable[Sequence[Slot]]]
"""Gives a channel its slots of the coming days; a channel itself knows nothing of the ledger."""


async def nothing_planned() -> Sequence[Slot]:
    """For a channel that stands alone: it is probed for being alive only."""
    return ()


def day_of(moment: datetime) -> date:
    """The day in Shanghai on which a moment falls."""
    return moment.astimezone(SHANGHAI).date()
