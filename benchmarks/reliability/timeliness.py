"""From the moment to the effect, counted by the platforms: releases spread over time, and a hundred in the same second."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.plan import Plan
from benchmarks.chaos.referee import Effect, effects_of
from benchmarks.chaos.report import quantile
from benchmarks.chaos.run import drain, judged
from benchmarks.chaos.stage import House, house
from benchmarks.reliability.away import opened
from benchmarks.reliability.figure import Size, told
from publishers.records import Delivery

PAUSE: Final = 1.5
"""Seconds between two of the spread releases, on average."""
GAP: Final = 8.0
P50, P99, ALL = 1.0, 5.0, 60.0
"""The goals: seconds after the moment."""


async def measure(kind: str, url: str, folder: Path, size: Size) -> dict[str, Any]:
    """One process on SQLite, three on PostgreSQL."""
    count = size.spread + size.together
    plan = Plan(
        database=kind, releases=count, processes=3 if kind == "postgres" else 1, kills=0, stops=0, phase=0, share=0,
        resolve=180,
    )  # fmt: skip
    async with house(plan, url, folder) as here:
        return await _measured(plan, here, size)


async def _measured(plan: Plan, here: House, size: Size) -> dict[str, Any]:
    dice = random.Random(plan.seed)
    signed = await here.office.sign(plan.releases)
    here.fleet.start()
    await opened(here.settings.public_url)
    length = PAUSE * size.spread
    offsets = [dice.uniform(0, length) for _ in range(size.spread)] + [length + GAP] * size.together
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4 + 0.1 * plan.releases)
    approved = await here.office.plan(signed, begin, offsets)
    await asyncio.sleep((begin - datetime.now(UTC)).total_seconds() + length + GAP)
    await drain(plan, here)
    verdict = await judged(here, approved)
    due = {one.page_url: one.due_at for one in approved}
    effects = effects_of(await here.sandbox.effects())
    moment = (begin + timedelta(seconds=length + GAP)).timestamp()
    late = sorted(effect.at - due[effect.page_url] for effect in effects if due[effect.page_url] < moment)
    burst = sorted(effect.at - moment for effect in effects if due[effect.page_url] == moment)
    pages = sorted(
        (row.published_at - row.due_at).total_seconds()
        for row in await Delivery.filter(channel="portal")
        if row.published_at is not None
    )
    complete = len(late) == 2 * size.spread and len(burst) == 2 * size.together and not verdict.counts
    reached = (
        complete
        and bool(late)
        and late[0] >= 0
        and (quantile(late, 0.5) or 0) <= P50
        and (quantile(late, 0.99) or 0) <= P99
        and (not burst or burst[-1] <= ALL)
    )
    by_channel = {channel: _quantiles(effects, channel, due, moment) for channel in ("wechat", "weibo")}
    return told(
        "timeliness", plan.database, reached, releases=size.spread, least=quantile(late, 0.0), p50=quantile(late, 0.5),
        p99=quantile(late, 0.99), most=quantile(late, 1.0), **by_channel, same_second=size.together,
        same_second_p50=quantile(burst, 0.5), same_second_all=quantile(burst, 1.0), portal_p99=quantile(pages, 0.99),
        missing=2 * plan.releases - len(late) - len(burst), processes=plan.processes, findings=verdict.findings,
    )  # fmt: skip


def _quantiles(effects: list[Effect], channel: str, due: dict[str, float], moment: float) -> list[float | None]:
    """p50 and p99 of one platform's spread releases."""
    delays = sorted(
        effect.at - due[effect.page_url]
        for effect in effects
        if effect.channel == channel and due[effect.page_url] < moment
    )
    return [quantile(delays, 0.5), quantile(delays, 0.99)]
