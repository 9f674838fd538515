"""改期 in a real Chromium on a telephone: put off, then brought forward to now, and out once on every channel; and the operator's
page of the nodes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from publishers.slot import SHANGHAI
from tests.endtoend import walk
from tests.endtoend.conftest import MACHINE, PASSWORD
from tests.endtoend.screen import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


async def _fits(page: Page) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


async def test_a_release_is_put_off_and_brought_forward(house: Any, chromium: Browser) -> None:
    number = await walk.approved(house)
    at = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    plan = {"disclosure": number, "at": at, "channels": ["portal", "wechat", "weibo"]}
    release = (await house.must("fabu", "POST", "/releases", plan))["id"]
    officer = await signed_in(chromium, house, "fabu")
    await officer.goto(f"{house.base}/console/releases/{release}")
    await _fits(officer)
    later = (datetime.now(SHANGHAI) + timedelta(days=3)).strftime("%Y-%m-%dT15:30")
    await officer.fill("#at", later)
    await officer.fill("#move-reason", "会议推迟")
    await officer.click("#move")
    await expect(officer.locator(".done")).to_contain_text("已改期")
    await expect(officer.locator("#results")).to_contain_text(later.replace("T", " "))
    await officer.check("input[name=when][value=now]")
    await officer.click("#move")
    await expect(officer.locator(".done")).to_contain_text("已改期")
    await house.until(release, "published")
    effects = await house.control("GET", "/effects")
    assert (len(effects["publications"]), len(effects["weibo_posts"])) == (1, 1)
    await house.product.accounts.add("guanli", roles=["operator"], unit="区政府办", password=PASSWORD, by=MACHINE)
    operator = await signed_in(chromium, house, "guanli")
    await operator.goto(f"{house.base}/console/nodes")
    await _fits(operator)
    await expect(operator.locator("tr[data-node]")).to_have_count(1)
    await expect(operator.locator("tr[data-account]")).to_have_count(2)
    await expect(operator.locator("main")).to_contain_text("1 个节点正在运行，没有积压")
