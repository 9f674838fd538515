"""The dispatcher: at every ring it claims what is due by the database's clock and lets the deliverer work on it."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from tortoise.transactions import in_transaction

from audit.clock import Clock
from publishers.claim import Claim
from publishers.delivering import Deliverer
from publishers.due import due_rows
from publishers.events import PlatformEvents
from publishers.incidents import clear_incident, raise_incident
from publishers.ledger import Ledger
from publishers.port import ChannelName
from publishers.states import AFTER_INTENT
from scheduler.steadiness import Steadiness

log = logging.getLogger(__name__)
DRIFT_LIMIT = 2.0
"""Seconds between this machine's clock and the database's; beyond it nothing is sent (crash-point row 22)."""
NET = 2.0
"""Seconds after which the dispatcher looks without having been rung. The alarm keeps its time by the wall clock: when that
is set back by an hour, it is silent for one."""
DRIFT_REMEDY = "校准本机与数据库服务器的时间（chrony 或 ntpd）；相差回到 2 秒以内后自动恢复发送"


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
        steadiness: Steadiness | None = None,
        node: str = "",
    ) -> None:
        """``at_once``: how many deliveries of one channel are worked on together. ``clock`` is the database's own, which
        ``steadiness`` watches (None: a test's clock, which may jump). ``node`` names this machine in an incident."""
        self._ledger = ledger
        self._deliverer = deliverer
        self._events = events
        self._clock = clock
        self._clock_of_the_house: Clock = steadiness or clock
        self._machine_now = machine_now
        self._at_once = at_once
        self._steadiness = steadiness
        if steadiness is not None:
            steadiness.when_heard(self.ring)
        self._drift_key = f"clock.drift:{node}" if node else "clock.drift"
        self._drifted: bool | None = None
        self._bell = asyncio.Event()
        self._work: dict[asyncio.Task[None], ChannelName] = {}
        self._loop_task: asyncio.Task[None] | None = None
        self._stopping = False

    def ring(self) -> None:
        """Something may be due."""
        self._bell.set()

    async def start(self) -> None:
        self._loop_task = asyncio.create_task(self._run(), name="dispatcher")

    async def stop(self, *, patience: float = 5.0) -> None:
        """Claims nothing more and lets running deliveries finish for ``patience`` seconds; the rest is left to the ledger.

        The whole process must be gone within ten seconds of SIGTERM, and open web connections get three of them.
        """
        self._stopping = True
        self._bell.set()
        if self._loop_task is not None:
            self._loop_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop_task
        if self._steadiness is not None:
            await self._steadiness.close()
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
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NET):
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
        """Matches events, then claims and starts what is due; returns how many claims were taken.

        While the time is in doubt nothing is sent, and reading goes on.
        """
        if self._stopping:
            return 0
        sending = await self._sure_of_the_time()
        try:
            await self._events.match()
        except Exception:
            # The edge of a loop: without the events the polls find out, only later; sending must not wait for them.
            log.exception("events are not matched now; the next ring tries again")
        working = Counter(self._work.values())
        claims = await (self._ledger.claim(limit=self._at_once, working=working) if sending else self._to_read())
        for claim in claims:
            task = asyncio.create_task(self._work_on(claim), name=f"delivery {claim.delivery.id}")
            self._work[task] = claim.channel
            task.add_done_callback(self._done)
        return len(claims)

    async def _to_read(self) -> list[Claim]:
        """What was sent already and only has to be asked about."""
        async with in_transaction() as connection:
            now = await self._clock_of_the_house.now()
            rows = [
                row
                for channel in ChannelName
                for row in await due_rows(connection, channel, AFTER_INTENT, limit=self._at_once, now=now)
            ]
        claims = [await self._ledger.claim_one(row.id) for row in rows]
        return [claim for claim in claims if claim is not None]

    async def _sure_of_the_time(self) -> bool:
        """Whether the clock that decides is steady and is this machine's own; incidents tell when it is not."""
        steady = self._steadiness is None or await self._steadiness.look()
        return not await self._drifts() and steady

    async def _drifts(self) -> bool:
        """Whether this machine's clock is away from the database's, whose answer may be slow without being wrong."""
        before = self._machine_now()
        present = await self._clock.now()
        after = self._machine_now()
        drift = max((before - present).total_seconds(), (present - after).total_seconds())
        drifts = drift > DRIFT_LIMIT
        if drifts and not self._drifted:
            message = f"本机时钟与数据库的时钟相差 {drift:.0f} 秒，本机已停止发送"
            await raise_incident(self._drift_key, kind="clock", message=message, remedy=DRIFT_REMEDY, now=present)
        elif not drifts and self._drifted is not False:
            await clear_incident(self._drift_key, now=present)
        self._drifted = drifts
        return drifts

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
