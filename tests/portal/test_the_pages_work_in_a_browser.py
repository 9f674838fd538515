"""In a real Chromium, under the product's Content-Security-Policy: the chat by mouse, no overflow on a phone."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, async_playwright

from portal.chat import ChatOption, ChatReply, ChatSource
from portal.web import Portal

pytestmark = pytest.mark.browser
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'"
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


async def answer(visitor: str, text: str) -> ChatReply:
    if text == "1":
        return ChatReply(
            lines=("每人每月1040元。<b>不是标记</b>",), sources=(ChatSource(title="标准通知", url="/d/1"),)
        )
    if text == "补贴":
        return ChatReply(
            lines=("【废止】本文件已废止。",),
            quote="「每亩补贴120元。\n<b>不是标记</b>」",
            notes=("（以上为原文节选）",),
        )
    return ChatReply(lines=("您想了解哪一项？",), options=(ChatOption(label="低保标准", say="1"),))


async def no_file(sha256: str) -> bytes:
    raise LookupError(sha256)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("No system Chromium; install the package chromium.")
        pytest.skip("no system Chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        await opened.close()


@pytest.fixture
async def root(press, columns, clock, site) -> AsyncIterator[str]:
    @web.middleware
    async def guarded(request: web.Request, handler: web.RequestHandler) -> web.StreamResponse:
        response = await handler(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    table = "<table><tr>" + "".join(f"<td>第{n}列的标准</td>" for n in range(12)) + "</tr></table>"
    await press.publish(1, body_html=f"<p>{'很长的正文' * 40}</p>{table}<p>https://{'a' * 200}.example/</p>")
    app = web.Application(middlewares=[guarded])
    app.add_routes(Portal(site=site, clock=clock, load_file=no_file, answer=answer).routes())
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/")).rstrip("/")
    await server.close()


async def test_the_chat_by_mouse_and_every_page_on_a_phone(browser, root):
    page = await browser.new_page(viewport={"width": 375, "height": 740})
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    await page.goto(f"{root}/chat")
    await page.fill("#say", "低保")
    await page.click("#send")
    await page.click("#chat .options button")
    link = page.locator("#chat .message.from-bot .sources a")
    await link.wait_for()
    said = await page.locator("#chat .message").all_inner_texts()
    assert "低保标准" in said[3], "the choice is shown by its label"
    assert "<b>不是标记</b>" in said[4]
    await link.click()
    assert await page.locator("article h1").inner_text() == "关于调整最低生活保障标准的通知"
    for path in ("/", "/d/1", "/c/fading", "/search?q=低保", "/map", "/chat"):
        await page.goto(root + path)
        assert await page.evaluate("document.documentElement.scrollWidth") == 375, path
        await page.click("#larger")
        assert await page.evaluate("document.documentElement.scrollWidth") == 375, f"{path} in large type"
        await page.click("#larger")
    assert trouble == []


async def test_the_chat_without_script(browser, root):
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{root}/chat")
    await page.fill("#say", "低保")
    await page.click("#send")
    await page.click("#chat .options button")
    assert "1040元" in await page.locator("#chat .message.from-bot").last.inner_text()


@pytest.mark.parametrize("script", [True, False])
async def test_a_quotation_is_shown_as_one_below_its_warning(browser, root, script):
    context = await browser.new_context(java_script_enabled=script, viewport={"width": 375, "height": 740})
    page = await context.new_page()
    await page.goto(f"{root}/chat")
    await page.fill("#say", "补贴")
    await page.click("#send")
    quote = page.locator("#chat .from-bot blockquote")
    assert await quote.inner_text() == "「每亩补贴120元。\n<b>不是标记</b>」"
    parts = await page.locator("#chat .from-bot").last.locator("> *").all_inner_texts()
    assert [part.strip() for part in parts] == [
        "问答",
        "【废止】本文件已废止。",
        "「每亩补贴120元。\n<b>不是标记</b>」",
        "（以上为原文节选）",
    ]


async def test_the_keyboard_finds_the_text_first(browser, root):
    page = await browser.new_page()
    await page.goto(f"{root}/d/1")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "跳到正文"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
