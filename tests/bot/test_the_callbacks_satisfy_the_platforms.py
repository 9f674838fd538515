"""The real callbacks, served over HTTP, against the strict platforms of the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

import sandbox.app as sandbox_app
from bot.conversation import Conversation
from bot.envelope import Envelope
from bot.inbox import Inbox
from bot.moment import DoorClock
from bot.reception import Reception
from bot.records import InboundMessage
from bot.wechat import WeChatCallback
from bot.weibo import WeiboCallback
from sandbox.options import SandboxOptions

TOKEN, KEY, APPID, ACCOUNT = "a-token-of-24-characters", "A" * 43, "wx0123456789abcdef", "gh_mingbai"
SECRET, UID = "weibo-app-secret", "2000000001"
CITIZEN = "oCitizen"


@dataclass(kw_only=True)
class House:
    """Both platforms, our callbacks, and what our callbacks kept."""

    http: aiohttp.ClientSession
    product: str
    sandbox: str
    events: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)

    async def post(self, path: str, body: Any = None) -> Any:
        async with self.http.post(self.sandbox + path, json=body or {}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def say(self, kind: str = "text", **wish: Any) -> str:
        """What the citizen then reads on the phone; "" for nothing."""
        said = await self.post(f"/control/followers/{CITIZEN}/say", {"type": kind, **wish})
        replies = [delivery["reply"] for delivery in said["deliveries"]]
        for delivery in said["deliveries"]:
            assert delivery["outcome"] in ("answered", "silent"), delivery
            assert len(delivery["attempts"]) == 1
        return "\n".join(reply["content"] for reply in replies if reply)

    async def tell(self, kind: str = "text", **wish: Any) -> dict[str, Any]:
        """What Weibo says of one push."""
        (delivery,) = (await self.post("/control/weibo/say", {"kind": kind, **wish}))["deliveries"]
        assert len(delivery["attempts"]) == 1
        result: dict[str, Any] = delivery
        return result


@pytest.fixture(params=["safe"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def house(
    inbox: Inbox,
    conversation: Conversation,
    clock: Any,
    mode: str,
) -> AsyncIterator[House]:
    events: dict[str, tuple[str, str, dict[str, Any]]] = {}

    async def keep_event(channel: str, kind: str, key: str, body: dict[str, Any]) -> None:
        events[key] = (channel, kind, body)

    async def menu_question(key: str) -> str:
        return {"DIBAO": "低保怎么申请"}.get(key, "")

    reception = Reception(inbox=inbox, conversation=conversation, keep_event=keep_event, menu_question=menu_question)
    envelope = Envelope(token=TOKEN, aes_key=KEY, appid=APPID, plain_allowed=mode == "plain")
    app = web.Application()
    door = DoorClock(clock, machine_now=lambda: clock.moment)
    app.add_routes(WeChatCallback(envelope=envelope, reception=reception, clock=door, account=ACCOUNT).routes())
    app.add_routes(WeiboCallback(app_secret=SECRET, reception=reception, clock=door, uid=UID).routes())
    server = TestServer(app)
    await server.start_server()
    product = str(server.make_url("")).rstrip("/")
    options = SandboxOptions(
        wechat_appid=APPID, wechat_secret="s", wechat_token=TOKEN, wechat_aes_key=KEY, wechat_account=ACCOUNT,
        wechat_callback_url=f"{product}/wechat", weibo_app_secret=SECRET, weibo_uid=UID,
        weibo_callback_url=f"{product}/weibo", callback_mode=mode,  # type: ignore[arg-type]
    )  # fmt: skip
    runner = await sandbox_app.run(options, clock=lambda: clock.moment.timestamp())
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession() as http:
        one = House(http=http, product=product, sandbox=f"http://{host}:{port}", events=events)
        await one.post("/control/followers", {"openid": CITIZEN})
        yield one
    await runner.cleanup()
    await server.close()
    await reception.close()


async def test_the_address_is_verified_on_both_platforms(house: House) -> None:
    assert await house.post("/control/callback/verify") == {"ok": True, "status": 200}
    assert await house.post("/control/weibo/verify") == {"verified": True}


@pytest.mark.parametrize("mode", ["safe", "compatible", "plain"], indirect=True)
async def test_a_citizen_is_answered_in_every_mode(house: House) -> None:
    assert (await house.say(content="低保怎么申请")).startswith("向户籍所在地的乡镇人民政府")
    assert (await house.say(content="补贴怎么办")).startswith("您想了解的是哪一项？")
    assert (await house.say(content="2")).startswith("每年认证一次")


async def test_each_kind_of_message_gets_a_fitting_reply(house: House) -> None:
    expected = {"image": "图片", "voice": "语音", "video": "视频", "location": "乡镇、街道"}
    for kind, words in expected.items():
        assert words in await house.say(kind, content="x")
    assert "停水计划" in await house.say(
        "link", title="本县停水通知", description="停水七天", url="https://example.com/a"
    )
    assert "请回复“核实”" in await house.say("link", title="外星人来了", url="https://example.com/b")
    assert "请用文字" in await house.say("raw", fields={"MsgType": "hologram", "MsgId": 7})
    await house.http.patch(house.sandbox + "/control/profile", json={"recognition": True})
    assert (await house.say("voice", content="低保怎么申请")).startswith("向户籍所在地")


async def test_events_are_welcomed_helped_or_taken_in_silence(house: House) -> None:
    assert (await house.say("follow")).startswith("欢迎关注明白区发布")
    assert "· 低保怎么申请？" in await house.say("follow", scene="12")
    assert "您好，我可以" in await house.say("scan", scene="12")
    assert (await house.say("click", key="DIBAO")).startswith("向户籍所在地")
    assert "您好，我可以" in await house.say("click", key="UNKNOWN")
    for kind, more in (("view", {"url": "https://example.com"}), ("report_location", {}), ("unfollow", {})):
        assert await house.say(kind, **more) == ""
    assert await InboundMessage.filter(sender=CITIZEN).count() == 0


async def test_a_message_that_comes_twice_is_answered_with_the_same_words(house: House, base: Any) -> None:
    await house.post("/control/faults", {"kind": "event_doubled", "platform": "wechat", "path": "text"})
    said = await house.post(f"/control/followers/{CITIZEN}/say", {"type": "text", "content": "低保怎么申请"})
    replies = [delivery["reply"] for delivery in said["deliveries"]]
    assert len(replies) == 2
    assert replies[0] == replies[1]
    assert base.asked == ["低保怎么申请"]


@pytest.mark.parametrize("failed", [[], ["1"], ["1", "2"]])
async def test_the_end_of_a_publication_is_kept_once_with_its_nested_body(house: House, failed: list[str]) -> None:
    info: dict[str, Any] = {"publish_id": 2247503051, "publish_status": 2 if failed else 0}
    if failed:
        info["fail_idx"] = [int(index) for index in failed]
    else:
        item = {"idx": 1, "article_url": "https://mp.weixin.qq.com/s/x"}
        info |= {"article_id": "b5O2", "article_detail": {"count": 1, "item": item}}
    fields = {"MsgType": "event", "Event": "PUBLISHJOBFINISH", "PublishEventInfo": info}
    for _ in range(2):
        assert await house.say("raw", fields=fields) == ""
    ((channel, kind, body),) = house.events.values()
    assert (channel, kind) == ("wechat", "PUBLISHJOBFINISH")
    kept = body["PublishEventInfo"]
    assert (kept["publish_id"], kept["publish_status"]) == ("2247503051", "2" if failed else "0")
    if failed:
        assert kept["fail_idx"] == (failed if len(failed) > 1 else failed[0])
    else:
        assert kept["article_detail"]["item"]["article_url"] == "https://mp.weixin.qq.com/s/x"
    assert await InboundMessage.all().count() == 0


async def test_the_end_of_a_mass_sending_is_kept(house: House) -> None:
    fields = {"MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgID": 1000000001, "Status": "send success"}
    await house.say("raw", fields=fields)
    await house.say("raw", fields=fields | {"MsgID": 1000000002})
    assert [body["MsgID"] for _, _, body in house.events.values()] == ["1000000001", "1000000002"]


async def test_what_the_platform_did_not_send_gets_one_bare_403(house: House) -> None:
    answers = set()
    for fault in ("signature", "appid", "clear", "garbage", "entity"):
        answer = await house.post("/control/callback/forge", {"fault": fault})
        answers.add((answer["status"], answer["answer"]))
    for fault in ("signature", "stale", "unsigned"):
        answer = await house.post("/control/weibo/forge", {"fault": fault})
        answers.add((answer["status"], answer["body"]))
    for path in ("/wechat", "/weibo"):
        for body, headers in ((b"", {}), (b"x" * 65537, {}), (b"{}", {"Content-Encoding": "gzip"})):
            async with house.http.post(house.product + path, data=body, headers=headers) as response:
                answers.add((response.status, await response.text()))
        async with house.http.get(house.product + path) as response:
            answers.add((response.status, await response.text()))
    assert answers == {(403, "")}
    assert await InboundMessage.all().count() == 0


async def test_a_message_for_another_account_is_refused(house: House) -> None:
    fields = {"MsgType": "text", "Content": "低保怎么申请", "MsgId": 7, "ToUserName": "gh_other"}
    said = await house.post(f"/control/followers/{CITIZEN}/say", {"type": "raw", "fields": fields})
    assert {attempt["status"] for attempt in said["deliveries"][0]["attempts"]} == {403}


async def test_a_body_that_never_ends_is_cut(house: House) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 4096
            await asyncio.sleep(0)

    try:
        async with house.http.post(house.product + "/wechat?timestamp=1", data=endless()) as response:
            assert response.status == 403
    except aiohttp.ClientConnectionError:
        pass  # The connection was cut while the rest was still being sent.
    async with house.http.get(house.product + "/wechat") as response:
        assert response.status == 403


async def test_a_citizen_on_weibo_is_answered_passively(house: House) -> None:
    delivery = await house.tell(text="低保怎么申请")
    assert delivery["outcome"] == "replied"
    assert delivery["reply"]["data"]["text"].startswith("向户籍所在地")
    assert (await house.tell(text="补贴怎么办"))["reply"]["data"]["text"].startswith("您想了解的是哪一项？")
    assert (await house.tell(text="1"))["reply"]["data"]["text"].startswith("向户籍所在地")


async def test_weibos_other_messages_are_answered_or_taken_in_silence(house: House) -> None:
    for kind, words in (("image", "图片"), ("voice", "语音"), ("position", "乡镇、街道"), ("hologram", "请用文字")):
        assert words in (await house.tell(kind))["reply"]["data"]["text"]
    assert (await house.tell("event", subtype="follow"))["reply"]["data"]["text"].startswith("欢迎关注")
    assert (await house.tell("event", subtype="click", key="DIBAO"))["reply"]["data"]["text"].startswith("向户籍")
    for subtype in ("unfollow", "view"):
        assert (await house.tell("event", subtype=subtype, key="k"))["outcome"] == "silent"
    for mention_type in ("mention", "event"):
        await house.post("/control/weibo/switches", {"mention_type": mention_type})
        assert (await house.tell("mention"))["outcome"] == "silent"


async def test_a_long_answer_on_weibo_stays_below_three_hundred_characters(house: House, base: Any, teach: Any) -> None:
    await teach(replace(base.entries["dibao"], body="申请人应当如实提供证明材料。" * 200))
    delivery = await house.tell(text="低保怎么申请")
    assert delivery["outcome"] == "replied", delivery["problem"]
    assert "https://portal.example.gov.cn/d/1" in delivery["reply"]["data"]["text"]
    assert (await house.tell(text="更多"))["outcome"] == "replied"


async def test_a_message_of_unstorable_letters_is_answered_too(house: House) -> None:
    assert (await house.tell(text="低保\x00怎么申请"))["reply"]["data"]["text"].startswith("向户籍所在地")
