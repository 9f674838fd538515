"""A clerk's Word file becomes a portal page, a WeChat article and a Weibo post: imported, checked, signed by three, released."""

from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.disclosures.word_files import LINK, NOTICE, docx
from tests.endtoend.screen import DESK, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TITLE = "补贴发放工作的通知"


async def test_a_word_file_goes_to_three_channels(house: Any, chromium: Browser) -> None:
    clerk = await signed_in(chromium, house, "nigao", size=DESK)
    await clerk.goto(f"{house.base}/console/disclosures/import")
    data = docx(*NOTICE, footnotes=("以民政部门认定为准。",), relations=LINK)
    await clerk.set_input_files("#file", {"name": "通知.docx", "mimeType": WORD, "buffer": data})
    await clerk.click("#import")
    title = await clerk.input_value("[name=title]")
    assert TITLE in title
    await clerk.select_option("[name=category]", value="通知公告")
    await clerk.click("#save")
    await expect(clerk.locator("h1")).to_contain_text(TITLE)
    number = int(await clerk.get_attribute("body", "data-disclosure") or "0")
    sheet = f"{house.base}/console/disclosures/{number}"
    await clerk.check("[name=declared]")
    await clerk.click("#submit")
    await expect(clerk.locator("#review-box")).to_be_visible()

    for reviewer in ("chushen", "fushen", "zhongshen"):
        page = await signed_in(chromium, house, reviewer, size=DESK)
        await page.goto(sheet)
        await page.click("#approve")
        await expect(page.locator("#approve")).to_have_count(0)
        await page.context.close()

    publisher = await signed_in(chromium, house, "fabu", size=DESK)
    await publisher.goto(sheet)
    await publisher.check("input[name=when][value=now]")
    await publisher.click("#schedule")
    for channel in ("portal", "wechat", "weibo"):
        await expect(publisher.locator(f"[data-channel={channel}][data-state=published]").first).to_be_visible(
            timeout=20_000
        )

    public = await (await chromium.new_context(locale="zh-CN")).new_page()
    await public.goto(f"{house.base}/d/{number}")
    await expect(public.locator("article h1")).to_have_text(title)
    await expect(public.locator("article table th").first).to_have_text("镇街")
    await expect(public.locator("article")).to_contain_text("以民政部门认定为准")
    await public.goto(f"{house.sandbox}/phone")
    await public.locator("#articles a.article", has_text=TITLE).first.click()
    await expect(public.locator("body")).to_contain_text("各镇人民政府")
    await expect(public.locator("body")).to_contain_text("城东")
    await public.goto(f"{house.sandbox}/weibo/")
    await expect(public.locator("#timeline .post .text").first).to_contain_text(TITLE)
