"""The handbook's day, walked in a real Chromium; with ``MINGBAI_PICTURES=docs/images/handbook`` the walk takes its pictures.

Without it the walk only has to come to the end, and every picture that the handbook names has to be there and to be small."""

import io
import os
import re
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.endtoend import walk
from tests.endtoend.screen import DESK, TELEPHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ROOT: Final = Path(__file__).resolve().parents[2]
HANDBOOK: Final = ROOT / "docs" / "handbook.zh-CN.md"
PICTURES: Final = os.environ.get("MINGBAI_PICTURES", "")
MOST_BYTES: Final = 120 * 1024
MOST_PICTURES: Final = 16


def named() -> list[str]:
    """The pictures that the handbook shows, by their names without ending."""
    return re.findall(r"!\[[^\]]+\]\(images/handbook/([a-z-]+)\.png\)", HANDBOOK.read_text(encoding="utf-8"))


class Album:
    """Takes the pictures of one walk."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def keep(self, page: Page, name: str, *, at: str = "") -> None:
        """The window, or the place ``at`` scrolled to its top."""
        self.taken.append(name)
        if at:
            await page.locator(at).first.evaluate("each => each.scrollIntoView({block: 'start', behavior: 'instant'})")
        if PICTURES:
            folder = ROOT / PICTURES
            folder.mkdir(parents=True, exist_ok=True)
            shot = Image.open(io.BytesIO(await page.screenshot(scale="css")))
            # A page has few colours: with a palette of its own it is a third of the size.
            shot.convert("RGB").quantize(colors=96, dither=Image.Dither.NONE).save(
                folder / f"{name}.png", optimize=True
            )


async def _acts(house: Any, chromium: Browser, name: str, *, size: tuple[int, int] = DESK) -> Page:
    return await signed_in(chromium, house, name, size=size)


async def _written(album: Album, drafter: Page) -> int:
    text = walk.draft()
    await drafter.click("a#new-disclosure")
    for name in ("title", "formed_on", "document_number", "summary"):
        await drafter.fill(f"[name={name}]", text[name])
    await drafter.select_option("[name=department]", value=text["department"])
    await drafter.select_option("[name=category]", value=text["category"])
    await drafter.fill("[name=body]", text["body_markdown"])
    await album.keep(drafter, "write")
    await drafter.click("#save")
    await expect(drafter.locator("h1")).to_contain_text(text["title"])
    await album.keep(drafter, "sheet")
    return int(await drafter.get_attribute("body", "data-disclosure") or "0")


async def _reviewed(house: Any, album: Album, chromium: Browser, drafter: Page, number: int) -> None:
    if await drafter.locator("#declared").count():
        await drafter.check("#declared")
    await drafter.click("#submit")
    await expect(drafter.locator("#review-box")).to_be_visible()
    reviewer = await _acts(house, chromium, "chushen")
    await album.keep(reviewer, "today")
    await reviewer.goto(f"{house.base}/console/disclosures/{number}")
    await album.keep(reviewer, "review", at="#review-box")
    await reviewer.context.close()
    await house.must("chushen", "POST", f"/disclosures/{number}/reject", {"remark": "第二张表的金额请与财政局核对。"})
    await drafter.goto(f"{house.base}/console/")
    await expect(drafter.locator("section[aria-labelledby=returned]")).to_contain_text("请与财政局核对")
    await album.keep(drafter, "returned")
    await house.must("nigao", "POST", f"/disclosures/{number}/submit")
    for name in ("chushen", "fushen", "zhongshen"):
        await house.must(name, "POST", f"/disclosures/{number}/approve")


async def _released(house: Any, album: Album, chromium: Browser, number: int) -> Page:
    phone = await _acts(house, chromium, "fabu", size=TELEPHONE)
    await album.keep(phone, "today-phone")
    await phone.context.close()
    publisher = await _acts(house, chromium, "fabu")
    await publisher.goto(f"{house.base}/console/disclosures/{number}")
    await album.keep(publisher, "schedule", at="#schedule-box")
    await walk.released(house, number)
    await publisher.goto(f"{house.base}/console/disclosures/{number}")
    await expect(publisher.locator(".channels li")).to_have_count(4)
    await album.keep(publisher, "result")
    return publisher


async def test_the_handbook_shows_the_product(house: Any, chromium: Browser) -> None:
    album = Album()
    drafter = await _acts(house, chromium, "nigao")
    number = await _written(album, drafter)
    await _reviewed(house, album, chromium, drafter, number)
    publisher = await _released(house, album, chromium, number)
    await house.must(
        "fabu", "POST", f"/disclosures/{number}/withdraw", {"explanation": "补助标准有误，更正后重新发布。"}
    )
    await publisher.goto(f"{house.base}/console/disclosures/{number}")
    await expect(publisher.locator(".banner")).to_contain_text("补助标准有误")
    await album.keep(publisher, "withdrawn")
    await album.keep(publisher, "timeline", at="#timeline")
    answer = await publisher.context.request.get(f"{house.base}/console/disclosures/{number}/archive.zip")
    with zipfile.ZipFile(io.BytesIO(await answer.body())) as archive:
        index = archive.read(f"disclosure-{number}/index.html").decode()
    alone = await (await chromium.new_context(viewport={"width": DESK[0], "height": DESK[1]})).new_page()
    await alone.set_content(index)
    await expect(alone.locator("h1")).to_have_text(walk.TITLE)
    await album.keep(alone, "archive")
    assert set(named()) <= set(album.taken), "the walk takes every picture that the handbook shows"


def test_every_picture_is_there_and_small() -> None:
    names = named()
    assert 0 < len(names) <= MOST_PICTURES
    for name in names:
        path = ROOT / "docs" / "images" / "handbook" / f"{name}.png"
        assert path.is_file(), f"{path} is missing: MINGBAI_PICTURES=docs/images/handbook takes it"
        assert path.stat().st_size <= MOST_BYTES, f"{path} is larger than {MOST_BYTES // 1024} KB"
