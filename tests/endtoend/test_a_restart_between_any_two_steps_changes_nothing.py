"""The process may be stopped or killed between any two steps of the main job; the database holds everything."""

import signal
from itertools import cycle
from typing import Any

import pytest

from tests.endtoend import walk
from tests.endtoend.conftest import until_known

CHANNELS = ["portal", "wechat", "weibo", "answers"]


@pytest.mark.timeout(300)
async def test_the_walk_survives_an_end_of_the_process_after_every_step(process_house: Any) -> None:
    house = process_house
    ends = cycle([signal.SIGTERM, signal.SIGKILL])

    async def again() -> None:
        await house.end(next(ends))
        await house.open()

    number = await walk.written(house)
    await again()
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    await again()
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
        await again()
    wanted = {"disclosure": number, "at": "now", "channels": CHANNELS}
    made = await house.must("fabu", "POST", "/releases", wanted, **{"Idempotency-Key": "walk-1"})
    await again()
    repeated = await house.must("fabu", "POST", "/releases", wanted, **{"Idempotency-Key": "walk-1"})
    assert repeated["id"] == made["id"], "the same key is the same release, also after a restart"
    await again()
    await house.until(made["id"], "published", seconds=110)
    await again()
    effects = await house.control("GET", "/effects")
    assert len(effects["publications"]) == 1
    assert len(effects["weibo_posts"]) == 1
    await until_known(house, walk.QUESTION)
    status, page = await house.page(f"/d/{number}")
    assert status == 200
    assert walk.TITLE in page
    assert "完整" in await house.command("audit", "verify")
