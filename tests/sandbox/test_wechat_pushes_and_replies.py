"""The callback: three modes, five seconds, three attempts, strict reading of replies, allowances."""

import asyncio
from typing import Any
from xml.etree import ElementTree

import pytest
from aiohttp import web
from wechatpy.crypto import WeChatCrypto

from sandbox.wechat.crypto import CipherError, Envelope, signature

TOKEN, AES_KEY, APPID = "AAAAA", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxba5fad812f8e6fb9"
CITIZEN, ACCOUNT = "oCitizenChenXiuying_00000001", "gh_sandbox"
CUSTOM = "/cgi-bin/message/custom/send"
NOTICE = "该公众号提供的服务出现故障，请稍后再试"


def reply(content: str, *, to: str = CITIZEN, sender: str = ACCOUNT) -> str:
    return (
        f"<xml><ToUserName>{to}</ToUserName><FromUserName>{sender}</FromUserName><CreateTime>1</CreateTime>"
        f"<MsgType>text</MsgType><Content><![CDATA[{content}]]></Content></xml>"
    )


def sealed(clear: str, request: web.Request) -> str:
    # The product's library seals here, so that the examiner is checked against an independent implementation.
    return str(WeChatCrypto(TOKEN, AES_KEY, APPID).encrypt_message(clear, request.query["nonce"], "1713424427"))


def answering(text: str, *, seal: bool = True) -> Any:
    async def answer(request: web.Request, body: bytes) -> web.Response:
        return web.Response(text=sealed(text, request) if seal else text)

    return answer


