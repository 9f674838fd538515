"""The office sees what is wrong and how to mend it, closes it with a reason, and sees the month of mass sends."""

from datetime import timedelta
from typing import Any

from audit.records import AuditRecord
from publishers.records import Incident, MassReservation
from tests.readiness.conftest import approved

HOUR = timedelta(hours=1)


async def broken(house: Any) -> int:
    """A release whose probe found something; returns its id."""
    release: int = await house.release("关于冬季防火的通告", after=20 * HOUR)
    await house.profile(ip_whitelist=["203.0.113.7"])
    await house.product.readiness.sweep()
    return release


async def test_an_incident_stands_on_its_page_with_its_remedy_and_its_link(house: Any, browser: Any) -> None:
    release = await broken(house)
    screen = browser()
    await screen.sign_in("nigao")
    assert await screen.get("/console/incidents") == 200
    assert "IP 白名单中加入 127.0.0.1" in screen.text
    assert f'href="/console/releases/{release}"' in screen.text
    assert "标记为已处理" not in screen.text, "a drafter may look, not close"


async def test_closing_an_incident_needs_a_reason_and_is_audited(house: Any, browser: Any) -> None:
    await broken(house)
    incident = await Incident.get(open_key="credentials:wechat")
    screen = browser()
    await screen.sign_in("guanli")
    await screen.get("/console/incidents")
    assert await screen.post(f"/console/incidents/{incident.id}/dealt-with", reason=" ") == 409
    assert "请写明是怎样处理的" in screen.text
    assert await screen.post(f"/console/incidents/{incident.id}/dealt-with", reason="已加入白名单") == 200
    assert "已解除" in screen.text
    assert "处理情况：已加入白名单" in screen.text
    await incident.refresh_from_db()
    assert incident.open_key is None
    assert incident.cleared_by_name == "guanli"
    act = await AuditRecord.get(verb="incident.dealt_with")
    assert (act.subject, act.detail["reason"]) == (f"incident:{incident.id}", "已加入白名单")
    assert await screen.post(f"/console/incidents/{incident.id}/dealt-with", reason="再来一次") == 409


async def test_a_cause_that_lasts_comes_back(house: Any, browser: Any) -> None:
    await broken(house)
    incident = await Incident.get(open_key="credentials:wechat")
    screen = browser()
    await screen.sign_in("fabu")
    await screen.get("/console/incidents")
    assert await screen.post(f"/console/incidents/{incident.id}/dealt-with", reason="以为好了") == 200
    house.clock.advance(86400)
    await house.product.readiness.sweep()
    assert await Incident.filter(open_key="credentials:wechat").exclude(id=incident.id).exists()


async def test_a_drafter_cannot_close_one(house: Any, browser: Any) -> None:
    await broken(house)
    incident = await Incident.get(open_key="credentials:wechat")
    screen = browser()
    await screen.sign_in("nigao")
    await screen.get("/console/")
    assert await screen.post(f"/console/incidents/{incident.id}/dealt-with", reason="好了") == 403


async def test_a_publisher_asks_for_a_probe_from_the_release(house: Any, browser: Any) -> None:
    release = await broken(house)
    await house.profile(ip_whitelist=[])
    screen = browser()
    await screen.sign_in("fabu")
    await screen.get(f"/console/releases/{release}")
    assert await screen.post(f"/console/releases/{release}/probe") == 200
    assert await house.incident(f"readiness:{release}") is None


async def test_the_month_shows_what_is_taken_and_by_what(house: Any, browser: Any) -> None:
    release = await house.release("关于城乡低保标准的通知", after=2 * HOUR, mass=True)
    screen = browser()
    await screen.sign_in("nigao")
    assert await screen.get("/console/quota") == 200
    assert "本月已用 0，预留 1" in screen.text
    assert f'href="/console/releases/{release}">关于城乡低保标准的通知' in screen.text
    assert "登记在公众平台的群发" not in screen.text
    assert await screen.get("/console/quota?month=2027-02") == 200
    assert "2027年2月" in screen.text
    assert "这个月还没有群发" in screen.text
    assert await screen.get("/console/quota?month=%27%3Cscript%3E") == 200
    assert "2026年11月" in screen.text


async def test_a_publisher_enters_and_takes_back_an_outside_send(house: Any, browser: Any) -> None:
    screen = browser()
    await screen.sign_in("fabu")
    await screen.get("/console/quota")
    assert await screen.post("/console/quota/outside", day="2026-13-99", remark="防汛提示") == 409
    assert "群发日期无法识别" in screen.text
    assert await screen.post("/console/quota/outside", day="2026-11-24", remark="在公众平台群发《防汛提示》") == 200
    assert "本月已用 1，预留 0" in screen.text
    place = await MassReservation.get()
    assert await screen.post(f"/console/quota/outside/{place.id}/remove", reason="登记错了") == 200
    assert "本月已用 0，预留 0" in screen.text


async def test_the_quota_is_told_where_a_mass_send_is_planned(house: Any, browser: Any) -> None:
    await house.release("关于城乡低保标准的通知", after=2 * HOUR, mass=True)
    number = await approved(house.clock, "关于冬季防火的通告", mass=True)
    screen = browser()
    await screen.sign_in("fabu")
    assert await screen.get(f"/console/disclosures/{number}") == 200
    assert "本月已用 0，预留 1；最近空闲日期 11月24日" in screen.text
    status = await screen.post(
        f"/console/disclosures/{number}/schedule", when="later", at="2026-11-23T20:00", channels="wechat",
        confirm_mass="yes",
    )  # fmt: skip
    assert status == 409
