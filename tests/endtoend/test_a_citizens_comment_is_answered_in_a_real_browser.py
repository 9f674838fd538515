"""A citizen comments on both platforms' own pages; one person answers on a telephone, another agrees; the citizen reads it."""

import asyncio
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from publishers.echo.records import Comment, Listening
from publishers.records import Delivery
from tests.endtoend import walk
from tests.endtoend.screen import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
QUESTION = "补助是直接打到卡里吗？"
ANSWER = "是的，登记后五个工作日内发放到社会保障卡。"


async def heard(channel: str, words: str) -> Comment:
    """The comment once the house has it; the reading is called for at once instead of after its minutes."""
    async with asyncio.timeout(20):
        while True:
            found = await Comment.filter(channel=channel, text=words).first()
            if found is not None:
                return found
            await Listening.filter(key=f"comments:{channel}").update(next_at=None, cursor={})
            await asyncio.sleep(0.5)


async def citizen_page(chromium: Browser, url: str) -> Page:
    context = await chromium.new_context(viewport={"width": 375, "height": 780}, locale="zh-CN")
    page = await context.new_page()
    await page.goto(url)
    return page


async def fits(page: Page) -> None:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
    found = (await Axe().run(page)).response["violations"]
    serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in {"serious", "critical"}]
    assert serious == []


async def test_from_the_citizens_words_to_our_answer(house: Any, chromium: Browser) -> None:
    release = await walk.released(house, await walk.approved(house))
    weibo = await Delivery.get(release_id=release["id"], channel="weibo")
    wechat = await Delivery.get(release_id=release["id"], channel="wechat")
    uid, short = weibo.url.rsplit("/", 2)[-2:]

    citizen = await citizen_page(chromium, f"{house.sandbox}/weibo/{uid}/{short}")
    await citizen.fill("#remark", QUESTION)
    await citizen.click("#remarks button")
    comment = await heard("weibo", QUESTION)
    assert comment.delivery_id == weibo.id

    officer = await signed_in(chromium, house, "fabu")
    await officer.click("text=条评论等待回复")
    await fits(officer)
    await officer.click(f"text={QUESTION}")
    await fits(officer)
    await expect(officer.locator("#about-what + p")).to_contain_text(walk.TITLE)
    await officer.fill("#text", f"{ANSWER}请打 13812345678")
    await officer.click("#send")
    await expect(officer.locator("#text-wrong")).to_contain_text("手机号码")
    await officer.fill("#text", ANSWER)
    await officer.click("#send")
    await expect(officer.locator("#reply-now")).to_contain_text("等待另一人同意")

    second = await signed_in(chromium, house, "chushen")
    await second.click("text=条回复等您同意")
    await second.click(f"text={QUESTION}")
    await fits(second)
    await second.click("#agree")
    await expect(second.locator("#reply-now")).to_contain_text("已回复", timeout=15_000)
    await citizen.reload()
    await expect(citizen.locator("#remarks")).to_contain_text(ANSWER)

    await officer.goto(f"{house.base}/console/figures")
    await fits(officer)
    # WeChat: the house opened comments below the article; what a reader writes there is elected and shown.
    async with asyncio.timeout(20):
        while len((await Listening.get(key="comments:wechat")).cursor.get("opened") or []) < 1:  # type: ignore[arg-type]
            await Listening.filter(key="comments:wechat").update(next_at=None)
            await asyncio.sleep(0.5)
    reader = await citizen_page(chromium, wechat.url)
    await reader.fill("#content", "什么时候登记截止？")
    await reader.click("#comments button")
    written = await heard("wechat", "什么时候登记截止？")
    await officer.goto(f"{house.base}/console/comments/{written.id}")
    await officer.click("text=设为精选")
    await expect(officer.locator(".done")).to_contain_text("已设为精选")
    await reader.goto(wechat.url)
    await expect(reader.locator("#comments")).to_contain_text("什么时候登记截止？")
