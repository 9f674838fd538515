"""The watch: which of the nodes rings the bells of the node on duty, and when each of them rang last.

A duty is a row with a lease and a fence, by the database's clock. The duty ``alarm`` says which node has the watch; it is
renewed all the time, and whoever finds it expired takes it: a node that dies or freezes is relieved within the lease.
Every bell that rings less than once a minute has a row of its own (``bell:NAME``), which says when it may ring next: so the
node that takes over rings what the other one left out, a daily bell outlives restarts, and a ring that was cut off by a
crash comes again when its lease is over. The frequent ones begin anew with every watch, and cost no writing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.exceptions import IntegrityError
from tortoise.expressions import F, Q

from audit.clock import Clock
from scheduler.records import Duty
from scheduler.steadiness import steady_seconds

log = logging.getLogger(__name__)
ALARM = "alarm"
PREFIX = "bell:"
LEASE, BEAT = 5.0, 1.5
"""Seconds. A dead node is relieved after LEASE + BEAT at the latest."""
REMEMBERED = 60.0
"""Seconds from which on a bell has a row."""
GOODBYE = 1.0
"""Seconds that handing over may take at the end; then the lease runs out by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Charge:
    """A bell of the node on duty."""

    row: str
    seconds: float
    bell: Callable[[], Awaitable[object]]

    @property
    def remembered(self) -> bool:
        return self.seconds >= REMEMBERED