def test_official_vectors_of_signature_and_cipher() -> None:
    envelope = Envelope("A" * 43, APPID)
    assert signature(TOKEN, "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert signature(TOKEN, "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    encrypted = (
        "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsX"
        "UnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajA"
        "sjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
    )
    assert signature(TOKEN, "1714112445", "415670741", encrypted) == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    opened = envelope.open(encrypted)
    assert len(opened) == 167
    assert envelope.seal(opened, b"a8eedb185eb2fecf") == encrypted
    answer = envelope.seal(b'{"demo_resp":"good luck"}', b"707722b803182950")
    assert answer == "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    assert signature(TOKEN, "1713424427", "415670741", answer) == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


def test_the_cipher_refuses_another_key_and_another_appid() -> None:
    encrypted = Envelope("A" * 43, "wx1").seal(b"x", bytes(16))
    with pytest.raises(CipherError, match="appid"):
        Envelope("A" * 43, APPID).open(encrypted)
    with pytest.raises(CipherError):
        Envelope("B" * 43, "wx1").open(encrypted)
    with pytest.raises(CipherError):
        Envelope("A" * 43, "wx1").open("???")


async def test_a_safe_push_opens_with_an_independent_implementation(wechat: Any) -> None:
    answer = await wechat.say("低保]]>怎么申请")
    assert answer["deliveries"][0]["outcome"] == "silent"
    _, query, body = wechat.account.requests[-1]
    clear = WeChatCrypto(TOKEN, AES_KEY, APPID).decrypt_message(
        body, query["msg_signature"], query["timestamp"], query["nonce"]
    )
    root = ElementTree.fromstring(clear)
    assert root.findtext("Content") == "低保]]>怎么申请"
    assert (root.findtext("FromUserName"), query["openid"], query["encrypt_type"]) == (CITIZEN, CITIZEN, "aes")
    assert int(root.findtext("MsgId") or "") > 2**53


async def test_plain_and_compatible_pushes(wechat: Any) -> None:
    await wechat.profile(callback_mode="plain")
    wechat.account.answer = answering(reply("明文"), seal=False)
    assert (await wechat.say())["deliveries"][0]["outcome"] == "answered"
    _, query, body = wechat.account.requests[-1]
    assert "encrypt_type" not in query
    assert b"<Encrypt>" not in body
    assert query["signature"] == signature(TOKEN, query["timestamp"], query["nonce"])
    await wechat.profile(callback_mode="compatible")
    assert (await wechat.say())["deliveries"][0]["outcome"] == "answered"
    _, query, body = wechat.account.requests[-1]
    assert b"<Encrypt>" in body
    assert b"<Content>" in body
    wechat.account.answer = answering(reply("密文"))
    assert (await wechat.say())["deliveries"][0]["outcome"] == "answered"
    await wechat.profile(callback_mode="plain")
    assert (await wechat.say())["deliveries"][0]["outcome"] == "malformed"


async def test_an_encrypted_reply_reaches_the_chat(wechat: Any) -> None:
    wechat.account.answer = answering(reply("带上户口簿到社区申请"))
    answer = await wechat.say()
    assert [line["side"] for line in answer["chat"]] == ["citizen", "account"]
    assert answer["chat"][1]["content"] == {"content": "带上户口簿到社区申请"}


@pytest.mark.parametrize(
    ("text", "seal", "why"),
    [
        (reply("明文"), False, "clear"),
        ('{"a":1}', False, "not XML"),
        ("<html>ok</html>", False, "not <xml>"),
        (reply("甲", to=ACCOUNT, sender=CITIZEN), True, "ToUserName"),
        (reply("甲", sender="gh_other"), True, "FromUserName"),
        (reply(""), True, "empty"),
        (reply("字" * 683), True, "2049 bytes"),
        (reply("甲").replace("text", "image"), True, "no such image"),
        (reply("甲").replace("text", "poem"), True, "poem"),
        ('<!DOCTYPE xml [<!ENTITY a "x">]><xml>&a;</xml>', False, "not XML"),
    ],
)
async def test_a_malformed_reply_shows_the_failure_notice_and_is_not_retried(
    wechat: Any, text: str, seal: bool, why: str
) -> None:
    wechat.account.answer = answering(text, seal=seal)
    answer = await wechat.say()
    (delivery,) = answer["deliveries"]
    assert delivery["outcome"] == "malformed"
    assert why in delivery["reason"]
    assert len(delivery["attempts"]) == 1
    assert answer["chat"][-1]["content"] == {"content": NOTICE}


async def test_a_forged_signature_and_a_foreign_appid_in_a_reply_are_malformed(wechat: Any) -> None:
    async def forged(request: web.Request, body: bytes) -> web.Response:
        return web.Response(text=sealed(reply("甲"), request).replace("<TimeStamp>1", "<TimeStamp>2"))

    wechat.account.answer = forged
    assert "MsgSignature" in (await wechat.say())["deliveries"][0]["reason"]

    async def foreign(request: web.Request, body: bytes) -> web.Response:
        crypto = WeChatCrypto(TOKEN, AES_KEY, "wx_other")
        return web.Response(text=str(crypto.encrypt_message(reply("甲"), request.query["nonce"])))

    wechat.account.answer = foreign
    assert "appid" in (await wechat.say())["deliveries"][0]["reason"]


async def test_text_of_exactly_2048_bytes_is_shown(wechat: Any) -> None:
    wechat.account.answer = answering(reply("字" * 682 + "ab"))
    assert (await wechat.say())["deliveries"][0]["outcome"] == "answered"


async def test_news_replies_hold_one_article_for_messages_and_eight_for_events(wechat: Any) -> None:
    item = "<item><Title>甲</Title><Description>乙</Description><PicUrl/><Url>https://x.cn/</Url></item>"

    def news(count: int) -> str:
        return (
            reply("x")
            .replace("text", "news")
            .replace("<Content>", f"<ArticleCount>{count}</ArticleCount><Articles>{item * count}</Articles><Content>")
        )

    wechat.account.answer = answering(news(1))
    assert (await wechat.say())["deliveries"][0]["outcome"] == "answered"
    wechat.account.answer = answering(news(2))
    assert (await wechat.say())["deliveries"][0]["outcome"] == "malformed"
    assert (await wechat.say(type="click", key="k"))["deliveries"][0]["outcome"] == "answered"
    wechat.account.answer = answering(news(9))
    assert (await wechat.say(type="click", key="k"))["deliveries"][0]["outcome"] == "malformed"


async def test_silence_is_cut_and_sent_three_times_with_the_same_msgid(wechat: Any) -> None:
    await wechat.profile(callback_mode="plain", callback_seconds=0.1)

    async def silent(request: web.Request, body: bytes) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(text="success")

    wechat.account.answer = silent
    answer = await wechat.say()
    (delivery,) = answer["deliveries"]
    assert (delivery["outcome"], len(delivery["attempts"])) == ("failed", 3)
    assert {attempt["outcome"] for attempt in delivery["attempts"]} == {"timeout"}
    bodies = {body for _, _, body in wechat.account.requests}
    nonces = {query["nonce"] for _, query, _ in wechat.account.requests}
    assert len(wechat.account.requests) == 3
    assert len(bodies) == 1
    assert len(nonces) == 3
    assert answer["chat"][-1]["content"] == {"content": NOTICE}


async def test_an_http_error_is_retried_until_an_answer_comes(wechat: Any) -> None:
    async def second_time(request: web.Request, body: bytes) -> web.Response:
        if len(wechat.account.requests) == 1:
            return web.Response(status=503)
        return web.Response(text=sealed(reply("好"), request))

    wechat.account.answer = second_time
    (delivery,) = (await wechat.say())["deliveries"]
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == ["status", "ok"]
    assert delivery["outcome"] == "answered"
    await wechat.profile(callback_attempts=4, wechat_callback_url="http://127.0.0.1:9/wechat")
    (delivery,) = (await wechat.say())["deliveries"]
    assert len(delivery["attempts"]) == 4


async def test_the_address_check_wants_the_bare_echostr(wechat: Any) -> None:
    assert (await wechat.control("POST", "callback/verify"))["ok"] is True
    wechat.account.answer = answering("echo", seal=False)
    assert (await wechat.control("POST", "callback/verify"))["ok"] is False


@pytest.mark.parametrize("fault", ["signature", "appid", "clear", "garbage", "entity"])
async def test_forged_pushes_reach_the_account(wechat: Any, fault: str) -> None:
    answer = await wechat.control("POST", "callback/forge", {"fault": fault})
    assert answer == {"status": 200, "answer": "success"}
    assert len(wechat.account.requests) == 1


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ({"type": "image"}, {"MsgType": "image"}),
        ({"type": "voice", "content": "喂"}, {"MsgType": "voice", "Format": "amr"}),
        ({"type": "location", "lat": 29.5, "lng": 113.1, "label": "大桥"}, {"Location_X": 29.5, "Label": "大桥"}),
        ({"type": "link", "title": "谣言", "url": "https://x.cn/"}, {"MsgType": "link", "Url": "https://x.cn/"}),
        ({"type": "follow", "scene": "7"}, {"Event": "subscribe", "EventKey": "qrscene_7"}),
        ({"type": "unfollow"}, {"Event": "unsubscribe"}),
        ({"type": "scan", "scene": "7"}, {"Event": "SCAN", "EventKey": "7"}),
        ({"type": "report_location"}, {"Event": "LOCATION", "Precision": 119.385}),
        ({"type": "raw", "fields": {"MsgType": "file", "MsgId": 5}}, {"MsgType": "file", "MsgId": 5}),
    ],
)
async def test_acts_become_the_messages_of_the_platform(
    wechat: Any, act: dict[str, Any], fields: dict[str, Any]
) -> None:
    (delivery,) = (await wechat.say(**act))["deliveries"]
    assert fields.items() <= delivery["fields"].items()
    assert ("MsgId" in delivery["fields"]) is ("Event" not in delivery["fields"])
    assert "Recognition" not in delivery["fields"]


