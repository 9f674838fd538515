"""A conflict of two editors in a real Chromium: they are told of each other, the later one chooses between both texts, and
what is typed survives a network that is gone, a sign-in that ended, and a page that was closed."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from console.records import WorkingCopy
from tests.endtoend import walk
from tests.endtoend.conftest import MACHINE, PASSWORD
from tests.endtoend.screen import DESK, TELEPHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PICTURES = os.environ.get("MINGBAI_TEST_PICTURES", "")
"""A folder: the screenshots are kept there, for the manuals."""
KEPT = "草稿已自动保存"


async def _keep(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def _too_wide(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def test_a_conflict_of_two_editors_is_merged(house: Any, chromium: Browser) -> None:
    await house.product.accounts.add(
        "wangfang", roles=["drafter"], display_name="王芳", unit="区民政局", password=PASSWORD, by=MACHINE
    )
    number = await walk.written(house)
    edit = f"{house.base}/console/disclosures/{number}/edit"
    first, second = (
        await signed_in(chromium, house, "nigao", size=DESK),
        await signed_in(chromium, house, "wangfang", size=TELEPHONE),
    )
    await second.goto(edit)
    await first.goto(edit)
    await expect(first.locator("#people")).to_contain_text("王芳")
    body = await first.input_value("[name=body]")

    await second.fill("[name=title]", "关于发放冬季取暖补助的通知")
    await second.fill("[name=body]", body.replace("五个工作日", "七个工作日"))
    await expect(second.locator("#keep-state")).to_contain_text(KEPT)
    assert await _too_wide(second) <= 0
    await second.click("#save")
    await expect(second.locator("h1")).to_have_text("关于发放冬季取暖补助的通知")

    await first.fill("[name=title]", "关于发放困难群众取暖补助的通知")
    await first.fill("[name=body]", body + "\n联系电话：2345678。")
    await first.fill("[name=keywords]", "取暖补助")
    await expect(first.locator("#newer")).to_contain_text("保存了第 2 版")
    await first.click("#save")
    await expect(first.locator("#conflict")).to_contain_text("有 1 处两人都改了")
    await _keep(first, "console-merge")
    await first.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    assert await _too_wide(first) <= 0
    await first.click("#save-merged")
    await expect(first.locator(".refusal-box")).to_contain_text("标题")
    await first.locator("input[name=pick_title][value=theirs]").check()
    await first.click("#save-merged")
    await expect(first.locator("h1")).to_have_text("关于发放冬季取暖补助的通知")
    saved = await house.must("nigao", "GET", f"/disclosures/{number}")
    assert saved["revision"] == 3
    assert saved["keywords"] == ["取暖补助"]
    assert "七个工作日" in saved["body_source"]
    assert "联系电话：2345678。" in saved["body_source"]
    assert await WorkingCopy.all().count() == 0


async def test_what_is_typed_survives_network_sign_in_and_a_closed_page(house: Any, chromium: Browser) -> None:
    page = await signed_in(chromium, house, "nigao", size=DESK)
    await page.goto(f"{house.base}/console/disclosures/new")
    await page.select_option("#kind", value="zhaokao")
    await expect(page.locator("#particulars_places")).to_be_visible()
    assert "招录岗位" in await page.input_value("[name=body]")
    assert await page.input_value("[name=category]") == "公务员招考"
    await page.fill("#particulars_places", "12")
    await page.fill("[name=title]", "招考公告")
    state = page.locator("#keep-state")
    await expect(state).to_contain_text(KEPT)
    await expect(page.locator("[data-derived=weibo_text]")).to_contain_text("【招考公告】")
    await page.fill("[name=wechat_title]", "招考来了")
    await expect(page.locator("[data-own=wechat_title] .differs")).to_be_visible()
    await page.click("[data-own=wechat_title] .to-master")
    await expect(page.locator("[data-own=wechat_title] .differs")).to_be_hidden()
    await _keep(page, "console-kind")

    async def gone(route: Route) -> None:
        await route.abort()

    await page.route("**/console/working-copy", gone)
    await page.fill("[name=title]", "招考公告，断网时写的")
    await expect(state).to_contain_text("网络不通")
    await page.unroute("**/console/working-copy")
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(state).to_contain_text(KEPT)

    # The sign-in ends; in another window he signs in again; the first page goes on by itself.
    cookies = await page.context.cookies()
    await page.context.clear_cookies()
    await page.fill("[name=title]", "招考公告，登录失效后写的")
    await expect(state).to_contain_text("登录已失效")
    await page.click("#save")
    await expect(state).to_contain_text("登录已失效")
    assert await page.input_value("[name=title]") == "招考公告，登录失效后写的"
    other = await page.context.new_page()
    await other.goto(f"{house.base}/console/")
    await other.fill("input[name=name]", "nigao")
    await other.fill("input[name=password]", PASSWORD)
    await other.click("#sign-in")
    await expect(other.locator("h1")).to_contain_text("今天要办")
    assert cookies != await page.context.cookies()
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(state).to_contain_text(KEPT)

    # The page is closed; what was typed is offered when he writes again.
    await page.close(run_before_unload=False)
    await other.goto(f"{house.base}/console/disclosures/new")
    await expect(other.locator("#copies-title")).to_contain_text("您有一份未保存的草稿")
    await other.click(".copies a.button")
    assert await other.input_value("[name=title]") == "招考公告，登录失效后写的"
    assert await other.input_value("#particulars_places") == "12"
    await other.click("#save")
    await expect(other.locator("h1")).to_have_text("招考公告，登录失效后写的")
    assert await WorkingCopy.all().count() == 0
