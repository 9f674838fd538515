"""日历: what stands where, moving by day with the approval kept, refusals with the next moment, and the calendar's files."""

import re
from datetime import date, timedelta
from typing import Any

from aiohttp import ClientSession
from icalendar import Calendar

from audit.records import AuditRecord
from disclosures.records import Disclosure
from disclosures.workdays import WorkingDays
from publishers.records import Delivery, Release
from scheduler.calendar_records import CalendarAddress
from scheduler.deadline_marks import DeadlineMarks
from scheduler.planned import rows_between
from tests.console.conftest import draft
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import signed_in
from tests.planning.rows import delivery, disclosure

JSON = {"Accept": "application/json"}
REVIEWERS = ("chushen", "fushen", "zhongshen")


async def planned(call: Any, at: str, *channels: str, title: str = "关于供暖补贴的通知") -> int:
    """A release by the API, with three signatures; ``at`` is a local time of Shanghai."""
    number = await ready(call, title)
    body = {"disclosure": number, "at": f"{at}:00+08:00", "channels": list(channels) or ["portal"]}
    made = await call("fabu")("POST", "/releases", body)
    assert made.status == 201, made.body
    return int(made.body["id"])


async def ready(call: Any, title: str, **changed: Any) -> int:
    made = await call("nigao")("POST", "/disclosures", draft(title=title, **changed))
    number = int(made.body["id"])
    await call("nigao")("POST", f"/disclosures/{number}/submit", {})
    for name in REVIEWERS:
        assert (await call(name)("POST", f"/disclosures/{number}/approve")).status == 200
    return number


async def asked(browser: Any, path: str, fields: dict[str, str]) -> tuple[int, Any]:
    """A form as the page's script sends it."""
    sent = {**fields, "csrf": browser.csrf}
    async with browser.session.post(browser.base + path, data=sent, headers={"Origin": browser.base, **JSON}) as answer:
        return answer.status, await answer.json()


async def on_calendar(browser: Any, at: str = "2026-12-01", **query: str) -> Any:
    person = await signed_in(browser, "fabu")
    more = "".join(f"&{name}={value}" for name, value in query.items())
    assert await person.get(f"/console/calendar?at={at}{more}") == 200
    return person


def cell(page: str, day: str) -> str:
    """One day of the month on the page."""
    return re.search(rf'<td data-day="{day}".*?</td>', page[page.index('<table class="month') :], re.S)[0]  # type: ignore[index]


async def test_the_month_shows_what_is_planned_due_and_off(call: Any, browser: Any) -> None:
    await planned(call, "2026-12-01T09:00", "portal", "weibo")
    await call("nigao")("POST", "/disclosures", draft(title="还没有公开的通告"))
    person = await on_calendar(browser)
    first = cell(person.text, "2026-12-01")
    assert "09:00" in first
    assert "关于供暖补贴的通知" in first
    assert "门户网站、微博" in first
    assert "等待发布" in first
    due = cell(person.text, "2026-12-04")
    assert "公开期限" in due, "ten working days after 11-20"
    assert "还没有公开的通告" in due
    assert "关于供暖补贴的通知" not in due, "a release in time stands in the plan"
    assert "法定期限" in cell(person.text, "2026-12-18")
    assert "2027年的节假日安排还没有导入" in person.text
    await person.get("/console/calendar?at=2026-10-01")
    assert 'title="国务院办公厅' in cell(person.text, "2026-10-01")
    assert "休 国庆节" in cell(person.text, "2026-10-01")
    assert "班 国庆节调休" in cell(person.text, "2026-10-10")


async def test_the_week_has_a_row_for_each_channel(call: Any, browser: Any) -> None:
    await planned(call, "2026-12-01T09:00", "portal", "weibo")
    person = await on_calendar(browser, "2026-12-02", view="week")
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>(.*?)</tr>", person.text, re.S)
    assert [name for name, _ in rows] == ["门户网站", "微信", "微博"]
    assert ["关于供暖补贴的通知" in row for _, row in rows] == [True, False, True]
    assert "2026年11月30日—12月6日" in person.text
    await person.get("/console/calendar?view=week&at=2026-12-02&channel=weibo")
    assert len(re.findall(r"<tr><th scope=\"row\">", person.text)) == 1


async def test_the_filters_leave_out_what_is_not_asked_for(call: Any, browser: Any) -> None:
    release = await planned(call, "2026-12-01T09:00", "portal")
    person = await on_calendar(browser, channel="weibo")
    assert "关于供暖补贴的通知" not in cell(person.text, "2026-12-01")
    await person.get("/console/calendar?at=2026-12-01&unit=区教育局")
    assert "关于供暖补贴的通知" not in cell(person.text, "2026-12-01")
    await call("fabu")("POST", f"/releases/{release}/cancel", {})
    await person.get("/console/calendar?at=2026-12-01")
    assert "slot-title" not in person.text, "what was cancelled is shown to whoever asks for it"
    await person.get("/console/calendar?at=2026-12-01&state=over")
    assert "已取消" in cell(person.text, "2026-12-01")
    assert await person.get("/console/calendar?at=no&view=x&state=y&channel=z") == 200


