"""The main job over the API alone: written, signed by three, released now; seen on three channels and three feeds within
five seconds; then the phone is asked and answers from it."""

import asyncio
import time
from typing import Any

from tests.endtoend import walk
from tests.endtoend.conftest import until_known


async def test_a_disclosure_reaches_every_channel_within_five_seconds(house: Any) -> None:
    number = await walk.approved(house)
    before = await house.control("GET", "/effects")
    assert before["publications"] == []
    assert before["weibo_posts"] == []
    began = time.monotonic()
    release = await walk.released(house, number)
    took = time.monotonic() - began
    assert took < 5, f"{took:.1f} s until everything was out"
    assert {d["channel"]: d["state"] for d in release["deliveries"]} == dict.fromkeys(
        ("portal", "wechat", "weibo", "answers"), "published"
    )
    effects = await house.control("GET", "/effects")
    assert len(effects["publications"]) == 1, "one article, no duplicate"
    assert len(effects["weibo_posts"]) == 1, "one post, no duplicate"
    assert "取暖补助" in effects["weibo_posts"][0]["text"]
    status, page = await house.page(f"/d/{number}")
    assert status == 200
    assert walk.TITLE in page
    assert '<meta name="ColumnName"' in page
    for feed in ("/feed.atom", "/feed.rss", "/feed.json"):
        status, text = await house.page(feed)
        assert (status, walk.TITLE in text) == (200, True), feed


async def test_the_phone_is_answered_from_the_released_text(house: Any) -> None:
    await walk.released(house, await walk.approved(house))
    answer = await until_known(house, walk.QUESTION)
    assert answer["sources"][0]["document_number"] == "明民发〔2026〕31号"
    follower = (await house.control("POST", "/followers", {"openid": "oCitizen0001"}))["openid"]
    told = await house.control("POST", f"/followers/{follower}/say", {"type": "text", "content": walk.QUESTION})
    replies = [line for line in told["chat"] if line.get("from") == "account" or line.get("sender") == "account"]
    text = str(told["chat"][-1])
    assert replies or told["deliveries"], told
    assert "五个工作日内发放到社会保障卡" in text, told["chat"]
    assert "明民发〔2026〕31号" in text, "every answer names its source"


async def test_a_withdrawal_reaches_every_channel(house: Any) -> None:
    number = await walk.approved(house)
    release = await walk.released(house, number)
    await house.must(
        "fabu", "POST", f"/disclosures/{number}/withdraw", {"explanation": "因标准调整撤回，更正后重新发布。"}
    )
    found = await house.until(release["id"], "withdrawn")
    assert {d["state"] for d in found["deliveries"]} == {"withdrawn"}
    status, page = await house.page(f"/d/{number}")
    assert status == 410
    assert "因标准调整撤回" in page
    _, atom = await house.page("/feed.atom")
    assert "deleted-entry" in atom
    effects = await house.control("GET", "/effects")
    assert all(post["deleted"] for post in effects["weibo_posts"])
    assert all(article["deleted"] for article in effects["publications"])
    answer = await house.must("fabu", "POST", "/ask", {"text": walk.QUESTION})
    assert answer["decision"] != "answer"


async def test_what_two_people_signed_does_not_go_out(house: Any) -> None:
    number = await walk.written(house)
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for reviewer in ("chushen", "fushen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
    status, problem = await house.call(
        "fabu", "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal"]}
    )
    assert status == 409
    assert "三审" in problem["detail"]
    status, _ = await house.call("chushen", "POST", f"/disclosures/{number}/approve")
    assert status in {403, 409}, "nobody signs twice"


async def test_an_edit_clears_the_approval(house: Any) -> None:
    number = await walk.approved(house)
    changed = await house.must("nigao", "PATCH", f"/disclosures/{number}", {"title": "关于发放冬季取暖补助的更正通知"})
    assert changed["state"] == "draft"
    status, _ = await house.call(
        "fabu", "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal"]}
    )
    assert status == 409


async def test_one_channels_trouble_never_delays_another(house: Any) -> None:
    await house.control(
        "POST",
        "/faults",
        {"platform": "weibo", "path": "/2/statuses/share.json", "kind": "errcode", "errcode": 10014, "count": 5},
    )
    number = await walk.approved(house)
    made = await house.must(
        "fabu", "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo"]}
    )
    found = await house.until(made["id"], "published", "failed")
    states = {d["channel"]: d["state"] for d in found["deliveries"]}
    assert states == {"portal": "published", "wechat": "published", "weibo": "failed"}
    weibo = next(d for d in found["deliveries"] if d["channel"] == "weibo")
    assert weibo["remedy"], "the screen says what to do"


async def test_a_lost_answer_is_read_back_and_nothing_is_doubled(house: Any) -> None:
    for platform, path in (("wechat", "/cgi-bin/freepublish/submit"), ("weibo", "/2/statuses/share.json")):
        await house.control(
            "POST", "/faults", {"platform": platform, "path": path, "kind": "http_5xx_after", "count": 1}
        )
    number = await walk.approved(house)
    made = await house.must(
        "fabu", "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo"]}
    )
    await house.until(made["id"], "published", seconds=20)
    effects = await house.control("GET", "/effects")
    assert len(effects["publications"]) == 1
    assert len(effects["weibo_posts"]) == 1


async def test_a_correction_takes_down_what_still_shows_the_old_text(house: Any) -> None:
    number = await walk.approved(house)
    await walk.released(house, number)
    await _corrected(house, number, {"body_markdown": walk.BODY.replace("600", "650")})
    wanted = {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo", "answers"]}
    status, problem = await house.call("fabu", "POST", "/releases", wanted)
    assert (status, "一字不差" in problem["detail"]) == (409, True), "Weibo would refuse the same words"
    text = "【更正】特困供养户取暖补助标准为每户650元，以更正后的通知为准。"
    await _corrected(house, number, {"channels": {"weibo": {"text": text}}})
    made = await house.must("fabu", "POST", "/releases", wanted)
    await house.until(made["id"], "published")
    async with asyncio.timeout(20):
        while True:
            effects = await house.control("GET", "/effects")
            live = {kind: [e for e in effects[kind] if not e["deleted"]] for kind in ("publications", "weibo_posts")}
            if all(len(rows) == 1 for rows in live.values()):
                break
            await asyncio.sleep(0.2)
    assert text in live["weibo_posts"][0]["text"]
    assert len(effects["publications"]) == 2
    # The platforms have deleted before the ledger has read that they did.
    await house.until(1, "withdrawn")
    assert "650" in (await house.page(f"/d/{number}"))[1]
    await asyncio.sleep(1.2)
    answer = await house.must("fabu", "POST", "/ask", {"text": "特困供养户取暖补助多少钱"})
    assert "600" not in answer["answer"]


async def _corrected(house: Any, number: int, changes: dict[str, Any]) -> None:
    await house.must("nigao", "PATCH", f"/disclosures/{number}", changes)
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
