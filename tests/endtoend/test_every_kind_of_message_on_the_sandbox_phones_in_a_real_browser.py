"""Somebody who has never seen them tries every kind of message on the sandbox's phones and in the web chat."""

import asyncio
import io
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from audit.trail import Trail
from casework.media_records import CitizenMedia
from disclosures.service_windows import ServiceWindows, WindowText
from gateway.database.clock import DatabaseClock
from tests.endtoend.conftest import MACHINE, PASSWORD
from tests.endtoend.screen import TELEPHONE, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WINDOWS = (
    ("区政务服务中心", "示例大道1号", "29.4620", "113.0060", "社保、医保"),
    ("清溪镇便民服务中心", "清溪镇中心街2号", "29.5388", "112.9350", "社保、低保"),
)
ACTS = {
    "image": "图片收到了", "video": "没有保存这段视频", "file": "文件打不开", "sticker": "看不到内容", "miniprogram": "小程序打不开",
    "mumble": "没有保存这段语音", "location": "1. 区政务服务中心", "town": "1. 清溪镇便民服务中心", "abroad": "不在本区附近",
    "label": "没有对上您写的地方",
}  # fmt: skip


async def _windows(house: Any) -> None:
    await house.product.accounts.add("gongkai", roles=["officer"], unit="区政府办", password=PASSWORD, by=MACHINE)
    desk, officer = ServiceWindows(clock=DatabaseClock(), trail=Trail()), await house.product.accounts.get("gongkai")
    for name, address, north, east, services in WINDOWS:
        text = WindowText(
            name=name, address=address, latitude=north, longitude=east, services=services,
            hours="工作日 9:00–12:00、13:30–17:00",
        )  # fmt: skip
        await desk.save(officer, text)
    await desk.point(officer, code="dating-3", kind="window", target="区政务服务中心")
    await desk.point(officer, code="MENU_YIBAO", kind="unit", target="区政务服务中心")


async def _media(kind: str, state: str | None) -> Any:
    """The latest thing of this kind, once it is in this state; None: once there is none any more."""
    for _ in range(150):
        row = await CitizenMedia.filter(channel="wechat", kind=kind).order_by("-id").first()
        if (row.state if row is not None else None) == state:
            break
        await asyncio.sleep(0.2)
    else:
        raise AssertionError(f"no {kind} is {state}")
    return row


async def _page(chromium: Browser, **more: Any) -> Page:
    context = await chromium.new_context(
        viewport={"width": TELEPHONE[0], "height": TELEPHONE[1]}, locale="zh-CN", **more
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    return page


async def test_a_newcomer_sends_everything_and_is_answered(house: Any, chromium: Browser) -> None:
    await _windows(house)
    page = await _page(chromium)
    await page.goto(f"{house.sandbox}/phone")
    heard = page.locator("#chat .from-account")
    for number, (act, words) in enumerate(ACTS.items(), 1):
        await page.click(f"[data-act={act}]")
        await expect(heard).to_have_count(number, timeout=20_000)
        await expect(heard.last).to_contain_text(words)
    await page.click("#scan button")
    await expect(heard.last).to_contain_text("时间：工作日 9:00–12:00、13:30–17:00")
    await page.fill("#say", "最近的社保窗口在哪")
    await page.click("#send")
    await expect(heard.last).to_contain_text("请把您的位置发过来")
    # The picture is fetched by a sweep of its own, after the reply.
    row = await _media("image", "kept")
    officer = await signed_in(chromium, house, "gongkai")
    await officer.goto(f"{house.base}/console/pictures")
    await expect(officer.locator("main")).to_contain_text("文件不取回")
    seen = await officer.context.request.get(f"{house.base}/console/pictures/{row.id}")
    assert seen.headers["content-type"] == "image/png"
    # Who leaves is forgotten at once.
    await page.click("[data-act=unfollow]")
    await expect(page.locator("#follow-gate")).to_be_visible()
    assert await _media("image", None) is None
    await page.goto(f"{house.sandbox}/weibo/messages")
    for button, words in (
        ("button[value=image]", "图片收到了"), ("button[value=voice]", "没有保存这段语音"), ("#send-position", "1. 区政务服务中心"),
        ("button[value=file]", "文件打不开"), ("button[value=sticker]", "表情收到了"), ("button[value=scan]", "地址：示例大道1号"),
    ):  # fmt: skip
        await page.click(button)
        await expect(page.locator("#chat .from-account").last).to_contain_text(words)


async def test_the_web_chat_takes_a_picture_and_the_browsers_place(house: Any, chromium: Browser) -> None:
    await _windows(house)
    page = await _page(chromium, geolocation={"latitude": 29.5355, "longitude": 112.9293}, permissions=["geolocation"])
    await page.goto(f"{house.base}/chat")
    out = io.BytesIO()
    Image.new("RGB", (40, 40), "teal").save(out, "JPEG")
    await page.set_input_files("#picture", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    await page.click("#send-picture")
    heard = page.locator("#chat .from-bot")
    await expect(heard.last).to_contain_text("图片收到了")
    await page.click("#use-place")
    await expect(heard.last).to_contain_text("1. 清溪镇便民服务中心")
    await page.fill("#street", "示例大道")
    await page.click("#send-street")
    await expect(heard.last).to_contain_text("区政务服务中心")
    await expect(page.locator("#street")).to_have_value("")
