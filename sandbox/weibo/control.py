"""The test's own door, below /control/weibo/: it plays citizens, reviewers and fate, and counts what truly happened."""

import json
from dataclasses import asdict
from typing import Any, Final, get_args

from aiohttp import web

from sandbox.weibo.errors import DeedError, SwitchError
from sandbox.weibo.grants import Death
from sandbox.weibo.mouth import DEFAULT_CITIZEN, Mouth
from sandbox.weibo.posts import Post
from sandbox.weibo.pusher import Pusher
from sandbox.weibo.world import World

SAY_FIELDS: Final = frozenset(
    {"text", "nickname", "longitude", "latitude", "subtype", "key", "ticket", "data"},
)


class Control:
    """JSON in, JSON out; nothing here exists on the real platform."""

    def __init__(self, world: World, pusher: Pusher, mouth: Mouth) -> None:
        self._world = world
        self._pusher = pusher
        self._mouth = mouth

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.post("/control/weibo/say", self.say),
            web.post("/control/weibo/comment", self.comment),
            web.post("/control/weibo/engage", self.engage),
            web.post("/control/weibo/token", self.token),
            web.post("/control/weibo/review", self.review),
            web.get("/control/weibo/switches", self.read_switches),
            web.post("/control/weibo/switches", self.turn),
            web.get("/control/weibo/effects", self.effects),
            web.get("/control/weibo/deliveries", self.deliveries),
            web.get("/control/weibo/conversations/{uid}", self.conversation),
            web.post("/control/weibo/verify", self.verify),
            web.post("/control/weibo/forge", self.forge),
            web.post("/control/weibo/callback", self.callback),
        ]

    async def say(self, request: web.Request) -> web.Response:
        """{kind, uid?, text?, subtype?, key?, …, wait?: true} → {deliveries: […]}."""
        wish = await _wish(request)
        more = {name: value for name, value in wish.items() if name in SAY_FIELDS}
        uid = str(wish.get("uid", DEFAULT_CITIZEN))
        try:
            deliveries = await self._mouth.act(str(wish.get("kind", "text")), uid, wait=wish.get("wait", True), **more)
        except DeedError as wrong:
            raise _bad(wrong) from None
        return web.json_response({"deliveries": [delivery.as_json() for delivery in deliveries]})

    async def comment(self, request: web.Request) -> web.Response:
        """{mid, text, uid?} → the comment."""
        wish = await _wish(request)
        try:
            uid = str(wish.get("uid", DEFAULT_CITIZEN))
            remark = self._mouth.comment(uid, str(wish.get("mid", "")), str(wish.get("text", "")))
        except DeedError as wrong:
            raise _bad(wrong) from None
        return web.json_response(asdict(remark))

    async def engage(self, request: web.Request) -> web.Response:
        """{mid, deed: like|repost, times?} → how often now."""
        wish = await _wish(request)
        try:
            post = self._mouth.engage(str(wish.get("mid", "")), str(wish.get("deed", "")), int(wish.get("times", 1)))
        except DeedError as wrong:
            raise _bad(wrong) from None
        return web.json_response({"likes": post.likes, "shared": post.shared})

    async def token(self, request: web.Request) -> web.Response:
        """{death: alive|expired|revoked|password_changed, token?}: how the (given) token ends."""
        wish = await _wish(request)
        grant = self._world.grants.by_token.get(str(wish.get("token", self._world.app.token)))
        if grant is None or wish.get("death") not in get_args(Death):
            raise _bad(ValueError("token or death is unknown"))
        grant.death = wish["death"]
        return web.json_response({"token": grant.token, "death": grant.death})

    async def review(self, request: web.Request) -> web.Response:
        """{mid}: the reviewers take a post down."""
        wish = await _wish(request)
        post = self._world.posts.remove(str(wish.get("mid", "")), "review", self._world.clock())
        if post is None:
            raise _bad(ValueError("no such post is up"))
        return web.json_response(effect(post))

    async def read_switches(self, _: web.Request) -> web.Response:
        return web.json_response(asdict(self._world.switches))

    async def turn(self, request: web.Request) -> web.Response:
        """{switch: value, …} → all switches."""
        try:
            self._world.switches = self._world.switches.changed(await _wish(request))
        except SwitchError as wrong:
            raise _bad(wrong) from None
        self._world.rename()
        return web.json_response(asdict(self._world.switches))

    async def effects(self, _: web.Request) -> web.Response:
        return web.json_response({"effects": effects(self._world)})

    async def deliveries(self, _: web.Request) -> web.Response:
        return web.json_response({"deliveries": [delivery.as_json() for delivery in self._pusher.deliveries]})

    async def conversation(self, request: web.Request) -> web.Response:
        return web.json_response(asdict(self._world.citizens.get(request.match_info["uid"])))

    async def verify(self, _: web.Request) -> web.Response:
        return web.json_response({"verified": await self._pusher.verify()})

    async def forge(self, request: web.Request) -> web.Response:
        """{fault: signature|stale|unsigned}: a push the account's server must refuse, and what it answered."""
        wish = await _wish(request)
        return web.json_response(asdict(await self._pusher.forge(str(wish.get("fault", "signature")))))

    async def callback(self, request: web.Request) -> web.Response:
        """{url: … or null}: where pushes go from now on; it will be verified anew."""
        wish = await _wish(request)
        self._pusher.redirect(None if wish.get("url") is None else str(wish["url"]))
        return web.json_response({"url": self._pusher.callback_url})


def effects(world: World) -> list[dict[str, Any]]:
    """Every post of the account that exists or existed, oldest first."""
    return [effect(post) for post in reversed(world.posts.of(world.app.owner, removed=True))]


def effect(post: Post) -> dict[str, Any]:
    """One post as counted on this side. `text` is what was sent, `shown` what is stored; times are Unix seconds."""
    return {
        "mid": post.mid,
        "kind": post.kind,
        "text": post.sent,
        "shown": post.text,
        "urls": list(post.urls),
        "created_at": post.created_at,
        "deleted": post.removed_by is not None,
        "removed_by": post.removed_by,
        "removed_at": post.removed_at,
        "source": post.source,
        "picture": post.picture.pid if post.picture else None,
        "original": post.original,
        "article": post.article,
        "rip": post.rip,
    }


async def _wish(request: web.Request) -> dict[str, Any]:
    try:
        wish = await request.json() if request.can_read_body else {}
    except ValueError:
        raise _bad(ValueError("the body is not JSON")) from None
    if not isinstance(wish, dict):
        raise _bad(ValueError("the body is not an object"))
    return wish


def _bad(wrong: Exception) -> web.HTTPBadRequest:
    return web.HTTPBadRequest(text=json.dumps({"error": str(wrong)}), content_type="application/json")
