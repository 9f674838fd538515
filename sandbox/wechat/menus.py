"""The account's menu. Source: the pages on custom menus; names and keys are measured in bytes."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.wechat.account import Account
from sandbox.wechat.calls import Call
from sandbox.wechat.errors import ApiError
from sandbox.wechat.materials import Materials
from sandbox.wechat.publishing import Publishing

TOP, SUB = 3, 5
TOP_NAME_BYTES, SUB_NAME_BYTES, KEY_BYTES, URL_BYTES = 16, 60, 128, 1024
KEYED = frozenset(
    {"click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin"}
    | {"location_select"}
)


class Menus:
    """GET and POST below /cgi-bin/menu/."""

    def __init__(self, account: Account, materials: Materials, publishing: Publishing) -> None:
        self._account = account
        self._materials = materials
        self._publishing = publishing
        self.buttons: list[dict[str, Any]] = []

    def create(self, call: Call) -> dict[str, Any]:
        """POST /cgi-bin/menu/create {button: […]}."""
        given = call.body.get("button")
        if not isinstance(given, list) or not 1 <= len(given) <= TOP:
            raise ApiError(40016)
        for button in given:
            self._check_top(button)
        self.buttons = json.loads(json.dumps(given))
        self._materials.in_use = {media for media in _media(self.buttons) if media}
        return {"errcode": 0, "errmsg": "ok"}

    def get(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/menu/get."""
        if not self.buttons:
            raise ApiError(46003)
        shown = [{**button, "sub_button": button.get("sub_button", [])} for button in self.buttons]
        return {"menu": {"button": shown}}

    def delete(self, call: Call) -> dict[str, Any]:
        """GET /cgi-bin/menu/delete."""
        self.buttons = []
        self._materials.in_use = set()
        return {"errcode": 0, "errmsg": "ok"}

    def _check_top(self, button: Any) -> None:
        if not isinstance(button, dict):
            raise ApiError(47001)
        name = button.get("name")
        if not isinstance(name, str) or not 0 < len(name.encode()) <= TOP_NAME_BYTES:
            raise ApiError(40018)
        subs = button.get("sub_button")
        if not subs:
            self._check_action(button, 40017)
            return
        if not isinstance(subs, list) or len(subs) > SUB:
            raise ApiError(40023)
        for sub in subs:
            if not isinstance(sub, dict):
                raise ApiError(47001)
            name = sub.get("name")
            if not isinstance(name, str) or not 0 < len(name.encode()) <= SUB_NAME_BYTES:
                raise ApiError(40025)
            self._check_action(sub, 40024)

    def _check_action(self, button: Mapping[str, Any], wrong_type: int) -> None:
        kind = button.get("type")
        if kind in KEYED:
            key = button.get("key")
            if not isinstance(key, str) or not 0 < len(key.encode()) <= KEY_BYTES:
                raise ApiError(40019)
        elif kind == "view":
            url = button.get("url")
            if not isinstance(url, str) or not 0 < len(url.encode()) <= URL_BYTES:
                raise ApiError(40020)
            if not url.startswith(("http://", "https://")):
                raise ApiError(40055)
        elif kind in ("media_id", "view_limited"):
            self._materials.permanent(str(button.get("media_id", "")))
        elif kind in ("article_id", "article_view_limited"):
            self._publishing.published(str(button.get("article_id", "")))
        elif kind == "miniprogram":
            if not all(isinstance(button.get(name), str) for name in ("appid", "pagepath", "url")):
                raise ApiError(40020)
        else:
            raise ApiError(wrong_type)


def _media(buttons: list[dict[str, Any]]) -> list[str]:
    flat = [sub for button in buttons for sub in [button, *(button.get("sub_button") or [])]]
    return [str(button.get("media_id", "")) for button in flat]
