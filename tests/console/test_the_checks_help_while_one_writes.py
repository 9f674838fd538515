"""The checks in a real Chromium: the words are found, a proposal goes in by a click only, and every page of them can be read by all."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from disclosures.checking.leaders import Leader
from tests.console.conftest import BODY, PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
GRAVE = """() => axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(found => found.violations
  .filter(rule => ['serious', 'critical'].includes(rule.impact)).map(rule => rule.id + ' ' + rule.nodes.map(node => node.html).join(' | ')))"""
ID = "11010519491231002X"


async def signed_in(chromium: Browser, base: str, name: str, width: int = 1280) -> Page:
    context = await chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{base}/console/sign-in")
    await page.fill("[name=name]", name)
    await page.fill("[name=password]", PASSWORD)
    await page.click("#sign-in")
    await expect(page.locator("h1")).to_be_visible()
    return page


async def write(page: Page, body: str) -> None:
    """Into the field itself, whatever stands in its place on the screen."""
    await page.evaluate(
        "text => { const body = document.forms['disclosure-form'].elements.body; body.value = text;"
        " body.dispatchEvent(new Event('input', { bubbles: true })); }",
        body,
    )


async def text_of(page: Page) -> str:
    return str(await page.evaluate("document.forms['disclosure-form'].elements.body.value"))


async def test_a_proposal_goes_into_the_text_by_a_click_and_not_before(
    house: Any, base: str, chromium: Browser
) -> None:
    page = await signed_in(chromium, base, "nigao")
    await page.goto(f"{base}/console/disclosures/new")
    await page.fill("[name=title]", "关于发放补贴的通知")
    await page.select_option("[name=department]", value="区民政局")
    await page.select_option("[name=category]", value="通知公告")
    await write(page, f"{BODY} 工作已经布署。失信人员110105 19491231 002X。")
    live = page.locator("[data-live=body]")
    await expect(live.locator(".finding-line")).to_have_count(2)
    assert "布署" in await text_of(page)
    await live.get_by_role("button", name="改为 部署").click()
    assert "布署" not in await text_of(page)
    await live.get_by_role("button", name="遮盖为 11*************02X").click()
    assert "19491231" not in await text_of(page)
    assert "11*************02X" in await text_of(page)
    await expect(live.locator(".finding-line")).to_have_count(0)


async def test_the_pages_of_the_checks_can_be_read_by_everybody(house: Any, base: str, chromium: Browser) -> None:
    lexicon = house.desk.examination.lexicon
    await lexicon.put(house.people["fabu"], {"词语": "推进部属", "程度": "说明理由可放行", "建议": "推进部署"})
    await lexicon.put_leader(house.people["fabu"], Leader(name="钱立新", title="区长", order=1))
    writer = await signed_in(chromium, base, "nigao", 375)
    await writer.goto(f"{base}/console/disclosures/new")
    await writer.fill("[name=title]", "关于发放补贴的通知")
    await writer.select_option("[name=department]", value="区民政局")
    await writer.select_option("[name=category]", value="通知公告")
    await writer.fill("[name=formed_on]", "2026-11-20")
    await write(writer, f"{BODY}\n\n推进部属，副区长钱立新。失信人员{ID}，见[点击这里](http://10.0.0.1/a)。")
    await expect(writer.locator(".finding-line").first).to_be_visible()
    await seen_by_all(writer)
    await writer.click("#save")
    await expect(writer.locator("#check-box .finding").first).to_be_visible()
    await writer.locator("#check-box summary", has_text="放行").first.click()
    await seen_by_all(writer)
    officer = await signed_in(chromium, base, "fabu", 375)
    for address in ("?q=部", "/leaders", "/import", "/rules"):
        await officer.goto(f"{base}/console/lexicon{address}")
        await seen_by_all(officer)


async def seen_by_all(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, (
        page.url
    )
    await page.evaluate(AXE)
    assert await page.evaluate(GRAVE) == [], page.url
