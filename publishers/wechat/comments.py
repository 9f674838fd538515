"""The comments of WeChat articles (留言): read, answered, elected and taken down through /cgi-bin/comment/…

Source: wechat.md §9. Certified accounts with the comment right only (48001, 88000). The calls know an article by its
``msg_data_id`` and an index from 0. The platform keeps one reply to a comment: a second one is refused with 88005, which
is why that code is read back before it counts as a refusal.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from publishers.echo.pace import due
from publishers.echo.port import Act, Address, Batch, Cursor, Heard, OwnReply, Post, Seen, Spoken
from publishers.errors import ChannelRefused, ChannelUnavailable
from publishers.wechat.client import WeChatClient

PER_PAGE: Final = 49
"""``count`` must stay below 50 (88010)."""
MOST_PAGES: Final = 20
LONGEST: Final = 1000
"""Characters of a reply; [?] in the documents, so the platform's 88007 is believed too."""
_LIST: Final = "/cgi-bin/comment/list"
_ACTS: Final[Mapping[Act, str]] = {
    Act.ELECT: "/cgi-bin/comment/markelect",
    Act.UNELECT: "/cgi-bin/comment/unmarkelect",
    Act.TAKE_DOWN: "/cgi-bin/comment/delete",
}
NO_ARTICLE, DELETED, ALREADY, NO_COMMENT = 88001, 88004, 88005, 88008
NO_REPLY: Final = 87009
"""The comment has no reply (any more); [?] from the error list of the platform."""
_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    88001: ("微信找不到这篇文章的留言", "文章可能已删除，请在公众平台核对。"),
    88002: ("微信认为回复中有敏感内容", "请修改用词后重新回复。"),
    88003: ("精选留言的数量已达上限", "请先在公众平台取消一些精选。"),
    88004: ("这条留言已被删除", "不需要再回复。"),
    88007: ("回复过长或为空", "请精简后重新回复。"),
    88008: ("微信找不到这条留言", "留言可能已被用户删除。"),
}


class WeChatComments:
    """A ``Discussion``. ``opens``: whether comments are opened below what was published (发布后开放留言)."""

    acts = frozenset(Act)
    longest = LONGEST

    def __init__(self, *, client: WeChatClient, opens: bool) -> None:
        self._client = client
        self._opens = opens

    def length(self, text: str) -> int:
        return len(text)

    async def hear(self, posts: Sequence[Post], cursor: Cursor, *, now: datetime) -> AsyncIterator[Batch]:
        """Article by article; an article whose number the platform never told cannot be asked about."""
        heard: dict[str, str] = dict(cursor.get("heard") or {})
        opened: list[int] = list(cursor.get("opened") or [])
        begun: dict[str, int] = dict(cursor.get("begun") or {})
        known = [post for post in posts if post.facts.get("msg_data_id")]
        alive = {str(post.delivery_id) for post in known}
        for post in due(known, heard, now=now):
            name = str(post.delivery_id)
            try:
                if self._opens and post.delivery_id not in opened:
                    await self._client.ask("/cgi-bin/comment/open", _article(post))
                    opened.append(post.delivery_id)
                async for batch, begin in self._pages(post, int(begun.get(name, 0))):
                    begun[name] = begin
                    yield Batch(heard=batch)
            except ChannelRefused as refusal:
                if refusal.detail.get("errcode") != NO_ARTICLE:
                    raise
                begun[name] = 0
            heard[name] = now.isoformat()
            if not begun.get(name):
                begun.pop(name, None)
            yield Batch(
                cursor={
                    "heard": {key: at for key, at in heard.items() if key in alive},
                    "opened": [number for number in opened if str(number) in alive],
                    "begun": {key: at for key, at in begun.items() if key in alive},
                }
            )

    async def _pages(self, post: Post, begin: int) -> AsyncIterator[tuple[tuple[Heard, ...], int]]:
        """Pages from ``begin``, each with where to go on next time: 0 after the last one."""
        for _ in range(MOST_PAGES):
            answer = await self._client.ask(_LIST, {**_article(post), "begin": begin, "count": PER_PAGE, "type": 0})
            rows = [row for row in answer.get("comment") or [] if isinstance(row, Mapping)]
            begin = begin + PER_PAGE if len(rows) >= PER_PAGE else 0
            yield tuple(one for row in rows if (one := _heard(post, row)) is not None), begin
            if not begin:
                return

    async def reply(self, address: Address, text: str) -> Spoken:
        body = {**_comment(address), "content": text}
        try:
            await self._client.ask("/cgi-bin/comment/reply/add", body, irreversible=True)
        except ChannelRefused as refusal:
            if refusal.detail.get("errcode") != ALREADY:
                raise _explained(refusal) from refusal
            return await self._already(address, text, refusal)
        return Spoken(seen=Seen.FOUND, evidence={"call": "reply/add"})

    async def _already(self, address: Address, text: str, refusal: ChannelRefused) -> Spoken:
        """The platform has a reply to this comment: an earlier call of ours, or somebody's on the website."""
        spoken = await self.replied(address, text)
        if spoken.seen is Seen.FOUND:
            return spoken
        raise ChannelRefused(
            "这条留言已经在公众平台上回复过",
            remedy="请在公众平台查看已有的回复；需要更正的，先在那里删除。",
            **refusal.detail,
        ) from refusal

    async def replied(self, address: Address, text: str) -> Spoken:
        begin = 0
        for _ in range(MOST_PAGES):
            body = {**_index(address), "begin": begin, "count": PER_PAGE, "type": 0}
            answer = await self._client.ask(_LIST, body)
            rows = [row for row in answer.get("comment") or [] if isinstance(row, Mapping)]
            for row in rows:
                if str(row.get("user_comment_id")) == str(address.get("user_comment_id")):
                    return _judged(row, text)
            if len(rows) < PER_PAGE:
                return Spoken(seen=Seen.UNCLEAR, message="平台的留言列表中已没有这条留言，无法核对。")
            begin += PER_PAGE
        return Spoken(seen=Seen.UNCLEAR, message="留言太多，没有读到这一条。")

    async def unsay(self, address: Address, external_id: str) -> None:
        try:
            await self._client.ask("/cgi-bin/comment/reply/delete", _comment(address))
        except ChannelRefused as refusal:
            if refusal.detail.get("errcode") not in {DELETED, NO_COMMENT, NO_REPLY}:
                raise _explained(refusal) from refusal

    async def act(self, address: Address, act: Act) -> None:
        try:
            await self._client.ask(_ACTS[act], _comment(address))
        except ChannelRefused as refusal:
            gone = refusal.detail.get("errcode") in {DELETED, NO_COMMENT}
            if not (gone and act is Act.TAKE_DOWN):
                raise _explained(refusal) from refusal


