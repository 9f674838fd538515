"""评论: what citizens wrote below our posts, and the answers that become public from here."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, see
from console.echo_desk import EchoDesk, Proposal, titles_of
from console.home_pages import page_number
from console.screen import Screen
from disclosures.records import Disclosure
from publishers.echo.comment_desk import AGREE, CommentUnknown
from publishers.echo.hearing import ANSWERED, HIDDEN, IGNORED, NEW
from publishers.echo.port import Act
from publishers.echo.records import Comment, CommentReply
from publishers.echo.states import STATE_NAMES, State, may_say_not_sent
from publishers.errors import PublishError
from publishers.records import Delivery, PortalPage
from staff.roles import Verb

PER_PAGE: Final = 20
COMMENT_STATES: Final[Mapping[str, str]] = {
    NEW: "待回复", ANSWERED: "已回复", IGNORED: "不需回复", HIDDEN: "已在平台删除",
}  # fmt: skip
VIEWS: Final[Mapping[str, str]] = {
    "new": "待回复", "waiting": "待同意", "unknown": "待核实", "answered": "已回复", "ignored": "不需回复", "hidden": "已删除",
    "all": "全部",
}  # fmt: skip
_BY_REPLY: Final = {"waiting": State.WAITING, "unknown": State.UNKNOWN}
_STANDING: Final = frozenset({State.SENT, State.WAITING, State.READY, State.SENDING, State.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comment of the list."""

    comment: Comment
    title: str
    age: int
    reply: CommentReply | None

    @property
    def under_way(self) -> bool:
        return self.reply is not None and self.reply.open_key is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a form was not taken, which it was, and what was typed into it."""

    error: PublishError
    form: str
    typed: Visit

    @property
    def message(self) -> str:
        return str(self.error)

    @property
    def remedy(self) -> str:
        return self.error.remedy

    def text(self, name: str) -> str:
        return self.typed.text(name)


class CommentPages:
    """``desk`` is None where neither account is connected."""

    def __init__(self, *, screen: Screen, door: Door, clock: Clock, desk: EchoDesk) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, home = self._door.get, self._door.post, "/console/comments"
        one, reply = home + r"/{id:\d{1,9}}", r"/console/replies/{id:\d{1,9}}"
        return [
            get(home, self.comments, Verb.COMMENT_READ),
            post(f"{home}/read", self.read_now, Verb.COMMENT_REPLY),
            get(one, self.comment, Verb.COMMENT_READ),
            get(f"{one}/state", self.state, Verb.COMMENT_READ),
            post(f"{one}/reply", self.reply, Verb.COMMENT_REPLY),
            post(f"{one}/leave", self.leave, Verb.COMMENT_REPLY),
            post(f"{one}/take-up", self.take_up, Verb.COMMENT_REPLY),
            post(f"{one}/act", self.act, Verb.COMMENT_REPLY),
            post(f"{reply}/agree", self.agree, *AGREE),
            post(f"{reply}/drop", self.drop, *AGREE),
            post(f"{reply}/retract", self.retract, Verb.COMMENT_REPLY),
            post(f"{reply}/look", self.look, Verb.COMMENT_REPLY),
            post(f"{reply}/sent", self.sent, Verb.COMMENT_REPLY),
            post(f"{reply}/not-sent", self.not_sent, Verb.COMMENT_REPLY),
        ]

    # -- the list --------------------------------------------------------------------------------------------------

    async def comments(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        view = request.query.get("view", "new")
        view = view if view in VIEWS else "new"
        channel = request.query.get("channel", "")
        channel = channel if channel in self._desk.discussions else ""
        text, page = request.query.get("q", "").strip()[:100], page_number(request)
        rows = Comment.all()
        if view in _BY_REPLY:
            ids = await CommentReply.filter(state=_BY_REPLY[view]).values_list("comment_id", flat=True)
            rows = rows.filter(id__in=list(ids) or [0])
        elif view != "all":
            rows = rows.filter(state=view)
        rows = rows.filter(channel=channel) if channel else rows
        rows = rows.filter(text__icontains=text) if text else rows
        total, order = await rows.count(), "at" if view in {"new", *_BY_REPLY} else "-at"
        found = await rows.order_by(order, "id").offset((page - 1) * PER_PAGE).limit(PER_PAGE)
        now = await self._clock.now()
        asked = {"view": view, "channel": channel, "q": text}
        return self._screen.show(
            request, visit, "comments.html", title="评论", rows=await self._rows(found, now), total=total, page=page,
            pages=max(1, -(-total // PER_PAGE)), views=VIEWS, asked=asked, counts=await _counts(),
            query=urlencode({name: value for name, value in asked.items() if value}),
            narrowed=urlencode({name: value for name, value in asked.items() if value and name != "view"}),
            radar=await self._desk.radar(now=now), names=self._desk.names, states=COMMENT_STATES,
            reply_states=STATE_NAMES, listening=await self._desk.listening(), channels=list(self._desk.discussions),
        )  # fmt: skip

    async def _rows(self, comments: Sequence[Comment], now: datetime) -> list[Row]:
        titles = await titles_of({row.disclosure_id for row in comments if row.disclosure_id})
        newest = {
            reply.comment_id: reply
            for reply in await CommentReply.filter(comment_id__in=[row.id for row in comments] or [0]).order_by("id")
            if reply.state in _STANDING or reply.state == State.FAILED
        }
        return [
            Row(
                comment=row, title=titles.get(row.disclosure_id or 0, ""), age=self._desk.age(row, now),
                reply=newest.get(row.id),
            )
            for row in comments
        ]  # fmt: skip

    async def read_now(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The platforms are read within seconds, because a person asked."""
        await self._desk.hearing.soon("comments")
        return see("/console/comments", "comments-read")

    # -- one comment -----------------------------------------------------------------------------------------------

    async def comment(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit, await self._found(request))

    async def state(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The reply's state alone, for the page's script; ``X-Moving`` tells whether to look again."""
        comment = await self._found(request)
        replies = await _replies(comment)
        text = self._screen.text(request, visit, "comment-state.html", title="", **self._told(visit, comment, replies))
        moving = any(reply.state in {State.READY, State.SENDING} for reply in replies)
        return web.Response(text=text, content_type="text/html", headers={"X-Moving": "yes" if moving else "no"})

    async def reply(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        comment = await self._found(request)

        async def work() -> str:
            row = await self._desk.comments.reply(
                visit.person, comment.id, visit.text("text"), entry_id=visit.text("entry")
            )
            return "reply-waits" if row.state == State.WAITING else "reply-sent"

        return await self._done(request, visit, comment, "reply", work)

    async def leave(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        comment = await self._found(request)

        async def work() -> str:
            await self._desk.comments.leave(visit.person, comment.id, reason=visit.text("reason"))
            return "comment-left"

        return await self._done(request, visit, comment, "leave", work)

    async def take_up(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        comment = await self._found(request)

        async def work() -> str:
            await self._desk.comments.take_up(visit.person, comment.id, reason=visit.text("reason"))
            return "comment-taken-up"

        return await self._done(request, visit, comment, "leave", work)

    async def act(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        comment, name = await self._found(request), visit.text("act")

        async def work() -> str:
            if name not in set(Act):
                raise CommentUnknown("没有这种操作")
            await self._desk.comments.act(visit.person, comment.id, Act(name), reason=visit.text("reason"))
            return f"comment-{name}"

        return await self._done(request, visit, comment, "act", work)

    async def agree(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        row, comment = await self._reply(request)

        async def work() -> str:
            await self._desk.comments.agree(visit.person, row.id, remark=visit.text("remark"))
            return "reply-agreed"

        return await self._done(request, visit, comment, "agree", work)

    async def drop(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        row, comment = await self._reply(request)

        async def work() -> str:
            await self._desk.comments.drop(visit.person, row.id, remark=visit.text("remark"))
            return "reply-dropped"

        return await self._done(request, visit, comment, "drop", work)

    async def retract(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        row, comment = await self._reply(request)

        async def work() -> str:
            await self._desk.comments.retract(visit.person, row.id, reason=visit.text("reason"))
            return "reply-retracted"

        return await self._done(request, visit, comment, "retract", work)

    async def look(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        row, comment = await self._reply(request)

        async def work() -> str:
            await self._desk.comments.look(visit.person, row.id)
            return "reply-looked"

        return await self._done(request, visit, comment, "unknown", work)

    async def sent(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        row, comment = await self._reply(request)

        async def work() -> str:
            await self._desk.comments.it_is_there(visit.person, row.id, reason=visit.text("reason"))
            return "reply-decided"

        return await self._done(request, visit, comment, "sent", work)

    async def not_sent(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        row, comment = await self._reply(request)

        async def work() -> str:
            await self._desk.comments.it_is_not_there(visit.person, row.id, reason=visit.text("reason"))
            return "reply-decided"

        return await self._done(request, visit, comment, "not-sent", work)

    # -- together --------------------------------------------------------------------------------------------------

    async def _done(
        self, request: web.Request, visit: Visit, comment: Comment, form: str, work: Callable[[], Awaitable[str]]
    ) -> web.StreamResponse:
        """Does the work and shows the page anew; a refusal stands beside its form, with what was typed."""
        try:
            done = await work()
        except PublishError as error:
            return await self._show(request, visit, comment, trouble=Trouble(error=error, form=form, typed=visit))
        return see(f"/console/comments/{comment.id}", done)

    async def _show(
        self, request: web.Request, visit: Visit, comment: Comment, *, trouble: Trouble | None = None
    ) -> web.StreamResponse:
        comment = await Comment.get(id=comment.id)
        replies, now = await _replies(comment), await self._clock.now()
        proposals: tuple[Proposal, ...] = ()
        if comment.state == NEW and not any(reply.open_key for reply in replies):
            proposals = await self._desk.propose(comment, now=now)
        chosen = next((each for each in proposals if each.entry_id == request.query.get("entry", "")), None)
        return self._screen.show(
            request, visit, "comment.html", title="评论", status=422 if trouble else 200, proposals=proposals,
            chosen=chosen, trouble=trouble, age=self._desk.age(comment, now), names=self._desk.names,
            states=COMMENT_STATES, disclosure=await _disclosure(comment), delivery=await _delivery(comment),
            discussion=self._desk.discussions.get(comment.channel), others=await _others(comment), acts=Act, page_text=await _page_text(comment),
            **self._told(visit, comment, replies),
        )  # fmt: skip

    def _told(self, visit: Visit, comment: Comment, replies: Sequence[CommentReply]) -> dict[str, Any]:
        current = next((reply for reply in reversed(replies) if reply.state in _STANDING), None)
        failed = replies[-1] if replies and replies[-1].state == State.FAILED else None
        return {
            "comment": comment, "replies": replies, "current": current, "failed": failed, "reply_states": STATE_NAMES,
            "may_agree": any(visit.person.may(verb) for verb in AGREE),
            "own": current is not None and current.written_by_id == visit.person.account_id,
            "may_deny": current is not None and may_say_not_sent(
                intent_at=current.intent_at, looked_at=current.looked_at, not_seen=current.not_seen
            ),
        }  # fmt: skip

    async def _found(self, request: web.Request) -> Comment:
        row = await Comment.get_or_none(id=int(request.match_info["id"]))
        if row is None:
            raise CommentUnknown("没有这条评论")
        return row

    async def _reply(self, request: web.Request) -> tuple[CommentReply, Comment]:
        row = await CommentReply.get_or_none(id=int(request.match_info["id"]))
        if row is None:
            raise CommentUnknown("没有这条回复")
        return row, await Comment.get(id=row.comment_id)


async def _replies(comment: Comment) -> list[CommentReply]:
    return await CommentReply.filter(comment_id=comment.id).order_by("id")


async def _counts() -> dict[str, int]:
    """How many wait in the views that ask for work."""
    return {
        "new": await Comment.filter(state=NEW).count(),
        **{view: await CommentReply.filter(state=state).count() for view, state in _BY_REPLY.items()},
    }


async def _disclosure(comment: Comment) -> Disclosure | None:
    return await Disclosure.get_or_none(id=comment.disclosure_id) if comment.disclosure_id else None


async def _page_text(comment: Comment) -> str:
    """What the public reads of the disclosure now; whoever answers should have it before him."""
    page = await PortalPage.get_or_none(disclosure_id=comment.disclosure_id or 0)
    return page.text.strip() if page is not None else ""


async def _delivery(comment: Comment) -> Delivery | None:
    return await Delivery.get_or_none(id=comment.delivery_id) if comment.delivery_id else None


async def _others(comment: Comment) -> list[Comment]:
    """The same person's other comments: whoever answers should know what was said before."""
    if not comment.author_mark:
        return []
    rows = Comment.filter(channel=comment.channel, author_mark=comment.author_mark).exclude(id=comment.id)
    return await rows.order_by("-at").limit(5)
