"""滥用 on the screen: who may look, who may decide, what is said when something is missing, and what is never shown."""

from collections.abc import Callable
from typing import Any

import pytest

from audit.records import AuditRecord
from casework.guard_records import Limit, Nuisance
from tests.console.conftest import Browser, Caller, House

HERE, PERSON = "/console/guard", "3f2a9c" + "0" * 58
ONE = f"{HERE}/{PERSON}"


@pytest.fixture
async def noted(house: House, clock: Any) -> None:
    await house.staff("chengban", "handler", "何承办")
    await Nuisance.create(
        person=PERSON, channel="wechat", kind="advertisement", times=4, examples=["兼职刷单，<b>日结</b>"],
        first_at=clock.moment, last_at=clock.moment,
    )  # fmt: skip


async def signed_in(browser: Callable[[], Browser], name: str, path: str = HERE) -> Browser:
    mine = browser()
    await mine.sign_in(name)
    assert await mine.get(path) == 200
    return mine


async def test_somebody_is_limited_and_let_go_again(noted: None, browser: Callable[[], Browser], clock: Any) -> None:
    handler = await signed_in(browser, "chengban", "/console/")
    assert "1 人多次发送广告或刷屏" in handler.text
    await handler.get(HERE)
    for words in ("用户 3F2A9C", "等待决定", "广告 <b>4</b> 次", "兼职刷单，&lt;b&gt;日结"):
        assert words in handler.text
    assert await handler.post(f"{ONE}/limit", {"hours": "168", "reason": ""}) == 422
    assert "没有填写理由" in handler.text
    assert 'value="168" checked' in handler.text, "what was chosen is still chosen"
    assert await handler.post(f"{ONE}/limit", {"hours": "9", "reason": "广告"}) == 422
    assert await Limit.all().count() == 0
    assert await handler.post(f"{ONE}/limit", {"hours": "168", "reason": "一天 4 条兼职广告"}) == 200
    for words in ("已限制", "限制答复中", "一天 4 条兼职广告"):
        assert words in handler.text
    assert (await Limit.get()).until.timestamp() == clock.moment.timestamp() + 7 * 24 * 3600
    assert await handler.post(f"{ONE}/lift", {"reason": "已电话说明"}) == 200
    assert "已恢复自动答复" in handler.text
    assert await handler.post(f"{ONE}/lift", {"reason": "再按一次"}) == 422
    assert await AuditRecord.filter(verb__startswith="conversation.").count() == 2
    await handler.get("/console/")
    assert "多次发送广告" not in handler.text


async def test_a_look_that_leads_to_nothing_is_kept_too(noted: None, browser: Callable[[], Browser]) -> None:
    handler = await signed_in(browser, "chengban")
    assert await handler.post(f"{ONE}/leave", {}) == 200
    assert "已看过" in handler.text
    assert (await AuditRecord.get(verb="conversation.leave")).subject == "person:3F2A9C"


async def test_a_curator_reads_and_nobody_else_decides(noted: None, browser: Callable[[], Browser]) -> None:
    curator = await signed_in(browser, "zhishi")
    assert "限制多久" not in curator.text
    assert await curator.post(f"{ONE}/limit", {"hours": "24", "reason": "广告"}) == 403
    drafter = browser()
    await drafter.sign_in("nigao")
    assert await drafter.get(HERE) == 403
    assert await Limit.all().count() == 0


async def test_a_person_who_left_meanwhile_is_said_so(noted: None, browser: Callable[[], Browser]) -> None:
    handler = await signed_in(browser, "chengban")
    await Nuisance.all().delete()
    assert await handler.post(f"{ONE}/limit", {"hours": "24", "reason": "广告"}) == 422
    assert "可能已经取消关注" in handler.text


async def test_another_program_decides_by_the_same_rules(noted: None, call: Callable[[str], Caller]) -> None:
    handler, curator = call("chengban"), call("zhishi")
    found = await curator("GET", "/abuse")
    assert (found.status, [one["person"] for one in found.body["items"]]) == (200, [PERSON])
    limit = f"/abuse/{PERSON}/limit"
    assert (await curator("POST", limit, {"hours": 24, "reason": "广告"})).status == 403
    assert (await handler("POST", limit, {"hours": 5, "reason": "广告"})).status == 422
    found = await handler("POST", limit, {"hours": 24, "reason": "广告"})
    assert (found.status, found.body["items"][0]["reason"], found.body["items"][0]["waits"]) == (200, "广告", False)
    assert (await handler("POST", f"/abuse/{PERSON}/lift", {"reason": "已说明"})).status == 200
    refused = await handler("POST", f"/abuse/{PERSON}/lift", {"reason": "已说明"})
    assert (refused.status, refused.body["detail"]) == (422, "这个人现在没有被限制。限制可能已经到期，请刷新查看。")
    assert (await handler("POST", f"/abuse/{PERSON}/leave", {})).status == 200
    assert (await handler("POST", f"/abuse/{'0' * 64}/leave", {})).status == 422