async def test_conflicts_are_explained_below(call: Any, browser: Any) -> None:
    await planned(call, "2026-12-06T09:00", "portal", "weibo", title="第一条通知")
    await planned(call, "2026-12-06T09:05", "portal", title="第二条通知")
    person = await on_calendar(browser)
    below = person.text[person.text.index("需要留意的安排") :]
    assert "门户网站：与《第二条通知》（09:05）相隔不到 15 分钟" in below
    assert "晚于公开期限 2026-12-04" in below
    assert "间隔太近、晚于期限" in cell(person.text, "2026-12-06")


async def test_what_is_past_its_deadline_is_counted_and_named(call: Any, browser: Any) -> None:
    await call("nigao")("POST", "/disclosures", draft(title="超期的公示", formed_on="2026-10-12"))
    person = await on_calendar(browser, "2026-11-01")
    below = person.text[person.text.index("超过期限还没有公开") :]
    assert "超期的公示" in below
    assert "法定期限 2026-11-09" in below
    assert "已过" in cell(person.text, "2026-11-09")


async def test_a_move_by_day_keeps_the_hour_and_the_approval(call: Any, browser: Any) -> None:
    release = await planned(call, "2026-12-01T09:20", "portal", "weibo")
    person = await on_calendar(browser)
    status, said = await asked(person, f"/console/calendar/releases/{release}/move", {"day": "2026-12-03"})
    assert (status, said["ok"], said["at"]) == (200, True, "2026-12-03T09:20")
    assert "三审仍然有效" in said["said"]
    assert {row.due_at.isoformat() for row in await Delivery.all()} == {"2026-12-03T01:20:00+00:00"}
    row = await Disclosure.get(id=1)
    assert row.state == "approved"
    assert row.approved_hash == (await Release.get(id=release)).content_hash


async def test_a_move_without_script_comes_back_to_the_same_view(call: Any, browser: Any) -> None:
    release = await planned(call, "2026-12-01T09:20")
    person = await on_calendar(browser, view="week")
    form = {"at": "2026-12-08T10:00", "back_view": "week", "back_at": "2026-12-01", "back_state": "waiting"}
    assert await person.post(f"/console/calendar/releases/{release}/move", form) == 200
    assert "view=week" in person.url
    assert "state=waiting" in person.url
    assert "已改期" in person.text
    assert (await Release.get(id=release)).due_at.isoformat() == "2026-12-08T02:00:00+00:00"


async def test_a_move_into_the_past_says_the_next_good_moment(call: Any, browser: Any) -> None:
    release = await planned(call, "2026-12-01T09:20")
    person = await on_calendar(browser)
    where = f"/console/calendar/releases/{release}/move"
    status, said = await asked(person, where, {"day": "2026-11-20"})
    assert (status, said["ok"]) == (422, False)
    assert "发布时间已过" in said["message"]
    assert said["moments"][0] == {"at": "2026-11-23T11:00", "label": "11月23日（星期一）11:00"}
    assert (await Release.get(id=release)).due_at.isoformat() == "2026-12-01T01:20:00+00:00"
    for wrong in ({"day": "morgen"}, {"at": "2026-12-01 25:00"}, {}):
        status, said = await asked(person, where, wrong)
        assert (status, said["ok"]) == (422, False), wrong
    assert await person.post(where, {"day": "2026-11-20"}) == 422
    assert "没有改期：发布时间已过" in person.text
    assert 'value="2026-11-23T11:00"' in person.text, "the proposal is a button, without script too"


async def test_advice_tells_of_the_deadline_the_night_and_the_neighbour(call: Any, browser: Any) -> None:
    await planned(call, "2026-12-07T23:00", "weibo", "portal", title="第一条通知")
    other = await ready(call, "第二条通知")
    person = await signed_in(browser, "fabu")
    query = f"/console/calendar/advice?disclosure={other}&channels=weibo,nothing&at=2026-12-07T23:05"
    assert await person.get(query) == 200
    for words in (
        "夜间",
        "微博：与《第一条通知》（23:00）相隔不到 15 分钟",
        "晚于公开期限 2026-12-04",
        "12月8日（星期二）9:30",
    ):
        assert words in person.text, words
    assert await person.get(f"/console/calendar/advice?disclosure={other}&at=gestern") == 200
    assert await person.get("/console/calendar/advice?release=99") == 404


