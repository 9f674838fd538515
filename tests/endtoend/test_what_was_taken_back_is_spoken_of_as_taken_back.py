"""The citizen's side of a withdrawal, a correction and a repeal, by the account's own door and by the API; and the clerk's
side of the proof, in the running house."""

import asyncio
from typing import Any

from publishers.records import Delivery
from tests.endtoend import walk
from tests.endtoend.conftest import until_known

WHY = "因标准调整撤回，更正后重新发布。"
OLD_WORDS = ("五个工作日", "600", "400", "社会保障卡")


async def said(house: Any, text: str) -> str:
    """What the WeChat account answers a citizen, over the real callback."""
    follower = (await house.control("POST", "/followers", {"openid": "oCitizen0001"}))["openid"]
    told = await house.control("POST", f"/followers/{follower}/say", {"type": "text", "content": text})
    return str(told["chat"][-1])


async def test_who_asks_at_once_after_a_withdrawal_is_told_and_hears_nothing_of_the_text(house: Any) -> None:
    number = await walk.approved(house)
    await walk.released(house, number)
    await until_known(house, walk.QUESTION)
    await house.must("fabu", "POST", f"/disclosures/{number}/withdraw", {"explanation": WHY})
    for question in (walk.QUESTION, walk.TITLE):
        answer = await house.must("fabu", "POST", "/ask", {"text": question})
        assert answer["decision"] == "none"
        for text in (answer["answer"], await said(house, question)):
            assert f"《{walk.TITLE}》" in text
            assert "撤回" in text
            assert WHY in text
            assert f"/d/{number}" in text
            assert not [word for word in OLD_WORDS if word in text], text


async def test_after_a_correction_and_a_repeal_the_answer_says_so(house: Any) -> None:
    number = await walk.approved(house)
    await walk.released(house, number)
    await until_known(house, walk.QUESTION)
    changes = {"body_markdown": walk.BODY.replace("五个工作日", "三个工作日"), "summary": "", "channels": {}}
    await house.must("nigao", "PATCH", f"/disclosures/{number}", changes)
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
    wanted = {"disclosure": number, "at": "now", "channels": ["portal", "answers"]}
    await house.until((await house.must("fabu", "POST", "/releases", wanted))["id"], "published")
    text = await said(house, walk.QUESTION)
    assert "【已更正】" in text
    assert "替代此前发布的版本" in text
    assert "三个工作日" in text
    assert "五个工作日" not in text
    status, found = await house.call("fabu", "POST", f"/disclosures/{number}/repeal", {"explanation": "已有新规定"})
    assert status == 200, found
    text = await said(house, walk.QUESTION)
    assert "【废止】" in text
    assert text.index("【废止】") < text.index("【已更正】")


async def test_the_running_house_proves_what_it_published(house: Any) -> None:
    number = await walk.approved(house)
    release = await walk.released(house, number)
    proofs: dict[str, str | None] = {}
    for _ in range(60):
        proofs = {row.channel: row.proof for row in await Delivery.filter(release_id=release["id"])}
        if None not in proofs.values():
            break
        await asyncio.sleep(0.5)
    assert proofs == dict.fromkeys(("portal", "wechat", "weibo", "answers"), "same")
