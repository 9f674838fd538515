"""The week's figures in a real browser: from a number to what it is made of by keyboard, fit for a telephone, and one page on paper."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser
from tortoise.transactions import in_transaction

from knowledge.usage import Happened, Outcome, Usage
from tests.console.conftest import PASSWORD
from tests.console.test_heat_and_duties_on_the_screen import HOME, NOW, town
from tests.endtoend.axe import too_wide, violations

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
__all__ = ["town"]
FILLED = ("heat", "heat/items?what=missed", "heat/entry?entry=dibao", "heat/silent", "report?week=2026-W48", "duties")


async def test_a_curator_reads_the_week(town: Any, base: str, chromium: Browser, tmp_path: Path) -> None:
    units = [f"区第{number}局" for number in range(1, 41)]
    async with in_transaction() as connection:
        things = [
            Happened(at=NOW - timedelta(days=day), entry_id="dibao", unit=unit, channel="web", outcome=Outcome.at_once)
            for unit in units
            for day in range(3)
        ]
        await Usage().count(connection, things)
    page = await chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(20_000)
    await page.goto(f"{base}/console/sign-in")
    await page.fill("input[name=name]", "zhishi")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("#sign-in")
    await page.wait_for_url("**/console/")
    await page.goto(f"{base}{HOME}/heat")
    chart = page.locator("svg.chart")
    assert await chart.get_attribute("role") == "img"
    assert "答出" in (await chart.locator("desc").text_content() or "")
    await page.get_by_role("link", name="次，查看没有答出的明细").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/heat/items?what=missed**")
    assert "问题0 138****8000" in await page.inner_text("main")
    wrong = []
    for address in FILLED:
        await page.goto(f"{base}{HOME}/{address}")
        for width in (1280, 375):
            await page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{address} {width}: {line}" for line in await violations(page)]
            wrong += [f"{address} {width}: {await too_wide(page)}"] if width == 375 and await too_wide(page) else []
    assert not wrong, "\n".join(wrong)
    await page.goto(f"{base}{HOME}/report?week=2026-W48")
    paper = await page.pdf(path=tmp_path / "week.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1, "one page, with forty units too"
    await page.close()
