"""Every page of the product, and the sandbox's, on a desk and on a telephone: no serious or critical violation of axe-core's
rules (WCAG 2.1 AA, to which GB/T 37668 is close), nothing that runs off the side, no complaint of the browser.

A new page comes in by itself (``tests.endtoend.pages``)."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route

from tests.endtoend.axe import Complaints, too_wide, violations
from tests.endtoend.conftest import PASSWORD
from tests.endtoend.pages import PUBLIC, SANDBOX, Visited, seeded, visits

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
DESK = {"width": 1280, "height": 900}
TELEPHONE = {"width": 375, "height": 780}
GONE = 410
"""A withdrawn text has a page of its own, which says so."""
TABS = 2


async def _context(chromium: Browser, house: Any, who: str) -> BrowserContext:
    context = await chromium.new_context(viewport=DESK, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    if who:
        page = await context.new_page()
        await page.goto(f"{house.base}/console/sign-in")
        await page.fill("input[name=name]", who)
        await page.fill("input[name=password]", PASSWORD)
        await page.click("#sign-in")
        await page.wait_for_url("**/console/")
        await page.close()
    return context


async def _visit(page: Page, heard: Complaints, base: str, visited: Visited) -> list[str]:
    answer = await page.context.request.get(base + visited.address)
    if answer.status >= 400 and answer.status != GONE:
        return [f"answers {answer.status}"]
    whole = "text/html" in answer.headers.get("content-type", "") and (await answer.text()).lstrip().startswith("<!")
    if not whole:
        return []  # A file, a feed, or a part of a page that is looked at where it stands.
    await page.set_viewport_size(DESK)  # type: ignore[arg-type]
    if "sandbox" in answer.headers.get("content-security-policy", ""):
        await page.route(base + visited.address, _without_its_sandbox)
    await page.goto(base + visited.address, wait_until="load")
    wrong = [f"1280 px: {line}" for line in await violations(page)]
    await page.set_viewport_size(TELEPHONE)  # type: ignore[arg-type]
    if wide := await too_wide(page):
        wrong.append(f"375 px: {wide}")
    wrong += [f"375 px: {line}" for line in await violations(page)]
    return wrong + [line for line in heard.taken() if answer.status != GONE or str(GONE) not in line]


async def _without_its_sandbox(route: Route) -> None:
    """A page in a sandbox runs no script, not even the tester's: it is looked at outside of it."""
    answer = await route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "content-security-policy"}
    await route.fulfill(response=answer, headers=headers)


async def _all(chromium: Browser, house: Any, visited: list[tuple[str, Visited]]) -> list[str]:
    """Looks at the pages, one account after another in a few tabs at once."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    for who in dict.fromkeys(each.who for _, each in visited):
        queue.put_nowait(who)
    found: list[str] = []

    async def work() -> None:
        while not queue.empty():
            who = queue.get_nowait()
            context = await _context(chromium, house, who)
            page = await context.new_page()
            heard = Complaints(page)
            for base, each in visited:
                if each.who == who:
                    name = f"{each.address} ({who or 'public'})"
                    found.extend(f"{name}\n    {line}" for line in await _visit(page, heard, base, each))
            await context.close()

    await asyncio.gather(*(work() for _ in range(TABS)))
    return found


@pytest.mark.timeout(300)
async def test_every_page_is_fit_for_everybody(house: Any, chromium: Browser) -> None:
    seed = await seeded(house)
    visited = [(house.base, each) for each in visits(house, seed)]
    visited += [(house.sandbox, Visited(route=address, who=PUBLIC, address=address)) for address in SANDBOX]
    assert len(visited) > 60
    wrong = await _all(chromium, house, visited)
    assert not wrong, f"{len(wrong)} faults:\n" + "\n".join(wrong)
