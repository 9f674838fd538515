"""信息公开预告: written by one, public by the word of another, changed openly, fulfilled by the publication itself."""

from datetime import date, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from icalendar import Calendar
from lxml import etree

from audit.records import AuditRecord
from gateway.pressing import calendar_desk
from knowledge.curation import Curation
from portal.feeds import ATOM
from portal.site import SiteIdentity
from portal.web import Portal
from publishers.records import Incident
from scheduler.announcements import waiting_for
from scheduler.calendar_records import Announcement
from tests.console.test_a_disclosure_goes_its_whole_way_on_the_screen import signed_in
from tests.console.test_the_calendar_on_the_screen import cell, ready

BUDGET = {"title": "2027年财政预算", "unit": "区财政局", "due": "2027-03-01", "precision": "day", "note": "含部门预算"}
SITE = SiteIdentity(
    name="示例区人民政府", domain="www.example.gov.cn", id_code="", credit_code="11441700007280420Y",
    public_url="https://www.example.gov.cn", phone="", hours="",
)  # fmt: skip


async def no_file(sha256: str) -> Any:
    raise KeyError(sha256)


class Public:
    """A citizen at the portal."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self._session, self._base = session, base

    async def read(self, path: str) -> str:
        async with self._session.get(self._base + path) as answer:
            assert answer.status == 200, path
            return await answer.text()


@pytest.fixture
async def public(house: Any, clock: Any) -> Any:
    app = web.Application()
    app.add_routes(Portal(site=SITE, clock=clock, load_file=no_file).routes())
    server = TestServer(app)
    await server.start_server()
    async with ClientSession() as session:
        yield Public(session, str(server.make_url("")).rstrip("/"))
    await server.close()


@pytest.fixture
async def people(house: Any) -> Any:
    await house.staff("zhengwu", "officer", "钱政务")
    return house


async def announced(call: Any, **changed: Any) -> int:
    made = await call("fabu")("POST", "/announcements", {**BUDGET, **changed})
    assert made.status == 201, made.body
    return int(made.body["id"])


async def test_it_is_public_by_the_word_of_another_person(people: Any, call: Any, public: Any) -> None:
    number = await announced(call)
    assert "财政预算" not in await public.read("/announcements")
    refused = await call("fabu")("POST", f"/announcements/{number}/confirm", {})
    assert refused.status == 409
    assert "须由另一人确认" in refused.body["detail"]
    assert (await call("nigao")("POST", f"/announcements/{number}/confirm", {})).status == 403
    confirmed = await call("zhongshen")("POST", f"/announcements/{number}/confirm", {})
    assert (confirmed.status, confirmed.body["state"], confirmed.body["asked"]) == (200, "planned", "")
    said = "“2027年财政预算”将于2027年3月1日公布。含部门预算。预告单位：区财政局。"
    assert confirmed.body["words"] == said
    assert said in await public.read("/announcements")
    home = await public.read("/")
    assert "即将公布" in home
    assert "2027年财政预算" in home
    again = await call("zhengwu")("POST", f"/announcements/{number}/confirm", {})
    assert again.status == 409, "there is nothing left to confirm"


async def test_a_time_that_passed_meanwhile_is_confirmed_no_more(people: Any, call: Any, clock: Any) -> None:
    number = await announced(call, due="2026-11-24")
    clock.advance(2 * 86400)
    late = await call("zhengwu")("POST", f"/announcements/{number}/confirm", {})
    assert late.status == 409
    assert "已经过去" in late.body["detail"]
    assert (await Announcement.get(id=number)).public_at is None


async def test_one_that_is_refused_is_never_public(people: Any, call: Any, public: Any) -> None:
    number = await announced(call)
    assert (await call("zhengwu")("POST", f"/announcements/{number}/refuse", {"reason": ""})).status == 422
    refused = await call("zhengwu")("POST", f"/announcements/{number}/refuse", {"reason": "时间未定"})
    assert refused.body["state"] == "refused"
    for path in ("/announcements", "/announcements.atom", "/announcements.ics", "/"):
        assert "财政预算" not in await public.read(path), path


async def test_a_change_is_told_with_its_reason_and_what_was_first(people: Any, call: Any, public: Any) -> None:
    number = await announced(call)
    where = f"/announcements/{number}"
    early = await call("fabu")("POST", f"{where}/change", {"due": "2027-03-05", "reason": "人代会改期"})
    assert early.status == 409, "what is not public yet is not changed openly"
    await call("zhengwu")("POST", f"{where}/confirm", {})
    for wrong in (
        {"due": "2027-03-01", "reason": "相同"},
        {"due": "2027-03-05", "reason": ""},
        {"due": "2026-03-05", "reason": "过去"},
    ):
        assert (await call("fabu")("POST", f"{where}/change", wrong)).status == 422, wrong
    asked = await call("fabu")("POST", f"{where}/change", {"due": "2027-03-05", "reason": "人代会改期"})
    assert (asked.status, asked.body["asked"]) == (200, "change")
    assert "2027年3月1日" in await public.read("/announcements"), "until it is confirmed the old word stands"
    assert (await call("zhengwu")("POST", f"{where}/cancel", {"reason": "重复"})).status == 409, "one thing at a time"
    assert (await call("fabu")("POST", f"{where}/confirm", {})).status == 409
    await call("zhengwu")("POST", f"{where}/confirm", {})
    page = await public.read("/announcements")
    assert "改于2027年3月5日公布。原定2027年3月1日，改期原因：人代会改期。" in page
    (event,) = Calendar.from_ical(await public.read("/announcements.ics")).walk("VEVENT")
    assert (str(event["DTSTART"].dt), event["SEQUENCE"]) == ("2027-03-05", 1)
    await call("fabu")("POST", f"{where}/cancel", {"reason": "并入决算公布"})
    await call("zhengwu")("POST", f"{where}/confirm", {})
    (event,) = Calendar.from_ical(await public.read("/announcements.ics")).walk("VEVENT")
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 2)
    assert "已取消公布。原因：并入决算公布。" in await public.read("/announcements")
    assert "即将公布" not in await public.read("/")
    verbs = await AuditRecord.filter(verb__startswith="announcement.").order_by("id").values_list("verb", flat=True)
    assert [verb.rpartition(".")[2] for verb in verbs] == [
        "proposed",
        "confirmed",
        "asked",
        "confirmed",
        "asked",
        "confirmed",
    ]


async def test_a_change_that_is_not_agreed_to_changes_nothing(people: Any, call: Any, public: Any) -> None:
    number = await announced(call)
    await call("zhengwu")("POST", f"/announcements/{number}/confirm", {})
    await call("fabu")("POST", f"/announcements/{number}/cancel", {"reason": "误提"})
    back = await call("fabu")("POST", f"/announcements/{number}/refuse", {"reason": "收回"})
    assert (back.body["state"], back.body["asked"]) == ("planned", "")
    assert "将于2027年3月1日公布" in await public.read("/announcements")


async def test_the_publication_fulfils_it(people: Any, house: Any, call: Any, public: Any, browser: Any) -> None:
    disclosure = await ready(call, "2027年区级财政预算")
    number = await announced(call, disclosure=disclosure, due="2026-11-30")
    await call("zhengwu")("POST", f"/announcements/{number}/confirm", {})
    await house.calendar.announcements.sweep()
    assert (await Announcement.get(id=number)).state == "planned"
    await call("fabu")("POST", "/releases", {"disclosure": disclosure, "at": "now", "channels": ["portal"]})
    await house.dispatcher.settle_down()
    await house.calendar.announcements.sweep()
    await house.calendar.announcements.sweep()
    row = await Announcement.get(id=number)
    assert (row.state, row.sequence) == ("fulfilled", 1), "once"
    page = await public.read("/announcements")
    assert "“2027年财政预算”已于2026年11月23日公布。" in page
    assert f'href="/d/{disclosure}"' in page
    person = await signed_in(browser, "fabu")
    await person.get("/console/calendar?at=2026-11-01")
    assert "2027年财政预算" in cell(person.text, "2026-11-30")


async def test_the_bot_says_the_same_words_and_learns_of_every_change(people: Any, house: Any, call: Any) -> None:
    curation = Curation(clock=house.clock, trail=house.trail)
    desk = calendar_desk(
        clock=house.clock, trail=house.trail, working_days=house.working_days, public_url="https://www.example.gov.cn",
        page_url=house.page_url, curation=curation, mass_quota=None,
    )  # fmt: skip
    number = await announced(call)
    officer = house.people["zhengwu"]

    async def heard(question: str) -> str:
        await house.base.load()
        finding = house.base.ask(question, today=house.clock.moment.date())
        return finding.hits[0].entry.body if finding.hits else ""

    assert await heard("2027年财政预算什么时候公布？") == ""
    await desk.announcements.confirm(officer, number)
    assert "将于2027年3月1日公布" in await heard("2027年财政预算什么时候公布？")
    assert "将于2027年3月1日公布" in await heard("财政预算何时公布")
    await desk.announcements.ask_change(officer, number, precision="month", due="2027-04", reason="人代会改期")
    assert "3月1日公布" in await heard("财政预算何时公布"), "what is only asked is not said"
    await desk.announcements.confirm(house.people["fabu"], number)
    assert "改于2027年4月公布" in await heard("财政预算何时公布")
    entry = await curation.stored(f"announcement-{number}")
    assert entry is not None
    assert entry.source_url == f"https://www.example.gov.cn/announcements#a{number}"
    assert entry.valid_to == date(2027, 4, 30), "what was not kept is not promised any longer"
    await desk.announcements.ask_cancel(officer, number, reason="并入决算公布")
    await desk.announcements.confirm(house.people["fabu"], number)
    entry = await curation.stored(f"announcement-{number}")
    assert entry is not None
    assert entry.valid_to == house.clock.moment.date() + timedelta(days=60), "an old cancellation is not told for ever"


async def test_the_page_leads_through_it(people: Any, browser: Any) -> None:
    writer = await signed_in(browser, "fabu")
    assert await writer.get("/console/announcements") == 200
    form = {"title": "", "unit": "区财政局", "precision": "month", "due": "2027-03-15", "note": "留住的话"}
    assert await writer.post("/console/announcements", form) == 422
    assert 'id="wrong-new-title"' in writer.text
    assert "留住的话" in writer.text
    assert await writer.post("/console/announcements", {**form, "title": "2027年财政预算", "unit": "某局"}) == 422
    assert 'id="wrong-new-unit"' in writer.text
    assert await writer.post("/console/announcements", {**form, "title": "2027年财政预算", "disclosure": "77"}) == 422
    assert "没有这条公开信息" in writer.text
    assert await writer.post("/console/announcements", {**form, "title": "2027年财政预算"}) == 200
    assert "“2027年财政预算”将于2027年3月公布。" in writer.text
    assert "须由您以外的同事确认" in writer.text
    assert await writer.post("/console/announcements/1/confirm") == 409
    assert "预告须由另一人确认" in writer.text
    other = await signed_in(browser, "zhongshen")
    await other.get("/console/announcements")
    assert await other.post("/console/announcements/1/confirm") == 200
    assert "已确认" in other.text
    await writer.get("/console/announcements")
    change = {"precision": "moment", "due": "2027-03-10", "clock": "10:00", "reason": "会议定于上午"}
    assert await writer.post("/console/announcements/1/change", change) == 200
    assert "由2027年3月改到2027年3月10日10:00" in writer.text
    assert await writer.post("/console/announcements/1/refuse", {"remark": "再议"}) == 200
    assert await writer.post("/console/announcements/1/link", {"disclosure": "9"}) == 422
    assert await writer.post("/console/announcements/9/cancel", {"reason": "没有这条"}) == 404


async def test_one_that_was_not_kept_says_so(people: Any, house: Any, call: Any, public: Any, browser: Any) -> None:
    number = await announced(call, due="2026-11-24")
    await call("zhengwu")("POST", f"/announcements/{number}/confirm", {})
    house.clock.advance(2 * 86400)
    assert "已过预告时间，尚未公布" in await public.read("/announcements")
    assert "即将公布" not in await public.read("/")
    person = await signed_in(browser, "fabu")
    await person.get("/console/announcements")
    assert "请尽快公布，或改期并说明原因" in person.text
    await house.calendar.announcements.sweep()
    await person.get("/console/incidents")
    assert "预告“2027年财政预算”应在2026年11月24日公布，现在还没有公布" in person.text
    await person.get("/console/calendar?at=2026-11-01")
    assert "预告已过" in cell(person.text, "2026-11-24")
    await call("fabu")("POST", f"/announcements/{number}/change", {"due": "2026-12-24", "reason": "材料未齐"})
    assert (await waiting_for(house.people["fabu"]), await waiting_for(house.people["zhengwu"])) == (0, 1)
    await call("zhengwu")("POST", f"/announcements/{number}/confirm", {})
    await house.calendar.announcements.sweep()
    assert not await Incident.filter(kind="announcement").exclude(open_key=None), "a new promise ends the incident"


async def test_the_feed_is_its_own_and_well_formed(people: Any, call: Any, public: Any) -> None:
    empty = etree.fromstring((await public.read("/announcements.atom")).encode())
    assert empty.findall(f"{{{ATOM}}}entry") == []
    for title in ("2027年财政预算", "《<b>水质</b>》报告"):
        number = await announced(call, title=title)
        await call("zhengwu")("POST", f"/announcements/{number}/confirm", {})
    feed = etree.fromstring((await public.read("/announcements.atom")).encode())
    entries = feed.findall(f"{{{ATOM}}}entry")
    assert {entry.findtext(f"{{{ATOM}}}title") for entry in entries} == {
        "预告：2027年财政预算",
        "预告：《<b>水质</b>》报告",
    }
    for entry in entries:
        for name in ("id", "updated", "summary", "published"):
            assert entry.findtext(f"{{{ATOM}}}{name}"), name
    assert "<b>水质" not in await public.read("/announcements"), "a title is text"
    assert "财政预算" not in await public.read("/feed.atom"), "an announcement is no disclosure"