class Watch:
    """One per process. ``start`` begins to stand by; ``stop`` hands over at once."""

    def __init__(
        self,
        *,
        clock: Clock,
        owner: str,
        lease: float = LEASE,
        beat: float = BEAT,
        steady: Callable[[], float] = steady_seconds,
    ) -> None:
        """``lease`` and ``beat`` in seconds; ``steady`` goes on while the process is stopped and the machine sleeps."""
        self._clock = clock
        self._owner = owner
        self._lease = timedelta(seconds=lease)
        self._beat = beat
        self._steady = steady
        self._charges: dict[str, _Charge] = {}
        self._ringing: dict[str, asyncio.Task[None]] = {}
        self._next: dict[str, float] = {}
        self._until = 0.0
        self._fence = 0
        self._look_now = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def on_duty(self) -> bool:
        """Whether this node has the watch, by its own stopwatch: true for no moment longer than the lease in the row."""
        return self._steady() < self._until

    @property
    def fence(self) -> int:
        """One more with every change of the node on duty."""
        return self._fence

    def charge(self, name: str, seconds: float, bell: Callable[[], Awaitable[object]]) -> None:
        """A bell for the node on duty; ``name`` has 27 characters at most (the column holds 32)."""
        row = f"{PREFIX}{name}"
        if len(row) > 32 or row in self._charges:
            raise ValueError(f"{name}: too long, or there already")
        self._charges[row] = _Charge(row=row, seconds=seconds, bell=bell)

    def hurry(self) -> None:
        """Looks at once: another node may have handed over."""
        self._look_now.set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="watch")

    async def stop(self) -> None:
        """Ends what rings and gives the duty back, so that another node has it at once."""
        if self._task is None:
            return
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None
        await self._silence()
        try:
            async with asyncio.timeout(GOODBYE):
                mine = Duty.filter(name__in=[ALARM, *self._charges], owner=self._owner)
                await mine.update(owner="", lease_until=None)
        except Exception:
            # The edge of the process: the database is away, and the lease ends by itself.
            log.warning("the duty could not be handed over; another node takes it within %s", self._lease)
        self._until = 0.0

    async def _run(self) -> None:
        while True:
            self._look_now.clear()
            try:
                async with asyncio.timeout(self._lease.total_seconds()):
                    await self.look()
            except Exception:
                # The edge of the loop: without the database nobody is on duty once the lease is over.
                log.exception("the watch could not be looked at; trying again in %.1f s", self._beat)
            if not self.on_duty:
                await self._silence()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._beat):
                    await self._look_now.wait()

    async def look(self) -> None:
        """Renews the watch or tries to take it; on duty, rings what may ring."""
        asked_at = self._steady()
        now = await self._clock.now()
        had = self.on_duty
        if await self._renewed(now) or await self._taken(now):
            self._until = asked_at + self._lease.total_seconds()
            if not had:
                log.info("this node has the watch (fence %d)", self._fence)
                self._next.clear()
            self._ring_frequent(now)
            await self._ring_remembered(now)
            return
        if had:
            log.warning("another node has the watch")
        self._until = 0.0

    async def _renewed(self, now: datetime) -> bool:
        mine = Duty.filter(name=ALARM, owner=self._owner, fence=self._fence, lease_until__gt=now)
        return await mine.update(lease_until=now + self._lease) == 1

    async def _taken(self, now: datetime) -> bool:
        if not await Duty.filter(name=ALARM).exists():
            with contextlib.suppress(IntegrityError):
                await Duty.create(name=ALARM)
        # A lease that ends later than any can was written before somebody set the clock back.
        over = Q(lease_until__isnull=True) | Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * self._lease)
        free = Duty.filter(over, name=ALARM)
        if await free.update(owner=self._owner, fence=F("fence") + 1, lease_until=now + self._lease) == 0:
            return False
        row = await Duty.get(name=ALARM)
        self._fence = row.fence
        return row.owner == self._owner

    def _ring_frequent(self, now: datetime) -> None:
        present = self._steady()
        for name, charge in self._charges.items():
            if not charge.remembered and name not in self._ringing and present >= self._next.get(name, 0.0):
                self._next[name] = present + charge.seconds
                self._begin(charge, 0, now)

    async def _ring_remembered(self, now: datetime) -> None:
        charges = {name: charge for name, charge in self._charges.items() if charge.remembered}
        if not charges:
            return
        ringing = [name for name in self._ringing if name in charges]
        if ringing:
            await Duty.filter(name__in=ringing, owner=self._owner).update(lease_until=now + self._lease)
        rows = {row.name: row for row in await Duty.filter(name__in=list(charges))}
        for name, charge in charges.items():
            row = rows.get(name)
            if name in self._ringing or (row is not None and not self._may_ring(row, charge, now)):
                continue
            if row is None:
                row = await self._new_row(name)
            # The fence decides: of two nodes that both believe to be on duty for a moment, one rings.
            mine = Duty.filter(name=name, fence=row.fence)
            if await mine.update(owner=self._owner, fence=row.fence + 1, lease_until=now + self._lease) == 1:
                self._begin(charge, row.fence + 1, now)

    def _may_ring(self, row: Duty, charge: _Charge, now: datetime) -> bool:
        latest = now + timedelta(seconds=charge.seconds) + self._lease
        return row.lease_until is None or row.lease_until <= now or row.lease_until > latest

    async def _new_row(self, name: str) -> Duty:
        with contextlib.suppress(IntegrityError):
            return await Duty.create(name=name)
        return await Duty.get(name=name)

    def _begin(self, charge: _Charge, fence: int, now: datetime) -> None:
        task = asyncio.create_task(self._ring(charge, fence, now), name=charge.row)
        self._ringing[charge.row] = task
        task.add_done_callback(lambda _: self._ringing.pop(charge.row, None))

    async def _ring(self, charge: _Charge, fence: int, began: datetime) -> None:
        try:
            await charge.bell()
        except Exception:
            # The edge of the loop: a bell that fails is rung again in time.
            log.exception("%s failed; it is rung again in %.0f s", charge.row, charge.seconds)
        if not charge.remembered:
            return
        try:
            mine = Duty.filter(name=charge.row, owner=self._owner, fence=fence)
            await mine.update(owner="", lease_until=began + timedelta(seconds=charge.seconds))
        except Exception:
            # The edge of the loop: the row keeps its short lease, so the bell comes again early rather than never.
            log.exception("%s rang, but that could not be written down", charge.row)

    async def _silence(self) -> None:
        """Cuts off what still rings: its lease is over or given back, and another node may ring the same."""
        ringing = list(self._ringing.values())
        for task in ringing:
            task.cancel()
        await asyncio.gather(*ringing, return_exceptions=True)
