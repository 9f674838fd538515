"""A telephone asks twice in vain, registers, and gets a number; a handler answers from the base; the telephone shows it and says
that it is satisfied."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from casework.records import CitizenCase
from tests.endtoend import walk
from tests.endtoend.conftest import MACHINE, PASSWORD, until_known
from tests.endtoend.screen import DESK, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
NUMBER = re.compile(r"\d{8}-\d{4}-\d")


async def telephone(chromium: Browser, house: Any) -> Page:
    context = await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{house.sandbox}/phone")
    return page


async def ask(phone: Page, words: str, answered: str | re.Pattern[str]) -> None:
    await phone.fill("#say", words)
    await phone.click("#send")
    await expect(phone.locator("#chat")).to_contain_text(answered, timeout=20_000)


async def test_from_the_telephone_to_a_person_and_back(house: Any, chromium: Browser) -> None:
    await house.product.accounts.add("chengban", roles=["handler"], unit="区民政局", password=PASSWORD, by=MACHINE)
    await walk.released(house, await walk.approved(house))
    await until_known(house, walk.QUESTION)

    phone = await telephone(chromium, house)
    await ask(phone, "那只鹦鹉每天五点叫我起床", "换一种说法")
    await ask(phone, "那只鹦鹉六点又叫我起床", "“登记”")
    await ask(phone, "登记", NUMBER)
    number = NUMBER.findall(await phone.locator("#chat").inner_text())[-1]

    handler = await signed_in(chromium, house, "chengban", size=DESK)
    await handler.click("text=1 件诉求待接")
    await handler.click(f"[data-case='{number}'] a")
    await handler.click("#take")
    await expect(handler.locator(".done")).to_contain_text("已接办")
    # What the citizen adds appears by itself, and what is typed meanwhile stays.
    await handler.fill("#text", "您好：")
    await ask(phone, "我住幸福小区三号楼", "已转给工作人员")
    await expect(handler.locator("#talk")).to_contain_text("我住幸福小区三号楼", timeout=20_000)
    await expect(handler.locator("#text")).to_have_value("您好：")
    await handler.fill("#asked", walk.QUESTION)
    await handler.click("#look")
    await handler.locator("[data-insert]").first.click()
    await expect(handler.locator("#quoting")).to_contain_text("与知识库原文一致")
    await handler.reload()
    await expect(handler.locator("#text")).to_have_value(re.compile("您好：\n.+依据：", re.DOTALL))
    await handler.click("#send")
    await expect(handler.locator(".done")).to_contain_text("知识库原文")
    await expect(handler.locator(".said-approved")).to_be_visible()
    await expect(phone.locator("#chat")).to_contain_text("依据：《", timeout=20_000)
    await expect(handler.locator("#talk")).to_contain_text("已送达", timeout=20_000)

    await handler.click("#close")
    await expect(handler.locator(".done")).to_contain_text("询问他是否满意")
    await expect(phone.locator("#chat")).to_contain_text("请评价", timeout=20_000)
    await ask(phone, "1", "谢谢您的评价")
    row = await CitizenCase.get(number=number)
    assert (row.state, row.score) == ("closed", 1)
    await handler.reload()
    await expect(handler.locator(".case-facts")).to_contain_text("满意")
