"""POST /2/statuses/share.json, the one writing endpoint an ordinary application has, and its restricted sisters.

A share is examined in this order: token, permission, rate (all at the door), rip, picture, emptiness, length, bound
domain, words, repetition. Source: open.weibo.com/wiki/2/statuses/share and captured answers.
"""

import asyncio
import io
import ipaddress
import json
import secrets
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web
from PIL import Image

from sandbox.weibo.counting import counted_length
from sandbox.weibo.door import Call, Door, Gate
from sandbox.weibo.errors import Refusal
from sandbox.weibo.links import is_on, urls_in
from sandbox.weibo.moderation import bare_words, check_repeat, check_words, without_topics
from sandbox.weibo.posts import Picture, Post
from sandbox.weibo.statuses import status_object
from sandbox.weibo.switches import WeiboSwitches
from sandbox.weibo.world import World

KINDS: Final = ("JPEG", "PNG", "GIF")
ANNOTATIONS_LIMIT: Final = 512

POSTING: Final = ("/statuses/share", "posts_per_hour")


class Share:
    """Writing endpoints that make a post of the account's own words."""

    def __init__(self, world: World, door: Door) -> None:
        self._world = world
        self._door = door

    def routes(self) -> list[web.AbstractRouteDef]:
        share = Gate(verb="POST", permission="share_permitted", hourly=POSTING)
        update = Gate(verb="POST", permission="update_permitted", hourly=POSTING)
        return [
            self._door.route("/2/statuses/share.json", share, self.share),
            self._door.route("/2/statuses/update.json", update, self.update),
            self._door.route("/2/statuses/upload.json", update, self.upload),
            self._door.route("/2/statuses/upload_url_text.json", update, self.upload_url_text),
        ]

    async def share(self, call: Call) -> Any:
        check_rip(call, self._world.switches)
        picture = await read_picture(call, self._world.switches)
        text = self._text(call)
        urls = self._bound_urls(text)
        return self._publish(call, text, urls, picture=picture, kind="share")

    async def update(self, call: Call) -> Any:
        check_rip(call, self._world.switches)
        text = self._text(call, longer=call.form.get("is_longtext") == "1")
        annotations = call.form.get("annotations", "")
        if len(annotations) > ANNOTATIONS_LIMIT or not _is_json(annotations or "[]"):
            raise Refusal(10017, "annotations", "json of at most 512", str(len(annotations)))
        return self._publish(call, text, self._urls(text), kind="update", annotations=annotations)

    async def upload(self, call: Call) -> Any:
        check_rip(call, self._world.switches)
        picture = await read_picture(call, self._world.switches)
        if picture is None:
            raise Refusal(20007)
        text = self._text(call)
        return self._publish(call, text, self._urls(text), picture=picture, kind="update")

    async def upload_url_text(self, call: Call) -> Any:
        """Pictures by address: the sandbox fetches nothing, so even a permitted call only keeps the words."""
        if not call.multipart:
            raise Refusal(10016, "status")
        if not (call.form.get("url") or call.form.get("pic_id")):
            raise Refusal(10016, "url")
        text = self._text(call)
        return self._publish(call, text, self._urls(text), kind="update")

    def _text(self, call: Call, *, longer: bool = False) -> str:
        switches = self._world.switches
        text = call.form.get("status", "")
        if not text.strip():
            raise Refusal(20008)
        limit = 2000 if longer else switches.share_limit
        if counted_length(text, switches.counting) > limit:
            raise Refusal(20012)
        return text

    def _urls(self, text: str) -> list[str]:
        return urls_in(text, swallow=self._world.switches.swallow)

    def _bound_urls(self, text: str) -> list[str]:
        domain = self._world.app.safe_domain
        if not domain:
            raise Refusal(10017, text="appkey not bind domain!")
        urls = self._urls(text)
        if not urls or not all(is_on(self._world.links.expand(url), domain) for url in urls):
            raise Refusal(10017, text="text not find domain!")
        return urls

    def _publish(self, call: Call, sent: str, urls: Sequence[str], **more: Any) -> dict[str, Any]:
        world, switches = self._world, self._world.switches
        check_words(sent, urls, switches)
        stored = without_topics(sent, switches)
        before = world.posts.of(call.uid, removed=True)
        if before and call.now - before[0].created_at < switches.seconds_between_posts:
            raise Refusal(20016)
        check_repeat(sent, urls, before, call.now, switches)
        post = Post(
            mid=world.posts.next_mid(call.now),
            uid=call.uid,
            sent=sent,
            text=world.links.replace(stored, list(urls)),
            urls=[world.links.expand(url) for url in urls],
            created_at=call.now,
            bare=bare_words(sent, urls),
            source=switches.app_name if switches.app_reviewed else "未通过审核应用",
            rip=call.form.get("rip", ""),
            visible=call.number("visible", 0),
            **more,
        )
        return status_object(world, world.posts.add(post), call.origin)


def check_rip(call: Call, switches: WeiboSwitches) -> None:
    """The operator's real IPv4 address, demanded by the current page. Raises Refusal 10016 or 10017."""
    rip = call.form.get("rip", "").strip()
    if not rip and not switches.strict_rip:
        return
    if not rip:
        raise Refusal(10016, "rip")
    try:
        ipaddress.IPv4Address(rip)
    except ValueError:
        raise Refusal(10017, "rip", "ip", rip) from None


async def read_picture(call: Call, switches: WeiboSwitches) -> Picture | None:
    """The picture of a multipart call, None without one. Raises Refusal 20005, 20006 or 20007."""
    if not call.multipart:
        if "pic" in call.form:
            raise Refusal(20007)
        return None
    part = call.files.get("pic")
    if part is None:
        raise Refusal(20007)
    data = part.file.read()
    if len(data) >= switches.picture_bytes:
        raise Refusal(20006)
    kind = await asyncio.get_running_loop().run_in_executor(None, _kind_of, data)
    if kind is None:
        raise Refusal(20005)
    return Picture(pid=secrets.token_hex(16), kind=kind, data=data)


def _kind_of(data: bytes) -> str | None:
    try:
        with Image.open(io.BytesIO(data), formats=KINDS) as image:
            kind = image.format
            image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return kind


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
