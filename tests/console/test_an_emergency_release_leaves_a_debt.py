"""应急发布: out at once on one final reviewer's word, owed to the others under the same hash, and told until it is paid."""

from typing import Any

import pytest

from disclosures.emergencies import open_debts
from disclosures.records import DocumentKind
from disclosures.reviewing_records import EmergencyRelease
from publishers.records import Delivery, Incident
from scheduler.emergency import Emergency
from tests.console.conftest import draft

REASON = "台风橙色预警，须立即告知沿海群众转移安置点"


@pytest.fixture
async def second_final(house: Any) -> None:
    """Whoever authorises does not sign: another final reviewer must."""
    await house.staff("zhongshen2", "final_reviewer", "钱终审")


@pytest.fixture
def emergency(house: Any) -> Emergency:
    found: Emergency = house.press().reviewing.emergency
    return found


def body(**changed: Any) -> dict[str, Any]:
    return {"reason": REASON, "channels": ["portal", "wechat", "weibo"], "secrecy_checked": True, **changed}


async def drafted(call: Any, **changed: Any) -> int:
    return int((await call("nigao")("POST", "/disclosures", draft(**changed))).body["id"])


async def let_out(call: Any, house: Any, **changed: Any) -> int:
    number = await drafted(call, **changed)
    released = await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body())
    assert released.status == 201, released.body
    await house.dispatcher.settle_down()
    return number


async def sign(call: Any, number: int, *names: str) -> Any:
    answer = None
    for name in names:
        answer = await call(name)("POST", f"/disclosures/{number}/approve")
        assert answer.status == 200, answer.body
    return answer


async def test_it_is_out_at_once_and_paid_by_the_others(call: Any, house: Any, second_final: None) -> None:
    number = await let_out(call, house)
    assert set(await Delivery.filter(disclosure_id=number).values_list("state", flat=True)) == {"published"}
    seen = (await call("nigao")("GET", f"/disclosures/{number}")).body
    assert (seen["state"], seen["live"], seen["next_step"]) == ("submitted", True, "first")
    (debt,) = await open_debts()
    assert (debt.authorised_by_name, debt.reason, debt.content_hash) == ("孙终审", REASON, seen["content_hash"])

    await sign(call, number, "chushen", "fushen")
    refused = await call("zhongshen")("POST", f"/disclosures/{number}/approve")
    assert (refused.status, "应急发布" in refused.body["detail"]) == (403, True)
    paid = (await sign(call, number, "zhongshen2")).body
    assert (paid["state"], paid["content_hash"]) == ("released", seen["content_hash"])
    assert await open_debts() == ()
    assert (await EmergencyRelease.get(id=debt.id)).settled_by == "signed"
    await house.trail.verify()


async def test_a_text_half_way_through_the_reviews_keeps_its_signatures(
    call: Any, house: Any, second_final: None
) -> None:
    number = await drafted(call)
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    await sign(call, number, "chushen")
    assert (await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body())).status == 201
    await house.dispatcher.settle_down()
    assert (await sign(call, number, "fushen", "zhongshen2")).body["state"] == "released"


WRONG = [
    ("chushen", {}, 403, "权限"),
    ("fabu", {}, 403, "权限"),
    ("nigao", {}, 403, "权限"),
    ("zhongshen", {"reason": "紧急"}, 422, "不少于 10 个字"),
    ("zhongshen", {"reason": "长" * 501}, 422, "过长"),
    ("zhongshen", {"secrecy_checked": False}, 422, "保密自查"),
    ("zhongshen", {"channels": []}, 422, ""),
    ("zhongshen", {"channels": ["weibo"]}, 409, "门户"),
    ("zhongshen", {"content_hash": "0" * 64}, 409, "已被修改"),
]


@pytest.mark.parametrize(("who", "changed", "status", "said"), WRONG)
async def test_what_is_refused_leaves_nothing(
    call: Any, house: Any, who: str, changed: dict[str, Any], status: int, said: str
) -> None:
    number = await drafted(call)
    refused = await call(who)("POST", f"/disclosures/{number}/emergency", body(**changed))
    assert refused.status == status, refused.body
    assert said in str(refused.body)
    assert (await EmergencyRelease.all().count(), await Delivery.all().count()) == (0, 0)
    assert (await house.desk.sheet(number)).state == "draft"


