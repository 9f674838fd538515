"""The alarm: APScheduler rings, and does nothing else (invariant 6). It keeps no schedule."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger(__name__)


class Alarm:
    """Rings named bells at fixed intervals. A late ring is still a ring: ``misfire_grace_time=None``."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._stopping = False

    def every(self, seconds: float, bell: Callable[[], Awaitable[object]], *, name: str) -> None:
        """Calls ``bell`` every ``seconds`` once started; a bell that still runs is not rung again."""

        async def ring() -> None:
            try:
                await bell()
            except asyncio.CancelledError:
                if not self._stopping:
                    raise
            except Exception:
                # The edge of the loop: a bell that fails is rung again in time.
                log.exception("%s failed; it is rung again in %.0f s", name, seconds)

        self._scheduler.add_job(ring, IntervalTrigger(seconds=seconds, timezone=UTC), id=name, name=name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._stopping = True
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
