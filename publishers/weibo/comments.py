"""The comments below the account's posts: one reading tells those of every post (weibo.md §6).

A reading goes from the newest down to what was read before, by ``max_id``, so that comments which come meanwhile shift
nothing. The mark up to which everything is read stays an hour behind: a comment that a review let through late has an old
number. Calls are few on an ordinary account, so a reading asks first what is left of them, which does not itself count.
"""

import html
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from publishers.echo.pace import leaves_enough
from publishers.echo.port import Act, Address, Batch, Cursor, Heard, OwnReply, Post, Seen, Spoken
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError
from publishers.weibo.client import WeiboClient, WeiboError
from publishers.weibo.limits import Limits
from publishers.weibo.outcomes import Outcome, meaning
from publishers.weibo.text import counted
from publishers.weibo.timeline import moment

COUNT: Final = 50
MOST_PAGES: Final = 10
LONGEST: Final = 140
BEHIND: Final = timedelta(hours=1)
_REFUSED: Final[Mapping[int, tuple[str, str]]] = {
    20101: ("该微博不存在", "微博可能已经删除，不能再回复。"),
    20201: ("微博找不到这条评论", "评论可能已被用户删除。"),
    20202: ("微博判定回复内容违规", "请修改用词后重新回复。"),
    20203: ("这条评论不归本账号处理", "请在微博客户端处理。"),
    20204: ("没有评论编号", "请联系系统管理员。"),
}
_REPEATED: Final = frozenset({20017, 20019, 20111})
_PREFIX: Final = re.compile(r"^回复@[^:：]{1,40}[:：]\s*")


class WeiboComments:
    """A ``Discussion``. ``listing`` is the call that lists comments: ``timeline`` (with our own, so that a reply made in
    Weibo's own app counts) or ``to_me``."""

    acts = frozenset({Act.TAKE_DOWN})
    longest = LONGEST

    def __init__(self, *, client: WeiboClient, uid: str, rip: str, listing: str = "timeline") -> None:
        self._client = client
        self._uid = uid
        self._rip = rip
        self._list = f"/2/comments/{listing}.json"
        self._limits = Limits.load()

    def length(self, text: str) -> int:
        return counted(text, self._limits)

    async def hear(self, posts: Sequence[Post], cursor: Cursor, *, now: datetime) -> AsyncIterator[Batch]:
        await spare_calls(self._client, now)
        by_mid = {str(post.facts.get("mid") or ""): post for post in posts}
        since, below = _number(cursor.get("since_id")), _number(cursor.get("below"))
        mark = _number(cursor.get("mark")) or since
        for _ in range(MOST_PAGES):
            query = {"count": str(COUNT), "since_id": str(since)} | ({"max_id": str(below)} if below else {})
            rows = _rows(await _read(self._client, self._list, query, now))
            numbers = [_number(row.get("idstr") or row.get("id")) for row in rows]
            settled = [
                number for number, row in zip(numbers, rows, strict=True)
                if (at := moment(row.get("created_at"))) is not None and at <= now - BEHIND
            ]  # fmt: skip
            mark = max([mark, *settled])
            below = min((number for number in numbers if number), default=1) - 1
            done = len(rows) < COUNT
            kept = {"since_id": str(mark)} if done else {"since_id": str(since), "below": str(below), "mark": str(mark)}
            heard, replies = self._sorted(rows, by_mid)
            yield Batch(heard=heard, replies=replies, cursor=kept)
            if done:
                return

    def _sorted(
        self, rows: Sequence[Mapping[str, Any]], by_mid: Mapping[str, Post]
    ) -> tuple[tuple[Heard, ...], dict[str, OwnReply]]:
        heard: list[Heard] = []
        replies: dict[str, OwnReply] = {}
        for row in rows:
            if _author(row)[0] == self._uid:
                answered, at = _answered(row), moment(row.get("created_at"))
                if answered and at is not None:
                    replies[answered] = OwnReply(text=_said(row), at=at, external_id=_id(row))
            elif (one := _heard(row, by_mid)) is not None:
                heard.append(one)
        return tuple(heard), replies

    async def reply(self, address: Address, text: str) -> Spoken:
        form = {
            "id": str(address["mid"]), "cid": str(address["cid"]), "comment": text, "without_mention": "1",
            "rip": self._rip,
        }  # fmt: skip
        try:
            answer = await self._client.write("/2/comments/reply.json", form)
        except WeiboError as error:
            raise _as_ours(error) from error
        number = _id(answer)
        if not number:
            raise OutcomeUnknown("微博答复成功，但没有给出评论编号", keys=sorted(answer)[:20])
        return Spoken(seen=Seen.FOUND, external_id=number, evidence={"cid": number})

    async def replied(self, address: Address, text: str) -> Spoken:
        """Ours are newer than the comment they answer, so only those below the post since then are read."""
        cid, below = _number(address.get("cid")), 0
        for _ in range(MOST_PAGES):
            query = {"id": str(address["mid"]), "since_id": str(cid), "count": str(COUNT)}
            try:
                answer = await self._client.read(
                    "/2/comments/show.json", query | ({"max_id": str(below)} if below else {})
                )
            except WeiboError as error:
                if error.code == 20101:
                    return Spoken(
                        seen=Seen.UNCLEAR, message="该微博已不存在，无法核对。", evidence={"code": error.code}
                    )
                raise _as_ours(error, reading=True) from error
            except OutcomeUnknown as error:
                raise ChannelUnavailable(str(error), remedy="", **error.detail) from error
            rows = _rows(answer)
            for row in rows:
                mine = _author(row)[0] == self._uid and _answered(row) in {str(cid), ""}
                if mine and _bare(_said(row)) == _bare(text):
                    return Spoken(seen=Seen.FOUND, external_id=_id(row), evidence={"cid": _id(row)})
            if len(rows) < COUNT:
                return Spoken(seen=Seen.NOT_FOUND, message="微博下没有看到这条回复。", evidence={"read": len(rows)})
            below = min(_number(row.get("idstr") or row.get("id")) for row in rows) - 1
        return Spoken(seen=Seen.UNCLEAR, message="评论太多，没有全部读到。")

    async def unsay(self, address: Address, external_id: str) -> None:
        if not external_id:
            raise ChannelRefused("没有记录这条回复的编号，不能自动撤回", remedy="请在微博客户端删除。")
        await self._destroy(external_id)

    async def act(self, address: Address, act: Act) -> None:
        if act not in self.acts:
            raise ChannelRefused("微博没有这项功能", remedy="")
        await self._destroy(str(address["cid"]))

    async def _destroy(self, cid: str) -> None:
        try:
            await self._client.write("/2/comments/destroy.json", {"cid": cid})
        except WeiboError as error:
            if error.code != 20201:
                raise _as_ours(error, reading=True) from error
        except OutcomeUnknown as error:
            raise ChannelUnavailable(str(error), remedy="请稍后再试；重复删除没有影响。", **error.detail) from error


