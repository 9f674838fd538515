"""The calendar in a real Chromium: an entry is dragged to another day and stays approved; a refusal is said beside it; the
small form works on a telephone; and a fifth mass send of the month is refused with the next free day."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from disclosures.records import Disclosure
from publishers.records import Release
from publishers.slot import SHANGHAI
from publishers.wechat.quota import next_month
from tests.endtoend import walk
from tests.endtoend.conftest import until_known
from tests.endtoend.screen import DESK, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def far_month() -> date:
    """The first day of a month that is wholly in the future, so that its days may all be planned for."""
    return next_month(next_month(datetime.now(SHANGHAI).date()))


def moment(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


async def planned(house: Any, day: date) -> tuple[int, int]:
    number = await walk.approved(house)
    plan = {"disclosure": number, "at": moment(day).isoformat(), "channels": ["portal", "wechat", "weibo"]}
    return number, int((await house.must("fabu", "POST", "/releases", plan))["id"])


async def fits(page: Page) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


async def test_an_entry_is_dragged_to_another_day_and_stays_approved(house: Any, chromium: Browser) -> None:
    first = far_month()
    begin, target, quiet = (first + timedelta(days=number) for number in (9, 11, 12))
    number, release = await planned(house, begin)
    day = {"name": "区两会", "falls_on": quiet.isoformat(), "rule": "forbid", "source": "区委办通知"}
    await house.must("fabu", "POST", "/quiet-days", day)
    officer = await signed_in(chromium, house, "fabu", size=DESK)
    await officer.goto(f"{house.base}/console/calendar?at={first}")
    entry = officer.locator(f'[data-release="{release}"]')
    await entry.drag_to(officer.locator(f'td[data-day="{target}"]'))
    await expect(officer.locator("#cal-done")).to_contain_text("三审仍然有效")
    await expect(officer.locator(f'td[data-day="{target}"] [data-release="{release}"]')).to_be_visible()
    assert (await Release.get(id=release)).due_at == moment(target), "the hour is kept"
    disclosure = await Disclosure.get(id=number)
    assert disclosure.state == "approved"
    assert disclosure.approved_hash == (await Release.get(id=release)).content_hash
    # A day that forbids: the entry stays where it is, says why, and is opened with a reason.
    await entry.drag_to(officer.locator(f'td[data-day="{quiet}"]'))
    said = entry.locator(".slot-said")
    await expect(said).to_contain_text("区两会")
    await expect(officer.locator(f'td[data-day="{target}"] [data-release="{release}"]')).to_be_visible()
    assert (await Release.get(id=release)).due_at == moment(target)
    await said.get_by_role("button", name="写明紧急理由").click()
    await officer.fill("#move-override-text", "防汛紧急通知")
    await officer.get_by_role("button", name="改期", exact=True).click()
    await expect(officer.locator(f'td[data-day="{quiet}"] [data-release="{release}"]')).to_be_visible()
    assert (await Release.get(id=release)).due_at == moment(quiet)


async def test_the_small_form_works_on_a_telephone_by_keyboard(house: Any, chromium: Browser) -> None:
    first = far_month()
    begin, target = first + timedelta(days=9), first + timedelta(days=15)
    _, release = await planned(house, begin)
    officer = await signed_in(chromium, house, "fabu")
    await officer.goto(f"{house.base}/console/calendar?at={first}")
    await fits(officer)
    link = officer.locator(f'[data-release="{release}"] [data-move]')
    await link.focus()
    await officer.keyboard.press("Enter")
    dialog = officer.locator("#move-dialog")
    await expect(dialog).to_be_visible()
    await expect(officer.locator("#move-at")).to_be_focused()
    await fits(officer)
    await officer.fill("#move-at", f"{target}T15:30")
    await expect(officer.locator("#move-advice")).to_contain_text("最近合适的时间")
    await officer.keyboard.press("Enter")
    await expect(officer.locator("#cal-done")).to_contain_text("已改到")
    await expect(officer.locator(f'[data-release="{release}"] [data-move]')).to_be_focused()
    assert (await Release.get(id=release)).due_at == moment(target, 15) + timedelta(minutes=30)
    for path in (
        "/console/calendar?view=week",
        "/console/calendar/quiet",
        "/console/calendar/years",
        "/console/announcements",
    ):
        await officer.goto(house.base + path)
        await fits(officer)


async def test_a_fifth_mass_send_of_the_month_is_refused(house: Any, chromium: Browser) -> None:
    house.settings = house.settings.model_copy(update={"wechat_account_kind": "service"})
    await house.restart()
    first = far_month()
    mass = {"wechat": {"digest": "取暖补助由村居代办。", "mode": "mass"}}
    numbers = []
    for count in range(5):
        title = f"{walk.TITLE}（第{'一二三四五'[count]}批）"
        made = await house.must("nigao", "POST", "/disclosures", {**walk.draft(title), "channels": mass})
        numbers.append(int(made["id"]))
        await house.must("nigao", "POST", f"/disclosures/{numbers[-1]}/submit", {"reason": "文号相同，分批通知"})
        for reviewer in ("chushen", "fushen", "zhongshen"):
            await house.must(reviewer, "POST", f"/disclosures/{numbers[-1]}/approve")
        if count < 4:
            at = moment(first + timedelta(days=count)).isoformat()
            plan = {"disclosure": numbers[-1], "at": at, "channels": ["portal", "wechat"], "confirm_mass": True}
            await house.must("fabu", "POST", "/releases", plan)
    free = next_month(first)
    officer = await signed_in(chromium, house, "fabu", size=DESK)
    await officer.goto(f"{house.base}/console/disclosures/{numbers[-1]}")
    await officer.fill("#at", f"{first + timedelta(days=20)}T10:00")
    box = officer.locator("#schedule-box")
    await expect(box.locator(".advice")).to_contain_text("没有群发名额")
    await officer.check("input[name=confirm_mass]")
    await officer.click("#schedule")
    refused = box.locator("[role=alert]").first
    await expect(refused).to_contain_text(f"{first.month}月的微信群发次数已经排满")
    await expect(refused).to_contain_text(f"请改到{free.month}月{free.day}日")
    await officer.fill("#at", f"{free}T10:00")
    await officer.check("input[name=confirm_mass]")
    await officer.click("#schedule")
    await expect(officer.locator(".done")).to_contain_text("已安排发布")


async def test_the_bot_tells_when_something_will_be_published(house: Any) -> None:
    due = far_month() + timedelta(days=4)
    plan = {"title": "明年区级财政预算", "unit": "区财政局", "due": due.isoformat()}
    number = (await house.must("fabu", "POST", "/announcements", plan))["id"]
    await house.must("zhongshen", "POST", f"/announcements/{number}/confirm", {})
    answer = await until_known(house, "明年区级财政预算什么时候公布？")
    assert f"将于{due.year}年{due.month}月{due.day}日公布" in answer["answer"]
    status, page = await house.page("/announcements")
    assert status == 200
    assert "明年区级财政预算" in page
