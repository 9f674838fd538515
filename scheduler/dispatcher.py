"""The dispatcher: at every ring it claims what is due by the database's clock and lets the deliverer work on it."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from audit.clock import Clock
from publishers.claim import Claim
from publishers.delivering import Deliverer
from publishers.events import PlatformEvents
from publishers.ledger import Ledger
from publishers.port import ChannelName

log = logging.getLogger(__name__)
DRIFT_LIMIT = 2.0
"""Seconds between this machine's clock and the database's; beyond it nothing is sent (crash-point row 22)."""


class Dispatcher:
    """One per process. ``ring`` may be called at any time, from the alarm or after a commit; rings in between collapse."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        deliverer: Deliverer,
        events: PlatformEvents,
        clock: Clock,
        machine_now: Callable[[], datetime],
        at_once: int = 8,
    ) -> None:
        """``at_once``: how many deliveries of one channel are worked on together."""
        self._ledger = ledger
        self._deliverer = deliverer
        self._events = events
        self._clock = clock
        self._machine_now = machine_now
        self._at_once = at_once
        self._bell = asyncio.Event()
        self._work: dict[asyncio.Task[None], ChannelName] = {}
        self._loop_task: asyncio.Task[None] | None = None
        self._stopping = False

    def ring(self) -> None:
        """Something may be due."""
        self._bell.set()

    async def start(self) -> None:
        self._loop_task = asyncio.create_task(self._run(), name="dispatcher")

    async def stop(self, *, patience: float = 8.0) -> None:
        """Claims nothing more and lets running deliveries finish for ``patience`` seconds; the rest is left to the ledger."""
        self._stopping = True
        self._bell.set()
        if self._loop_task is not None:
            self._loop_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop_task
        if self._work:
            _, late = await asyncio.wait(list(self._work), timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def settle_down(self) -> None:
        """Works until nothing is due any more; for tests and for the command line."""
        while await self.sweep() or self._work:
            await asyncio.gather(*list(self._work))

    async def _run(self) -> None:
        while not self._stopping:
            await self._bell.wait()
            self._bell.clear()
            try:
                more = 1
                while more:
                    more = await self.sweep()
            except Exception:
                # The edge of the loop: one bad sweep (the database away, say) must not end the dispatcher.
                log.exception("sweep failed; the next ring tries again")

    async def sweep(self) -> int:
        """Matches events, then claims and starts what is due; returns how many claims were taken."""
        if await self._drifts() or self._stopping:
            return 0
        try:
            await self._events.match()
        except Exception:
            # The edge of a loop: without the events the polls find out, only later; sending must not wait for them.
            log.exception("events are not matched now; the next ring tries again")
        claims = await self._ledger.claim(limit=self._at_once, working=Counter(self._work.values()))
        for claim in claims:
            task = asyncio.create_task(self._work_on(claim), name=f"delivery {claim.delivery.id}")
            self._work[task] = claim.channel
            task.add_done_callback(self._done)
        return len(claims)

    async def _drifts(self) -> bool:
        """Whether this machine's clock is away from the database's, whose answer may be slow without being wrong."""
        before = self._machine_now()
        present = await self._clock.now()
        after = self._machine_now()
        drift = max((before - present).total_seconds(), (present - after).total_seconds())
        if drift > DRIFT_LIMIT:
            log.error("clock differs from the database's by %.1f s: nothing is sent until it is mended", drift)
        return drift > DRIFT_LIMIT

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.pop(task, None)
        self._bell.set()

    async def _work_on(self, claim: Claim) -> None:
        try:
            await self._deliverer.work(claim)
        except Exception as fault:
            # The edge of the loop: our own fault, not the platform's. A row in SENDING keeps its lease and becomes UNKNOWN.
            log.exception("delivery %s: fault while working", claim.delivery.id)
            await self._ledger.give_back(claim, message=f"系统处理出错（{type(fault).__name__}），稍后自动重试")
