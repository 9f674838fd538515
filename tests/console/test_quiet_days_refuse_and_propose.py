"""Quiet days and the channels' hours: kept by whoever may, asked by every planning, passed by with a reason on the record."""

import re
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from publishers.mass_quota import MassQuota
from publishers.records import Delivery, Release
from publishers.wechat.quota import load_rules
from scheduler.calendar_records import ChannelHours, QuietDay
from scheduler.quiet_desk import seed
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import signed_in
from tests.console.test_the_calendar_on_the_screen import asked, planned, ready

CONGRESS = {
    "name": "区两会",
    "falls_on": "2026-12-09",
    "rule": "forbid",
    "source": "区委办通知",
    "message": "不发无关内容",
}
PLAN = "/console/disclosures/1/schedule"


async def a_forbidding_day(call: Any, **changed: Any) -> int:
    made = await call("fabu")("POST", "/quiet-days", {**CONGRESS, **changed})
    assert made.status == 201, made.body
    return int(made.body["id"])


async def test_the_memorial_days_of_the_country_are_there_as_reminders(house: Any, clock: Any) -> None:
    async with in_transaction() as connection:
        await seed(connection, clock)
        await seed(connection, clock)
    rows = {row.name: row for row in await QuietDay.all()}
    assert len(rows) == 5, "once"
    assert {row.rule for row in rows.values()} == {"show"}, "what is forbidden is for the office to say"
    assert all(row.source for row in rows.values())


async def test_a_day_is_added_changed_and_removed_on_its_page(browser: Any) -> None:
    person = await signed_in(browser, "fabu")
    assert await person.get("/console/calendar/quiet") == 200
    form = [
        ("name", "区两会"),
        ("falls_on", "12-09"),
        ("rule", "forbid"),
        ("source", "区委办通知"),
        ("channels", "weibo"),
    ]
    assert await person.post("/console/calendar/quiet", form) == 200
    assert "每年 12-09" in person.text
    row = await QuietDay.get()
    assert (row.channels, row.changed_by_name) == (["weibo"], "周发布")
    changed = {"name": "区人代会", "falls_on": "12-10", "rule": "warn", "source": "区委办通知"}
    assert await person.post(f"/console/calendar/quiet/{row.id}", changed) == 200
    assert "区人代会" in person.text
    assert await person.post(f"/console/calendar/quiet/{row.id}/remove") == 200
    assert "还没有纪念日" in person.text
    assert await person.post(f"/console/calendar/quiet/{row.id}/remove") == 422, "twice"
    verbs = await AuditRecord.filter(verb__startswith="calendar.quiet").values_list("verb", flat=True)
    assert sorted(verbs) == ["calendar.quiet", "calendar.quiet", "calendar.quiet_removed"]


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"name": ""}, "name", "请填写名称"),
        ({"falls_on": "02-30"}, "falls_on", "没有“02-30”这一天"),
        ({"source": ""}, "source", "须写明依据"),
        ({"message": "长" * 201}, "message", "不超过 200 字"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    browser: Any, changed: dict[str, str], field: str, said: str
) -> None:
    person = await signed_in(browser, "fabu")
    await person.get("/console/calendar/quiet")
    form = {
        "name": "区两会",
        "falls_on": "12-09",
        "rule": "forbid",
        "source": "区委办通知",
        "message": "留住的话",
        **changed,
    }
    assert await person.post("/console/calendar/quiet", form) == 422
    assert re.search(rf'id="wrong-new-{field}">[^<]*{said}', person.text)
    kept = {**form, **changed}
    assert f'value="{kept["message"]}"' in person.text
    assert await QuietDay.all().count() == 0