async def test_an_author_and_a_signer_do_not_authorise(call: Any, house: Any) -> None:
    await house.staff("quanneng", "drafter,final_reviewer", "全能")
    number = int((await call("quanneng")("POST", "/disclosures", draft())).body["id"])
    refused = await call("quanneng")("POST", f"/disclosures/{number}/emergency", body())
    assert (refused.status, "撰稿人" in refused.body["detail"]) == (409, True)
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    await house.staff("liangji", "first_reviewer,final_reviewer", "两级")
    await sign(call, number, "liangji")
    refused = await call("liangji")("POST", f"/disclosures/{number}/emergency", body())
    assert (refused.status, "已审签" in refused.body["detail"]) == (409, True)


async def test_what_blocks_without_an_override_blocks_here_too(call: Any, house: Any) -> None:
    number = await drafted(call, body_markdown="机密★5年\n\n转移安置点见附件。")
    sheet = await house.desk.sheet(number)
    hard = [finding for finding in await house.desk.findings(sheet) if finding.blocks and not finding.overridable]
    refused = await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body())
    assert (refused.status == 422) is bool(hard)
    assert hard, "the text of this test must carry something that nobody may override"


async def test_an_approved_or_withdrawn_text_needs_no_emergency(call: Any, house: Any) -> None:
    number = await drafted(call)
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    await sign(call, number, "chushen", "fushen", "zhongshen")
    refused = await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body())
    assert (refused.status, "已经审定" in refused.body["detail"]) == (409, True)


async def test_a_publisher_plans_nothing_on_somebody_elses_authorisation(call: Any, house: Any) -> None:
    number = await drafted(call)
    await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body(channels=["portal"]))
    refused = await call("fabu")("POST", "/releases", {"disclosure": number, "at": "now", "channels": ["wechat"]})
    assert refused.status == 409
    again = await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body())
    assert (again.status, "还没有办结" in again.body["detail"]) == (409, True)


async def test_an_edit_before_it_is_sent_stops_it(call: Any, house: Any) -> None:
    number = await drafted(call)
    await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body())
    changed = await call("nigao")("PATCH", f"/disclosures/{number}", {"title": "关于转移安置的通知"})
    assert changed.status == 200
    await house.dispatcher.settle_down()
    assert "published" not in set(await Delivery.filter(disclosure_id=number).values_list("state", flat=True))
    assert (await house.desk.sheet(number)).live is False


async def test_a_rejection_afterwards_leaves_a_task_until_it_is_corrected(
    call: Any, house: Any, second_final: None
) -> None:
    number = await let_out(call, house)
    assert (await call("chushen")("POST", f"/disclosures/{number}/reject", {"remark": "安置点有误"})).status == 200
    (debt,) = await open_debts()
    assert "更正" in debt.task
    refused = await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body())
    assert refused.status == 409
    new = {"title": "关于转移安置的更正通知", "channels": {"weibo": {"text": "【更正】安置点为区实验小学。"}}}
    assert (await call("nigao")("PATCH", f"/disclosures/{number}", new)).status == 200
    await call("nigao")("POST", f"/disclosures/{number}/submit")
    await sign(call, number, "chushen", "fushen", "zhongshen")
    assert len(await open_debts()) == 1, "the corrected text is signed, but the public still reads the other one"
    released = await call("fabu")(
        "POST", "/releases", {"disclosure": number, "at": "now", "channels": ["portal", "wechat", "weibo"]}
    )
    assert released.status == 201, released.body
    await house.dispatcher.settle_down()
    assert await open_debts() == ()
    assert (await EmergencyRelease.get(id=debt.id)).settled_by == "corrected"


async def test_a_withdrawal_ends_the_debt(call: Any, house: Any) -> None:
    number = await let_out(call, house)
    gone = await call("fabu")("POST", f"/disclosures/{number}/withdraw", {"explanation": "信息有误"})
    assert gone.status == 200
    assert (await EmergencyRelease.get(disclosure_id=number)).settled_by == "withdrawn"


