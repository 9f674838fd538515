"""Reading posts back, counting them, and taking them down.

An application sees only the posts of the user who granted the token, and of these only the newest five.
"""

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from sandbox.weibo import base62
from sandbox.weibo.counting import counted_length
from sandbox.weibo.door import FREE, READ, Call, Door, Gate
from sandbox.weibo.errors import Refusal
from sandbox.weibo.posts import Post
from sandbox.weibo.share import POSTING, check_rip
from sandbox.weibo.statuses import status_object
from sandbox.weibo.world import World

BATCH: Final = 20
COUNTED: Final = 100


class Timeline:
    """Posts that are already there."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    def routes(self) -> list[web.AbstractRouteDef]:
        destroy = Gate(verb="POST", permission="destroy_permitted")
        repost = Gate(verb="POST", permission="repost_permitted", hourly=POSTING)
        return [
            self._door.route("/2/statuses/user_timeline.json", READ, self.user_timeline),
            self._door.route("/2/statuses/user_timeline/ids.json", READ, self.ids),
            self._door.route("/2/statuses/show.json", READ, self.show),
            self._door.route("/2/statuses/count.json", READ, self.count),
            self._door.route("/2/statuses/querymid.json", READ, self.querymid),
            self._door.route("/2/statuses/queryid.json", READ, self.queryid),
            self._door.route("/2/statuses/go", FREE, self.go),
            self._door.route("/2/statuses/destroy.json", destroy, self.destroy),
            self._door.route("/2/statuses/repost.json", repost, self.repost),
        ]

    async def user_timeline(self, call: Call) -> Any:
        trim_user = call.form.get("trim_user") == "1"
        posts = self._visible(call)
        shown = [status_object(self._world, post, call.origin, trim_user=trim_user) for post in posts]
        return self._cursors(call, shown)

    async def ids(self, call: Call) -> Any:
        return self._cursors(call, [post.mid for post in self._visible(call)])

    async def show(self, call: Call) -> Any:
        post = self._post(call)
        if post.uid != call.uid:
            raise Refusal(20112)
        return status_object(self._world, post, call.origin)

    async def count(self, call: Call) -> Any:
        mids = [mid for mid in call.form.get("ids", "").split(",") if mid]
        if not mids:
            raise Refusal(20001)
        if len(mids) > COUNTED:
            raise Refusal(20009)
        found = [post for mid in mids if (post := self._world.posts.live(mid)) is not None]
        return [self._counts(post) for post in found]

    async def querymid(self, call: Call) -> Any:
        return _converted(call, "id", "mid", base62.from_mid)

    async def queryid(self, call: Call) -> Any:
        if call.form.get("isBase62") == "1":
            return _converted(call, "mid", "id", base62.to_mid)
        return _converted(call, "mid", "id", _decimal)

    async def go(self, call: Call) -> Any:
        post = self._post(call)
        location = f"/weibo/{post.uid}/{base62.from_mid(post.mid)}"
        return web.Response(status=302, headers={"Location": location})

    async def destroy(self, call: Call) -> Any:
        post = self._post(call)
        if post.uid != call.uid:
            raise Refusal(20102)
        answer = status_object(self._world, post, call.origin)
        self._world.posts.remove(post.mid, "owner", call.now)
        return answer

    async def repost(self, call: Call) -> Any:
        check_rip(call, self._world.switches)
        target = self._post(call)
        original = self._world.posts.live(target.original) if target.original else target
        if original is None:
            raise Refusal(20101)
        if target.uid == call.uid:
            raise Refusal(20103)
        text = call.form.get("status", "").strip() or "转发微博"
        if counted_length(text, self._world.switches.counting) > 140:
            raise Refusal(20012)
        post = Post(
            mid=self._world.posts.next_mid(call.now),
            uid=call.uid,
            sent=text,
            text=text,
            urls=[],
            created_at=call.now,
            kind="repost",
            source=self._world.switches.app_name,
            original=original.mid,
            rip=call.form.get("rip", ""),
        )
        return status_object(self._world, self._world.posts.add(post), call.origin)

    def _post(self, call: Call) -> Post:
        mid = call.form.get("id", "").strip()
        if not mid:
            raise Refusal(20109)
        post = self._world.posts.live(mid)
        if post is None:
            raise Refusal(20101)
        return post

    def _visible(self, call: Call) -> list[Post]:
        switches = self._world.switches
        settled = call.now - switches.timeline_lag
        newest = [post for post in self._world.posts.of(call.uid) if post.created_at <= settled]
        newest = newest[: switches.timeline_newest]
        since, until = call.number("since_id", 0), call.number("max_id", 0)
        count, page = min(call.number("count", 20), COUNTED), max(call.number("page", 1), 1)
        wanted = [
            post
            for post in newest
            if int(post.mid) > since and (not until or int(post.mid) <= until) and _has(post, call.number("feature", 0))
        ]
        return wanted[(page - 1) * count : page * count]

    def _cursors(self, call: Call, statuses: list[Any]) -> dict[str, Any]:
        total = len(self._world.posts.of(call.uid))
        return {"statuses": statuses, "previous_cursor": 0, "next_cursor": 0, "total_number": total}

    def _counts(self, post: Post) -> dict[str, Any]:
        status = status_object(self._world, post, "", trim_user=True)
        return {
            "id": int(post.mid),
            "comments": status["comments_count"],
            "reposts": status["reposts_count"],
            "attitudes": status["attitudes_count"],
        }


def _has(post: Post, feature: int) -> bool:
    """The filter `feature`: 0 all, 1 original, 2 with a picture; video and music are not made here."""
    return {0: True, 1: post.original is None, 2: post.picture is not None}.get(feature, False)


def _decimal(mid: str) -> str:
    if not (mid.isascii() and mid.isdigit()):
        raise ValueError(mid)
    return mid


def _converted(call: Call, given: str, wanted: str, convert: Callable[[str], str]) -> Any:
    """One id, or with is_batch=1 up to twenty, in the other form."""
    values = [value for value in call.need(given).split(",") if value]
    if call.form.get("type", "1") not in {"1", "2", "3"}:
        raise Refusal(10017, "type", "1~3", call.form["type"])
    if len(values) > (BATCH if call.form.get("is_batch") == "1" else 1):
        raise Refusal(20009)
    try:
        pairs = [(value, convert(value)) for value in values]
    except ValueError:
        raise Refusal(10017, given, "id", call.form[given]) from None
    if call.form.get("is_batch") == "1":
        return [{value: converted} for value, converted in pairs]
    return {wanted: pairs[0][1]}
