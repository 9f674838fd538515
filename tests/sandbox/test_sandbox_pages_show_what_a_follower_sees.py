"""The phone, the article page and the home page."""

import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest

CITIZEN = "oCitizenChenXiuying_00000001"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


async def html(wechat: Any, path: str, status: int = 200) -> str:
    async with wechat.http.get(f"{wechat.base}{path}") as response:
        assert response.status == status
        assert response.content_type == "text/html"
        return str(await response.text())


async def test_home_leads_to_the_phone_and_to_weibo(wechat: Any) -> None:
    page = await html(wechat, "/")
    assert 'href="/phone"' in page
    assert 'href="/weibo/"' in page
    assert "安全模式" in page


async def test_the_phone_hears_what_the_account_answers(wechat: Any) -> None:
    page = await html(wechat, "/phone")
    assert 'id="say"' in page
    assert 'id="send"' in page
    body = {"who": CITIZEN, "type": "text", "content": "低保怎么申请"}
    async with wechat.http.post(f"{wechat.base}/phone/act", json=body) as response:
        assert response.status == 200
    await wechat.post(
        "/cgi-bin/message/custom/send", {"touser": CITIZEN, "msgtype": "text", "text": {"content": "到社区申请"}}
    )
    async with wechat.http.get(f"{wechat.base}/phone/state", params={"who": CITIZEN}) as response:
        state = await response.json()
    assert [line["content"]["content"] for line in state["lines"]] == ["低保怎么申请", "到社区申请"]
    async with wechat.http.get(
        f"{wechat.base}/phone/state", params={"who": CITIZEN, "after": str(state["lines"][0]["number"])}
    ) as response:
        assert len((await response.json())["lines"]) == 1


async def test_who_does_not_follow_cannot_write(wechat: Any) -> None:
    await wechat.say(type="unfollow")
    body = {"who": CITIZEN, "type": "text", "content": "在吗"}
    async with wechat.http.post(f"{wechat.base}/phone/act", json=body) as response:
        assert response.status == 409
        assert "关注" in (await response.json())["error"]


async def test_an_article_is_shown_as_the_platform_keeps_it(wechat: Any, picture: Any) -> None:
    url = (await wechat.upload("/cgi-bin/media/uploadimg", picture(0)))["url"]
    content = f'<p>正文<script>bad()</script><a href="https://x.cn/">外链</a></p><img src="{url}">'
    found = await wechat.published(content=content, content_source_url="https://www.x.gov.cn/d/7", author="民政局")
    address = found["article_detail"]["item"][0]["article_url"]
    page = await html(wechat, address.removeprefix(wechat.base))
    assert "<h1>县人民政府关于低保标准的通告</h1>" in page
    assert 'href="https://www.x.gov.cn/d/7"' in page
    assert "阅读原文" in page
    assert "bad()" not in page
    assert 'href="https://x.cn/"' not in page
    source = page.split('<img src="')[1].split('"')[0]
    async with wechat.http.get(f"{wechat.base}{source}") as response:
        assert await response.read() == picture(0)


async def test_a_blocked_article_says_so_and_an_unknown_one_is_not_found(wechat: Any) -> None:
    found = await wechat.published()
    await wechat.control("POST", f"publications/{found['publish_id']}/status", {"status": 6})
    address = found["article_detail"]["item"][0]["article_url"].removeprefix(wechat.base)
    assert "此内容因违规无法查看" in await html(wechat, address)
    assert "不存在" in await html(wechat, "/s/nothing", status=404)


async def test_picture_posts_show_their_pictures(wechat: Any) -> None:
    cover = await wechat.cover()
    given = {
        "article_type": "newspic",
        "title": "图说低保",
        "content": "三张图看懂",
        "image_info": {"image_list": [{"image_media_id": cover}]},
    }
    media_id = (await wechat.post("/cgi-bin/draft/add", {"articles": [given]}))["media_id"]
    publish_id = (await wechat.post("/cgi-bin/freepublish/submit", {"media_id": media_id}))["publish_id"]
    found = await wechat.post("/cgi-bin/freepublish/get", {"publish_id": publish_id})
    page = await html(wechat, found["article_detail"]["item"][0]["article_url"].removeprefix(wechat.base))
    assert "/mmbiz/" in page
    await wechat.post("/cgi-bin/material/del_material", {"media_id": cover})
    assert "图说低保" in await html(wechat, found["article_detail"]["item"][0]["article_url"].removeprefix(wechat.base))


@pytest.fixture
async def browser_page(tmp_path: Any) -> AsyncIterator[Any]:
    playwright = pytest.importorskip("playwright.async_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    async with playwright.async_playwright() as engine:
        context = await engine.chromium.launch_persistent_context(
            str(tmp_path / "profile"),
            executable_path=chromium,
            args=FLAGS.split(),
            viewport={"width": 375, "height": 740},
        )
        yield context.pages[0]
        await context.close()


@pytest.mark.browser
async def test_in_a_browser_a_citizen_asks_reads_and_opens_an_article(wechat: Any, browser_page: Any) -> None:
    await wechat.published(title="低保标准提高了")
    troubles: list[str] = []
    browser_page.on("pageerror", lambda error: troubles.append(str(error)))
    browser_page.on("console", lambda note: troubles.append(note.text) if note.type == "error" else None)
    await browser_page.goto(f"{wechat.base}/phone")
    await browser_page.fill("#say", "低保怎么申请")
    await browser_page.click("#send")
    await browser_page.wait_for_selector("#chat .message.from-citizen")
    body = {"touser": CITIZEN, "msgtype": "text", "text": {"content": '见<a href="https://x.gov.cn/">原文</a>'}}
    assert (await wechat.post("/cgi-bin/message/custom/send", body))["errcode"] == 0
    link = await browser_page.wait_for_selector("#chat .message.from-account a")
    assert await link.get_attribute("href") == "https://x.gov.cn/"
    assert await browser_page.evaluate("document.documentElement.scrollWidth") == 375
    await browser_page.click("#articles a.article")
    assert await browser_page.inner_text("article h1") == "低保标准提高了"
    assert troubles == []
