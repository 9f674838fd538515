"""The chat: JSON for the script, a plain form without it, one cookie, a limit for each visitor, nothing oversized."""

import asyncio

import pytest
from lxml import html

from audit.allowance import Allowance
from portal.chat import ChatNews, ChatReply


async def test_a_message_gets_the_reply_with_its_options_and_sources(client):
    answer = await client.post("/chat/messages", json={"text": " 低保 "})
    assert answer.status == 200
    body = await answer.json()
    assert body["lines"] == ["您问的是：低保"]
    assert body["options"] == [{"label": "低保标准", "say": "1"}]
    assert body["sources"][0]["url"] == "/d/1"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_without_script_the_same_form_works(client):
    page = html.fromstring(await (await client.get("/chat")).text())
    assert page.xpath("//*[@id='say']/@name") == ["text"]
    assert page.xpath("//*[@id='send']")
    answer = await client.post("/chat", data={"text": "低保"})
    page = html.fromstring(await answer.text())
    assert answer.status == 200
    said = page.xpath("//*[@id='chat']//div[contains(@class, 'from-bot')]")[-1].text_content()
    assert "您问的是：低保" in said
    assert "关于调整标准的通知" in said
    choice = page.xpath("//button[@name='choice']/@value")
    assert choice == ["1"]
    chosen = await client.post("/chat", data={"text": "", "choice": "1"})
    assert "您问的是：1" in await chosen.text()


async def test_the_notice_stands_on_the_page_all_the_time(client):
    for answer in (await client.get("/chat"), await client.post("/chat", data={"text": "低保"})):
        assert "自动问答，内容均引自已审核发布的信息" in await answer.text()


async def test_one_browser_is_one_visitor_and_its_cookie_is_closed_to_script(serve):
    seen = []

    async def answer(visitor, text):
        seen.append(visitor)
        return ChatReply(lines=("好",))

    client = await serve(answer=answer)
    first = await client.get("/chat")
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" in cookie
    jar = {"Cookie": cookie.split(";")[0]}
    await client.post("/chat/messages", json={"text": "一"}, headers=jar)
    await client.post("/chat/messages", json={"text": "二"}, headers=jar)
    await client.post("/chat/messages", json={"text": "三"}, headers={"Cookie": "mingbai_visitor=../../etc"})
    assert seen[0] == seen[1] == jar["Cookie"].partition("=")[2]
    assert seen[2] != seen[0]
    assert len(seen[2]) == 32


async def test_twenty_a_minute_and_then_please_wait(client, clock):
    jar = {"Cookie": "mingbai_visitor=" + "a" * 32}
    for _ in range(20):
        assert (await client.post("/chat/messages", json={"text": "问"}, headers=jar)).status == 200
    refused = await client.post("/chat/messages", json={"text": "问"}, headers=jar)
    assert refused.status == 429
    assert "太快" in (await refused.json())["error"]
    other = {"Cookie": "mingbai_visitor=" + "b" * 32}
    assert (await client.post("/chat/messages", json={"text": "问"}, headers=other)).status == 200
    clock.advance(61)
    assert (await client.post("/chat/messages", json={"text": "问"}, headers=jar)).status == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"text": "' + b"x" * 17000 + b'"}', "application/json", 413),
        ('{"text": "' + "长" * 1001 + '"}', "application/json", 413),
        (b'{"text": "   "}', "application/json", 400),
        (b'{"text": 5}', "application/json", 400),
        (b"[" * 4000, "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"text": "x"}', "text/plain", 415),
        (b"text=x", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_bad_messages_are_refused_in_plain_words(client, body, kind, status):
    data = body.encode() if isinstance(body, str) else body
    answer = await client.post("/chat/messages", data=data, headers={"Content-Type": kind})
    assert answer.status == status
    assert (await answer.json())["error"]


async def test_a_body_without_a_length_is_cut_too(client):
    async def endless():
        for _ in range(100):
            yield b" " * 1024

    answer = await client.post("/chat/messages", data=endless(), headers={"Content-Type": "application/json"})
    assert answer.status == 413


async def test_what_the_visitor_typed_comes_back_as_text(client):
    page = html.fromstring(await (await client.post("/chat", data={"text": "<img src=x onerror=alert(1)>"})).text())
    assert not page.xpath("//img[@src='x']")
    assert "<img src=x onerror=alert(1)>" in page.xpath("//div[contains(@class, 'from-you')]")[0].text_content()


async def test_an_answer_that_takes_too_long_becomes_an_apology(serve, monkeypatch):
    monkeypatch.setattr("portal.chat._ANSWER_SECONDS", 0.05)

    async def slow(visitor, text):
        await asyncio.sleep(5)
        return ChatReply(lines=("迟到",))

    client = await serve(answer=slow)
    answer = await client.post("/chat/messages", json={"text": "问"})
    assert answer.status == 503
    assert "稍后再试" in (await answer.json())["error"]


async def test_without_a_bot_the_chat_says_that_it_is_closed(serve):
    client = await serve(answer=None)
    assert (await client.post("/chat/messages", json={"text": "问"})).status == 503


def test_the_allowance_forgets_the_least_recent_visitors():
    allowance = Allowance(most=1, seconds=60, visitors=2)
    assert allowance.take("甲", now=0)
    assert not allowance.take("甲", now=1)
    assert allowance.take("乙", now=2)
    assert allowance.take("丙", now=3)
    assert allowance.take("甲", now=4)
    assert not allowance.take("丙", now=5)


async def test_who_comes_back_is_told_what_was_corrected(serve):
    asked = []

    async def answer(visitor, text):
        return ChatReply(lines=("好",))

    async def news(visitor):
        asked.append(visitor)
        return ChatNews(lines=("【更正】您昨天问的“低保”，答复已经更正。",))

    client = await serve(answer=answer, news=news)
    first = await client.get("/chat")
    assert "【更正】" not in await first.text()
    cookie = first.headers["Set-Cookie"]
    assert "Max-Age=604800" in cookie
    jar = {"Cookie": cookie.split(";")[0]}
    page = html.fromstring(await (await client.get("/chat", headers=jar)).text())
    assert "【更正】" in page.xpath("//*[@id='chat']")[0].text_content()
    await client.head("/chat", headers=jar)
    assert asked == [jar["Cookie"].partition("=")[2]], "a look at the head tells nobody anything"
