"""Addresses, the check of the callback, request ids and QR codes: the small calls around the rest."""

from typing import Any

from sandbox.wechat.account import Account
from sandbox.wechat.calls import Call, Gate
from sandbox.wechat.errors import ApiError
from sandbox.wechat.pusher import Pusher

CODE_SECONDS = 2_592_000


class Network:
    """Calls that belong to no other part."""

    def __init__(self, account: Account, gate: Gate, pusher: Pusher) -> None:
        self._account = account
        self._gate = gate
        self._pusher = pusher

    def api_addresses(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/get_api_domain_ip."""
        return {"ip_list": ["127.0.0.1", "101.226.212.27"]}

    def callback_addresses(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/getcallbackip: where pushes come from; this sandbox pushes from the loopback address."""
        return {"ip_list": ["127.0.0.1", "101.91.34.0/25"]}

    async def check_callback(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/callback/check {action, check_operator}."""
        if call.text("action") not in ("all", "dns", "ping"):
            raise ApiError(40097, "action")
        found = await self._pusher.verify()
        loss = "0%" if found["status"] else "100%"
        return {
            "dns": [{"ip": "127.0.0.1", "real_operator": "UNICOM"}],
            "ping": [{"ip": "127.0.0.1", "from_operator": "UNICOM", "package_loss": loss, "time": "1.000ms"}],
        }

    def rid(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/openapi/rid/get {rid}."""
        found = self._gate.rids.get(call.text("rid"))
        if found is None:
            raise ApiError(76001)
        return {"errcode": 0, "errmsg": "ok", "request": found}

    def code(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/qrcode/create; service accounts only."""
        name = call.text("action_name")
        info = call.body.get("action_info")
        scene = info.get("scene") if isinstance(info, dict) else None
        if not isinstance(scene, dict) or name not in (
            "QR_SCENE",
            "QR_STR_SCENE",
            "QR_LIMIT_SCENE",
            "QR_LIMIT_STR_SCENE",
        ):
            raise ApiError(40097, "action_info")
        if "STR" in name:
            if not 1 <= len(str(scene.get("scene_str", ""))) <= 64:
                raise ApiError(40097, "scene_str")
        elif not isinstance(scene.get("scene_id"), int):
            raise ApiError(40097, "scene_id")
        ticket = f"gQ{self._account.letters(94)}"
        answer: dict[str, Any] = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{self._account.letters(22)}"}
        if "LIMIT" not in name:
            seconds = call.number("expire_seconds", 60)
            if not 1 <= seconds <= CODE_SECONDS:
                raise ApiError(40097, "expire_seconds")
            answer["expire_seconds"] = seconds
        return answer
