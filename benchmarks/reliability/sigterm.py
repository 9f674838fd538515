"""SIGTERM while calls to the platforms and an answer to a citizen are in flight: gone in ten seconds, and nothing is sent
twice or lost by the next start."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.fleet import GONE
from benchmarks.chaos.plan import SHORT, Plan
from benchmarks.chaos.run import drain, judged
from benchmarks.chaos.stage import House, house
from benchmarks.reliability.away import opened
from benchmarks.reliability.figure import SMALL, Size, told

RELEASES: Final = 4
"""No more than can be read back on Weibo at a time (its five newest posts)."""
SLOW: Final = 30
"""Seconds every call takes, which is longer than any process may wait for it."""
BRISK: Final = {**SHORT.patience, "settle": 26}
BRISK_SLOW: Final = 12
IN_FLIGHT: Final = 3.0
CITIZEN: Final = "oSigterm000000000000000000"


async def measure(kind: str, url: str, folder: Path, size: Size) -> dict[str, Any]:
    plan = Plan(
        database=kind, releases=RELEASES, processes=2 if kind == "postgres" else 1, kills=0, stops=0, phase=0, share=0,
        late_commits=(SLOW,), resolve=400,
    )  # fmt: skip
    if size is SMALL:
        plan = replace(plan, patience=BRISK, late_commits=(BRISK_SLOW,))
    async with house(plan, url, folder) as here:
        return await _measured(plan, here)


async def _measured(plan: Plan, here: House) -> dict[str, Any]:
    signed = await here.office.sign(plan.releases)
    here.fleet.start()
    await opened(here.settings.public_url)
    begin = datetime.now(UTC) + timedelta(seconds=5)
    approved = await here.office.plan(signed, begin, [0.0] * plan.releases)
    slow = {"kind": "slow", "seconds": plan.late_commits[0], "count": None, "path": "/2/statuses/*"}
    submit = {**slow, "path": "/cgi-bin/freepublish/submit"}
    await here.sandbox.control("POST", "/faults", {"faults": [slow, submit]})
    await asyncio.sleep(max(0.0, (begin - datetime.now(UTC)).total_seconds()) + IN_FLIGHT)
    await here.sandbox.control(
        "POST", f"/followers/{CITIZEN}/say", {"type": "text", "content": "办理居住证需要什么材料", "wait": False}
    )
    _, in_flight, _ = await here.sandbox.faults()
    seconds = await here.fleet.stop()
    crashes = list(here.fleet.crashes)
    await here.sandbox.control("DELETE", "/faults")
    here.fleet.start()
    drained = await drain(plan, here)
    verdict = await judged(here, approved)
    broken = sum(verdict.counts[name] for name in ("duplicates", "lost", "early", "unapproved", "unresolved"))
    return told(
        "sigterm", plan.database, seconds <= GONE and not broken and not crashes and in_flight > 0,
        seconds=round(seconds, 2), calls_in_flight=in_flight, processes=plan.processes, releases=plan.releases,
        duplicates=verdict.counts["duplicates"], lost=verdict.counts["lost"], unresolved=verdict.counts["unresolved"],
        held=verdict.counts["held"], drained=round(drained, 1), findings=[*verdict.findings, *crashes],
    )  # fmt: skip
