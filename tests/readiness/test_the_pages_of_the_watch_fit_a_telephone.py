"""告警, 群发额度 and the probes of a release in a real browser: nothing is cut off at 375 px, nothing is said by colour alone."""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.readiness.conftest import PASSWORD, PUBLISHER, approved

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PICTURES = os.environ.get("MINGBAI_TEST_PICTURES", "")
"""A folder: the screenshots are kept there, for the manuals."""
HOUR = timedelta(hours=1)


async def signed_in(chromium: Browser, house: Any, *, width: int) -> Page:
    context = await chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(f"{house.settings.public_url}/console/")
    await page.fill("input[name=name]", "fabu")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("#sign-in")
    await expect(page.locator("h1")).to_contain_text("今天要办")
    return page


async def trouble(house: Any) -> tuple[int, int]:
    """A month with every kind of place, and incidents open and closed; a release with findings, a text to be planned."""
    await house.quota.enter_outside(PUBLISHER, date(2026, 11, 9), remark="在公众平台群发《防汛提示》")
    await house.release("关于调整2027年度城乡居民最低生活保障标准的通知", after=20 * HOUR, mass=True)
    await house.release("区人民政府关于划定冬春季森林防火期和防火区的通告", after=70 * HOUR, mass=True)
    await house.quota.enter_outside(PUBLISHER, date(2026, 11, 26), remark="公众平台定时群发")
    await house.quota.settle()
    release = await house.release("关于发放2026年冬季供暖补贴的通知", after=3 * HOUR)
    await house.profile(ip_whitelist=["203.0.113.7"])
    await house.control("POST", "weibo/token", {"death": "expired"})
    await house.product.readiness.sweep()
    await house.control("POST", "weibo/token", {"death": "alive"})
    house.clock.advance(3600 + 1)
    await house.product.readiness.sweep()
    return release, await approved(house.clock, "关于2026年冬季大气污染防治的公告", mass=True)


@pytest.mark.parametrize("width", [1280, 375])
async def test_nothing_is_wider_than_the_screen(house: Any, chromium: Browser, width: int) -> None:
    release, planned = await trouble(house)
    page = await signed_in(chromium, house, width=width)
    paths = {
        "incidents": "/console/incidents", "quota": "/console/quota", "home": "/console/",
        "release": f"/console/releases/{release}", "schedule": f"/console/disclosures/{planned}",
    }  # fmt: skip
    for name, path in paths.items():
        await page.goto(f"{house.settings.public_url}{path}")
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
            await page.screenshot(path=f"{PICTURES}/watch-{name}-{width}.png", full_page=True)
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, (name, overflow)


async def test_a_day_says_in_words_what_it_is(house: Any, chromium: Browser) -> None:
    await trouble(house)
    page = await signed_in(chromium, house, width=1280)
    await page.goto(f"{house.settings.public_url}/console/quota")
    for day, words in (("2026-11-09", "平台"), ("2026-11-24", "预留"), ("2026-11-26", "超额")):
        await expect(page.locator(f".calendar td:has(time[datetime='{day}'])")).to_contain_text(words)


async def test_an_incident_is_closed_from_its_own_card(house: Any, chromium: Browser) -> None:
    await trouble(house)
    page = await signed_in(chromium, house, width=375)
    await page.goto(f"{house.settings.public_url}/console/incidents")
    card = page.locator(".incident", has_text="微信每日查验发现")
    await card.locator("summary").click()
    await card.locator("textarea").fill("已在公众平台把新地址加入 IP 白名单")
    await card.locator("button").click()
    await expect(page.locator(".done")).to_contain_text("已标记为已处理")
    await expect(page.locator(".table")).to_contain_text("处理情况：已在公众平台把新地址加入 IP 白名单")