async def test_a_forbidding_day_refuses_and_proposes_and_a_reason_opens_it(call: Any, browser: Any) -> None:
    await a_forbidding_day(call)
    await ready(call, "关于供暖补贴的通知")
    person = await signed_in(browser, "fabu")
    await person.get("/console/disclosures/1")
    form = {"when": "later", "at": "2026-12-09T09:30", "channels": "portal"}
    assert await person.post(PLAN, form) == 409
    assert "12月9日（星期三）是区两会：不发无关内容" in person.text
    assert "最近合适的时间：12月10日（星期四）9:30" in person.text
    assert 'value="2026-12-09T09:30"' in person.text, "nothing typed is lost"
    assert re.search(r"data-override>", person.text), "the field for the reason is open"
    assert await Release.all().count() == 0
    assert await person.post(PLAN, {**form, "override": "防汛紧急通知"}) == 200
    detail = (await AuditRecord.get(verb="release.schedule")).detail
    assert (detail["quiet"], detail["override"]) == (["区两会"], "防汛紧急通知")
    await person.get("/console/disclosures/1")
    assert "当天为区两会，已确认，紧急理由：防汛紧急通知" in person.text


async def test_a_warning_day_asks_the_clerk_and_lets_a_program_pass(call: Any, browser: Any) -> None:
    await a_forbidding_day(call, rule="warn")
    await ready(call, "关于供暖补贴的通知")
    person = await signed_in(browser, "fabu")
    await person.get("/console/disclosures/1")
    form = {"when": "later", "at": "2026-12-09T09:30", "channels": "portal"}
    assert await person.post(PLAN, form) == 409
    assert "请勾选确认" in person.text
    assert await person.post(PLAN, {**form, "confirm_quiet": "yes"}) == 200
    number = await ready(call, "第二条通知")
    body = {"disclosure": number, "at": "2026-12-09T10:30:00+08:00", "channels": ["portal"]}
    assert (await call("fabu")("POST", "/releases", body)).status == 201


async def test_the_api_gives_the_reason_in_a_field_of_its_own(call: Any) -> None:
    await a_forbidding_day(call)
    number = await ready(call, "关于供暖补贴的通知")
    body = {"disclosure": number, "at": "2026-12-09T10:30:00+08:00", "channels": ["portal"]}
    refused = await call("fabu")("POST", "/releases", body)
    assert (refused.status, refused.body["type"]) == (409, "urn:mingbai:problem:not-releasable")
    assert "最近合适的时间" in refused.body["detail"]
    made = await call("fabu")("POST", "/releases", {**body, "override": "紧急"})
    assert made.status == 201
    where = f"/releases/{made.body['id']}/move"
    to = {"at": "2026-12-09T11:30:00+08:00"}
    assert (await call("fabu")("POST", where, to)).status == 409
    assert (await call("fabu")("POST", where, {**to, "override": "紧急"})).status == 200


async def test_at_once_on_a_forbidding_day_wants_its_reason_too(call: Any, clock: Any) -> None:
    await a_forbidding_day(call, falls_on=clock.moment.strftime("%m-%d"))
    number = await ready(call, "关于供暖补贴的通知")
    body = {"disclosure": number, "at": "now", "channels": ["portal"]}
    assert (await call("fabu")("POST", "/releases", body)).status == 409
    assert (await call("fabu")("POST", "/releases", {**body, "override": "突发事件"})).status == 201


async def test_a_day_concerns_its_channels_only_and_what_is_removed_forbids_nothing(call: Any) -> None:
    day = await a_forbidding_day(call, channels=["weibo"])
    await planned(call, "2026-12-09T10:30", "portal")
    number = await ready(call, "第二条通知")
    body = {"disclosure": number, "at": "2026-12-09T12:30:00+08:00", "channels": ["portal", "weibo"]}
    assert (await call("fabu")("POST", "/releases", body)).status == 409
    assert (await call("nigao")("DELETE", f"/quiet-days/{day}")).status == 403
    assert (await call("fabu")("DELETE", f"/quiet-days/{day}")).body == {"items": []}
    assert (await call("fabu")("POST", "/releases", body)).status == 201