async def custom(wechat: Any, content: str = "好") -> int:
    answer = await wechat.post(CUSTOM, {"touser": CITIZEN, "msgtype": "text", "text": {"content": content}})
    return int(answer["errcode"])


async def test_a_message_allows_five_answers_for_two_days(wechat: Any) -> None:
    assert await custom(wechat) == 45015
    await wechat.say()
    assert [await custom(wechat) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    await wechat.say()
    assert await custom(wechat) == 0
    wechat.clock.advance(48 * 3600)
    await wechat.log_in()
    assert await custom(wechat) == 45015
    assert len(await wechat.effects("customer_messages")) == 6


@pytest.mark.parametrize("act", [{"type": "click", "key": "k"}, {"type": "follow"}, {"type": "scan", "scene": "1"}])
async def test_a_tap_allows_three_answers_for_a_minute(wechat: Any, act: dict[str, Any]) -> None:
    await wechat.say(**act)
    assert [await custom(wechat) for _ in range(4)] == [0, 0, 0, 45047]
    await wechat.say(**act)
    wechat.clock.advance(60)
    assert await custom(wechat) == 45015


async def test_choosing_from_a_message_menu_counts_as_a_tap(wechat: Any) -> None:
    await wechat.say("第一项", bizmsgmenuid="1")
    assert [await custom(wechat) for _ in range(4)] == [0, 0, 0, 45047]


async def test_customer_message_refusals(wechat: Any) -> None:
    await wechat.say()
    assert await custom(wechat, "字" * 683) == 45002
    assert await custom(wechat, "") == 44004

    async def sent(kind: str, given: Any, openid: str = CITIZEN) -> int:
        answer = await wechat.post(CUSTOM, {"touser": openid, "msgtype": kind, kind: given})
        return int(answer["errcode"])

    card = {"title": "甲", "url": "https://x.cn/"}
    assert await sent("text", {"content": "好"}, "oNobody") == 40003
    assert await sent("poem", {}) == 40008
    assert await sent("news", {"articles": [card, card]}) == 45008
    assert await sent("news", {"articles": [card]}) == 0
    assert await sent("image", {"media_id": "gone"}) == 40007
    assert await sent("mpnewsarticle", {"article_id": "gone"}) == 53600
    article_id = (await wechat.published())["article_id"]
    assert await sent("mpnewsarticle", {"article_id": article_id}) == 0
    assert await sent("msgmenu", {"head_content": "请选择", "list": [{"id": "1", "content": "低保"}]}) == 0
    assert len(await wechat.effects("customer_messages")) == 3
    await wechat.say(type="unfollow")
    assert await custom(wechat) == 45015


async def test_machine_written_answers_are_marked(wechat: Any) -> None:
    await wechat.say()
    body = {"touser": CITIZEN, "msgtype": "text", "text": {"content": "好"}, "aimsgcontext": {"is_ai_msg": 1}}
    await wechat.post(CUSTOM, body)
    assert (await wechat.control("GET", f"followers/{CITIZEN}"))["chat"][-1]["by_ai"] is True


async def test_typing_needs_recent_contact_and_is_not_repeated(wechat: Any) -> None:
    async def typing(command: str = "Typing") -> int:
        answer = await wechat.post("/cgi-bin/message/custom/typing", {"touser": CITIZEN, "command": command})
        return int(answer["errcode"])

    assert await typing() == 45080
    await wechat.say()
    assert [await typing(), await typing(), await typing("CancelTyping"), await typing("Dance")] == [0, 45081, 0, 45072]


async def test_users_and_tags(wechat: Any) -> None:
    info = await wechat.get("/cgi-bin/user/info", openid=CITIZEN)
    assert (info["subscribe"], info["nickname"]) == (1, "")
    assert (await wechat.get("/cgi-bin/user/get"))["total"] == 3
    await wechat.say(type="unfollow")
    assert (await wechat.get("/cgi-bin/user/info", openid=CITIZEN))["subscribe"] == 0
    tag = (await wechat.post("/cgi-bin/tags/create", {"tag": {"name": "乡镇"}}))["tag"]["id"]
    assert (await wechat.post("/cgi-bin/tags/create", {"tag": {"name": "乡镇"}}))["errcode"] == 45157
    assert (await wechat.post("/cgi-bin/tags/delete", {"tag": {"id": 2}}))["errcode"] == 45058
    members = {"openid_list": [CITIZEN], "tagid": tag}
    assert (await wechat.post("/cgi-bin/tags/members/batchtagging", members))["errcode"] == 0
    assert (await wechat.post("/cgi-bin/tags/getidlist", {"openid": CITIZEN}))["tagid_list"] == [tag]
    assert (await wechat.post("/cgi-bin/tags/members/batchtagging", {**members, "tagid": 9}))["errcode"] == 45159


async def test_whether_a_passive_reply_uses_the_allowance_is_a_switch(wechat: Any) -> None:
    wechat.account.answer = answering(reply("好"))
    await wechat.profile(passive_uses_allowance=True)
    await wechat.say()
    assert [await custom(wechat) for _ in range(5)] == [0, 0, 0, 0, 45047]


async def test_recognised_speech_is_a_switch(wechat: Any) -> None:
    await wechat.profile(recognition=True)
    (delivery,) = (await wechat.say(type="voice", content="低保怎么申请"))["deliveries"]
    assert delivery["fields"]["Recognition"] == "低保怎么申请"


async def test_a_doubled_message_arrives_twice_with_one_msgid(wechat: Any) -> None:
    await wechat.control("POST", "faults", {"kind": "event_doubled", "path": "text"})
    deliveries = (await wechat.say())["deliveries"]
    assert len(wechat.account.requests) == 2
    assert len({delivery["msg_id"] for delivery in deliveries}) == 1
