"""The same decision of two persons by the API, each call done once under its key; and repealing."""

from typing import Any

from publishers.errors import OutcomeUnknown
from publishers.port import Sighting, Verdict
from publishers.records import Delivery, Proposal

POST = "https://weibo.com/2000000001/z0JH2lOMb"


async def released(house: Any, call: Any, *channels: str) -> tuple[int, int]:
    """(disclosure, release)"""
    made = await call("nigao")("POST", "/disclosures", {
        "title": "关于发放供暖补贴的通知", "body_markdown": "每户300元。", "department": "区民政局", "category": "通知公告",
        "formed_on": "2026-11-20", "channels": {"weibo": {"text": "供暖补贴开始发放，每户300元。"}},
    })  # fmt: skip
    number = made.body["id"]
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).status == 200
    for name in ("chushen", "fushen", "zhongshen"):
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).status == 200
    plan = {"disclosure": number, "at": "now", "channels": list(channels)}
    release = (await call("fabu")("POST", "/releases", plan)).body["id"]
    await house.dispatcher.settle_down()
    return number, release


async def unknown(house: Any, call: Any, clock: Any) -> Delivery:
    house.weibo.outcome = OutcomeUnknown("发送超时")
    _, release = await released(house, call, "portal", "weibo")
    house.weibo.outcome = None
    clock.advance(120)
    await house.dispatcher.settle_down()
    return await Delivery.get(release_id=release, channel="weibo")


async def test_two_callers_send_again(house: Any, call: Any, clock: Any) -> None:
    row = await unknown(house, call, clock)
    listed = (await call("nigao")("GET", "/deliveries?state=unknown,held")).body
    assert [(item["id"], item["choices"], item["proposal"]) for item in listed["items"]] == [
        (row.id, ["it_is_out", "send_again"], None)
    ]
    assert (await call("nigao")("GET", "/deliveries?state=published")).body["total"] == 1
    assert (await call("nigao")("GET", "/deliveries?state=lost")).status == 422
    one = f"/deliveries/{row.id}"
    proposed = await call("fabu")("POST", f"{one}/propose", {"choice": "send_again", "reason": "时间线上没有"})
    assert (proposed.status, proposed.body["proposal"]["state"]) == (200, "open")
    assert [each["verb"] for each in proposed.body["attempts"]][:2] == ["prepare", "send"]
    alone = await call("fabu")("POST", f"{one}/confirm", {})
    assert (alone.status, alone.body["type"]) == (403, "urn:mingbai:problem:second-person-needed")
    done = await call("zhongshen")(
        "POST", f"{one}/confirm", {"remark": "同意", "proposal": proposed.body["proposal"]["id"]}
    )
    assert (done.status, done.body["state"], done.body["proposal"]) == (200, "drafted", None)
    assert done.body["proposals"][0]["state"] == "confirmed"
    await house.dispatcher.settle_down()
    assert (house.weibo.sent, (await Delivery.get(id=row.id)).state) == (2, "published")


async def test_a_repeated_call_under_its_key_is_one_act(house: Any, call: Any, clock: Any) -> None:
    row = await unknown(house, call, clock)
    one, key = f"/deliveries/{row.id}", {"Idempotency-Key": "a"}
    body = {"choice": "it_is_out", "reason": "看到了", "url": POST}
    first = await call("fabu")("POST", f"{one}/propose", body, headers=key)
    again = await call("fabu")("POST", f"{one}/propose", body, headers=key)
    assert (first.status, again.body) == (200, first.body)
    assert await Proposal.all().count() == 1
    other = await call("fabu")("POST", f"{one}/propose", {**body, "reason": "又看到了"}, headers=key)
    assert other.status == 422
    yes = await call("zhongshen")("POST", f"{one}/confirm", {}, headers=key)
    twice = await call("zhongshen")("POST", f"{one}/confirm", {}, headers=key)
    assert (yes.status, yes.body["state"], yes.body["external_id"]) == (200, "published", "3501756485200075")
    assert (twice.status, twice.body) == (200, yes.body)
    late = await call("zhongshen")("POST", f"{one}/confirm", {})
    assert (late.status, late.body["title"]) == (409, "不能这样决定")


async def test_a_refusal_and_what_the_machine_found_are_told(house: Any, call: Any, clock: Any) -> None:
    row = await unknown(house, call, clock)
    one = f"/deliveries/{row.id}"
    assert (await call("fabu")("POST", f"{one}/propose", {"choice": "it_is_gone", "reason": "x"})).status == 422
    assert (await call("fabu")("POST", f"{one}/propose", {"choice": "it_is_out", "reason": ""})).status == 422
    assert (await call("guanli")("POST", f"{one}/propose", {"choice": "it_is_out", "reason": "x"})).status == 403
    assert (await call("fabu")("POST", "/deliveries/99/propose", {"choice": "it_is_out", "reason": "x"})).status == 404
    assert (await call("zhongshen")("POST", f"{one}/refuse", {"remark": "没有提议"})).status == 409
    await call("fabu")("POST", f"{one}/propose", {"choice": "send_again", "reason": "没有"})
    refused = await call("zhongshen")("POST", f"{one}/refuse", {"remark": "我看到了"})
    assert (refused.status, refused.body["proposals"][0]["remark"]) == (200, "我看到了")
    await call("fabu")("POST", f"{one}/propose", {"choice": "send_again", "reason": "没有"})
    house.weibo.seen = Sighting(verdict=Verdict.PUBLISHED, external_id="35", url=POST)
    clock.advance(200)
    moot = await call("zhongshen")("POST", f"{one}/confirm", {})
    assert moot.status == 409
    assert "系统已在平台上找到" in moot.body["detail"]
    found = (await call("nigao")("GET", one)).body
    assert (found["state"], found["proposals"][0]["state"]) == ("published", "overtaken")
    assert house.weibo.sent == 1


async def test_cancelling_keeps_its_contract_and_proposes_for_what_may_be_out(
    house: Any, call: Any, clock: Any
) -> None:
    row = await unknown(house, call, clock)
    cancelled = await call("fabu")("POST", f"/releases/{row.release_id}/cancel")
    assert cancelled.status == 200
    assert {each["channel"]: each["state"] for each in cancelled.body["deliveries"]} == {
        "portal": "published", "weibo": "unknown",
    }  # fmt: skip
    assert (await call("fabu")("POST", f"/releases/{row.release_id}/cancel")).status == 409
    waiting = (await call("nigao")("GET", f"/deliveries/{row.id}")).body["proposal"]
    assert waiting["choice"] == "give_up"
    done = await call("zhongshen")("POST", f"/deliveries/{row.id}/confirm", {})
    assert (done.status, done.body["state"]) == (200, "cancelled")


async def test_a_disclosure_is_repealed_once(house: Any, call: Any) -> None:
    number, _ = await released(house, call, "portal")
    one, key = f"/disclosures/{number}/repeal", {"Idempotency-Key": "repeal-1"}
    assert (await call("nigao")("POST", one, {"explanation": "已有新规定"})).status == 403
    assert (await call("fabu")("POST", one, {"explanation": " "})).status == 409
    assert (await call("fabu")("POST", one, {})).status == 422
    first = await call("fabu")("POST", one, {"explanation": "已有新规定"}, headers=key)
    assert (first.status, first.body["state"], first.body["explanation"]) == (200, "repealed", "已有新规定")
    again = await call("fabu")("POST", one, {"explanation": "已有新规定"}, headers=key)
    assert (again.status, again.body) == (200, first.body)
    assert (await call("fabu")("POST", one, {"explanation": "再次废止"})).status == 409