async def spare_calls(client: WeiboClient, now: datetime) -> None:
    """Raises ChannelBusy when so few of the account's calls are left that they belong to publishing."""
    try:
        told = await client.rate_limits()
    except (WeiboError, OutcomeUnknown):
        return  # The platform does not tell; the reading itself will find out.
    limit, left = _number(told.get("user_limit")), _number(told.get("remaining_user_hits"))
    if limit and not leaves_enough(left, limit):
        wait = min(max(_number(told.get("reset_time_in_seconds")), 300), 6 * 3600)
        raise ChannelBusy(
            "微博接口剩余次数不多，先留给发布使用",
            retry_at=now + timedelta(seconds=wait),
            remedy="系统稍后继续读取。",
            left=left,
        )


async def _read(client: WeiboClient, path: str, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    try:
        return await client.read(path, query)
    except WeiboError as error:
        raise _as_ours(error, reading=True, now=now) from error
    except OutcomeUnknown as error:
        raise ChannelUnavailable(str(error), remedy="系统稍后再读。", **error.detail) from error


read_quietly = _read
"""For the figures: the same reading with the same classes of errors."""


def _as_ours(error: WeiboError, *, reading: bool = False, now: datetime | None = None) -> PublishError:
    detail = {"code": error.code, "words": error.words, "status": error.status}
    if error.code in _REFUSED:
        message, remedy = _REFUSED[error.code]
        return ChannelRefused(message, remedy=remedy, **detail)
    if error.code in _REPEATED and not reading:
        return OutcomeUnknown("微博提示内容重复，可能已经回复过", remedy="请等待系统核实，不要重复发送。", **detail)
    means = meaning(error.code)
    match means.outcome:
        case Outcome.QUOTA | Outcome.FLOOD if now is not None:
            return ChannelBusy(means.message, retry_at=now + timedelta(hours=1), remedy="系统稍后继续。", **detail)
        case Outcome.QUOTA | Outcome.FLOOD | Outcome.LATER:
            return ChannelUnavailable(means.message, remedy="系统稍后再试。", **detail)
        case Outcome.UNKNOWN if reading:
            return ChannelUnavailable(means.message, remedy="系统稍后再试。", **detail)
        case Outcome.UNKNOWN:
            return OutcomeUnknown(means.message, remedy="请等待系统核实，不要重复发送。", **detail)
    return ChannelRefused(means.message, remedy=means.remedy, **detail)


def _heard(row: Mapping[str, Any], by_mid: Mapping[str, Post]) -> Heard | None:
    cid, at, text = _id(row), moment(row.get("created_at")), _said(row, prefix=True)
    status = row.get("status")
    mid = str(status.get("mid") or status.get("idstr") or status.get("id") or "") if isinstance(status, Mapping) else ""
    if not cid or at is None or not text or not mid:
        return None
    post = by_mid.get(mid)
    author_id, author = _author(row)
    return Heard(
        external_id=cid, address={"mid": mid, "cid": cid}, delivery_id=post.delivery_id if post else None, author=author,
        author_id=author_id, text=text, at=at,
        post_text="" if post else html.unescape(str(status.get("text") or ""))[:200] if isinstance(status, Mapping) else "",
    )  # fmt: skip


def _answered(row: Mapping[str, Any]) -> str:
    answered = row.get("reply_comment")
    return _id(answered) if isinstance(answered, Mapping) else ""


def _said(row: Mapping[str, Any], *, prefix: bool = False) -> str:
    text = html.unescape(str(row.get("text") or "")).strip()
    return text if prefix else _PREFIX.sub("", text)


def _author(row: Mapping[str, Any]) -> tuple[str, str]:
    user = row.get("user")
    if not isinstance(user, Mapping):
        return "", ""
    return str(user.get("idstr") or user.get("id") or ""), str(user.get("screen_name") or "")


def _rows(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in answer.get("comments") or [] if isinstance(row, Mapping) and _id(row)]


def _id(row: Mapping[str, Any]) -> str:
    number = str(row.get("idstr") or row.get("id") or "")
    return number if number.isascii() and number.isdigit() else ""


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", _PREFIX.sub("", text))


def _number(value: object) -> int:
    text = str(value if value is not None else "")
    return int(text) if text.isascii() and text.isdigit() else 0
