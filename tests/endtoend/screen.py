"""A member of staff at a real browser."""

from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.endtoend.conftest import PASSWORD

TELEPHONE = (375, 780)
DESK = (1280, 900)


async def signed_in(chromium: Browser, house: Any, name: str, *, size: tuple[int, int] = TELEPHONE) -> Page:
    """His first page, on a screen of this width and height in pixels."""
    context = await chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{house.base}/console/")
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", PASSWORD)
    await page.click("#sign-in")
    await expect(page.locator("h1")).to_contain_text("今天要办")
    return page
