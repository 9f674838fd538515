"""Two walks in a real Chromium: a remark that is made, answered and accepted; an emergency release and its debt. On a desk and on a
telephone, by mouse and by keyboard."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from publishers.slot import SHANGHAI
from tests.endtoend import walk
from tests.endtoend.conftest import MACHINE, PASSWORD
from tests.endtoend.screen import DESK, TELEPHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PICTURES = os.environ.get("MINGBAI_TEST_PICTURES", "")


async def _keep(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
        await page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


async def _sound(page: Page) -> None:
    """Nothing serious for whoever cannot see, and nothing that scrolls sideways."""
    found = await Axe().run(page)
    serious = [each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}]
    assert not serious, [(each["id"], [node["html"][:160] for node in each["nodes"][:3]]) for each in serious]
    width, inner = await page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= inner, f"{width} px wide on {inner} px"


async def _drafted(house: Any) -> int:
    return int((await house.must("nigao", "POST", "/disclosures", walk.draft()))["id"])


async def test_a_remark_is_rejected_answered_and_accepted(house: Any, chromium: Browser) -> None:
    number = await _drafted(house)
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    sheet = f"{house.base}/console/disclosures/{number}"

    reviewer = await signed_in(chromium, house, "chushen", size=DESK)
    await reviewer.goto(sheet)
    await reviewer.click("#read")
    sentences = reviewer.locator("[data-sentence^='body:']")
    await sentences.nth(1).click()
    await expect(reviewer.locator("#picked")).to_have_text(await sentences.nth(1).inner_text())
    await expect(reviewer.locator("#text")).to_be_focused()
    await reviewer.fill("#text", "金额请与区财政局核对")
    await reviewer.click("#place")
    await expect(reviewer.locator("[data-state=open]")).to_have_count(1)
    # The same without a mouse: one stop for the whole text, arrows inside it, Enter on a sentence.
    await reviewer.focus("[data-sentence][tabindex='0']")
    await reviewer.keyboard.press("ArrowDown")
    await reviewer.keyboard.press("ArrowDown")
    await reviewer.keyboard.press("Enter")
    await expect(reviewer.locator("#text")).to_be_focused()
    await reviewer.keyboard.type("此处请写全称")
    await reviewer.click("#place")
    await expect(reviewer.locator("[data-state=open]")).to_have_count(2)
    await _sound(reviewer)
    await _keep(reviewer, "review-read")
    await reviewer.click("#to-sign")
    await reviewer.click("#reject")
    await expect(reviewer.locator("#review-box")).to_contain_text("见逐句意见（2 条）")

    author = await signed_in(chromium, house, "nigao", size=TELEPHONE)
    await author.click("text=2 条意见待答复 >> xpath=ancestor::li//a")
    await _sound(author)
    await _keep(author, "review-answer-telephone")
    first = author.locator("[data-state=open]").first
    await first.get_by_role("radio", name="不改").check()
    await first.get_by_role("textbox").fill("已核对，与区财政局文件一致")
    await first.get_by_role("button", name="答复").click()
    second = author.locator("[data-state=open]").first
    await second.get_by_role("radio", name="改了").check()
    await second.get_by_role("button", name="答复").click()
    await expect(author.locator("[data-state=answered]")).to_have_count(2)
    await author.goto(sheet)
    await author.check("#declared")
    await author.click("#submit")
    await expect(author.locator("#review-box")).to_contain_text("等待签署")

    await reviewer.goto(f"{sheet}/read")
    for left in (1, 0):
        await reviewer.get_by_role("button", name="认可答复").first.click()
        await expect(reviewer.locator("[data-state=answered]")).to_have_count(left)
    await reviewer.click("#to-sign")
    await reviewer.click("#approve")
    await expect(reviewer.locator("#review-box .signatures")).to_contain_text("审阅用时")
    await _sound(reviewer)
    await _keep(reviewer, "review-signed")


async def test_an_emergency_release_and_its_debt(house: Any, chromium: Browser) -> None:
    await house.product.accounts.add(
        "zhongshen2", roles=["final_reviewer"], unit="区政府办", password=PASSWORD, by=MACHINE
    )
    number = await _drafted(house)
    sheet = f"{house.base}/console/disclosures/{number}"
    final = await signed_in(chromium, house, "zhongshen", size=DESK)
    await final.goto(sheet)
    await final.click("#emergency")
    await final.fill("#reason", "台风橙色预警，须立即告知沿海群众转移安置点")
    await final.check("[name=secrecy_checked]")
    await _sound(final)
    await _keep(final, "emergency-form")
    await final.click("#release-now")
    for channel in ("portal", "wechat", "weibo", "answers"):
        await expect(final.locator(f"[data-channel={channel}][data-state=published]").first).to_be_visible(
            timeout=15_000
        )
    await expect(final.locator(".debt-banner")).to_contain_text("审签待补")
    status, page = await house.page(f"/d/{number}")
    assert status == 200
    assert walk.TITLE in page

    await final.goto(sheet)
    await expect(final.locator("#approve")).to_have_count(0)
    for name in ("chushen", "fushen", "zhongshen2"):
        reviewer = await signed_in(chromium, house, name)
        await expect(reviewer.locator("main")).to_contain_text("应急发布待办结")
        await _sound(reviewer)
        if name == "chushen":
            await _keep(reviewer, "emergency-today-telephone")
        await reviewer.goto(sheet)
        await _sound(reviewer)
        if name == "fushen":
            await _keep(reviewer, "emergency-sheet-telephone")
        await reviewer.click("#approve")
        await expect(reviewer.locator("#approve")).to_have_count(0)
        await reviewer.context.close()
    await final.goto(sheet)
    await expect(final.locator(".debt-banner")).to_have_count(0)
    await expect(final.locator("#review-box")).to_contain_text("已补齐审签")
    assert (await house.must("fabu", "GET", f"/disclosures/{number}"))["state"] == "released"
    await _keep(final, "emergency-paid")

    # The correction afterwards: what changed, in words; and the deputies.
    body = (
        walk.BODY.replace("600", "650").replace("发放到社会保障卡", "转入社会保障卡").replace("| 低保户 | 400 |\n", "")
    )
    corrected = {"title": f"{walk.TITLE}（修订）", "body_markdown": f"{body}\n咨询电话：0662-1234567。\n"}
    await house.must("nigao", "PATCH", f"/disclosures/{number}", corrected)
    today, tomorrow = (datetime.now(SHANGHAI).date() + timedelta(days=days) for days in (0, 5))
    named = {
        "person": "zhongshen",
        "deputy": "zhongshen2",
        "steps": ["final"],
        "from_day": str(today),
        "to_day": str(tomorrow),
    }
    await house.must("zhongshen", "POST", "/deputies", named)
    for size, name in ((DESK, "desk"), (TELEPHONE, "telephone")):
        await final.set_viewport_size({"width": size[0], "height": size[1]})
        for path in ("", "/compare", "/read"):
            await final.goto(sheet + path)
            await _sound(final)
            await _keep(final, f"review{path.replace('/', '-') or '-sheet'}-{name}")
        await final.goto(f"{house.base}/console/deputies")
        await _sound(final)
        await _keep(final, f"deputies-{name}")
