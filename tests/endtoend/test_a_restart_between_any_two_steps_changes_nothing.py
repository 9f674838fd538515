"""The process may stop between any two steps of the main job; the database holds everything."""

from typing import Any

from tests.endtoend import walk


async def test_the_walk_survives_a_restart_after_every_step(house: Any) -> None:
    number = await walk.written(house)
    await house.restart()
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    await house.restart()
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
        await house.restart()
    made = await house.must(
        "fabu",
        "POST",
        "/releases",
        {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo", "answers"]},
        **{"Idempotency-Key": "walk-1"},
    )
    await house.restart()
    again = await house.must(
        "fabu",
        "POST",
        "/releases",
        {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo", "answers"]},
        **{"Idempotency-Key": "walk-1"},
    )
    assert again["id"] == made["id"], "the same key is the same release, also after a restart"
    await house.restart()
    await house.until(made["id"], "published", seconds=100)
    await house.restart()
    effects = await house.control("GET", "/effects")
    assert len(effects["publications"]) == 1
    assert len(effects["weibo_posts"]) == 1
    answer = await house.must("fabu", "POST", "/ask", {"text": walk.QUESTION})
    assert answer["decision"] == "answer"
