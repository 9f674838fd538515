"""The disk under the SQLite file is full when releases become due: nothing may be sent whose intent is not recorded, and
when there is room again everything goes its way. A small file system in memory stands in for the disk; it takes root."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.plan import Plan
from benchmarks.chaos.referee import Effect, effects_of
from benchmarks.chaos.run import drain, judged
from benchmarks.chaos.stage import House, database, house
from benchmarks.reliability.away import Watch, opened
from benchmarks.reliability.figure import Size, told
from publishers.records import Attempt, Delivery

MEGABYTES: Final = 24
RELEASES: Final = 16
BLOCK: Final = 4096
LEAD: Final = 4.0
REASON: Final = "a small file system can only be mounted by root"


@contextmanager
def disk() -> Iterator[Path | None]:
    """An empty file system of ``MEGABYTES``; None where it cannot be mounted."""
    with tempfile.TemporaryDirectory(prefix="mingbai-disk-", ignore_cleanup_errors=True) as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", name]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
            yield None
            return
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "-l", name], capture_output=True, check=False)


async def measure(kind: str, url: str, folder: Path, size: Size) -> dict[str, Any]:
    """``folder`` is for the logs; the database lies on the small disk."""
    with disk() as small:
        if small is None:
            return told("disk full", kind, None, reason=REASON)
        plan = Plan(database=kind, releases=RELEASES, processes=1, kills=0, stops=0, phase=0, share=0, resolve=240)
        with database("sqlite", small) as there:
            async with house(plan, there, folder) as here:
                return await _measured(plan, here, small, size)


async def _measured(plan: Plan, here: House, small: Path, size: Size) -> dict[str, Any]:
    signed = await here.office.sign(plan.releases)
    here.fleet.start()
    await opened(here.settings.public_url)
    begin = datetime.now(UTC) + timedelta(seconds=LEAD)
    # Half of the moments lie in the time without room, the others before and after it.
    offsets = [size.full * 1.5 * number / plan.releases - size.full * 0.25 for number in range(plan.releases)]
    approved = await here.office.plan(signed, begin, [max(0.0, 4 + offset) for offset in offsets])
    watch = Watch()
    watching = asyncio.create_task(watch.look(here.settings.public_url))
    await asyncio.sleep(max(0.0, (begin - datetime.now(UTC)).total_seconds() + 4))
    watch.dead = 0
    written = _fill(small / "filler")
    await asyncio.sleep(size.full)
    sent_meanwhile = len(effects_of(await here.sandbox.effects()))
    (small / "filler").unlink()
    drained = await drain(plan, here)
    watch.stop.set()
    await watching
    verdict = await judged(here, approved)
    without = await _without_intent(here)
    logged = here.fleet.logged("database or disk is full", "disk I/O error")
    broken = sum(verdict.counts[name] for name in ("duplicates", "lost", "early", "unapproved", "unresolved"))
    reached = not broken and not without and not watch.dead and not here.fleet.crashes and sum(logged.values()) > 0
    return told(
        "disk full", plan.database, reached, seconds=size.full, releases=plan.releases, filled=written,
        refused_writes=sum(logged.values()), sent_until_room=sent_meanwhile, sent_without_intent=without,
        duplicates=verdict.counts["duplicates"], lost=verdict.counts["lost"], unresolved=verdict.counts["unresolved"],
        held=verdict.counts["held"], dead=watch.dead, crashes=len(here.fleet.crashes), drained=round(drained, 1),
        findings=[*verdict.findings, *here.fleet.crashes],
    )  # fmt: skip


async def _without_intent(here: House) -> int:
    """Effects for which no intent was committed before."""
    rows = {(row.channel, row.disclosure_id): row for row in await Delivery.filter(channel__in=["wechat", "weibo"])}
    sends: dict[int, float] = {}
    for attempt in await Attempt.filter(verb="send"):
        began = attempt.began_at.timestamp()
        sends[attempt.delivery_id] = min(began, sends.get(attempt.delivery_id, began))

    def covered(effect: Effect) -> bool:
        row = rows.get((effect.channel, int(effect.page_url.rsplit("/", 1)[1])))
        return row is not None and sends.get(row.id, float("inf")) <= effect.at

    return sum(not covered(effect) for effect in effects_of(await here.sandbox.effects()))


def _fill(path: Path) -> int:
    """Writes until nothing more fits; returns the bytes."""
    size = 0
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as filler:
        while written := filler.write(b"\0" * BLOCK):
            size += written
    return size
