"""Three phones ask the same thing in other words and get no answer; a curator answers once, a second person releases it, and the
phones that wanted to know are told."""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from knowledge.question_records import QuestionCluster, QuestionNotice
from tests.endtoend.axe import WIDER, violations
from tests.endtoend.screen import DESK, TELEPHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ASKED = ("老年公交卡在哪里办", "哪里可以办理老年人公交卡", "老年公交卡到哪儿办")
ANSWER = "年满六十五周岁的老人，带身份证到社区便民服务站办理，当场领取。"
HINT = "有答复后通知您"


async def phones(house: Any, chromium: Browser) -> list[Page]:
    context = await chromium.new_context(viewport={"width": 1100, "height": 900}, locale="zh-CN")
    first = await context.new_page()
    await first.goto(f"{house.sandbox}/phone")
    addresses = [await link.get_attribute("href") for link in await first.locator(".people a").all()]
    found = [first]
    for address in addresses[1:3]:
        page = await context.new_page()
        await page.goto(f"{house.sandbox}{address}")
        found.append(page)
    return found


async def says(phone: Page, text: str, answered: str) -> None:
    await phone.fill("#say", text)
    await phone.click("#send")
    await expect(phone.locator("#chat .message.from-account").last).to_contain_text(answered, timeout=20_000)


async def fits(page: Page) -> None:
    assert await page.evaluate(WIDER) <= 0, f"{page.url} is too wide"
    assert await violations(page) == []


async def keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look, in the folder that the environment names."""
    if folder := os.environ.get("MINGBAI_TEST_PICTURES"):
        await page.screenshot(path=Path(folder) / f"questions-{name}.png", full_page=True)


async def test_one_answer_closes_it_for_three_and_tells_who_wanted_to_know(house: Any, chromium: Browser) -> None:
    citizens = await phones(house, chromium)
    for phone, text in zip(citizens, ASKED, strict=True):
        if await phone.locator("#follow-gate").is_visible():
            await phone.click("#follow-gate")
        await says(phone, text, HINT)
    for phone in citizens[:2]:
        await says(phone, "告诉我", "谁会看到")
        await says(phone, "同意", "只告诉一次")

    curator = await signed_in(chromium, house, "zhishi", size=DESK)
    await curator.goto(f"{house.base}/console/knowledge/questions")
    line = curator.locator("[data-cluster]")
    await expect(line).to_have_count(1)
    await expect(line).to_contain_text("3 人问过")
    await fits(curator)
    await keep(curator, "list")
    await line.locator("h2 a").press("Enter")
    await fits(curator)
    await keep(curator, "cluster")
    await curator.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    await fits(curator)
    await keep(curator, "cluster-narrow")
    await curator.click("#write-new")
    await curator.fill("#body", ANSWER)
    await curator.fill("#unit", "区交通局")
    await curator.fill("#source", "老年人优待办法")
    await curator.click("button[name=then][value=submit]")
    await expect(curator.locator(".done")).to_contain_text("送审")

    cluster = await QuestionCluster.get()
    draft = await house.must("zhongshen", "GET", f"/knowledge/drafts/{cluster.draft_id}")
    await house.must("zhongshen", "POST", f"/knowledge/drafts/{draft['id']}/accept", {"sha256": draft["sha256"]})
    prepared = await house.must("zhishi", "POST", "/knowledge/release/prepare", {"title": "老年公交卡"})
    await house.must("zhongshen", "POST", "/knowledge/release", {"release": prepared["id"]})

    await curator.goto(f"{house.base}/console/knowledge/questions/{cluster.id}")
    await expect(curator.locator("section[aria-label=概况]")).to_contain_text("已有答复")
    for phone, text in zip(citizens[:2], ASKED[:2], strict=True):
        told = phone.locator("#chat .message.from-account", has_text="现在有了答复")
        await expect(told).to_contain_text(ANSWER, timeout=40_000)
        await expect(told).to_contain_text(text)
        await expect(told).to_have_count(1)
    await expect(citizens[2].locator("#chat .message.from-account", has_text="现在有了答复")).to_have_count(0)
    assert await QuestionNotice.filter(state="told", sender="").count() == 2
    await curator.goto(f"{house.base}/console/knowledge/questions?state=answered")
    await expect(curator.locator("[data-cluster]")).to_have_count(1)
    await fits(curator)
    await keep(curator, "answered-narrow")
