"""The same as with a clock of our own making, end to end: a real process, a wall clock that somebody sets, real HTTP, and
effects that the platforms count on their side. 0 early, 0 lost, 0 twice."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.time.processes import set_house

SETTLED = 20.0
"""Seconds within which what is overdue goes out once the clock is right again."""
PER_RELEASE = 2
"""Effects that the sandbox counts for one release: WeChat and Weibo."""


STEPS = [3600, -3600, 30, -30]


@pytest.mark.timeout(300)
async def test_steps_while_it_runs(database_url: str, tmp_path: Path) -> None:
    async with set_house(tmp_path, database_url, texts=len(STEPS) + 1) as (house, texts):
        await house.open()
        await house.planned(texts.pop(), 0.5)
        await house.expect(PER_RELEASE, seconds=SETTLED)
        for number, (step, text) in enumerate(zip(STEPS, texts, strict=True), start=1):
            before = number * PER_RELEASE
            _, due = await house.planned(text, 5)
            await asyncio.sleep(1.5)
            house.set_by(step)
            await asyncio.sleep(max(0.0, due - time.time()) + 2.5)
            assert len(await house.effects()) == before, f"a step of {step} s let something out"
            house.set_by(0)
            gone = await house.expect(before + PER_RELEASE, seconds=SETTLED)
            assert all(at >= due for at in gone[before:])
        assert "完整" in await house.command("audit", "verify")


@pytest.mark.timeout(300)
async def test_steps_while_it_is_down(database_url: str, tmp_path: Path) -> None:
    async with set_house(tmp_path, database_url, texts=len(STEPS)) as (house, texts):
        await house.open()
        for number, (step, text) in enumerate(zip(STEPS, texts, strict=True)):
            before = number * PER_RELEASE
            _, due = await house.planned(text, 6)
            await house.end(signal.SIGKILL)
            house.set_by(step)
            await house.open()
            await asyncio.sleep(max(0.0, due - time.time()) + 2)
            assert len(await house.effects()) == before, f"a step of {step} s let something out"
            house.set_by(0)
            gone = await house.expect(before + PER_RELEASE, seconds=SETTLED)
            assert all(at >= due for at in gone[before:])


@pytest.mark.timeout(240)
async def test_a_clock_that_is_set_right_is_believed_when_the_platforms_agree_or_a_person_answers_for_it(
    database_url: str, tmp_path: Path
) -> None:
    async with set_house(tmp_path, database_url, texts=3) as (house, (before, first, second)):
        house.environ(MINGBAI_WECHAT_API_BASE="http://127.0.0.1:9", MINGBAI_WEIBO_API_BASE="http://127.0.0.1:9")
        await house.open()
        await house.planned(before, 0.5)
        await house.shows(before, seconds=SETTLED)
        house.set_by(20)
        _, due = await house.planned(first, 3)
        await asyncio.sleep(max(0.0, due - time.time()) + 3)
        status, _ = await house.page(f"/d/{first}")
        assert status == 404, "the clock jumped, and nobody has confirmed it"
        said = await house.command("clock", "accept", "--reason", "已与手机时间核对")
        assert "北京时间" in said
        await house.shows(first, seconds=SETTLED)
        await house.end(signal.SIGTERM)
        # The clock goes back while nobody runs: it is before the newest record now, and the platforms say that it is right.
        house.set_by(0)
        house.environ(
            MINGBAI_WECHAT_API_BASE=house.settings.wechat_api_base, MINGBAI_WEIBO_API_BASE=house.settings.weibo_api_base
        )
        await house.open()
        _, due = await house.planned(second, 2)
        gone = await house.expect(3 * PER_RELEASE, seconds=2 * SETTLED)
        assert gone[-1] >= due
