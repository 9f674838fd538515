"""On the phone: follow, tap a question, read the answer, ask on, mark it with a tap, write in several messages; and on the web."""

import json
from importlib.resources import files
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from audit.actor import Actor
from bot.feedback_records import AnswerFeedback
from gateway.settings import WeChatLists
from knowledge import exchange

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WAIT = 30_000


async def taught(house: Any) -> None:
    """The demo's entries, on an account that may send lists."""
    house.settings = house.settings.model_copy(update={"wechat_lists": WeChatLists.ON})
    await house.restart()
    lines = files("gateway").joinpath("data", "demo", "entries.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [exchange.from_json(json.loads(line)) for line in lines]
    await house.product.curation.put_entries(entries, actor=Actor.machine("测试"))
    await house.product.knowledge.load()


async def opened(chromium: Browser, url: str) -> Page:
    page = await (await chromium.new_context(viewport={"width": 375, "height": 780}, locale="zh-CN")).new_page()
    page.set_default_timeout(WAIT)
    await page.goto(url)
    return page


async def test_a_newcomer_taps_his_way(house: Any, chromium: Browser) -> None:
    await taught(house)
    phone = await opened(chromium, f"{house.sandbox}/phone")
    said = phone.locator("#chat .message.from-account")
    await phone.click(".acts button[data-act=unfollow]")
    await phone.click("#follow-gate")
    await expect(said.last.locator("button.choice")).to_have_count(3, timeout=WAIT)
    await expect(said).to_have_count(1)

    await said.last.locator("button.choice").first.click()
    await expect(said.nth(1)).to_contain_text("依据：", timeout=WAIT)
    await expect(said.nth(2).locator("button.choice")).to_have_text(["有用", "没用"], timeout=WAIT)

    await phone.fill("#say", "那要多久")
    await phone.click("#send")
    await expect(said.nth(3)).to_contain_text("按〈", timeout=WAIT)
    await phone.locator("#chat").get_by_role("button", name="有用", exact=True).first.click()
    await expect(said.last).to_contain_text(
        "谢谢您的评价", timeout=WAIT
    )  # It is said of the answer before the last one.

    await phone.fill("#say", "公积金")
    await phone.click("#send")
    choices = said.last.locator("button.choice")
    await expect(choices.last).to_have_text("都不是", timeout=WAIT)
    await choices.first.click()
    await expect(said.last).to_contain_text("依据：", timeout=WAIT)
    await phone.fill("#say", "没用")
    await phone.click("#send")
    await said.last.get_by_role("button", name="看不懂").click()
    await expect(said.last).to_contain_text("已经记下", timeout=WAIT)
    marks = [(row.channel, row.useful, row.reason) for row in await AnswerFeedback.all().order_by("id")]
    assert marks == [("wechat", True, ""), ("wechat", False, "看不懂")]


async def test_on_the_web_the_marks_are_buttons(house: Any, chromium: Browser) -> None:
    await taught(house)
    page = await opened(chromium, f"{house.base}/chat")
    said = page.locator("#chat .message.from-bot")
    await page.fill("#say", "低保怎么申请")
    await page.click("#say-form button[type=submit]#send")
    await expect(said.last).to_contain_text("最低生活保障", timeout=WAIT)
    await said.last.get_by_role("button", name="没用").click()
    await said.last.get_by_role("button", name="过时或有误").click()
    await expect(said.last).to_contain_text("已经记下", timeout=WAIT)
    assert (await AnswerFeedback.get()).reason == "过时或有误"