async def test_dragging_onto_a_forbidding_day_is_refused_beside_the_entry(call: Any, browser: Any) -> None:
    await a_forbidding_day(call)
    release = await planned(call, "2026-12-01T09:20")
    person = await signed_in(browser, "fabu")
    await person.get("/console/calendar?at=2026-12-01")
    where = f"/console/calendar/releases/{release}/move"
    status, said = await asked(person, where, {"day": "2026-12-09"})
    assert (status, said["ok"], said["forbids"], said["asks"]) == (409, False, True, False)
    assert said["moments"][0]["at"] == "2026-12-10T09:30"
    assert (await Release.get(id=release)).due_at.isoformat() == "2026-12-01T01:20:00+00:00"
    status, said = await asked(person, where, {"day": "2026-12-09", "override": "紧急"})
    assert (status, said["ok"]) == (200, True)


async def test_the_hours_of_a_channel_refuse_with_the_reason_and_the_next_valid_time(call: Any, browser: Any) -> None:
    person = await signed_in(browser, "fabu")
    await person.get("/console/calendar/quiet")
    hours = {
        "channel": "weibo", "least_minutes": "120", "most_days": "60", "night_from": "21:00", "night_to": "07:30",
        "apart_minutes": "30", "per_day": "3",
    }  # fmt: skip
    assert await person.post("/console/calendar/hours", {**hours, "least_minutes": "-3"}) == 422
    assert "最少提前的分钟数应在 0 到 10080 之间" in person.text
    assert await person.post("/console/calendar/hours", {**hours, "channel": "fax"}) == 422
    assert await person.post("/console/calendar/hours", {**hours, "night_from": "25:00"}) == 422
    assert await person.post("/console/calendar/hours", hours) == 200
    assert (await ChannelHours.get()).per_day == 3
    await ready(call, "关于供暖补贴的通知")
    await person.get("/console/disclosures/1")
    form = [("when", "later"), ("at", "2026-11-23T10:00"), ("channels", "portal"), ("channels", "weibo")]
    assert await person.post(PLAN, form) == 422
    assert "微博须至少提前 2 小时安排" in person.text
    assert "最早可选 2026-11-23 11:30" in person.text
    form[1] = ("at", "2027-02-23T10:00")
    assert await person.post(PLAN, form) == 422
    assert "微博最多提前 60 天安排" in person.text
    form[1] = ("at", "2026-11-23T11:30")
    assert await person.post(PLAN, form) == 200
    assert await person.post("/console/releases/1/move", {"when": "now"}) == 200, "at once is not planned"
    assert await Delivery.filter(channel="weibo").count() == 1


async def test_a_fifth_mass_send_of_the_month_is_refused_with_the_next_free_day(
    call: Any, browser: Any, house: Any
) -> None:
    quota = MassQuota(account="wechat:wx", rules=load_rules("service"), clock=house.clock, trail=house.trail)
    house.timetable._mass_quota = house.calendar.planning._mass_quota = quota
    for day in (1, 2, 3, 4):
        number = await ready(call, f"第{day}次群发的通知", channels={"wechat": {"digest": "摘要", "mode": "mass"}})
        body = {
            "disclosure": number,
            "at": f"2026-12-0{day}T09:30:00+08:00",
            "channels": ["portal", "wechat"],
            "confirm_mass": True,
        }
        made = await call("fabu")("POST", "/releases", body)
        assert made.status == 201, made.body
    fifth = await ready(call, "第五次群发的通知", channels={"wechat": {"digest": "摘要", "mode": "mass"}})
    person = await signed_in(browser, "fabu")
    await person.get(f"/console/disclosures/{fifth}")
    form = [
        ("when", "later"),
        ("at", "2026-12-11T09:30"),
        ("channels", "portal"),
        ("channels", "wechat"),
        ("confirm_mass", "yes"),
    ]
    assert await person.post(f"/console/disclosures/{fifth}/schedule", form) == 409
    assert "12月的微信群发次数已经排满" in person.text
    assert "请改到1月1日" in person.text
    await person.get(f"/console/calendar/advice?disclosure={fifth}&channels=portal,wechat&mass=yes&at=2026-12-11T09:30")
    assert "没有群发名额（本月已用 0/4，预留 4）" in person.text
    assert "1月1日（星期五）" in person.text, "2027 is not announced: a weekday counts as a working day"
