"""The home page shows the open incidents, the page of a release what was read back and what was probed."""

from typing import Any

from publishers.incidents import clear_incident, raise_incident
from publishers.records import Delivery, ReadBack
from scheduler.records import Probe


async def released(house: Any, call: Any) -> int:
    made = await call("nigao")("POST", "/disclosures", {
        "title": "关于发放供暖补贴的通知", "body_markdown": "每户300元。", "department": "区民政局", "category": "通知公告",
        "formed_on": "2026-11-20", "channels": {"weibo": {"text": "供暖补贴开始发放，每户300元。"}},
    })  # fmt: skip
    number = made.body["id"]
    assert (await call("nigao")("POST", f"/disclosures/{number}/submit")).status == 200
    for name in ("chushen", "fushen", "zhongshen"):
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).status == 200
    plan = {"disclosure": number, "at": "now", "channels": ["portal", "weibo"]}
    release = (await call("fabu")("POST", "/releases", plan)).body["id"]
    await house.dispatcher.settle_down()
    return int(release)


async def test_an_incident_stands_on_the_home_page_until_it_is_over(browser: Any, clock: Any) -> None:
    at_screen = browser()
    await at_screen.sign_in("fabu")
    assert "没有需要您办理的事项" in at_screen.text
    remedy = "请在微信公众平台把本机地址加入白名单"
    await raise_incident(
        "credentials:wechat", kind="credentials", message="微信拒绝了本机", remedy=remedy, now=clock.moment
    )
    await at_screen.get("/console/")
    assert "微信拒绝了本机" in at_screen.text
    assert remedy in at_screen.text
    assert "没有需要您办理的事项" not in at_screen.text
    await clear_incident("credentials:wechat", now=clock.moment)
    await at_screen.get("/console/")
    assert "微信拒绝了本机" not in at_screen.text


async def test_what_was_read_back_stands_on_the_page_of_the_release(
    browser: Any, house: Any, call: Any, clock: Any
) -> None:
    release = await released(house, call)
    row = await Delivery.get(release_id=release, channel="weibo")
    await ReadBack.create(
        delivery_id=row.id, at=clock.moment, verdict="different", approved="每户300元", live="每户3000元",
        difference=[{"op": "changed", "approved": "300", "live": "3000"}],
    )  # fmt: skip
    await Probe.create(
        release_id=release, horizon="1h", at=clock.moment, ok=False,
        findings=[{"channel": "weibo", "severity": "warn", "message": "令牌三天后到期", "remedy": "请重新授权"}],
    )  # fmt: skip
    at_screen = browser()
    await at_screen.sign_in("fabu")
    await at_screen.get(f"/console/releases/{release}")
    for told in ("与审核通过的内容不一致", "<del>300</del>", "<ins>3000</ins>", "令牌三天后到期", "请重新授权"):
        assert told in at_screen.text
