"""Pushes are signed, repeated three times and answered in the platform's form; replies have their window."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from sandbox.weibo.signature import sign

CITIZEN = "2489518277"
UID = "1902538057"


def encoded(content: dict[str, Any]) -> str:
    return quote(json.dumps(content, ensure_ascii=False), safe="")


def passive(**change: Any) -> dict[str, Any]:
    whole = {
        "result": True,
        "sender_id": UID,
        "receiver_id": CITIZEN,
        "type": "text",
        "data": encoded({"text": "答复内容"}),
    }
    return whole | change


def answering(weibo: Any, body: str | dict[str, Any]) -> None:
    text = body if isinstance(body, str) else json.dumps(body)

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    weibo.callback.answer = answer


async def reply(weibo: Any, content: dict[str, Any] | None = None, **form: Any) -> Any:
    data = encoded(content or {"text": "人工答复"})
    return (
        await weibo.post("/2/messages/reply.json", **({"type": "text", "data": data, "receiver_id": CITIZEN} | form))
    )[1]


def test_the_signature_of_the_documentation_is_reproduced() -> None:
    assert sign("xyz123xyz", "1397022061823", "57155157") == "90e4c22c90a58f26526c2dd5b6c56c8822edeaa1"


async def test_the_account_server_is_verified_before_the_first_push(weibo: Any) -> None:
    assert (await weibo.control("verify"))["verified"] is True
    await weibo.control("callback", url=weibo.origin + "/weibo/")
    delivery = await weibo.say("你好")
    assert (delivery["outcome"], delivery["attempts"]) == ("unverified", [])


async def test_a_push_carries_milliseconds_and_the_documented_body(weibo: Any) -> None:
    await weibo.say("什么时候供热?")
    assert weibo.callback.queries[0]["timestamp"] == "1795406400000"
    assert weibo.callback.received[0] == {
        "type": "text",
        "receiver_id": int(UID),
        "sender_id": int(CITIZEN),
        "created_at": "Mon Nov 23 12:00:00 +0800 2026",
        "text": "什么时候供热?",
        "data": {},
    }


async def test_a_passive_reply_reaches_the_citizen_word_for_word(weibo: Any) -> None:
    answering(weibo, passive())
    delivery = await weibo.say("什么时候供热?")
    assert (delivery["outcome"], delivery["reply"]) == ("replied", {"type": "text", "data": {"text": "答复内容"}})
    page = await weibo.page(f"/weibo/messages?uid={CITIZEN}")
    assert 'class="message from-citizen text"' in page
    assert 'class="message from-account text"' in page
    assert "答复内容" in page


async def test_an_empty_answer_ends_the_matter(weibo: Any) -> None:
    delivery = await weibo.say("你好")
    assert (delivery["outcome"], len(delivery["attempts"])) == ("silent", 1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"sender_id": CITIZEN, "receiver_id": UID}, "sender_id"),
        ({"receiver_id": "1"}, "receiver_id"),
        ({"data": '{"text":"没有编码"}'}, "not percent-encoded"),
        ({"data": {"text": "对象"}}, "percent-encoded string"),
        ({"data": quote(encoded({"text": "两次编码"}))}, "percent-encoded once"),
        ({"data": encoded({"text": "长" * 300})}, "shorter than 300"),
        ({"data": encoded({"text": " "})}, "empty"),
        ({"type": "voice"}, "unknown type"),
        ({"type": "articles", "data": encoded({"articles": []})}, "1 to 8"),
        ({"result": "true"}, "result"),
    ],
)
async def test_a_malformed_passive_reply_is_not_shown(weibo: Any, change: dict[str, Any], problem: str) -> None:
    answering(weibo, passive(**change))
    delivery = await weibo.say("你好")
    assert delivery["outcome"] == "bad_reply"
    assert problem in delivery["problem"]
    assert len(weibo.server.world.citizens.get(CITIZEN).lines) == 1


async def test_a_reply_of_299_characters_and_one_of_articles_are_shown(weibo: Any) -> None:
    answering(weibo, passive(data=encoded({"text": "长" * 299})))
    assert (await weibo.say("一"))["outcome"] == "replied"
    card = {
        "display_name": "供热公告",
        "summary": "摘要",
        "image": "http://a/b.jpg",
        "url": "http://mingbai.gov.cn/d/1",
    }
    answering(weibo, passive(type="articles", data=encoded({"articles": [card]})))
    assert (await weibo.say("二"))["outcome"] == "replied"
    assert 'href="http://mingbai.gov.cn/d/1"' in await weibo.page("/weibo/messages")


async def test_a_silent_server_is_called_three_times_and_then_no_more(weibo: Any) -> None:
    weibo.turn(push_timeout=1.0)

    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    weibo.callback.answer = never
    delivery = await weibo.say("你好")
    assert delivery["outcome"] == "gave_up"
    assert [attempt["error"] for attempt in delivery["attempts"]] == ["timeout"] * 3
    assert len(weibo.callback.received) == 3
    assert weibo.callback.received[0] == weibo.callback.received[1] == weibo.callback.received[2]
    assert len({query["nonce"] for query in weibo.callback.queries}) > 1


async def test_an_answer_on_the_second_call_is_taken(weibo: Any) -> None:
    async def second(_: web.Request) -> web.StreamResponse:
        first = len(weibo.callback.received) == 1
        return web.Response(status=500) if first else web.json_response(passive())

    weibo.callback.answer = second
    delivery = await weibo.say("你好")
    assert (delivery["outcome"], [a["status"] for a in delivery["attempts"]]) == ("replied", [500, 200])


async def test_every_kind_of_message_and_event_has_its_form(weibo: Any) -> None:
    for wish in (
        {"kind": "voice"},
        {"kind": "image"},
        {"kind": "position"},
        {"kind": "event", "subtype": "click", "key": "K1"},
        {"kind": "event", "subtype": "scan_follow", "key": "7"},
        {"kind": "mention"},
        {"kind": "hologram", "text": "未知", "data": {"a": 1}},
    ):
        await weibo.control("say", **wish)
    voice, image, position, click, scan, mention, unknown = weibo.callback.received
    assert (voice["text"], set(voice["data"])) == ("发了一个语音消息", {"vfid", "tovfid"})
    assert set(position["data"]) == {"longitude", "latitude"}
    assert (click["type"], click["data"]) == ("event", {"subtype": "click", "key": "K1"})
    assert set(scan["data"]) == {"subtype", "key", "ticket"}
    assert (mention["type"], mention["data"]["subtype"]) == ("mention", "status")
    assert (unknown["type"], unknown["data"]) == ("hologram", {"a": 1})
    query = {"access_token": "2.00sandbox", "fid": str(image["data"]["tovfid"])}
    async with weibo.client.get(f"{weibo.origin}/weibo-api/2/mss/msget", params=query) as answer:
        assert (await answer.read())[:3] == b"GIF"
    weibo.turn(mention_type="event")
    await weibo.control("say", kind="mention", subtype="comment", key="9")
    assert (weibo.callback.received[-1]["type"], weibo.callback.received[-1]["data"]["key"]) == ("event", "9")


async def test_forged_pushes_reach_the_server_and_its_answer_is_told(weibo: Any) -> None:
    for fault in ("signature", "unsigned"):
        assert (await weibo.control("forge", fault=fault))["status"] == 403
    await weibo.control("forge", fault="stale")
    assert weibo.callback.queries[0]["timestamp"] == "1795402800000"


async def test_after_a_message_the_account_may_write_for_48_hours(weibo: Any) -> None:
    assert (await reply(weibo))["error_code"] == 20003
    await weibo.say("你好")
    assert [(await reply(weibo))["result"] for _ in range(3)] == [True] * 3
    weibo.clock.now += 48 * 3600 - 1
    assert (await reply(weibo))["result"] is True
    weibo.clock.now += 1
    assert (await reply(weibo))["error_code"] == 26402


async def test_a_mention_allows_one_reply(weibo: Any) -> None:
    await weibo.control("say", kind="mention")
    assert (await reply(weibo))["result"] is True
    assert (await reply(weibo))["error_code"] == 26402


async def test_after_an_unfollow_nothing_can_be_written(weibo: Any) -> None:
    await weibo.control("say", kind="event", subtype="follow")
    assert (await reply(weibo))["result"] is True
    answering(weibo, passive())
    unfollowed = await weibo.control("say", kind="event", subtype="unfollow")
    assert unfollowed["deliveries"][0]["outcome"] == "bad_reply"
    assert (await reply(weibo))["error_code"] == 20301
    await weibo.say("我又来了")
    assert (await reply(weibo))["result"] is True


async def test_a_customer_service_reply_is_examined(weibo: Any) -> None:
    await weibo.say("你好")
    assert (await reply(weibo, data='{"text":"没有编码"}'))["error_code"] == 10008
    assert (await reply(weibo, {"text": "长" * 300}))["error_code"] == 20013
    assert (await reply(weibo, {"text": "请加微信"}))["error_code"] == 20020
    assert (await reply(weibo, type=""))["error_code"] == 10016
    weibo.turn(reply_data="plain")
    assert (await reply(weibo, data='{"text":"没有编码"}'))["result"] is True


async def test_a_mass_message_is_accepted_now_and_reaches_subscribers_later(weibo: Any) -> None:
    await weibo.control("say", kind="event", subtype="subscribe")
    await weibo.say("你好", uid="2489518278")
    path = f"{weibo.origin}/weibo-api/2/messages/sendall.json?access_token=2.00sandbox"
    wish = {"touser": [CITIZEN, "2489518278"], "text": {"content": "停水通知"}, "msgtype": "text"}
    async with weibo.client.post(path, json={"msgtype": "text"}) as answer:
        assert (await answer.json())["errcode"] == "100001"
    async with weibo.client.post(path, json=wish) as answer:
        assert (await answer.json())["result"] is True
    citizens = weibo.server.world.citizens
    assert [line.road for line in citizens.get(CITIZEN).lines] == ["said"]
    await asyncio.sleep(0.1)
    assert [line.road for line in citizens.get(CITIZEN).lines] == ["said", "mass"]
    assert [line.road for line in citizens.get("2489518278").lines] == ["said"]
    async with weibo.client.post(path, json=wish) as answer:
        assert (await answer.json())["errcode"] == "100002"


async def test_menus_are_checked_hung_up_and_pressed(weibo: Any) -> None:
    menu = {
        "button": [{"type": "click", "name": "办事", "key": "K"}, {"type": "view", "name": "公开", "url": "http://a/"}]
    }
    bad = {"button": [{"type": "click", "name": "没有键"}]}
    assert (await weibo.post("/2/messages/menu/create.json", menus=encoded(bad)))[1]["error_code"] == 10008
    assert (await weibo.post("/2/messages/menu/create.json", menus=encoded(menu)))[1] == {"result": True}
    assert (await weibo.get("/2/messages/menu/show.json"))[1] == {"menu": menu}
    page = await weibo.page("/weibo/messages")
    assert "办事" in page
    form = {"uid": CITIZEN, "kind": "event", "subtype": "click", "key": "K"}
    async with weibo.client.post(f"{weibo.origin}/weibo/messages", data=form) as answer:
        assert answer.status == 200
    assert weibo.callback.received[0]["data"] == {"subtype": "click", "key": "K"}
    assert (await weibo.post("/2/messages/menu/delete.json"))[1] == {"result": True}


async def test_private_messages_do_not_use_up_the_calls_of_the_day(weibo: Any) -> None:
    weibo.turn(calls_per_day=0)
    await weibo.say("你好")
    assert (await reply(weibo))["result"] is True


async def test_the_citizen_is_known_to_the_account_after_writing(weibo: Any) -> None:
    await weibo.control("say", kind="event", subtype="follow")
    _, info = await weibo.get("/2/eps/user/info.json", uid=CITIZEN)
    assert (info["nickname"], info["follow"], info["subscribe"]) == ("河畔的风", 1, 0)


async def test_the_page_does_what_its_buttons_say(weibo: Any) -> None:
    answering(weibo, passive(data=encoded({"text": "全文：http://mingbai.gov.cn/d/1。<i>"})))
    for kind in ("follow", "image", "voice", "position", "mention", "unfollow"):
        async with weibo.client.post(f"{weibo.origin}/weibo/messages", data={"uid": CITIZEN, "kind": kind}) as answer:
            assert answer.status == 200, kind
            assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
            page = await answer.text()
    assert [m["data"].get("subtype", m["type"]) for m in weibo.callback.received] == [
        "follow",
        "image",
        "voice",
        "position",
        "status",
        "unfollow",
    ]
    assert '<a href="http://mingbai.gov.cn/d/1" rel="noopener">' in page
    assert "&lt;i&gt;" in page
    assert "关注账号" in page
