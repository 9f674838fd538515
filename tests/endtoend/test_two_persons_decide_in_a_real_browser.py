"""待核实 in a real Chromium: the timeline appears beside the decision, the second person says yes, and when the machine finds
the post meanwhile the open page says so by itself."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from publishers.records import Delivery
from tests.endtoend import walk
from tests.endtoend.screen import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SHARE = {"platform": "weibo", "path": "/2/statuses/share.json", "count": 1}


async def test_the_walk_of_a_doubt(house: Any, chromium: Browser) -> None:
    await house.control("POST", "/faults", {"kind": "late_commit", "seconds": 4, **SHARE})
    number = await walk.approved(house)
    plan = {"disclosure": number, "at": "now", "channels": ["portal", "weibo"]}
    release = (await house.must("fabu", "POST", "/releases", plan))["id"]
    await house.until(release, "published", "unknown")
    # The machine's own looks are held back for as long as the two persons are at it.
    weibo = Delivery.filter(release_id=release, channel="weibo")
    await weibo.update(next_at=datetime(2099, 1, 1, tzinfo=UTC))
    row = await weibo.get()

    first = await signed_in(chromium, house, "fabu")
    await first.click("text=查看全部待核实")
    await first.click(f"tr[data-delivery='{row.id}'] a")
    await expect(first.locator("#live")).to_contain_text("读取")
    ours = first.locator("#live .ours")
    async with asyncio.timeout(20):
        while await ours.count() == 0:
            await first.click("#read-live")
            await first.wait_for_timeout(500)
    await expect(ours).to_contain_text("本条？")
    await ours.locator("input[type=radio]").check()
    assert "/" in await first.input_value("#url")
    for path in ("/console/unknown", f"/console/deliveries/{row.id}"):
        other = await first.context.new_page()
        await other.goto(house.base + path)
        wide = await other.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
        await other.close()
    await first.fill("#reason-out", "时间线上看到了这一条")
    await first.click("#it-is-out button")
    await expect(first.locator("#decide-title")).to_have_text("等待另一人确认")

    second = await signed_in(chromium, house, "zhongshen")
    await second.click("section[aria-labelledby=to-confirm] a")
    await expect(second.locator("#confirm")).to_be_visible()
    await expect(second.locator("#stale")).to_be_hidden()
    await weibo.update(next_at=datetime.now(UTC))
    await expect(second.locator("#stale")).to_be_visible(timeout=15_000)
    await expect(second.locator("#known")).to_contain_text("系统已在平台上找到这条内容")
    await second.click("#stale a")
    await expect(second.locator("#decide")).to_contain_text("已由系统核实，不再需要")
    assert len((await house.control("GET", "/effects"))["weibo_posts"]) == 1
