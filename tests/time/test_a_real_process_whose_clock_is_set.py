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


@pytest.mark.timeout(240)
async def test_steps_while_it_runs(database_url: str, tmp_path: Path) -> None:
    steps = [3600, -3600, 30, -30]
    async with set_house(tmp_path, database_url, texts=len(steps)) as (house, texts):
        await house.open()
        for number, (step, text) in enumerate(zip(steps, texts, strict=True)):
            before = number * PER_RELEASE
            _, due = await house.planned(text, 5)
            await asyncio.sleep(1.5)
            house.set_by(step)
            await asyncio.sleep(max(0.0, due - time.time()) + 2.5)
            assert len(await house.effects()) == before, f"a step of {step} s let something out"
            house.set_by(0)
            back = time.time()
            gone = await house.expect(before + PER_RELEASE, seconds=SETTLED)
            assert all(max(due, back - 1) <= at <= back + SETTLED for at in gone[before:])
        assert "完整" in await house.command("audit", "verify")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("step", [3600, -3600, 30, -30])
async def test_a_step_while_it_is_down(database_url: str, tmp_path: Path, step: int) -> None:
    async with set_house(tmp_path, database_url, texts=1) as (house, (text,)):
        await house.open()
        _, due = await house.planned(text, 6)
        await house.end(signal.SIGKILL)
        house.set_by(step)
        await house.open()
        await asyncio.sleep(max(0.0, due - time.time()) + 2)
        assert await house.effects() == []
        house.set_by(0)
        gone = await house.expect(PER_RELEASE, seconds=SETTLED)
        assert all(at >= due for at in gone)


@pytest.mark.timeout(240)
async def test_a_clock_that_is_set_right_is_believed_when_the_platforms_agree_or_a_person_answers_for_it(
    database_url: str, tmp_path: Path
) -> None:
    async with set_house(tmp_path, database_url, texts=2) as (house, (first, second)):
        house.set_by(-20)
        house.environ(MINGBAI_WECHAT_API_BASE="http://127.0.0.1:9", MINGBAI_WEIBO_API_BASE="http://127.0.0.1:9")
        await house.open()
        await asyncio.sleep(4)
        # Nobody can be asked: the clock is believed as it is, and then somebody sets it right.
        house.set_by(0)
        _, due = await house.planned(first, 3)
        await asyncio.sleep(max(0.0, due - time.time()) + 3)
        status, _ = await house.page(f"/d/{first}")
        assert status == 404, "the clock jumped, and nobody has confirmed it"
        said = await house.command("clock", "accept", "--reason", "已与手机时间核对")
        assert "北京时间" in said
        end = time.monotonic() + SETTLED
        while status != 200 and time.monotonic() < end:
            await asyncio.sleep(0.1)
            status, _ = await house.page(f"/d/{first}")
        assert status == 200
        await house.end(signal.SIGTERM)
        house.environ(
            MINGBAI_WECHAT_API_BASE=house.settings.wechat_api_base, MINGBAI_WEIBO_API_BASE=house.settings.weibo_api_base
        )
        await house.open()
        _, due = await house.planned(second, 2)
        gone = await house.expect(2 * PER_RELEASE, seconds=SETTLED)
        assert gone[-1] >= due
