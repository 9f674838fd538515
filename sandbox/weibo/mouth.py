"""What a citizen can do: say something, send a picture, follow, press a menu, mention the account, comment."""

import itertools
from typing import Any, Final

from sandbox.weibo.citizens import Line
from sandbox.weibo.envelope import WORDS
from sandbox.weibo.errors import DeedError
from sandbox.weibo.posts import Post
from sandbox.weibo.pusher import Delivery, Pusher
from sandbox.weibo.remarks import Remark
from sandbox.weibo.world import World

EVENTS: Final = frozenset({"follow", "unfollow", "subscribe", "unsubscribe", "scan", "scan_follow", "click", "view"})
DEFAULT_CITIZEN: Final = "2489518277"
PICTURE: Final = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
VOICE: Final = b"#!AMR\n" + bytes(32)


class Mouth:
    """Citizens' deeds, each written down and pushed to the account's server."""

    def __init__(self, world: World, pusher: Pusher) -> None:
        self._world = world
        self._pusher = pusher
        self._files = itertools.count(821_804_459, 10)

    async def act(self, kind: str, uid: str = DEFAULT_CITIZEN, *, wait: bool = True, **more: Any) -> list[Delivery]:
        """Do what `kind` names: text, voice, image, position, event, mention, or an unheard-of kind as it is.

        Raises DeedError for an event that does not exist or words that are missing.
        """
        citizen = self._world.accounts.citizen(uid, more.get("nickname"))
        text = str(more.get("text") or "")
        if kind == "text":
            self._need(text, "text")
            return await self._say(citizen.uid, kind, text, {}, wait=wait)
        if kind == "position":
            place = {
                "longitude": str(more.get("longitude", "116.308586")),
                "latitude": str(more.get("latitude", "39.98")),
            }
            return await self._say(citizen.uid, kind, text, place, wait=wait)
        if kind in {"image", "voice"}:
            return await self._say(citizen.uid, kind, text, self._file(kind), wait=wait)
        if kind == "event":
            return await self._event(citizen.uid, text, more, wait=wait)
        if kind == "mention":
            return await self._mention(citizen.uid, text, more, wait=wait)
        return await self._say(citizen.uid, kind, text, dict(more.get("data") or {}), wait=wait)

    def comment(self, uid: str, mid: str, text: str) -> Remark:
        """A citizen comments on a post. Raises DeedError when the post is not up or nothing is said."""
        self._need(text, "text")
        if self._world.posts.live(mid) is None:
            raise DeedError(f"no such post: {mid}")
        now = self._world.clock()
        remark = Remark(
            cid=self._world.posts.next_mid(now),
            mid=mid,
            uid=self._world.accounts.citizen(uid).uid,
            text=text,
            created_at=now,
            source="微博网页版",
            floor=len(self._world.remarks.under(mid)) + 1,
        )
        return self._world.remarks.add(remark)

    def engage(self, mid: str, deed: str, times: int = 1) -> Post:
        """Citizens like or repost. Raises DeedError when the post is not up or the deed is another."""
        post = self._world.posts.live(mid)
        if post is None:
            raise DeedError(f"no such post: {mid}")
        if deed == "like":
            post.likes += times
        elif deed == "repost":
            post.shared += times
        else:
            raise DeedError(f"unknown deed: {deed}")
        return post

    async def _event(self, uid: str, text: str, more: dict[str, Any], *, wait: bool) -> list[Delivery]:
        subtype = str(more.get("subtype", ""))
        if subtype not in EVENTS:
            raise DeedError(f"unknown event: {subtype}")
        data: dict[str, Any] = {"subtype": subtype}
        if subtype in {"click", "view", "scan", "scan_follow"}:
            data["key"] = str(more.get("key", ""))
        if subtype in {"scan", "scan_follow"}:
            data["ticket"] = str(more.get("ticket", "TICKET"))
        return await self._say(uid, "event", text, data, wait=wait)

    async def _mention(self, uid: str, text: str, more: dict[str, Any], *, wait: bool) -> list[Delivery]:
        """A post or a comment that names the account. Given no key, the post is made here."""
        now, subtype = self._world.clock(), str(more.get("subtype", "status"))
        if subtype not in {"status", "comment"}:
            raise DeedError(f"unknown mention: {subtype}")
        words = text or f"@{self._world.account.screen_name} 请问这件事属实吗?"
        key = str(more.get("key") or "") or self._mentioning_post(uid, words, now)
        kind = self._world.switches.mention_type
        data = {"subtype": subtype, "key": key}
        return await self._pusher.tell(kind, uid, words, data, wait=wait)

    def _mentioning_post(self, uid: str, words: str, now: float) -> str:
        mid = self._world.posts.next_mid(now)
        post = Post(
            mid=mid, uid=uid, sent=words, text=words, urls=[], created_at=now, kind="update", source="微博网页版"
        )
        return self._world.posts.add(post).mid

    async def _say(self, uid: str, kind: str, text: str, data: dict[str, Any], *, wait: bool) -> list[Delivery]:
        shown = {"text": text or WORDS.get(str(data.get("subtype", kind)), kind)} | data
        line = Line(by="citizen", kind=kind, data=shown, at=self._world.clock(), road="said")
        self._world.citizens.get(uid).lines.append(line)
        return await self._pusher.tell(kind, uid, text, data, wait=wait)

    def _file(self, kind: str) -> dict[str, Any]:
        mine = next(self._files)
        theirs = mine + 5
        self._world.media[theirs] = ("image/gif", PICTURE) if kind == "image" else ("audio/amr", VOICE)
        return {"vfid": mine, "tovfid": theirs}

    def _need(self, text: str, name: str) -> None:
        if not text.strip():
            raise DeedError(f"{name} is missing")
