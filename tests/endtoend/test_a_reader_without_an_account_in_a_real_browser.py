"""A text is looked at on every channel, handed to somebody without an account by a link, and remarked upon."""

import io
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import Browser, Page, Route, expect
from pypdf import PdfReader

from tests.endtoend import walk
from tests.endtoend.screen import DESK, TELEPHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PICTURES = os.environ.get("MINGBAI_TEST_PICTURES", "")
LINKED = (
    "依据[社会救助暂行办法](https://www.gov.cn/zhengce/1.htm)发放取暖补助。\n\n| 街道 | 户数 | 人数 | 金额 | 时间 |\n"
    "| --- | --- | --- | --- | --- |\n| 东街 | 3 | 5 | 900 | 12月 |\n\n" + walk.BODY
)


async def _keep(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def _scrolls_sideways(page: Page) -> bool:
    return bool(await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


async def _accessible(page: Page) -> None:
    """No serious or critical finding of axe-core, frames included."""
    found = (await Axe().run(page)).response["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert not serious, [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in serious]


async def test_a_link_is_made_read_on_a_telephone_and_remarked_upon(house: Any, chromium: Browser) -> None:
    made = await house.must("nigao", "POST", "/disclosures", {**walk.draft(), "body_markdown": LINKED})
    number = made["id"]
    drafter = await signed_in(chromium, house, "nigao", size=DESK)
    await drafter.goto(f"{house.base}/console/disclosures/{number}")
    await _keep(drafter, "preview-text")
    await drafter.click("#tab-portal")
    page = drafter.frame_locator("#preview-portal iframe")
    await expect(page.locator("h1")).to_have_text(walk.TITLE)
    await expect(page.locator("header .brand-name")).to_have_text("示例市明白区人民政府")
    await _keep(drafter, "preview-portal")
    await drafter.click("label[for=portal-phone]")
    await _keep(drafter, "preview-portal-phone")
    await drafter.click("#tab-wechat")
    await drafter.click("label[for=wechat-marked]")
    article = drafter.frame_locator(".phone-marked iframe")
    await expect(article.locator("mark").first).to_contain_text("社会救助暂行办法")
    await expect(drafter.locator("#preview-wechat")).to_contain_text("1 处链接不能点开")
    await _keep(drafter, "preview-wechat")
    await _accessible(drafter)
    await drafter.click("#tab-weibo")
    await _keep(drafter, "preview-weibo")
    await drafter.click("#tab-answers")
    await expect(drafter.locator(".dialogue .says")).to_contain_text("依据")
    await _keep(drafter, "preview-answers")

    await drafter.click("text=送给没有账号的人看")
    await drafter.fill("#viewer", "李局长")
    await drafter.click("#make-link")
    address = await drafter.input_value("#address")
    assert address.startswith(f"{house.base}/show/")
    await _keep(drafter, "show-made")
    await _accessible(drafter)

    context = await chromium.new_context(viewport={"width": TELEPHONE[0], "height": TELEPHONE[1]}, locale="zh-CN")
    reader = await context.new_page()
    faults: list[str] = []
    reader.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    await reader.goto(address)
    await _keep(reader, "show-door")
    await reader.click("#read")
    await expect(reader.locator("h1")).to_have_text(walk.TITLE)
    await expect(reader.locator("svg.watermark")).to_be_visible()
    await _keep(reader, "show-phone")
    for tab in ("text", "portal", "wechat", "weibo", "answers"):
        await reader.click(f"#tab-{tab}")
        assert not await _scrolls_sideways(reader), tab
        await _accessible(reader)
    await reader.click("#tab-wechat")
    await _keep(reader, "show-phone-wechat")
    await reader.fill("#text", "标准请再与财政核对。")
    await reader.click("#send-remark")
    await expect(reader.locator(".remark")).to_have_text("标准请再与财政核对。")
    assert not [fault for fault in faults if "Content Security Policy" in fault], faults
    if PICTURES:
        await reader.pdf(format="A4", path=f"{PICTURES}/show.pdf")
    printed = PdfReader(io.BytesIO(await reader.pdf(format="A4")))
    assert len(printed.pages) > 1
    for sheet in printed.pages:
        assert "供李局" in sheet.extract_text(), "on every sheet that is printed"
    await context.close()

    await drafter.goto(f"{house.base}/console/disclosures/{number}")
    await expect(drafter.locator("[aria-labelledby=show]")).to_contain_text("标准请再与财政核对。")
    await expect(drafter.locator("[aria-labelledby=show]")).to_contain_text("打开 2 次")

    # Without any style sheet the viewer's name still stands on the page, again and again.
    bare = await (await chromium.new_context(locale="zh-CN")).new_page()

    async def no_style(route: Route) -> None:
        await route.abort()

    await bare.route("**/*.css*", no_style)
    await bare.goto(f"{address}?read=1")
    assert (await bare.locator("body").inner_text()).count("供李局长审阅") >= 5
    await bare.context.close()


async def test_what_is_being_written_is_previewed_in_a_tab_of_its_own(house: Any, chromium: Browser) -> None:
    drafter = await signed_in(chromium, house, "nigao", size=DESK)
    await drafter.goto(f"{house.base}/console/disclosures/new")
    text = walk.draft()
    await drafter.fill("[name=title]", text["title"])
    await drafter.select_option("[name=department]", value=text["department"])
    await drafter.select_option("[name=category]", value=text["category"])
    await drafter.fill("[name=body]", text["body_markdown"])
    async with drafter.context.expect_page() as opened:
        await drafter.click("#preview-now")
    page = await opened.value
    await expect(page.locator(".banner")).to_contain_text("尚未保存")
    await page.click("#tab-portal")
    await expect(page.frame_locator("#preview-portal iframe").locator("h1")).to_have_text(text["title"])
    await _keep(page, "preview-unsaved")
    await page.close()
    await drafter.click("#save")
    await expect(drafter.locator("h1")).to_have_text(text["title"])


async def test_the_first_picture_of_a_text_goes_to_weibo_too(house: Any) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(picture, "PNG")
    form = aiohttp.FormData()
    form.add_field("file", picture.getvalue(), filename="map.png", content_type="image/png")
    headers = {"Authorization": f"Bearer {house.tokens['nigao']}"}
    async with house.http.post(f"{house.base}/api/v1/files", data=form, headers=headers) as answer:
        stored = await answer.json()
        assert answer.status == 201, stored
    text = {**walk.draft(), "body_markdown": f"发放点见图。\n\n![发放点示意图]({stored['path']})"}
    number = (await house.must("nigao", "POST", "/disclosures", text))["id"]
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for reviewer in ("chushen", "fushen", "zhongshen"):
        await house.must(reviewer, "POST", f"/disclosures/{number}/approve")
    await walk.released(house, number)
    posts = (await house.control("GET", "/effects"))["weibo_posts"]
    assert [bool(post["picture"]) for post in posts] == [True]
