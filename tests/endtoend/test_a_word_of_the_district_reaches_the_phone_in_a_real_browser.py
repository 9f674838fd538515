"""A curator asks as citizens do, sees why nothing answers, adds the word, sees what it would change; a second person puts it in
force, and the phone is answered."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from audit.actor import Actor
from knowledge.cases import Case
from knowledge.entry import Entry, EntryKind
from tests.endtoend.axe import too_wide, violations
from tests.endtoend.screen import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ACTOR = Actor.machine("测试")
ASKED = "敬老钱"
ENTRIES = [
    Entry(
        id="gaoling", kind=EntryKind.faq, title="高龄津贴多少岁可以领", similar=("高龄津贴",), body="年满80周岁的老年人可以领取。", unit="区民政局", source="高龄津贴办法"
    ),
    Entry(id="juzhu", kind=EntryKind.faq, title="居住证怎么办理", body="到派出所申领。", unit="区公安分局", source="居住证条例"),
]  # fmt: skip


async def fits(page: Page) -> None:
    assert await too_wide(page) == ""
    assert await violations(page) == []


async def test_from_the_hit_test_to_the_phone(house: Any, chromium: Browser) -> None:
    await house.product.curation.put_entries(ENTRIES, actor=ACTOR)
    await house.product.knowledge.refresh()
    await house.product.curating.trials.run("常问", [Case(line=1, question=ASKED, entries=("gaoling",))], actor=ACTOR)

    curator = await signed_in(chromium, house, "zhishi")
    await curator.goto(f"{house.base}/console/knowledge/test")
    await curator.fill("#q", ASKED)
    await curator.click("#ask")
    await expect(curator.locator(".terms .unknown").first).to_contain_text("库中没有")
    await fits(curator)
    await curator.fill("#find", "派出所")
    await curator.click("#look")
    await expect(curator.locator("#why-not-box")).to_contain_text("把握是")
    await fits(curator)
    await curator.click("text=把群众的说法加进词典")
    await curator.fill("#said", "敬老钱")
    await curator.fill("#means", "高龄津贴")
    await curator.click("#see-effect")
    await expect(curator.locator("#source-wrong")).to_contain_text("没有写来源")
    await expect(curator.locator("#said")).to_have_value("敬老钱")
    await curator.fill("#source", "12345热线来电")
    await curator.click("#see-effect")
    await expect(curator.locator("#effect-box")).to_contain_text("变好 1 个，变差 0 个")
    await fits(curator)
    await curator.click("#propose")
    await expect(curator.locator("main")).to_contain_text("须由另一位有审核权限的同志")
    await fits(curator)

    second = await signed_in(chromium, house, "zhongshen")
    await second.click("text=改动等您确认")
    await expect(second.locator("#effect-box")).to_contain_text(ASKED)
    await fits(second)
    await second.click("#accept")
    await expect(second.locator(".done")).to_contain_text("立即生效")

    citizen = await (await chromium.new_context(viewport={"width": 1280, "height": 900})).new_page()
    await citizen.goto(f"{house.sandbox}/phone")
    await citizen.fill("#say", ASKED)
    await citizen.click("#send")
    await expect(citizen.locator("#chat .message.from-account").last).to_contain_text("年满80周岁", timeout=15_000)
