"""The storm: processes are killed and frozen at random moments, for as long as there is something to disturb."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator

from benchmarks.chaos.fleet import Fleet
from benchmarks.chaos.plan import Plan

ENOUGH = 0.1
"""The storm may end when no more than this part of the deliveries has not been begun yet."""
LONGER = 2.0
"""But on a slow machine, too, it ends after so many times its length."""
TICK = 0.25


class Storm:
    """``untouched`` tells which part of the deliveries nobody has begun to send, ``at_work`` whether a process is up: on a
    slow machine one that is killed again while it starts would never meet the platforms, and the storm would be none."""

    def __init__(
        self, fleet: Fleet, plan: Plan, dice: random.Random, untouched: Callable[[], Awaitable[float]],
        at_work: Callable[[], Awaitable[bool]],
    ) -> None:  # fmt: skip
        self._fleet = fleet
        self._plan = plan
        self._dice = dice
        self._untouched = untouched
        self._at_work = at_work
        self._frozen: list[tuple[float, int]] = []
        """Until when, and which process."""
        self.kills = self.stops = 0
        self.seconds = 0.0

    async def blow(self) -> None:
        """All kills and stops of the plan happen within its phase, each as soon as there is something to disturb; what is
        still to do then is disturbed at the same pace."""
        began = time.monotonic()
        deeds = self._deeds()
        moment, deed = next(deeds)
        while not await self._over(time.monotonic() - began):
            await asyncio.sleep(TICK)
            self._thaw()
            self._fleet.look_after()
            while moment <= time.monotonic() - began and (self._frozen or await self._at_work()):
                self._do(deed)
                moment, deed = next(deeds)
        self.seconds = time.monotonic() - began
        while self._frozen:
            await asyncio.sleep(TICK)
            self._thaw()

    async def _over(self, seconds: float) -> bool:
        if seconds < self._plan.phase:
            return False
        if seconds > self._plan.phase * LONGER:
            return True
        return self.kills >= self._plan.kills and await self._untouched() <= ENOUGH

    def _deeds(self) -> Iterator[tuple[float, str]]:
        """Moments since the beginning, without an end; frozen is only who can go on within the phase."""
        plan, dice = self._plan, self._dice
        stops = [dice.uniform(0, max(1.0, plan.phase - self._beyond)) for _ in range(plan.stops)]
        turn = 0
        while True:
            kills = [plan.phase * (turn + dice.random()) for _ in range(plan.kills)]
            yield from sorted([*((at, "kill") for at in kills), *((at, "stop") for at in stops)])
            turn, stops = turn + 1, []
            if not kills:
                yield plan.phase * (LONGER + 1), "kill"

    @property
    def _beyond(self) -> float:
        """Seconds that are longer than a lease."""
        return self._plan.lease * 1.1 + 2

    def _do(self, deed: str) -> None:
        running = self._fleet.running()
        if deed == "stop" and running:
            number = self._dice.choice(running)
            self._fleet.freeze(number)
            self._frozen.append((time.monotonic() + self._beyond * self._dice.uniform(1.0, 1.2), number))
            self.stops += 1
        elif deed == "kill":
            # Mostly one that works; where none does, a frozen one, as a watchdog would.
            self._fleet.kill(self._dice.choice(running or [number for _, number in self._frozen]))
            self.kills += 1

    def _thaw(self) -> None:
        for moment, number in self._frozen:
            if moment <= time.monotonic():
                self._fleet.thaw(number)
        self._frozen = [(moment, number) for moment, number in self._frozen if moment > time.monotonic()]
