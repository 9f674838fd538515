"""The test's own door below /control/: it plays people, reviewers and fate, and tells what truly happened.

Nothing here exists on the real platform. JSON in, JSON out; a wrong request is HTTP 400 with {"error"}.

| path | does |
|---|---|
| GET, POST, DELETE /control/faults | list (with how often each fired, and all calls), arm (one rule or a list; see |
|  | `sandbox.faults`), clear; {"seed"} starts anew |
| DELETE /control/faults/{number} | disarm one rule |
| GET /control/effects | publications, mass_sends, customer_messages, previews, weibo_posts |
| GET /control/calls | how often each API path was called, how many tokens were issued |
| GET /control/idle | what is still under way: {"events", "late_effects", "idle"} |
| POST /control/reset | everything forgotten, faults cleared, options as at the start |
| GET, PATCH /control/profile | the options of `sandbox.options` (not those of Weibo) |
| POST /control/tokens/expire, …/kill | every token expired (42001) / replaced by another program (40001) |
| GET /control/deliveries?openid= | pushes with all attempts and outcomes |
| GET, POST /control/followers | people; {openid, name?, subscribed?} adds one |
| GET /control/followers/{openid} | the person with the whole chat |
| POST /control/followers/{openid}/say | an act: {type: text, content, bizmsgmenuid?} · image · voice {content, recognised?} · video · |
|  | file {name} · sticker · miniprogram {title} · location {lat, lng, label, scale, nowhere?} · |
|  | link {title, description, url} · follow {scene?} · unfollow · click {key} · |
|  | view {url} · scan {scene} · report_location {lat, lng} · raw {fields}; each with msg_id?, create_time?, |
|  | wait? (true) → {deliveries, chat} after the last attempt |
| POST /control/publications/next | {statuses: […]}: end states of the next submissions |
| POST /control/publications/{publish_id}/status | {status}: settle now (0, 2, 3, 4) or later and quietly (5, 6) |
| POST /control/drafts/{media_id}/block | {errcode: 53503 … 53505, 0 = none} |
| POST /control/mass/next | {statuses: ["err(20001)", …]} |
| POST /control/mass/{msg_id}/administrator | {agrees: bool} |
| POST /control/articles/{slug}/comments | {openid, content} |
| POST /control/articles/{slug}/engage | {deed: read, share, like, zaikan, collection, times?, day?} |
| POST /control/callback/verify | the GET check of the address → {ok, status} |
| POST /control/callback/forge | {fault: signature, appid, clear, garbage, entity} → {status, answer} |
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Protocol

from aiohttp import web

from sandbox.faults import Fault, FaultPlan, FaultRuleError
from sandbox.options import OptionError
from sandbox.wechat.citizens import ActError
from sandbox.wechat.errors import ApiError
from sandbox.wechat.followers import Follower
from sandbox.wechat.server import WechatServer
from sandbox.wechat.statistics import DEEDS


class Weibo(Protocol):
    """What the control API needs of the other platform."""

    def effects(self) -> list[dict[str, Any]]:
        """Every post."""

    def reset(self) -> None:
        """Forget everything."""


class Control:
    """The handlers. See the table at the top of this module."""

    def __init__(self, wechat: WechatServer, weibo: Weibo, faults: FaultPlan) -> None:
        self._wechat = wechat
        self._weibo = weibo
        self._faults = faults
        self._background: set[asyncio.Task[Any]] = set()

    def routes(self) -> list[web.AbstractRouteDef]:
        """The URL table."""
        return [
            web.get("/control/faults", self.faults),
            web.post("/control/faults", self.arm),
            web.delete("/control/faults", self.disarm_all),
            web.delete("/control/faults/{number:\\d+}", self.disarm),
            web.get("/control/effects", self.effects),
            web.get("/control/calls", self.calls),
            web.get("/control/idle", self.idle),
            web.post("/control/reset", self.reset),
            web.get("/control/profile", self.profile),
            web.patch("/control/profile", self.change_profile),
            web.post("/control/tokens/{deed:expire|kill}", self.end_tokens),
            web.get("/control/deliveries", self.deliveries),
            web.get("/control/followers", self.followers),
            web.post("/control/followers", self.enter),
            web.get("/control/followers/{openid}", self.follower),
            web.post("/control/followers/{openid}/say", self.say),
            web.post("/control/publications/next", self.next_publications),
            web.post("/control/publications/{publish_id}/status", self.change_publication),
            web.post("/control/drafts/{media_id}/block", self.block_draft),
            web.post("/control/mass/next", self.next_mass),
            web.post("/control/mass/{msg_id:\\d+}/administrator", self.administrator),
            web.post("/control/articles/{slug}/comments", self.comment),
            web.post("/control/articles/{slug}/engage", self.engage),
            web.post("/control/callback/verify", self.verify),
            web.post("/control/callback/forge", self.forge),
        ]

    # -- faults and effects -------------------------------------------------------------------------------------------

    async def faults(self, _: web.Request) -> web.Response:
        return _json({"faults": self._faults.listing(), "calls": dict(self._faults.calls)})

    async def arm(self, request: web.Request) -> web.Response:
        wish = await _wish(request)
        if "seed" in wish:
            self._faults.seed(int(wish.pop("seed")))
        rules = wish.get("faults", [wish] if wish else [])
        try:
            numbers = [self._faults.add(fault) for fault in [Fault.from_json(rule) for rule in rules]]
        except FaultRuleError as wrong:
            raise bad(str(wrong)) from None
        return _json({"numbers": numbers})

    async def disarm_all(self, _: web.Request) -> web.Response:
        self._faults.clear()
        return _json({})

    async def disarm(self, request: web.Request) -> web.Response:
        if not self._faults.remove(int(request.match_info["number"])):
            raise web.HTTPNotFound
        return _json({})

    async def effects(self, _: web.Request) -> web.Response:
        self._wechat.world.tick()
        return _json({**self._wechat.world.effects.shown(), "weibo_posts": self._weibo.effects()})

    async def calls(self, _: web.Request) -> web.Response:
        world = self._wechat.world
        return _json({"calls": dict(world.quotas.calls), "tokens_issued": world.tokens.issued})

    async def idle(self, _: web.Request) -> web.Response:
        events, late = self._wechat.world.pusher.waiting, self._faults.late_effects
        return _json({"events": events, "late_effects": late, "idle": not events and not late})

    async def reset(self, _: web.Request) -> web.Response:
        self._faults.clear()
        await self._wechat.reset()
        self._weibo.reset()
        return _json({})

    # -- the account ----------------------------------------------------------------------------------------------

    async def profile(self, _: web.Request) -> web.Response:
        return _json(asdict(self._wechat.world.account.options))

    async def change_profile(self, request: web.Request) -> web.Response:
        try:
            self._wechat.world.account.patch(await _wish(request))
        except OptionError as wrong:
            raise bad(str(wrong)) from None
        return _json(asdict(self._wechat.world.account.options))

    async def end_tokens(self, request: web.Request) -> web.Response:
        tokens = self._wechat.world.tokens
        if request.match_info["deed"] == "expire":
            tokens.expire_all()
        else:
            tokens.kill_all()
        return _json({})

    # -- people ---------------------------------------------------------------------------------------------------

    async def deliveries(self, request: web.Request) -> web.Response:
        openid = request.query.get("openid")
        listed = [d.shown() for d in self._wechat.world.pusher.deliveries if openid in (None, d.openid)]
        return _json({"deliveries": listed, "lost_events": self._wechat.world.pusher.lost_events})

    async def followers(self, _: web.Request) -> web.Response:
        people = self._wechat.world.followers.all()
        return _json({"followers": [{"openid": p.openid, "name": p.name, "subscribed": p.subscribed} for p in people]})

    async def enter(self, request: web.Request) -> web.Response:
        wish = await _wish(request)
        openid = str(wish.get("openid", ""))
        if not openid:
            raise bad("openid is missing")
        subscribed = wish.get("subscribed", True) is True
        person = self._wechat.world.followers.enter(openid, str(wish.get("name", openid)), subscribed=subscribed)
        return _json(_person(person))

    async def follower(self, request: web.Request) -> web.Response:
        return _json(_person(self._wechat.world.followers.known(request.match_info["openid"])))

    async def say(self, request: web.Request) -> web.Response:
        wish = await _wish(request)
        world = self._wechat.world
        person = world.followers.known(request.match_info["openid"])
        seen = len(person.chat)
        task = asyncio.ensure_future(world.citizens.act(person, wish))
        if wish.get("wait", True) is False:
            self._background.add(task)
            task.add_done_callback(self._forget)
            return _json({"deliveries": [], "chat": []})
        try:
            deliveries = await task
        except ActError as wrong:
            raise bad(str(wrong)) from None
        chat = [asdict(line) for line in person.chat[seen:]]
        return _json({"deliveries": [delivery.shown() for delivery in deliveries], "chat": chat})

    def _forget(self, task: asyncio.Task[Any]) -> None:
        # Nobody waits for this act, so an act the person cannot do ends here.
        self._background.discard(task)
        if not task.cancelled():
            task.exception()

    # -- reviewers and administrators -----------------------------------------------------------------------------------

    async def next_publications(self, request: web.Request) -> web.Response:
        self._wechat.world.publishing.next_statuses.extend(int(s) for s in (await _wish(request)).get("statuses", []))
        return _json({})

    async def change_publication(self, request: web.Request) -> web.Response:
        status = int((await _wish(request)).get("status", 0))
        publish_id = request.match_info["publish_id"]
        return _guarded(lambda: {"status": self._wechat.world.publishing.change(publish_id, status).status})

    async def block_draft(self, request: web.Request) -> web.Response:
        code = int((await _wish(request)).get("errcode", 53503))

        def block() -> dict[str, Any]:
            self._wechat.world.drafts.find(request.match_info["media_id"]).blocked = code
            return {"errcode": code}

        return _guarded(block)

    async def next_mass(self, request: web.Request) -> web.Response:
        self._wechat.world.mass.next_statuses.extend(str(s) for s in (await _wish(request)).get("statuses", []))
        return _json({})

    async def administrator(self, request: web.Request) -> web.Response:
        agrees = (await _wish(request)).get("agrees", True) is True

        def decide() -> dict[str, Any]:
            self._wechat.world.mass.administrator(int(request.match_info["msg_id"]), agrees=agrees)
            return {"agrees": agrees}

        return _guarded(decide)

    async def comment(self, request: web.Request) -> web.Response:
        wish = await _wish(request)
        if self._wechat.world.book.find(request.match_info["slug"]) is None:
            raise web.HTTPNotFound
        openid, content = str(wish.get("openid", "")), str(wish.get("content", ""))
        comment = self._wechat.world.comments.write(request.match_info["slug"], openid, content)
        return _json(comment.shown())

    async def engage(self, request: web.Request) -> web.Response:
        wish, slug = await _wish(request), request.match_info["slug"]
        deed = next((each for each in DEEDS if each == wish.get("deed")), None)
        if self._wechat.world.book.find(slug) is None:
            raise web.HTTPNotFound
        if deed is None:
            raise bad("no such deed")
        self._wechat.world.statistics.count(slug, deed, int(wish.get("times", 1)), str(wish.get("day", "")))
        return _json(self._wechat.world.statistics.today(slug))

    # -- the callback -----------------------------------------------------------------------------------------------

    async def verify(self, _: web.Request) -> web.Response:
        return _json(await self._wechat.world.pusher.verify())

    async def forge(self, request: web.Request) -> web.Response:
        wish = await _wish(request)
        try:
            return _json(await self._wechat.world.pusher.forge(str(wish.get("fault", "signature"))))
        except ValueError as wrong:
            raise bad(str(wrong)) from None


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A number that is no number, in any control request, is the caller's mistake."""
    if not request.path.startswith("/control/"):
        return await handler(request)
    try:
        return await handler(request)
    except (TypeError, ValueError) as wrong:
        return _json({"error": str(wrong)}, status=400)


def _guarded(act: Callable[[], dict[str, Any]]) -> web.Response:
    try:
        return _json(act())
    except ApiError as refusal:
        raise bad(f"{refusal.code} {refusal.text('sandbox')}") from None


def _person(person: Follower) -> dict[str, Any]:
    data = asdict(person)
    data["tags"] = sorted(person.tags)
    return data


async def _wish(request: web.Request) -> dict[str, Any]:
    try:
        wish = await request.json() if request.can_read_body else {}
    except ValueError:
        raise bad("the body is not JSON") from None
    if isinstance(wish, list):
        return {"faults": wish}
    if not isinstance(wish, dict):
        raise bad("the body is not an object")
    return wish


def _json(data: Any, status: int = 200) -> web.Response:
    return web.json_response(data, status=status)


def bad(text: str) -> web.HTTPBadRequest:
    """HTTP 400 with a JSON body that says what is wrong."""
    return web.HTTPBadRequest(text=f'{{"error": {_quoted(text)}}}', content_type="application/json")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