def _article(post: Post) -> dict[str, Any]:
    return _index({"msg_data_id": post.facts.get("msg_data_id"), "index": 0})


def _index(address: Address) -> dict[str, Any]:
    number = str(address.get("msg_data_id") or "")
    if not number.isascii() or not number.isdigit():
        raise ChannelUnavailable("没有记录这篇文章的编号，不能读取留言。", remedy="请在公众平台查看留言。")
    return {"msg_data_id": int(number), "index": int(address.get("index") or 0)}


def _comment(address: Address) -> dict[str, Any]:
    return {**_index(address), "user_comment_id": int(address.get("user_comment_id") or 0)}


def _heard(post: Post, row: Mapping[str, Any]) -> Heard | None:
    number = str(row.get("user_comment_id") or "")
    at, text = _moment(row.get("create_time")), str(row.get("content") or "").strip()
    if not number.isascii() or not number.isdigit() or at is None or not text:
        return None
    msg = str(post.facts["msg_data_id"])
    reply, answer = row.get("reply"), None
    if isinstance(reply, Mapping) and str(reply.get("content") or "").strip():
        answer = OwnReply(text=str(reply["content"]), at=_moment(reply.get("create_time")) or at)
    return Heard(
        external_id=f"{msg}:0:{number}", address={"msg_data_id": msg, "index": 0, "user_comment_id": int(number)},
        delivery_id=post.delivery_id, author="", author_id=str(row.get("openid") or ""), text=text, at=at,
        elected=str(row.get("comment_type")) == "1", reply=answer,
    )  # fmt: skip


def _judged(row: Mapping[str, Any], text: str) -> Spoken:
    reply = row.get("reply")
    said = str(reply.get("content") or "").strip() if isinstance(reply, Mapping) else ""
    if not said:
        return Spoken(seen=Seen.NOT_FOUND, message="平台上这条留言还没有回复。", evidence={"reply": ""})
    if _bare(said) == _bare(text):
        return Spoken(seen=Seen.FOUND, evidence={"reply": said[:200]})
    return Spoken(
        seen=Seen.NOT_FOUND, message="平台上这条留言已有另一条回复。", evidence={"reply": said[:200], "other": True}
    )


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _explained(refusal: ChannelRefused) -> ChannelRefused:
    words = _WORDS.get(int(str(refusal.detail.get("errcode") or 0)))
    return ChannelRefused(words[0], remedy=words[1], **refusal.detail) if words else refusal
