"""OAuth 2.0: a person consents on a page, a code is given, the code becomes a token, the token is asked about or ended.

Source: open.weibo.com/wiki/Oauth2 and 授权机制说明. A server has no silent refresh: refresh_token is for mobile
applications with the official kit alone.
"""

import base64
import binascii
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment

from sandbox.weibo.door import FREE, OPEN_POST, Call, Door, Gate
from sandbox.weibo.errors import Refusal
from sandbox.weibo.grants import DAY, OWNER_SECONDS, Kind
from sandbox.weibo.world import World

SCOPES: Final = frozenset(
    {
        "all",
        "email",
        "direct_messages_write",
        "direct_messages_read",
        "invitation_write",
        "friendships_groups_read",
        "friendships_groups_write",
        "statuses_to_me_read",
        "follow_app_official_microblog",
    }
)


class OAuth:
    """The pages and endpoints below /oauth2/."""

    def __init__(self, world: World, door: Door, pages: Environment) -> None:
        self._world = world
        self._door = door
        self._pages = pages

    def routes(self) -> list[web.AbstractRouteDef]:
        page = Gate(verb="ANY", auth=False, counted=False)
        revoke = Gate(verb="ANY", counted=False)
        ask = Gate(verb="POST", counted=False)
        return [
            self._door.route("/oauth2/authorize", page, self.authorize),
            self._door.route("/oauth2/access_token", OPEN_POST, self.access_token),
            self._door.route("/2/oauth2/access_token", OPEN_POST, self.access_token),
            self._door.route("/oauth2/get_token_info", ask, self.get_token_info),
            self._door.route("/oauth2/revokeoauth2", revoke, self.revoke),
            self._door.route("/2/account/get_uid.json", FREE, self.get_uid),
        ]

    async def authorize(self, call: Call) -> Any:
        """GET shows the page of consent; POST is the button on it."""
        self._check_wish(call)
        if call.request.method != "POST":
            html = self._pages.get_template("authorize.html").render(
                app_name=self._world.switches.app_name,
                people=list(self._world.accounts.by_uid.values()),
                owner=self._world.app.owner,
                wish={
                    name: call.form.get(name, "")
                    for name in ("client_id", "redirect_uri", "response_type", "state", "scope")
                },
            )
            return web.Response(text=html, content_type="text/html")
        state = {"state": call.form["state"]} if call.form.get("state") else {}
        if call.form.get("decision") != "allow":
            return _back(
                call, {"error": "access_denied", "error_code": "21330", "error_description": "access_denied"} | state
            )
        uid = call.form.get("uid", self._world.app.owner)
        self._kind(uid)
        code = self._world.grants.issue_code(uid, call.form["redirect_uri"], call.now)
        return _back(call, state | {"code": code})

    async def access_token(self, call: Call) -> Any:
        client, secret = _client(call)
        if (client, secret) != (self._world.app.key, self._world.app.secret):
            raise Refusal(21324)
        grant_type = call.form.get("grant_type", "")
        if not grant_type:
            raise Refusal(21323)
        if grant_type == "refresh_token":
            raise Refusal(21326)
        if grant_type != "authorization_code":
            raise Refusal(21328)
        if not call.form.get("code") or not call.form.get("redirect_uri"):
            raise Refusal(21323)
        uid = self._world.grants.redeem(call.form["code"], call.form["redirect_uri"], call.now)
        kind = self._kind(uid)
        lives = {"owner": OWNER_SECONDS, "normal": self._world.switches.normal_token_days * DAY, "test": DAY}[kind]
        grant = self._world.grants.issue(uid, kind, call.now, lives)
        return {
            "access_token": grant.token,
            "remind_in": str(lives),
            "expires_in": lives,
            "uid": uid,
            "isRealName": "true",
        }

    async def get_token_info(self, call: Call) -> Any:
        grant = call.grant
        if grant is None:
            raise Refusal(10006)
        key = self._world.app.key
        return {
            "uid": int(grant.uid),
            "appkey": int(key) if key.isascii() and key.isdigit() else key,
            "scope": None,
            "create_at": int(grant.created_at),
            "expire_in": grant.remaining(call.now),
        }

    async def revoke(self, call: Call) -> Any:
        if call.grant is not None:
            call.grant.death = "revoked"
        return {"result": "true"}

    async def get_uid(self, call: Call) -> Any:
        return {"uid": int(call.uid)}

    def _check_wish(self, call: Call) -> None:
        if call.form.get("client_id") != self._world.app.key:
            raise Refusal(21324)
        if call.form.get("redirect_uri") != self._world.switches.redirect_uri:
            raise Refusal(21322)
        if call.form.get("response_type", "code") not in {"", "code"}:
            raise Refusal(21329)
        if not set(filter(None, call.form.get("scope", "").split(","))) <= SCOPES:
            raise Refusal(21323)

    def _kind(self, uid: str) -> Kind:
        """Owner, normal or test; an unreviewed application may be granted by its testers alone (21321)."""
        if uid == self._world.app.owner:
            return "owner"
        if self._world.accounts.get(uid) is None:
            raise Refusal(20003)
        if self._world.switches.app_reviewed:
            return "normal"
        if uid not in self._world.switches.testers:
            raise Refusal(21321)
        return "test"


def _client(call: Call) -> tuple[str, str]:
    """Key and secret, from the form or from a Basic header."""
    header = call.request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        try:
            key, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal(21324) from None
        return key, secret
    return call.form.get("client_id", ""), call.form.get("client_secret", "")


def _back(call: Call, query: dict[str, str]) -> web.Response:
    address = call.form["redirect_uri"]
    joint = "&" if "?" in address else "?"
    return web.Response(status=302, headers={"Location": address + joint + urlencode(query)})
