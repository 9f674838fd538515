"""What time it is, for a callback that has four seconds: the database's, or this machine's while the database is away."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.clock import Clock

PATIENCE: Final = 1.0
"""Seconds that a callback waits for the database to say the time."""
BELIEVED: Final = 3.0
"""Seconds after a silence in which nobody else waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """``now`` is aware. ``away``: the database did not say it."""

    now: datetime
    away: bool = False


class DoorClock:
    """``machine_now`` only proves that an envelope is fresh, and stamps a message that has to wait."""

    def __init__(self, clock: Clock, *, machine_now: Callable[[], datetime]) -> None:
        self._clock = clock
        self._machine_now = machine_now
        self._silent_until = 0.0
        self._asking: set[asyncio.Task[datetime]] = set()

    async def moment(self) -> Moment:
        """Within a second. A question that hangs is not cancelled: a cancelled one may cost the pool its connection."""
        loop = asyncio.get_running_loop()
        if loop.time() < self._silent_until:
            return Moment(now=self._machine_now(), away=True)
        asking = asyncio.create_task(self._clock.now())
        self._asking.add(asking)
        asking.add_done_callback(self._told)
        done, _ = await asyncio.wait({asking}, timeout=PATIENCE)
        if done and asking.exception() is None:
            return Moment(now=asking.result())
        if not done:
            self._silent_until = loop.time() + BELIEVED
        return Moment(now=self._machine_now(), away=True)

    def _told(self, asking: asyncio.Task[datetime]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # Whoever asked has seen it, or has left.
