"""The alarm: APScheduler rings, and does nothing else (invariant 6). It keeps no schedule.

Two kinds of bells: those of every node (the dispatcher's and the knowledge base's nets), which this node rings for itself,
and those of the node on duty (``on_duty=True``), which the watch rings, on one node at a time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from scheduler.watch import Watch

log = logging.getLogger(__name__)
Bell = Callable[[], Awaitable[object]]


class Alarm:
    """Rings named bells at fixed intervals. A late ring is still a ring: ``misfire_grace_time=None``."""

    def __init__(self, *, watch: Watch | None = None) -> None:
        """Without a watch this node is alone and rings the bells of the node on duty too."""
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._watch = watch
        self._ringers: dict[str, _Ringer] = {}

    def every(self, seconds: float, bell: Bell, *, name: str, on_duty: bool = False) -> None:
        """Calls ``bell`` every ``seconds`` once started; a bell that still runs is not rung again.

        ``on_duty``: on one node at a time, also across restarts: a daily bell is not forgotten by a node that is started
        anew every day. Such a bell must be idempotent all the same: a frozen node may wake in the middle of it.
        """
        if on_duty and self._watch is not None:
            self._watch.charge(name, seconds, bell)
            return
        ringer = self._ringers[name] = _Ringer(name, seconds, bell)
        self._scheduler.add_job(ringer.ring, IntervalTrigger(seconds=seconds, timezone=UTC), id=name, name=name)

    def now(self, name: str) -> None:
        """Rings a bell of this node at once; if it runs just now, once more when it has ended."""
        self._ringers[name].hurry()

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        for ringer in self._ringers.values():
            ringer.stop()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)


class _Ringer:
    """One bell of this node: it never runs twice at a time, and what is asked for meanwhile is done afterwards."""

    def __init__(self, name: str, seconds: float, bell: Bell) -> None:
        self._name = name
        self._seconds = seconds
        self._bell = bell
        self._running = False
        self._again = False
        self._stopping = False
        self._hurried: set[asyncio.Task[None]] = set()

    def hurry(self) -> None:
        if self._running:
            self._again = True
        elif not self._stopping:
            task = asyncio.create_task(self.ring(), name=self._name)
            self._hurried.add(task)
            task.add_done_callback(self._hurried.discard)

    def stop(self) -> None:
        self._stopping = True
        for task in self._hurried:
            task.cancel()

    async def ring(self) -> None:
        if self._running:
            return
        self._running = True
        try:
            self._again = True
            while self._again and not self._stopping:
                self._again = False
                await self._once()
        finally:
            self._running = False

    async def _once(self) -> None:
        try:
            await self._bell()
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        except Exception:
            # The edge of the loop: a bell that fails is rung again in time.
            log.exception("%s failed; it is rung again in %.0f s", self._name, self._seconds)
