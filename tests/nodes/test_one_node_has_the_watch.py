"""One node rings the bells of the node on duty; when it dies, freezes or ends, another one does, within ten seconds."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.database.clock import DatabaseClock
from scheduler.alarm import Alarm
from scheduler.records import Duty
from scheduler.watch import ALARM, Watch
from tests.conftest import FixedClock

TAKEN_OVER_WITHIN = 10.0


class Ring:
    """One line of a watcher."""

    def __init__(self, line: str) -> None:
        name, fence, at = line.split()
        self.name, self.fence, self.at = name, int(fence), float(at)


class Watchers:
    """Three real processes and everything that they rang."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []
        self.processes: dict[str, asyncio.subprocess.Process] = {}
        self._readers: list[asyncio.Task[None]] = []
        self._heard = asyncio.Event()

    async def begin(self, url: str, name: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.nodes.watcher", url, name, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        assert (await process.stdout.readline()).decode().split() == [name, "ready"]
        self.processes[name] = process
        self._readers.append(asyncio.create_task(self._read(process.stdout)))

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            self.rings.append(Ring(line.decode()))
            self._heard.set()

    async def until(self, what: Any, seconds: float) -> Ring:
        """The first ring from now on that fits."""
        seen = len(self.rings)
        async with asyncio.timeout(seconds):
            while True:
                for ring in self.rings[seen:]:
                    if what(ring):
                        return ring
                seen = len(self.rings)
                self._heard.clear()
                await self._heard.wait()

    async def end(self) -> None:
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
            await process.wait()
        await asyncio.gather(*self._readers)


@pytest.fixture
async def watchers() -> AsyncIterator[Watchers]:
    made = Watchers()
    yield made
    await made.end()


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_a_dead_a_frozen_and_an_ended_node_are_relieved(postgres_url: str, watchers: Watchers) -> None:
    await asyncio.gather(*(watchers.begin(postgres_url, name) for name in ("a", "b", "c")))
    first = await watchers.until(lambda ring: True, 20)

    watchers.processes[first.name].kill()
    second = await watchers.until(lambda ring: ring.name != first.name, TAKEN_OVER_WITHIN)

    frozen = watchers.processes[second.name]
    frozen.send_signal(signal.SIGSTOP)
    third = await watchers.until(lambda ring: ring.name not in {first.name, second.name}, TAKEN_OVER_WITHIN)
    frozen.send_signal(signal.SIGCONT)
    await watchers.until(lambda ring: ring.name == third.name and ring.at > third.at + 2, 20)

    watchers.processes[third.name].send_signal(signal.SIGTERM)
    last = await watchers.until(lambda ring: ring.name == second.name, TAKEN_OVER_WITHIN)
    order = [ring.name for ring in sorted(watchers.rings, key=lambda ring: ring.at)]
    changes = [name for before, name in zip([None, *order], order, strict=False) if name != before]
    assert changes == [first.name, second.name, third.name, second.name], "one at a time, never back and forth"
    fences = [ring.fence for ring in (first, second, third, last)]
    assert fences == sorted(set(fences)), "every change of the watch has a higher fence"
    gaps = [after.at - before.at for before, after in zip(watchers.rings, watchers.rings[1:], strict=False)]
    print(f"longest silence {max(gaps):.1f} s")
    assert max(gaps) < TAKEN_OVER_WITHIN


async def _until(true: Any, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_one_of_three_rings_and_a_clean_end_hands_over_at_once(any_database: str) -> None:
    rung: list[str] = []
    watches = {name: Watch(clock=DatabaseClock(), owner=name, lease=60, beat=0.05) for name in ("a", "b", "c")}

    def bell(name: str) -> Any:
        async def ring() -> None:
            rung.append(name)

        return ring

    for name, watch in watches.items():
        watch.charge("often", 0.05, bell(name))
        await watch.start()
    await _until(lambda: len(rung) >= 3)
    (first,) = set(rung)
    assert [name for name, watch in watches.items() if watch.on_duty] == [first]
    await watches[first].stop()
    await _until(lambda: rung[-1] != first, 5)
    assert sum(watch.on_duty for watch in watches.values()) == 1
    for watch in watches.values():
        await watch.stop()


async def test_a_daily_bell_is_remembered_over_a_restart(database: str, clock: FixedClock) -> None:
    rung: list[str] = []

    async def node(name: str) -> None:
        watch = Watch(clock=clock, owner=name)

        async def ring() -> None:
            rung.append(name)

        watch.charge("daily", 86400, ring)
        await watch.look()
        await asyncio.sleep(0.05)
        await watch.start()
        await watch.stop()

    await node("monday")
    clock.advance(3600)
    await node("monday again")
    assert rung == ["monday"], "it rang an hour ago"
    clock.advance(86400 - 3600)
    await node("tuesday")
    assert rung == ["monday", "tuesday"]


async def test_a_ring_that_a_crash_cut_off_comes_again_after_the_lease(database: str, clock: FixedClock) -> None:
    begun: list[str] = []
    forever = asyncio.Event()

    def watch_of(name: str) -> Watch:
        watch = Watch(clock=clock, owner=name, lease=5)

        async def ring() -> None:
            begun.append(name)
            if name == "dead":
                await forever.wait()

        watch.charge("daily", 86400, ring)
        return watch

    dead, heir = watch_of("dead"), watch_of("heir")
    await dead.look()
    await heir.look()
    assert not heir.on_duty
    clock.advance(5.1)
    await heir.look()
    assert heir.on_duty
    await _until(lambda: begun == ["dead", "heir"])
    forever.set()
    await _until(lambda: not dead._ringing and not heir._ringing)
    row = await Duty.get(name="bell:daily")
    assert row.owner == ""
    assert row.lease_until is not None
    assert (row.lease_until - clock.moment).total_seconds() > 86000, "the late end of the dead one changed nothing"


async def test_a_slow_bell_keeps_its_lease_and_is_not_rung_twice(database: str, clock: FixedClock) -> None:
    begun: list[int] = []
    end = asyncio.Event()

    async def slow() -> None:
        begun.append(1)
        await end.wait()

    watch = Watch(clock=clock, owner="one", lease=5)
    watch.charge("slow", 60.0, slow)
    for _ in range(20):
        await watch.look()
        await asyncio.sleep(0)
        clock.advance(4)
    assert begun == [1]
    end.set()
    await _until(lambda: not watch._ringing)
    await watch.look()
    await _until(lambda: begun == [1, 1])


async def test_a_node_that_froze_knows_that_its_watch_is_over(database: str, clock: FixedClock) -> None:
    uptime = [100.0]
    watch = Watch(clock=clock, owner="one", lease=5, steady=lambda: uptime[0])
    await watch.look()
    assert watch.on_duty
    uptime[0] += 5.1
    assert not watch.on_duty, "it must not ring before it has asked the database again"


async def test_a_lease_from_before_the_clock_was_set_back_binds_nobody(database: str, clock: FixedClock) -> None:
    before = Watch(clock=clock, owner="before")
    await before.look()
    clock.advance(-3600)
    after = Watch(clock=clock, owner="after")
    await after.look()
    assert after.on_duty
    assert (await Duty.get(name=ALARM)).owner == "after"


async def test_the_bells_of_every_node_need_no_watch_and_hurry_once_more(database: str) -> None:
    alarm = Alarm(watch=Watch(clock=DatabaseClock(), owner="one"))
    rung: list[int] = []
    gate = asyncio.Event()

    async def bell() -> None:
        rung.append(1)
        await gate.wait()

    async def broken() -> None:
        rung.append(2)
        raise RuntimeError("a fault")

    alarm.every(60.0, bell, name="net")
    alarm.every(60.0, broken, name="broken")
    alarm.start()
    alarm.now("net")
    await _until(lambda: rung == [1])
    alarm.now("net")
    alarm.now("net")
    await asyncio.sleep(0.02)
    assert rung == [1], "it never runs twice at a time"
    gate.set()
    await _until(lambda: rung == [1, 1])
    alarm.now("broken")
    await _until(lambda: rung == [1, 1, 2])
    alarm.now("broken")
    await _until(lambda: rung == [1, 1, 2, 2])
    alarm.stop()
