"""Reading comments and figures from the platforms: on duty, seldom, backing off, and never in the way of a release.

What was heard is stored with its cursor in one transaction, and the platform's own number keeps a comment from being stored
twice, so a crash in the middle loses nothing and doubles nothing. A permission that the account does not have becomes one
incident; it is tried again after half a day and stays one.
"""

import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from disclosures.personal import mask
from publishers.echo.figures import keep_figures
from publishers.echo.pace import OLD, REFUSED_WAIT, after_failure
from publishers.echo.port import Batch, Discussion, FigureSource, Heard, OwnReply, Post
from publishers.echo.records import Comment, CommentReply, Listening
from publishers.echo.states import OPEN
from publishers.errors import ChannelBusy, ChannelRefused, PublishError
from publishers.incidents import WARN, clear_incident, raise_incident
from publishers.port import ChannelName
from publishers.records import Delivery
from publishers.states import State

log = logging.getLogger(__name__)
MACHINE: Final = Actor.machine("发布系统")
NEW, ANSWERED, IGNORED, HIDDEN = "new", "answered", "ignored", "hidden"
ON_THE_PLATFORM: Final = "平台上回复"
LONGEST_COMMENT: Final = 4000
ASKED_AGAIN: Final = timedelta(minutes=1)
_KINDS: Final[Mapping[str, str]] = {"comments": "评论", "figures": "阅读数据"}
_NAMES: Final[Mapping[str, str]] = {"wechat": "微信", "weibo": "微博", "portal": "门户", "answers": "问答"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    key: str
    channel: str
    every: timedelta
    work: Callable[[Listening, datetime], Awaitable[None]]


class Hearing:
    """``sweep`` reads whatever is due. ``key`` makes the marks of commenters useless outside this installation."""

    def __init__(
        self, *, clock: Clock, trail: Trail, key: str, discussions: Mapping[str, Discussion],
        figures: Mapping[str, FigureSource], comments_every: timedelta = timedelta(minutes=20),
    ) -> None:  # fmt: skip
        self._clock = clock
        self._trail = trail
        self._key = key.encode()
        self._discussions = discussions
        self._figures = figures
        self._tasks = [
            _Task(key=f"comments:{name}", channel=name, every=comments_every, work=self._hear) for name in discussions
        ] + [
            _Task(key=f"figures:{name}", channel=name, every=source.every, work=self._count)
            for name, source in figures.items()
        ]

    async def sweep(self) -> None:
        """One platform's trouble never keeps another from being read."""
        rows = {row.key: row for row in await Listening.filter(key__in=[task.key for task in self._tasks])}
        for task in self._tasks:
            await self._one(task, rows.get(task.key))

    async def soon(self, kind: str) -> None:
        """The node on duty reads comments (or figures) at its next ring, because a person asked; what was read within the
        last minute, or what a platform refused or put off, is left as it is."""
        now = await self._clock.now()
        keys = [task.key for task in self._tasks if task.key.startswith(f"{kind}:")]
        due = Listening.filter(Q(heard_at__isnull=True) | Q(heard_at__lt=now - ASKED_AGAIN), key__in=keys, failures=0)
        await due.update(next_at=None)

    async def _one(self, task: _Task, row: Listening | None) -> None:
        now = await self._clock.now()
        if row is None:
            try:
                row = await Listening.create(key=task.key)
            except IntegrityError:
                return  # Another node began at the same moment.
        if row.next_at is not None and row.next_at > now:
            return
        try:
            await task.work(row, now)
        except ChannelRefused as refusal:
            await self._troubled(task, row, refusal, now + REFUSED_WAIT)
            await raise_incident(
                f"echo:{task.key}", kind="echo", severity=WARN, now=now, link="/console/comments",
                message=f"读不到{_name(task)}：{refusal}", remedy=refusal.remedy or "请核对账号的接口权限。",
            )  # fmt: skip
        except Exception as trouble:
            if not isinstance(trouble, PublishError):
                # The edge of the loop: a fault of ours with one platform must not keep the others from being read.
                log.exception("%s", task.key)
                trouble = PublishError("读取时出现意外", remedy="系统会稍后再试；多次出现时请联系系统管理员。")
            not_before = trouble.retry_at if isinstance(trouble, ChannelBusy) else None
            await self._troubled(task, row, trouble, after_failure(now, row.failures + 1, not_before=not_before))
        else:
            await Listening.filter(key=task.key).update(
                next_at=now + task.every, failures=0, problem="", remedy="", heard_at=now
            )
            await clear_incident(f"echo:{task.key}", now=now)

    async def _troubled(self, task: _Task, row: Listening, trouble: PublishError, again: datetime) -> None:
        log.warning("%s could not be read: %s; again at %s", task.key, trouble, again.isoformat(timespec="seconds"))
        await Listening.filter(key=task.key).update(
            next_at=again, failures=row.failures + 1, problem=str(trouble), remedy=trouble.remedy
        )

    # -- comments --------------------------------------------------------------------------------------------------

    async def _hear(self, row: Listening, now: datetime) -> None:
        channel = row.key.partition(":")[2]
        posts = await posts_of(channel, now=now)
        by_delivery = {post.delivery_id: post for post in posts}
        async for batch in self._discussions[channel].hear(posts, row.cursor, now=now):
            try:
                await self._keep(channel, row.key, batch, by_delivery, now)
            except IntegrityError:
                # A node that woke late stored one of them in the same moment; now it is known.
                await self._keep(channel, row.key, batch, by_delivery, now)

    async def _keep(
        self, channel: str, key: str, batch: Batch, posts: Mapping[int, Post], now: datetime
    ) -> None:  # fmt: skip
        async with in_transaction() as connection:
            ids = [heard.external_id for heard in batch.heard] + list(batch.replies)
            known = {
                row.external_id: row
                for row in await Comment.filter(channel=channel, external_id__in=ids).using_db(connection)
            } if ids else {}  # fmt: skip
            for heard in batch.heard:
                row = known.get(heard.external_id)
                if row is None:
                    row = known[heard.external_id] = await self._new(connection, channel, heard, posts, now)
                elif heard.elected is not None and heard.elected != row.elected:
                    await Comment.filter(id=row.id).using_db(connection).update(elected=heard.elected)
                if heard.reply is not None:
                    await self._answered_there(connection, row, heard.reply)
            for answered, reply in batch.replies.items():
                if answered in known:
                    await self._answered_there(connection, known[answered], reply)
            if batch.cursor:
                await Listening.filter(key=key).using_db(connection).update(cursor=batch.cursor)

    async def _new(
        self, connection: BaseDBAsyncClient, channel: str, heard: Heard, posts: Mapping[int, Post], now: datetime
    ) -> Comment:
        post = posts.get(heard.delivery_id or 0)
        return await Comment.create(
            using_db=connection, channel=channel, external_id=heard.external_id, address=dict(heard.address),
            delivery_id=post.delivery_id if post else None, disclosure_id=post.disclosure_id if post else None,
            post_text=mask(heard.post_text)[:200], author=masked_name(heard.author, channel),
            author_mark=self._mark(channel, heard.author_id), text=mask(heard.text[:LONGEST_COMMENT]), at=heard.at,
            heard_at=now, state=NEW, elected=heard.elected,
        )  # fmt: skip

    async def _answered_there(self, connection: BaseDBAsyncClient, row: Comment, reply: OwnReply) -> None:
        """A reply stands on the platform. Where one of ours is under way, the outbox judges it; otherwise a person wrote
        it in the platform's own pages, and the comment counts as answered."""
        if row.state == ANSWERED:
            return
        ours = CommentReply.filter(comment_id=row.id, state__in=list(OPEN)).using_db(connection)
        if await ours.exists():
            return
        await (
            Comment.filter(id=row.id, state=NEW)
            .using_db(connection)
            .update(state=ANSWERED, answered_at=reply.at, answered_by=ON_THE_PLATFORM)
        )
        row.state = ANSWERED

    def _mark(self, channel: str, author_id: str) -> str:
        if not author_id:
            return ""
        return hmac.new(self._key, f"{channel}:{author_id}".encode(), hashlib.sha256).hexdigest()[:16]

    # -- figures ---------------------------------------------------------------------------------------------------

    async def _count(self, row: Listening, now: datetime) -> None:
        channel = row.key.partition(":")[2]
        posts = await posts_of(channel, now=now)
        figures = await self._figures[channel].read(posts, now=now) if posts else ()
        await keep_figures(channel, figures, {post.delivery_id: post for post in posts}, now=now)


async def posts_of(channel: str, *, now: datetime, kept: timedelta = OLD) -> tuple[Post, ...]:
    """What went out on a channel in the last half year and stands there."""
    rows = Delivery.filter(channel=channel, state=State.PUBLISHED, published_at__gte=now - kept)
    found = await rows.only("id", "disclosure_id", "facts", "url", "published_at").order_by("id")
    return tuple(
        Post(
            delivery_id=row.id, disclosure_id=row.disclosure_id, facts=row.facts, url=row.url,
            published_at=row.published_at,
        )
        for row in found
        if row.published_at is not None
    )  # fmt: skip


def masked_name(name: str, channel: str) -> str:
    """What a screen shows of a commenter: the first character, as in 王＊＊. WeChat tells no names at all."""
    name = name.strip()
    if not name:
        return {ChannelName.WECHAT: "微信用户", ChannelName.WEIBO: "微博用户"}.get(ChannelName(channel), "用户")
    return f"{name[0]}＊＊"


def _name(task: _Task) -> str:
    kind, _, channel = task.key.partition(":")
    return f"{_NAMES.get(channel, channel)}的{_KINDS[kind]}"
