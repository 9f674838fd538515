"""Every kind of input on every channel: what is said, and what is stored (issue 6, point 3)."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from audit.trail import Trail
from bot.conversation import Conversation
from bot.inbox import Inbox
from bot.inputs import Inputs
from bot.message import Inbound, read_wechat, read_weibo
from bot.reception import Reception
from bot.records import ConversationState, InboundMessage
from casework.media import CitizenPictures
from casework.media_records import CitizenMedia
from disclosures.service_windows import Window
from disclosures.window_records import ServiceWindow, Signpost

KEY, GH, ME, UID, FAN = "k" * 32, "gh_mingbai", "oCitizen", "2000000001", "2489518277"
HALL = {
    "name": "区政务服务中心", "unit": "区政府办", "address": "示例市明白区示例大道1号", "phone": "0000-8600200",
    "hours": "工作日 9:00–12:00、13:30–17:00", "services": "社保、医保", "latitude": 29.462, "longitude": 113.006,
}  # fmt: skip
TOWN = {
    "name": "清溪镇便民服务中心", "unit": "清溪镇", "address": "示例市明白区清溪镇中心街2号", "phone": "0000-8600304",
    "hours": "工作日 9:00–12:00、13:30–17:00", "services": "低保", "latitude": 29.5388, "longitude": 112.935,
}  # fmt: skip


@dataclass(kw_only=True)
class House:
    """The reception with everything behind it, and how a platform writes each message."""

    reception: Reception
    clock: Any
    number: int = 0

    async def say(self, channel: str, body: dict[str, Any], *, sender: str = "") -> str:
        self.number += 1
        inbound = wechat(body, self.clock.moment, self.number, sender or ME) if channel == "wechat" else weibo(
            body, self.clock.moment, self.number, sender or FAN
        )  # fmt: skip
        return await self.reception.receive(inbound, now=self.clock.moment, budget=30.0)


def wechat(body: dict[str, Any], at: datetime, number: int, sender: str) -> Inbound:
    stamp = int(at.timestamp()) + number if body.get("MsgType") == "event" else int(at.timestamp())
    fields = {"ToUserName": GH, "FromUserName": sender, "CreateTime": str(stamp)}
    if body.get("MsgType") != "event":
        fields["MsgId"] = str(number)
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in {**fields, **body}.items())
    return read_wechat(f"<xml>{inside}</xml>")


def weibo(body: dict[str, Any], at: datetime, number: int, sender: str) -> Inbound:
    stamp = at.replace(second=number % 60).strftime("%a %b %d %H:%M:%S +0000 %Y")
    told = {"receiver_id": int(UID), "sender_id": int(sender), "created_at": stamp, "text": "", "data": {}, **body}
    return read_weibo(json.dumps(told, ensure_ascii=False).encode())


@pytest.fixture
async def house(conversation: Conversation, inbox: Inbox, clock: Any) -> AsyncIterator[House]:
    now = clock.moment
    for row in (HALL, TOWN):
        await ServiceWindow.create(**row, changed_at=now)
    for code, kind, target in (
        ("hall", "window", HALL["name"]), ("12", "question", "低保怎么申请"), ("minzheng", "unit", "区民政局"),
        ("gone", "window", "没有的窗口"),
    ):  # fmt: skip
        await Signpost.create(code=code, kind=kind, target=target, changed_at=now)

    async def find_office(text: str) -> Any:
        return await conversation._find_office(text)

    async def keep_event(channel: str, kind: str, key: str, body: dict[str, Any]) -> None: ...

    inputs = Inputs(
        conversation=conversation, pictures=CitizenPictures(clock=clock, trail=Trail(), key=KEY), key=KEY,
        find_office=find_office,
    )  # fmt: skip
    reception = Reception(inbox=inbox, conversation=conversation, keep_event=keep_event, inputs=inputs)
    yield House(reception=reception, clock=clock)
    await reception.close()


WECHAT: dict[str, dict[str, Any]] = {
    "text": {"MsgType": "text", "Content": "低保怎么申请"},
    "voice heard": {"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": "低保怎么申请"},
    "voice long": {"MsgType": "voice", "MediaId": "m", "Format": "amr", "Recognition": "我想问一下我们家的低保到底要怎么申请才好"},
    "voice": {"MsgType": "voice", "MediaId": "m", "Format": "amr"},
    "picture": {"MsgType": "image", "PicUrl": "http://mmbiz.qpic.cn/x", "MediaId": "M-1"},
    "video": {"MsgType": "video", "MediaId": "m", "ThumbMediaId": "t"},
    "short video": {"MsgType": "shortvideo", "MediaId": "m", "ThumbMediaId": "t"},
    "file": {"MsgType": "file", "Title": "通知.docx", "FileKey": "f"},
    "sticker": {"MsgType": "sticker"},
    "unshown": {"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"},
    "card": {"MsgType": "miniprogrampage", "Title": "小程序", "AppId": "wx0", "PagePath": "p"},
    "place": {"MsgType": "location", "Location_X": "29.4612", "Location_Y": "113.0047", "Scale": "16", "Label": "示例大道"},
    "far place": {"MsgType": "location", "Location_X": "39.9", "Location_Y": "116.4", "Scale": "16", "Label": "北京"},
    "label": {"MsgType": "location", "Location_X": "", "Location_Y": "", "Scale": "0", "Label": "清溪镇集镇"},
    "link": {"MsgType": "link", "Title": "停水了", "Description": "停水七天", "Url": "https://example.com/a"},
    "unknown link": {"MsgType": "link", "Title": "看看这个页面", "Description": "", "Url": "https://example.com/b"},
    "unknown": {"MsgType": "hologram"},
    "face": {"MsgType": "text", "Content": "[微笑]"},
    "follow": {"MsgType": "event", "Event": "subscribe", "EventKey": ""},
    "follow by code": {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_hall", "Ticket": "t"},
    "scan window": {"MsgType": "event", "Event": "SCAN", "EventKey": "hall", "Ticket": "t"},
    "scan question": {"MsgType": "event", "Event": "SCAN", "EventKey": "12", "Ticket": "t"},
    "scan unit": {"MsgType": "event", "Event": "SCAN", "EventKey": "minzheng", "Ticket": "t"},
    "scan unknown": {"MsgType": "event", "Event": "SCAN", "EventKey": "nobody", "Ticket": "t"},
    "scan gone": {"MsgType": "event", "Event": "SCAN", "EventKey": "gone", "Ticket": "t"},
    "menu": {"MsgType": "event", "Event": "CLICK", "EventKey": "12"},
    "view": {"MsgType": "event", "Event": "VIEW", "EventKey": "https://example.com"},
    "report of place": {"MsgType": "event", "Event": "LOCATION", "Latitude": "29.4", "Longitude": "113.0", "Precision": "9"},
    "template": {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": "7", "Status": "success"},
    "leave": {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""},
}  # fmt: skip
WEIBO: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": "低保怎么申请"},
    "voice": {"type": "voice", "text": "发了一个语音消息", "data": {"vfid": 1, "tovfid": 2}},
    "picture": {"type": "image", "text": "发了一张图片", "data": {"vfid": 1, "tovfid": 2}},
    "video": {"type": "video", "data": {}},
    "file": {"type": "file", "data": {}},
    "sticker": {"type": "sticker", "data": {}},
    "place": {"type": "position", "text": "我在这里", "data": {"longitude": "113.0047", "latitude": "29.4612"}},
    "far place": {"type": "position", "text": "发送了一个位置", "data": {"longitude": "116.3", "latitude": "39.98"}},
    "label": {"type": "position", "text": "清溪镇集镇", "data": {}},
    "unknown link": {"type": "text", "text": "https://example.com/b"},
    "link": {"type": "text", "text": "停水七天 https://example.com/a"},
    "unknown": {"type": "hologram", "data": {}},
    "face": {"type": "text", "text": "[微笑]"},
    "follow": {"type": "event", "data": {"subtype": "follow"}},
    "follow by code": {"type": "event", "data": {"subtype": "scan_follow", "key": "hall", "ticket": "t"}},
    "scan window": {"type": "event", "data": {"subtype": "scan", "key": "hall", "ticket": "t"}},
    "scan question": {"type": "event", "data": {"subtype": "scan", "key": "12", "ticket": "t"}},
    "scan unknown": {"type": "event", "data": {"subtype": "scan", "key": "nobody", "ticket": "t"}},
    "menu": {"type": "event", "data": {"subtype": "click", "key": "12"}},
    "view": {"type": "event", "data": {"subtype": "view", "key": "https://example.com"}},
    "mention": {"type": "mention", "text": "@它", "data": {"subtype": "status", "key": "1"}},
    "leave": {"type": "event", "data": {"subtype": "unfollow"}},
}  # fmt: skip
SAID = {
    "text": "向户籍所在地", "voice heard": "向户籍所在地", "voice long": "您说的是：“我想问一下我们家的低保", "voice": "没有保存这段语音",
    "picture": "图片收到了，会保存 30 天", "video": "没有保存这段视频", "short video": "没有保存这段视频", "file": "文件打不开",
    "sticker": "表情收到了", "unshown": "看不到内容，请用文字", "card": "小程序打不开", "place": "离您最近的服务窗口",
    "far place": "不在本区附近", "label": "1. 清溪镇便民服务中心", "link": "没有停水计划", "unknown link": "", "unknown": "看不到内容，请用文字",
    "face": "您好，我可以查询", "follow": "欢迎关注", "follow by code": "区政务服务中心\n地址：", "scan window": "区政务服务中心\n地址：",
    "scan question": "向户籍所在地", "scan unit": "区民政局（电话", "scan unknown": "您好，我可以查询",
    "scan gone": "您好，我可以查询", "menu": "向户籍所在地",
}  # fmt: skip
SILENT = {"view", "report of place", "template", "leave", "mention"}
UNSTORED = {"view", "report of place", "template"}
"""Not a row is written for them."""
MEDIA = {
    "picture": ("image", "waiting"),
    "video": ("video", "named"),
    "short video": ("video", "named"),
    "file": ("file", "named"),
}
MATRIX = [
    *(("wechat", kind, body) for kind, body in WECHAT.items()),
    *(("weibo", kind, body) for kind, body in WEIBO.items()),
]


@pytest.mark.parametrize(("channel", "kind", "body"), MATRIX, ids=[f"{channel}-{kind}" for channel, kind, _ in MATRIX])
async def test_every_kind_is_answered_and_keeps_only_what_it_must(
    house: House, channel: str, kind: str, body: dict[str, Any]
) -> None:
    said = await house.say(channel, body)
    assert (said == "") == (kind in SILENT)
    assert SAID.get(kind, "") in said
    if kind == "unknown link":
        assert "依据" not in said
    stored = [(row.kind, row.state) for row in await CitizenMedia.all()]
    assert stored == ([MEDIA[kind]] if kind in MEDIA else [])
    rows = await InboundMessage.filter(sender__not="").count()
    assert rows == (0 if kind in UNSTORED or kind == "leave" else 1)
    # Where somebody is, is stored nowhere: not as a number, and not in what is remembered of him.
    kept = [str(row.detail) + row.text for row in await InboundMessage.all()]
    kept += [str(row.state) for row in await ConversationState.all()]
    assert not any("113.0047" in text or "29.4612" in text or "清溪镇集镇" in text for text in kept)


async def test_the_nearest_window_comes_first_with_distance_address_telephone_and_whether_somebody_is_there(
    house: House, clock: Any
) -> None:
    clock.moment = clock.moment.replace(year=2026, month=11, day=27, hour=4, minute=30)  # 12:30 in Beijing, a Friday
    said = await house.say("wechat", WECHAT["place"])
    first, second = said.index("1. 区政务服务中心（约 1"), said.index("2. 清溪镇便民服务中心（约 1")
    assert first < second
    for words in (
        "地址：示例市明白区示例大道1号",
        "电话：0000-8600200",
        "午休",
        "13:30 起可以办理",
        "可办：社保、医保",
    ):
        assert words in said
    clock.moment = clock.moment.replace(hour=2, minute=0)
    assert "现在有人办理" in await house.say("wechat", {**WECHAT["place"], "Scale": "15"})


async def test_who_asks_for_the_nearest_counter_is_asked_where_he_is_and_then_told(house: House) -> None:
    asked = await house.say("wechat", {"MsgType": "text", "Content": "最近的社保窗口在哪"})
    assert "请把您的位置发过来" in asked
    assert "不保存" in asked
    said = await house.say("wechat", WECHAT["place"])
    assert "区政务服务中心" in said
    assert "清溪镇" not in said  # Nothing of 社保 is done there.
    assert "请把您的位置发过来" in await house.say("wechat", {"MsgType": "text", "Content": "附近的低保办理点"})
    assert "清溪镇便民服务中心" in await house.say("wechat", {"MsgType": "text", "Content": "我在清溪镇"})
    assert "没有对上您写的地方" in await house.say("wechat", {"MsgType": "text", "Content": "在长安街"})
    # A question is a question, also while a counter is looked for.
    assert (await house.say("wechat", {"MsgType": "text", "Content": "清溪镇低保怎么申请"})).startswith("向户籍")


async def test_a_weibo_reply_with_windows_fits_and_still_names_the_nearest(house: House) -> None:
    said = await house.say("weibo", WEIBO["place"])
    assert len(said) < 300
    assert "1. 区政务服务中心" in said


async def test_without_windows_a_place_is_answered_with_words_and_the_question_goes_to_the_base(
    house: House, base: Any
) -> None:
    await ServiceWindow.all().delete()
    assert "乡镇、街道" in await house.say("wechat", WECHAT["place"])
    await house.say("wechat", {"MsgType": "text", "Content": "最近的社保窗口在哪"})
    assert base.asked == ["最近的社保窗口在哪"]


async def test_the_twenty_first_picture_of_a_day_is_not_kept_and_that_is_said(house: House, clock: Any) -> None:
    for number in range(20):
        clock.moment = clock.moment.replace(minute=number)  # Nobody is counted as a flood.
        assert "会保存" in await house.say("wechat", WECHAT["picture"])
    clock.moment = clock.moment.replace(minute=40)
    assert "没有保存" in await house.say("wechat", WECHAT["picture"])
    assert await CitizenMedia.all().count() == 20
    assert "会保存" in await house.say("wechat", WECHAT["picture"], sender="oAnother")


async def test_a_redelivered_picture_is_kept_once(house: House, clock: Any) -> None:
    inbound = wechat(WECHAT["picture"], clock.moment, 1, ME)
    replies = {await house.reception.receive(inbound, now=clock.moment, budget=30.0) for _ in range(3)}
    assert len(replies) == 1
    assert await CitizenMedia.all().count() == 1


def test_a_window_that_nobody_placed_is_found_by_words_only() -> None:
    from bot.nearby import by_words, nearest
    from bot.seeking import Place

    plain = {"unit": "", "phone": "", "hours": "", "services": (), "source": ""}
    windows = [
        Window(id=1, name="甲", address="明白区解放路1号", latitude=None, longitude=None, **plain),
        Window(id=2, name="乙", address="明白区桃园路2号", latitude=29.0, longitude=113.0, **plain),
    ]  # fmt: skip
    assert [near.window.id for near in nearest(windows, Place(latitude=29.0, longitude=113.0))] == [2]
    assert [near.window.id for near in by_words(windows, "我在明白区解放路口")] == [1]
    assert by_words(windows, "明白区") == ()
