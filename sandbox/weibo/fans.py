"""粉丝服务平台: the account writes to citizens later, writes to all subscribers, and hangs up menus."""

import asyncio
import json
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from aiohttp import web

from sandbox.weibo.accounts import user_object
from sandbox.weibo.citizens import Line
from sandbox.weibo.door import Call, Door, Gate
from sandbox.weibo.envelope import check_content, read_data
from sandbox.weibo.errors import BadReplyError, MassSendRefusal, Refusal
from sandbox.weibo.pusher import Pusher
from sandbox.weibo.world import World

# The numbers of the mass-send refusals are not public beyond their form 1000XX; these stand in for them.
BAD_MASS: Final = "100001"
MASS_QUOTA: Final = "100002"
BUTTONS: Final = 3
SUB_BUTTONS: Final = 5
SUBSCRIBED_AT: Final = 1_428_325_761


class Fans:
    """The endpoints of m.api.weibo.com that the product needs."""

    def __init__(self, world: World, door: Door, pusher: Pusher) -> None:
        self._world = world
        self._door = door
        self._pusher = pusher
        self._sent = 0

    def routes(self) -> list[web.AbstractRouteDef]:
        write = Gate(verb="POST", permission="messages_permitted", counted=False)
        read = Gate(verb="GET", permission="messages_permitted", counted=False)
        return [
            self._door.route("/2/messages/reply.json", write, self.reply),
            self._door.route("/2/messages/sendall.json", write, self.send_all),
            self._door.route("/2/messages/menu/create.json", write, self.create_menu),
            self._door.route("/2/messages/menu/show.json", read, self.show_menu),
            self._door.route("/2/messages/menu/delete.json", write, self.delete_menu),
            self._door.route("/2/messages/subscribers/get.json", read, self.subscribers),
            self._door.route("/2/eps/user/info.json", read, self.user_info),
            self._door.route("/2/mss/msget", read, self.media),
        ]

    async def reply(self, call: Call) -> Any:
        """Customer-service reply. Source: open.weibo.com/wiki/Send_Customer_Service_Message."""
        self._own(call)
        switches = self._world.switches
        kind, data, receiver = call.need("type"), call.need("data"), call.need("receiver_id")
        try:
            content = read_data(kind, data, switches.reply_data, switches.reply_limit)
        except BadReplyError as bad:
            raise Refusal(20013 if "shorter" in str(bad) else 10008, text=f"Param error, {bad}!") from None
        if any(word in json.dumps(content, ensure_ascii=False) for word in switches.advertising_words):
            raise Refusal(20020)
        standing = self._world.citizens.known(receiver)
        if standing is None:
            raise Refusal(20003)
        standing.spend(call.now, switches.closed_window_code)
        standing.lines.append(Line(by="account", kind=kind, data=content, at=call.now, road="service"))
        return {
            "result": True,
            "sender_id": int(self._world.app.owner),
            "receiver_id": int(receiver),
            "type": kind,
            "data": data,
        }

    async def send_all(self, call: Call) -> Any:
        """Mass send: accepted now, delivered to subscribers a little later. Body is raw JSON."""
        self._own(call)
        try:
            wish = json.loads(await call.request.read())
            kind, content = _mass_content(wish)
            check_content(kind, content, self._world.switches.reply_limit)
        except (BadReplyError, ValueError, TypeError, KeyError) as wrong:
            raise MassSendRefusal(BAD_MASS, f"param error: {wrong}") from None
        switches = self._world.switches
        if not self._world.limits.take("sendall", call.uid, switches.mass_sends_per_day, call.now, "day"):
            raise MassSendRefusal(MASS_QUOTA, "out of the daily number of mass messages")
        self._sent += 1
        to = [str(uid) for uid in wish["touser"]] if "touser" in wish else self._world.citizens.subscribers()
        self._pusher.later(self._send_later(kind, content, to))
        return {"result": True, "msg_id": self._sent}

    async def create_menu(self, call: Call) -> Any:
        self._own(call)
        try:
            menu = json.loads(unquote(call.need("menus")))
            _check_menu(menu)
        except (ValueError, TypeError, AttributeError):
            raise Refusal(10008) from None
        self._world.menu = menu
        return {"result": True}

    async def show_menu(self, call: Call) -> Any:
        self._own(call)
        return {"menu": self._world.menu or {"button": []}}

    async def delete_menu(self, call: Call) -> Any:
        self._own(call)
        self._world.menu = None
        return {"result": True}

    async def subscribers(self, call: Call) -> Any:
        self._own(call)
        uids = self._world.citizens.subscribers()
        return {"total": len(uids), "count": len(uids), "data": {"uids": uids}, "next_uid": ""}

    async def user_info(self, call: Call) -> Any:
        self._own(call)
        uid = call.need("uid")
        account, standing = self._world.accounts.get(uid), self._world.citizens.known(uid)
        if account is None or standing is None:
            raise Refusal(20003)
        return user_object(account) | {
            "follow": int(standing.following),
            "subscribe": int(standing.subscribed),
            "nickname": account.screen_name,
            "sex": 0,
            "language": "zh-cn",
            "subscribe_time": SUBSCRIBED_AT if standing.subscribed else 0,
        }

    async def media(self, call: Call) -> Any:
        """A picture or a voice a citizen sent, by the id the receiver uses (tovfid)."""
        self._own(call)
        held = self._world.media.get(call.number("fid", 0))
        if held is None:
            raise Refusal(10008)
        return web.Response(body=held[1], content_type=held[0])

    def _own(self, call: Call) -> None:
        """Only the account itself may use its fans service. Raises Refusal 10014."""
        if call.uid != self._world.app.owner:
            raise Refusal(10014)

    async def _send_later(self, kind: str, content: dict[str, Any], to: list[str]) -> None:
        await asyncio.sleep(self._world.switches.mass_send_seconds)
        subscribers = set(self._world.citizens.subscribers())
        for uid in to:
            if uid in subscribers:
                line = Line(by="account", kind=kind, data=content, at=self._world.clock(), road="mass")
                self._world.citizens.get(uid).lines.append(line)


def _mass_content(wish: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if not (isinstance(wish.get("touser"), list) or isinstance(wish.get("filter"), dict)):
        raise ValueError("filter or touser is missing")
    if wish["msgtype"] == "text":
        return "text", {"text": wish["text"]["content"]}
    if wish["msgtype"] == "articles":
        return "articles", {"articles": wish["articles"]}
    raise ValueError("unknown msgtype")


def _check_menu(menu: Any) -> None:
    buttons = menu.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS:
        raise ValueError("one to three buttons")
    for button in buttons:
        below = button.get("sub_button")
        if below is None:
            _check_button(button)
            continue
        if not button.get("name") or not isinstance(below, list) or not 1 <= len(below) <= SUB_BUTTONS:
            raise ValueError("one to five buttons below a named one")
        for each in below:
            _check_button(each)


def _check_button(button: Any) -> None:
    good = {
        "click": bool(button.get("key")),
        "view": urlsplit(str(button.get("url", ""))).scheme in {"http", "https"},
    }
    if not button.get("name") or not good.get(button.get("type"), False):
        raise ValueError("a button needs a name, a type and its key or url")