async def test_what_is_overdue_is_an_incident_and_stays_marked(
    call: Any, house: Any, second_final: None, emergency: Emergency, clock: Any
) -> None:
    number = await let_out(call, house)
    clock.advance(24 * 3600 - 1)
    await emergency.sweep()
    assert await Incident.filter(kind="emergency").count() == 0
    clock.advance(2)
    await emergency.sweep()
    await emergency.sweep()
    incident = await Incident.get(kind="emergency")
    assert incident.open_key is not None
    await sign(call, number, "chushen", "fushen", "zhongshen2")
    await emergency.sweep()
    assert (await Incident.get(kind="emergency")).open_key is None
    row = await EmergencyRelease.get(disclosure_id=number)
    assert row.overdue_at is not None, "late is late, for the ranking"
    verbs = [record.verb for record in await house.trail.about(f"disclosure:{number}")]
    assert verbs.count("disclosure.emergency.overdue") == 1


async def test_a_kind_with_a_secrecy_review_owes_that_too(call: Any, house: Any, second_final: None) -> None:
    await DocumentKind.create(code="k", name="规范性文件", facts={"chain": ["first", "second", "secrecy", "final"]})
    sheet = await house.desk.create(house.people["nigao"], (await house.desk.sheet(await drafted(call))).version.draft)
    await house.desk.revise(house.people["nigao"], sheet.id, {"kind": "k"})
    released = await call("zhongshen")("POST", f"/disclosures/{sheet.id}/emergency", body(channels=["portal"]))
    assert released.status == 201, released.body
    await sign(call, sheet.id, "chushen", "fushen")
    assert (await house.desk.sheet(sheet.id)).next_step == "secrecy"


async def test_the_key_releases_once(call: Any, house: Any) -> None:
    number = await drafted(call)
    answers = [
        await call("zhongshen")("POST", f"/disclosures/{number}/emergency", body(), headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body["id"] == answers[1].body["id"]


async def test_the_banner_follows_whom_it_concerns(call: Any, house: Any, browser: Any, second_final: None) -> None:
    await house.staff("tadian", "first_reviewer", "旁人")
    number = await let_out(call, house)
    for name, concerned in (("nigao", True), ("tadian", True), ("fabu", True), ("zhishi", False), ("guanli", False)):
        page = browser()
        await page.sign_in(name)
        for path in ("/console/", "/console/disclosures", f"/console/disclosures/{number}"):
            assert await page.get(path) == 200
            assert ("debt-banner" in page.text) is concerned, (name, path)
    await sign(call, number, "chushen", "fushen", "zhongshen2")
    page = browser()
    await page.sign_in("nigao")
    assert await page.get("/console/") == 200
    assert "debt-banner" not in page.text


async def test_on_the_screen_the_password_is_asked_again_and_nothing_typed_is_lost(
    call: Any, house: Any, browser: Any, clock: Any
) -> None:
    number = await drafted(call)
    page = browser()
    await page.sign_in("zhongshen")
    clock.advance(20 * 60)
    assert await page.get(f"/console/disclosures/{number}/emergency") == 200
    content_hash = page.text.split('name="content_hash" value="', 1)[1].split('"', 1)[0]
    typed = {"reason": REASON, "channels": "portal", "secrecy_checked": "yes", "content_hash": content_hash}
    path = f"/console/disclosures/{number}/emergency"
    assert await page.post(path, typed) == 422
    assert REASON in page.text
    assert "请输入登录密码" in page.text
    assert await page.post(path, {**typed, "reason": "太急", "password": "long enough, 明白 2026"}) == 422
    assert "不少于 10 个字" in page.text
    assert await page.post(path, typed) == 200
    assert "应急发布" in page.text
    assert page.url.startswith(f"{page.base}/console/releases/")
    assert await page.get(f"/console/disclosures/{number}") == 200
    assert "审签待补" in page.text
    assert await page.get("/console/disclosures") == 200
    assert "审签待补" in page.text