async def test_a_private_address_shows_the_plan_until_it_is_taken_back(call: Any, browser: Any, base: str) -> None:
    release = await planned(call, "2026-12-01T09:20", "portal", "weibo")
    person = await on_calendar(browser)
    assert await person.post("/console/calendar/address") == 200
    address = re.search(r"https://[^\"]+calendar\.ics\?key=([\w-]{43})", person.text)
    assert address is not None
    key = address[1]
    assert key not in str([row.key_hash for row in await CalendarAddress.all()]), "only its hash is kept"
    await person.get("/console/calendar")
    assert key not in person.text, "it is shown once"

    async def read(secret: str) -> tuple[int, str]:
        async with ClientSession() as stranger, stranger.get(f"{base}/console/calendar.ics?key={secret}") as answer:
            return answer.status, await answer.text()

    status, text = await read(key)
    assert status == 200
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    before = event["SEQUENCE"]
    assert event["UID"] == f"release-{release}@www.example.gov.cn"
    assert event["SUMMARY"] == "关于供暖补贴的通知（门户网站、微博）"
    for name in ("周发布", "李拟稿", "fabu"):
        assert name not in text, "no person's name leaves the house"
    await call("fabu")("POST", f"/releases/{release}/move", {"at": "2026-12-02T09:00:00+08:00"})
    (moved,) = Calendar.from_ical((await read(key))[1]).walk("VEVENT")
    assert (moved["UID"], moved["DTSTART"].dt.day) == (event["UID"], 2)
    assert moved["SEQUENCE"] > before
    await call("fabu")("POST", f"/releases/{release}/cancel", {})
    (gone,) = Calendar.from_ical((await read(key))[1]).walk("VEVENT")
    assert gone["STATUS"] == "CANCELLED"
    assert gone["SEQUENCE"] > moved["SEQUENCE"]
    assert await person.get("/console/calendar/plan.ics") == 200
    assert "BEGIN:VCALENDAR" in person.text
    await person.get("/console/calendar")
    await person.post("/console/calendar/address/revoke")
    assert (await read(key))[0] == 404
    for wrong in ("", "x", "x" * 43, "码" * 43):
        assert (await read(wrong))[0] == 404


async def test_a_second_address_ends_the_first_and_a_disabled_account_reads_nothing(house: Any) -> None:
    person, addresses = house.people["fabu"], house.calendar.addresses
    first, second = await addresses.issue(person), await addresses.issue(person)
    assert await addresses.resolve(first) is None
    assert (await addresses.resolve(second)).name == "fabu"
    await house.accounts.disable("fabu", by=person.actor)
    assert await addresses.resolve(second) is None


async def test_a_hidden_title_is_hidden_everywhere(call: Any, browser: Any, house: Any) -> None:
    async def hides(person: Any, ids: set[int]) -> frozenset[int]:
        return frozenset(ids)

    object.__setattr__(house.calendar, "hides", hides)
    await planned(call, "2026-12-06T09:00", "portal", title="保密的第一条")
    await planned(call, "2026-12-06T09:05", "portal", title="保密的第二条")
    await call("nigao")("POST", "/disclosures", draft(title="保密的草稿", formed_on="2026-10-12"))
    person = await on_calendar(browser)
    assert "保密的" not in person.text
    assert "（标题暂不公开）" in person.text
    await person.get("/console/calendar/plan.ics")
    assert "保密的" not in person.text
    await person.get("/console/calendar/advice?disclosure=3&channels=portal&at=2026-12-06T09:02")
    assert "保密的" not in person.text


async def test_the_calendar_as_json(call: Any) -> None:
    await planned(call, "2026-12-06T09:00", "portal")
    found = await call("nigao")("GET", "/calendar?view=week&at=2026-12-02")
    assert found.status == 200
    assert (found.body["first"], found.body["last"], len(found.body["days"])) == ("2026-11-30", "2026-12-06", 7)
    sunday = found.body["days"][-1]
    assert (sunday["working"], sunday["off"]) == (False, "周末")
    (entry,) = sunday["entries"]
    assert entry["channels"] == {"portal": "pending"}
    assert {each["kind"] for each in entry["conflicts"]} == {"idle", "late"}


async def test_the_day_of_formation_is_read_on_both_databases(any_database: str, clock: Any) -> None:
    """The text lies in JSON, which each database reads in its own way; a correction moves the deadline."""
    marks = DeadlineMarks(working_days=WorkingDays())
    row = await disclosure(clock.moment, formed_on="2026-11-20")
    found = await marks.marks(date(2026, 12, 1), date(2026, 12, 31), today=date(2026, 11, 23))
    assert [(each.day.isoformat(), each.statutory) for each in found.shown] == [
        ("2026-12-04", False),
        ("2026-12-18", True),
    ]
    await disclosure(clock.moment, formed_on="2026-11-16", of=row)
    assert await marks.deadline(row.id) == date(2026, 11, 30)
    due = clock.moment + timedelta(hours=1)
    await delivery(clock.moment, row, due_at=due)
    (found_row,) = await rows_between(clock.moment, due + timedelta(minutes=1))
    assert (found_row.title, found_row.unit, found_row.mass, found_row.due_at) == ("通知", "区民政局", True, due)
    assert await rows_between(clock.moment, due) == []


async def test_what_was_announced_stands_in_the_trail(house: Any) -> None:
    await house.calendar.addresses.issue(house.people["fabu"])
    assert await AuditRecord.filter(verb="calendar.address").count() == 1
