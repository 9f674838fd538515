"""A published article is taken back at the screen: the reason stands on the portal, the feeds and the posts are without it,
and the sheet shows channel by channel what became of it."""

import json
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.endtoend import walk
from tests.endtoend.screen import DESK, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WHY = "补助标准正在核定，核定后重新公布。"


async def test_a_withdrawn_article_is_gone_everywhere_and_says_why(house: Any, chromium: Browser) -> None:
    number = await walk.approved(house)
    release = await walk.released(house, number)
    publisher = await signed_in(chromium, house, "fabu", size=DESK)
    await publisher.goto(f"{house.base}/console/disclosures/{number}")
    await publisher.locator("#withdraw-box summary").click()

    # Without the words that the public will read nothing happens, and the page says so beside the box.
    await publisher.click("#withdraw")
    await expect(publisher.locator("#withdraw-box [role=alert]")).to_contain_text("说明")
    assert walk.TITLE in (await house.page("/feed.atom"))[1]

    await publisher.fill("#withdraw-box [name=explanation]", WHY)
    await publisher.click("#withdraw")
    await expect(publisher.locator(".banner").first).to_contain_text(WHY)
    await house.until(release["id"], "withdrawn")
    await publisher.goto(f"{house.base}/console/releases/{release['id']}")
    for channel in ("portal", "wechat", "weibo", "answers"):
        await expect(publisher.locator(f"[data-channel={channel}][data-state=withdrawn]").first).to_be_visible()

    public = await (await chromium.new_context(locale="zh-CN")).new_page()
    await public.goto(f"{house.base}/d/{number}")
    await expect(public.locator("main")).to_contain_text(WHY)
    await expect(public.locator("main")).not_to_contain_text("五个工作日")
    # The feeds keep a line that says that it was withdrawn, and nothing of its text.
    _, feed = await house.page("/feed.json")
    assert not [item for item in json.loads(feed)["items"] if "五个工作日" in json.dumps(item, ensure_ascii=False)]
    effects = await house.control("GET", "/effects")
    assert [bool(post["deleted"]) for post in effects["weibo_posts"]] == [True]
    await public.goto(f"{house.sandbox}/weibo/")
    await expect(public.locator("#timeline")).not_to_contain_text("冬季取暖补助")
    await public.goto(f"{house.sandbox}/phone")
    await expect(public.locator("#articles")).not_to_contain_text(walk.TITLE)
