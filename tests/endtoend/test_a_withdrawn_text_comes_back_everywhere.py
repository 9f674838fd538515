"""Un-withdrawing is a release like any other: a withdrawn text that was mended, approved and released again is on every channel,
and the read-back proves it (features P25)."""

import asyncio
from typing import Any

from publishers.records import Delivery
from tests.endtoend import walk
from tests.endtoend.conftest import until_known

CHANNELS = ["portal", "wechat", "weibo", "answers"]


async def _withdrawn(house: Any, release: int) -> None:
    await house.until(release, "withdrawn", seconds=30)


async def test_a_withdrawn_text_comes_back_everywhere(house: Any) -> None:
    number = await walk.approved(house)
    first = await walk.released(house, number)
    await house.must("fabu", "POST", f"/disclosures/{number}/withdraw", {"explanation": "标准有误，更正后重新发布。"})
    await _withdrawn(house, first["id"])
    assert (await house.page(f"/d/{number}"))[0] == 410
    gone = await Delivery.filter(release_id=first["id"]).values_list("state", flat=True)
    assert set(gone) == {"withdrawn"}

    changes = {
        "body_markdown": walk.BODY.replace("| 400 |", "| 420 |"),
        "summary": "低保户、特困供养户冬季取暖补助由村（居）代办，五个工作日内到卡，低保户每户420元。",
        "channels": {"weibo": {"text": "【更正】低保户的冬季取暖补助为每户420元，由村（居）代办。"}},
    }
    await house.must("nigao", "PATCH", f"/disclosures/{number}", changes)
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
    plan = {"disclosure": number, "at": "now", "channels": CHANNELS}
    again = await house.until((await house.must("fabu", "POST", "/releases", plan))["id"], "published")
    assert again["state"] == "released"

    status, page = await house.page(f"/d/{number}")
    assert status == 200
    assert "420" in page
    for kind in ("atom", "rss", "json"):
        assert walk.TITLE in (await house.page(f"/feed.{kind}"))[1], kind
    assert "420" in (await until_known(house, walk.QUESTION))["answer"]
    async with asyncio.timeout(30):
        while True:
            proofs = dict(await Delivery.filter(release_id=again["id"]).values_list("channel", "proof"))
            if all(proofs[channel] == "same" for channel in CHANNELS):
                break
            await asyncio.sleep(0.2)
    assert (await house.must("fabu", "GET", f"/disclosures/{number}"))["state"] == "released"
