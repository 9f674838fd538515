"""What a citizen does on the phone, turned into what the platform pushes."""

import struct
import zlib
from collections.abc import Mapping
from math import sin
from typing import Any

from sandbox.wechat.account import Account
from sandbox.wechat.followers import Follower, Followers
from sandbox.wechat.materials import Materials
from sandbox.wechat.pusher import Delivery, Pusher

Fields = dict[str, Any]


class ActError(ValueError):
    """The person cannot do that; the text says why."""


class Citizens:
    """Acts of people: messages, and events such as following or tapping the menu."""

    def __init__(self, account: Account, followers: Followers, materials: Materials, pusher: Pusher) -> None:
        self._account = account
        self._followers = followers
        self._materials = materials
        self._pusher = pusher
        self._messages = {
            "text": self._text,
            "image": self._image,
            "voice": self._voice,
            "video": self._video,
            "location": self._location,
            "link": self._link,
            "file": self._file,
            "sticker": self._sticker,
            "miniprogram": self._miniprogram,
        }
        self._events = {
            "follow": self._follow,
            "unfollow": self._unfollow,
            "click": self._click,
            "view": self._view,
            "scan": self._scan,
            "report_location": self._report_location,
        }

    async def act(self, person: Follower, wish: Mapping[str, Any]) -> list[Delivery]:
        """Do one act and wait for its deliveries; raises `ActError`. `wish` is described in `sandbox.control`."""
        kind = str(wish.get("type", "text"))
        if kind == "raw":
            fields = wish.get("fields")
            if not isinstance(fields, dict):
                raise ActError("raw needs fields")
            return await self._pusher.send(self._addressed(person, wish, fields), person)
        if kind in self._events:
            return await self._pusher.send(self._addressed(person, wish, self._events[kind](person, wish)), person)
        if kind not in self._messages:
            raise ActError(f"type must be one of raw, {', '.join([*self._messages, *self._events])}")
        if not person.subscribed:
            raise ActError("the person does not follow the account and cannot write to it")
        own = self._messages[kind](person, wish)
        self._followers.grant(person, "menu" if "bizmsgmenuid" in own else "message")
        fields = self._addressed(person, wish, own)
        fields["MsgId"] = wish["msg_id"] if isinstance(wish.get("msg_id"), int) else self._account.message_id()
        return await self._pusher.send(fields, person)

    def _addressed(self, person: Follower, wish: Mapping[str, Any], own: Mapping[str, Any]) -> Fields:
        moment = wish.get("create_time")
        return {
            "ToUserName": self._account.options.wechat_account,
            "FromUserName": person.openid,
            "CreateTime": moment if isinstance(moment, int) else int(self._account.now()),
            **own,
        }

    def _hear(self, person: Follower, kind: str, content: dict[str, Any]) -> None:
        self._followers.say(person, "citizen", kind, content)

    # -- messages -----------------------------------------------------------------------------------------------

    def _text(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        content = str(wish.get("content", ""))
        if not content:
            raise ActError("content is empty")
        self._hear(person, "text", {"content": content})
        fields: Fields = {"MsgType": "text", "Content": content}
        if wish.get("bizmsgmenuid"):
            fields["bizmsgmenuid"] = str(wish["bizmsgmenuid"])
        return fields

    def _image(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        item = self._materials.receive("image", sample_png(240, 180), "png")
        self._hear(person, "image", {"url": item.url})
        return {"MsgType": "image", "PicUrl": item.url, "MediaId": item.media_id}

    def _voice(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        item = self._materials.receive("voice", b"#!AMR\n" + bytes(320), "amr")
        spoken = str(wish.get("content", ""))
        self._hear(person, "voice", {"seconds": max(2, min(60, len(spoken) // 4)), "content": spoken})
        fields: Fields = {"MsgType": "voice", "MediaId": item.media_id, "Format": "amr"}
        fields["MediaId16K"] = item.media_id
        if wish.get("recognised", self._account.options.recognition):
            fields["Recognition"] = spoken
        return fields

    def _video(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        film = self._materials.receive("video", b"\x00\x00\x00\x18ftypmp42" + bytes(64), "mp4")
        still = self._materials.receive("image", sample_png(160, 90), "png")
        self._hear(person, "video", {"url": still.url})
        return {"MsgType": "video", "MediaId": film.media_id, "ThumbMediaId": still.media_id}

    def _location(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        label = str(wish.get("label", "县政务服务中心"))
        if wish.get("nowhere"):  # Some phones send a name without a point on the map.
            self._hear(person, "location", {"label": label, "lat": 0.0, "lng": 0.0})
            return {"MsgType": "location", "Location_X": "", "Location_Y": "", "Scale": 0, "Label": label}
        lat, lng = _degree(wish, "lat", 29.4612), _degree(wish, "lng", 113.0047)
        self._hear(person, "location", {"label": label, "lat": lat, "lng": lng})
        return {
            "MsgType": "location",
            "Location_X": lat,
            "Location_Y": lng,
            "Scale": int(wish.get("scale", 16)),
            "Label": label,
        }

    def _link(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        names = {"title": "Title", "description": "Description", "url": "Url"}
        content = {name: str(wish.get(name, "")) for name in names}
        if not content["url"]:
            raise ActError("link needs url")
        self._hear(person, "link", content)
        return {"MsgType": "link", **{tag: content[name] for name, tag in names.items()}}

    def _file(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        """A document. The platform's pages do not name this kind; accounts have seen it."""
        name = str(wish.get("name", "通知.docx"))
        self._hear(person, "file", {"content": f"［文件］{name}"})
        return {
            "MsgType": "file",
            "Title": name,
            "Description": "",
            "FileKey": self._account.letters(32),
            "FileTotalLen": 20480,
        }

    def _sticker(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        """A sticker is not passed on: the account gets a text in its place."""
        self._hear(person, "sticker", {"content": "［表情］"})
        return {"MsgType": "text", "Content": "【收到不支持的消息类型，暂无法显示】"}

    def _miniprogram(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        title = str(wish.get("title", "一个小程序"))
        self._hear(person, "card", {"content": f"［小程序］{title}"})
        return {
            "MsgType": "miniprogrampage", "Title": title, "AppId": "wx0000000000000000", "PagePath": "pages/index",
            "ThumbUrl": "", "ThumbMediaId": "",
        }  # fmt: skip

    # -- events -------------------------------------------------------------------------------------------------

    def _follow(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        person.subscribed, person.subscribed_at = True, self._account.now()
        self._followers.say(person, "system", "event", {"content": "你已关注该公众号"})
        self._followers.grant(person, "follow")
        fields: Fields = {"MsgType": "event", "Event": "subscribe", "EventKey": ""}
        if wish.get("scene"):
            self._followers.grant(person, "scan")
            person.scene = "ADD_SCENE_QR_CODE"
            fields |= {"EventKey": f"qrscene_{wish['scene']}", "Ticket": self._account.letters(96)}
        return fields

    def _unfollow(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        person.subscribed = False
        person.grants.clear()
        self._followers.say(person, "system", "event", {"content": "你已取消关注该公众号"})
        return {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}

    def _click(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        key = str(wish.get("key", ""))
        if not key:
            raise ActError("click needs key")
        self._followers.say(person, "system", "event", {"content": f"点击菜单：{wish.get('name') or key}"})
        self._followers.grant(person, "menu")
        return {"MsgType": "event", "Event": "CLICK", "EventKey": key}

    def _view(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        return {"MsgType": "event", "Event": "VIEW", "EventKey": str(wish.get("url", ""))}

    def _scan(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        scene = str(wish.get("scene", ""))
        if not scene:
            raise ActError("scan needs scene")
        self._followers.say(person, "system", "event", {"content": f"扫描二维码：{scene}"})
        self._followers.grant(person, "scan")
        return {"MsgType": "event", "Event": "SCAN", "EventKey": scene, "Ticket": self._account.letters(96)}

    def _report_location(self, person: Follower, wish: Mapping[str, Any]) -> Fields:
        lat, lng = _degree(wish, "lat", 29.4612), _degree(wish, "lng", 113.0047)
        return {"MsgType": "event", "Event": "LOCATION", "Latitude": lat, "Longitude": lng, "Precision": 119.385}


def _degree(wish: Mapping[str, Any], name: str, default: float) -> float:
    value = wish.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ActError(f"{name} must be a number")
    return float(value)


def sample_png(width: int, height: int) -> bytes:
    """A small picture of hills under a sky, so that a photo in the chat looks like one."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            ridge = height * (0.58 + 0.09 * sin(x / width * 7) + 0.03 * sin(x / width * 23))
            if y < ridge:
                rows += bytes((196 - y // 3, 218 - y // 5, 232))
            else:
                rows += bytes((104 - y // 9, 142 - y // 6, 108 - y // 9))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    )
