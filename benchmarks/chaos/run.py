"""One run, from top to bottom: releases are signed and planned, the storm comes, it ends, and the referee counts."""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tortoise.functions import Count

from audit.trail import Trail
from benchmarks.chaos import faults
from benchmarks.chaos.fleet import Fleet
from benchmarks.chaos.meddler import Meddler
from benchmarks.chaos.plan import Plan
from benchmarks.chaos.reader import Reader, unread
from benchmarks.chaos.referee import ENDED, HELD, Claimed, Verdict, effects_of, judge
from benchmarks.chaos.report import Run, line
from benchmarks.chaos.stage import House, database, house, moments
from benchmarks.chaos.storm import Storm
from benchmarks.chaos.texts import Approved
from gateway.wiring import Product
from knowledge.entry import disclosure_entry_id
from publishers.records import Attempt, Delivery
from publishers.states import BEFORE_INTENT
from scheduler.records import Node

LEASE_LOST = "lease lost"
PLANNING = 0.05
"""Seconds that planning one release takes at most; so much later the first is due."""
TELL = 20.0


def run(plan: Plan) -> dict[str, Any]:
    """Runs the plan in a folder of its own; returns the line. What was found is told on standard error."""
    with tempfile.TemporaryDirectory(prefix="mingbai-chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with database(plan.database, folder) as url:
            return asyncio.run(_run(plan, url, folder))


async def _run(plan: Plan, url: str, folder: Path) -> dict[str, Any]:
    began, dice = time.monotonic(), random.Random(plan.seed)
    async with house(plan, url, folder) as here:
        _tell(plan, f"{plan.releases} disclosures are signed by three people each")
        signed = await here.office.sign(plan.releases)
        here.fleet.start()
        begin = datetime.now(UTC) + timedelta(seconds=8 + PLANNING * plan.releases)
        approved = await here.office.plan(signed, begin, moments(plan, dice))
        reader, meddler = Reader(approved), Meddler(here.office, approved, dice)
        reading, meddling = asyncio.create_task(reader.read()), asyncio.create_task(meddler.meddle())
        before, _, _ = await here.sandbox.faults()
        await here.sandbox.control("POST", "/faults", {"seed": plan.seed, "faults": faults.rules(plan)})
        await asyncio.sleep(max(0.0, (begin - datetime.now(UTC)).total_seconds()))
        _tell(plan, f"the storm begins: {plan.kills} kills, {plan.stops} stops, {plan.phase:.0f} s")
        storm = Storm(here.fleet, plan, dice, untouched, partial(at_work, here.fleet))
        await storm.blow()
        calls, faulty, events = await here.sandbox.faults()
        await here.sandbox.control("DELETE", "/faults")
        await meddling
        drained = await drain(plan, here)
        reading.cancel()
        verdict = await judged(
            here, approved, early_pages=reader.early, cancelled=meddler.cancelled, moved=meddler.moved
        )  # fmt: skip
        sigterm = await here.fleet.stop()
        whole = Run(
            kills=storm.kills, stops=storm.stops, phase=storm.seconds, calls=calls - before,
            faulty=faulty, events=events, crashes=len(here.fleet.crashes),
            drained=drained, sigterm=sigterm, stale=here.fleet.logged(LEASE_LOST)[LEASE_LOST], early_looks=reader.looks,
            edited=len(meddler.edited), moved=len(meddler.moved), audit_records=(await Trail().verify()).records, seconds=time.monotonic() - began,
        )  # fmt: skip
        for told in (*verdict.findings, *here.fleet.crashes):
            _tell(plan, told)
        return line(plan, verdict, whole)


async def at_work(fleet: Fleet) -> bool:
    """Whether a process that runs has joined the others."""
    pids = fleet.pids()
    return any(row.detail.get("pid") in pids and row.detail.get("joined") is True for row in await Node.all())


async def untouched() -> float:
    """Which part of the deliveries nobody has begun to send. Local channels count when they are out."""
    left = await Delivery.filter(state__in=list(BEFORE_INTENT)).count()
    return left / max(1, await Delivery.all().count())


async def drain(plan: Plan, here: House) -> float:
    """Waits until every delivery has ended or waits for a person and no late effect is under way, but not for longer than
    the plan's ``resolve``; returns the seconds."""
    began = told = time.monotonic()
    while (waited := time.monotonic() - began) < plan.resolve:
        here.fleet.look_after()
        left = await Delivery.exclude(state__in=[*ENDED, HELD]).count()
        if not left and await here.sandbox.idle():
            return waited
        if time.monotonic() - told > TELL:
            told = time.monotonic()
            _tell(plan, f"the storm is over for {waited:.0f} s, {left} deliveries are under way")
        await asyncio.sleep(1)
    return plan.resolve


async def judged(here: House, approved: Sequence[Approved], **known: Any) -> Verdict:
    """The platforms are asked last: what the ledger claimed before must be true then."""
    rows = await Delivery.all()
    tries = dict(await Attempt.annotate(n=Count("id")).group_by("delivery_id").values_list("delivery_id", "n"))
    claims = [
        Claimed(
            delivery_id=row.id, disclosure_id=row.disclosure_id, channel=row.channel, state=row.state,
            reason=row.problem, attempts=tries.get(row.id, 0), sent=row.intent_at is not None,
        )
        for row in rows
    ]  # fmt: skip
    public = {row.disclosure_id for row in rows if row.channel == "portal" and row.state == "published"}
    return judge(
        approved,
        effects_of(await here.sandbox.effects()),
        claims,
        missing_pages=await unread([one for one in approved if one.disclosure_id in public]),
        missing_answers=await _untaught(here.product, approved),
        **known,
    )


async def _untaught(product: Product, approved: Sequence[Approved]) -> set[int]:
    """The disclosures that the bot does not know word for word."""
    today, missing = datetime.now(UTC).date(), set()
    for one in approved:
        entry = await product.curation.entry(disclosure_entry_id(one.disclosure_id), today=today)
        if entry is None or not all(words in entry.body for words in one.words):
            missing.add(one.disclosure_id)
    return missing


def _tell(plan: Plan, what: str) -> None:
    print(f"[{plan.database}] {what}", file=sys.stderr, flush=True)


def printed(told: dict[str, Any]) -> None:
    """One line of JSON on standard output."""
    print(json.dumps(told, ensure_ascii=False), flush=True)
