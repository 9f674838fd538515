"""What people do with comments: answer, agree, take back, leave aside, elect, take down, and decide what nobody can know.

A reply that a person wrote or changed waits for a second, different person before it becomes public. The approved words of
a knowledge entry, unchanged, go out at once: two people have signed them already (ADR 0031). ``Approval`` says otherwise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures.personal import KIND_NAMES, find
from knowledge.records import KnowledgeEntry
from knowledge.rows import from_row
from publishers.echo.hearing import ANSWERED, HIDDEN, IGNORED, NEW
from publishers.echo.outbox import Outbox, mark_answered, note
from publishers.echo.port import ACT_NAMES, Act, Discussion
from publishers.echo.records import Comment, CommentReply
from publishers.echo.states import State, may_say_not_sent
from publishers.errors import DecisionRefused, NotReleasable, SecondPersonNeeded
from publishers.slot import day_of
from staff.person import Person
from staff.roles import Verb

AGREE: Final = (
    Verb.COMMENT_REPLY, Verb.DISCLOSURE_REVIEW_FIRST, Verb.DISCLOSURE_REVIEW_SECOND, Verb.DISCLOSURE_REVIEW_FINAL,
)  # fmt: skip
"""Who may be the second person: whoever may answer, and whoever answers for texts."""
SHORTEST_REASON: Final = 2


class Approval(StrEnum):
    """When a reply needs a second person."""

    WRITTEN = "written"
    """When its words are not those of an approved entry."""
    ALWAYS = "always"
    NEVER = "never"


class CommentUnknown(NotReleasable):
    """There is no such comment or reply."""


class ReplyInvalid(NotReleasable):
    """The words of a reply cannot go out so; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why words may not become public. Texts in Chinese."""

    message: str
    remedy: str


WordCheck = Callable[[str], Sequence[Objection]]


class CommentDesk:
    """The verbs. ``objections`` finds wrong words; ``ring`` wakes the outbox after a commit."""

    def __init__(
        self, *, clock: Clock, trail: Trail, outbox: Outbox, discussions: Mapping[str, Discussion],
        approval: Approval = Approval.WRITTEN, objections: WordCheck | None = None,
        ring: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._trail = trail
        self._outbox = outbox
        self._discussions = discussions
        self._approval = approval
        self._objections = objections
        self._ring = ring

    # -- answering -------------------------------------------------------------------------------------------------

    async def reply(self, person: Person, comment_id: int, text: str, *, entry_id: str = "") -> CommentReply:
        """Writes a reply. ``entry_id``: the entry whose words were proposed; they count as its words only unchanged.

        Raises NotAllowed, CommentUnknown, ReplyInvalid (length, personal data, wrong words), DecisionRefused when a reply
        is under way already or the comment is settled.
        """
        person.require(Verb.COMMENT_REPLY)
        text = text.replace("\r\n", "\n").strip()
        comment = await _comment(comment_id)
        self.require_fit(comment.channel, text)
        entry = await _same_words(entry_id, text, await self._clock.now())
        waits = self._approval is Approval.ALWAYS or (self._approval is Approval.WRITTEN and not entry)
        try:
            async with in_transaction() as connection:
                now = await self._clock.now()
                standing = await Comment.filter(id=comment_id).using_db(connection).select_for_update().get()
                if standing.state != NEW:
                    raise DecisionRefused("这条评论已经办结，不能再回复", remedy="请刷新页面查看最新状态")
                row = await CommentReply.create(
                    using_db=connection, comment_id=comment_id, open_key=f"comment:{comment_id}",
                    channel=comment.channel, text=text, entry_id=entry, written_by_id=person.account_id,
                    state=State.WAITING if waits else State.READY, written_by_name=person.label, written_at=now,
                    next_at=None if waits else now,
                )  # fmt: skip
                await self._note(connection, person, row, "comment.reply.written", now, text=text, waits=waits)
        except IntegrityError:
            raise DecisionRefused("这条评论已有一条回复在办理", remedy="请刷新页面，先处理那一条") from None
        if not waits:
            self._ring()
        return row

    async def agree(self, person: Person, reply_id: int, *, remark: str = "") -> CommentReply:
        """The second person agrees: it goes out. Raises NotAllowed, SecondPersonNeeded, DecisionRefused, ReplyInvalid."""
        _require_one(person)
        row = await _reply(reply_id)
        if person.account_id == row.written_by_id:
            raise SecondPersonNeeded("不能同意自己写的回复", remedy="请另一位同志同意")
        self.require_fit(row.channel, row.text)
        async with in_transaction() as connection:
            now = await self._clock.now()
            await _moved(
                connection, row, State.WAITING, state=State.READY, next_at=now, approved_by_id=person.account_id,
                approved_by_name=person.label, approved_at=now, remark=remark.strip()[:500],
            )  # fmt: skip
            await self._note(connection, person, row, "comment.reply.agreed", now, reason=remark.strip()[:500])
        self._ring()
        return await _reply(reply_id)

    async def drop(self, person: Person, reply_id: int, *, remark: str = "") -> CommentReply:
        """Takes back one's own reply, or refuses another's, before it is sent. A refusal says why."""
        row = await _reply(reply_id)
        own = person.account_id == row.written_by_id
        if not own:
            _require_one(person)
            _reasoned(remark, "请写明不同意的理由")
        async with in_transaction() as connection:
            now = await self._clock.now()
            before = State(row.state) if State(row.state) in {State.WAITING, State.READY} else State.WAITING
            await _moved(
                connection, row, before, state=State.DROPPED, open_key=None, next_at=None, remark=remark.strip()[:500]
            )
            verb = "comment.reply.taken_back" if own else "comment.reply.refused"
            await self._note(connection, person, row, verb, now, reason=remark.strip()[:500])
        return await _reply(reply_id)

    def require_fit(self, channel: str, text: str) -> None:
        """Raises ReplyInvalid when the words are empty, too long, or hold what must not become public."""
        discussion = self._discussions.get(channel)
        if discussion is None:
            raise ReplyInvalid("这个渠道没有接入，不能在这里回复", remedy="请在平台上回复")
        if not text:
            raise ReplyInvalid("回复不能为空", remedy="请写出要公开的文字")
        if (length := discussion.length(text)) > discussion.longest:
            raise ReplyInvalid(
                f"回复计 {length} 字，超过平台的 {discussion.longest} 字上限",
                remedy="请精简，详情可指引到门户页面或热线",
            )
        if found := find(text):
            names = "、".join(dict.fromkeys(KIND_NAMES[each.kind] for each in found))
            raise ReplyInvalid(f"回复中有{names}，公开回复不能包含个人信息", remedy="请删去，改为请对方私信或拨打电话")
        if self._objections is not None and (wrong := list(self._objections(text))):
            raise ReplyInvalid(wrong[0].message, remedy=wrong[0].remedy)

    # -- what nobody can know --------------------------------------------------------------------------------------

    async def look(self, person: Person, reply_id: int) -> CommentReply:
        """Asks the platform once more, because a person wants to know now."""
        person.require(Verb.COMMENT_REPLY)
        await _reply(reply_id)
        return await self._outbox.look(reply_id)

    async def it_is_there(self, person: Person, reply_id: int, *, reason: str) -> CommentReply:
        """A person saw the reply on the platform: it was sent."""
        person.require(Verb.COMMENT_REPLY)
        _reasoned(reason, "请写明在哪里看到了这条回复")
        row = await _reply(reply_id)
        async with in_transaction() as connection:
            now = await self._clock.now()
            await _moved(
                connection, row, State.UNKNOWN, state=State.SENT, open_key=None, next_at=None,
                sent_at=row.intent_at or now, problem="", remedy="", remark=reason.strip()[:500],
            )  # fmt: skip
            await mark_answered(connection, row, at=row.intent_at or now)
            await self._note(connection, person, row, "comment.reply.said_sent", now, reason=reason.strip()[:500])
        return await _reply(reply_id)

    async def it_is_not_there(self, person: Person, reply_id: int, *, reason: str) -> CommentReply:
        """A person says that nothing was sent; believed only after the machine looked, late enough, and saw nothing.
        Nothing is sent again by this: whoever wants to answer writes anew."""
        person.require(Verb.COMMENT_REPLY)
        _reasoned(reason, "请写明怎样核对的")
        row = await _reply(reply_id)
        if not may_say_not_sent(intent_at=row.intent_at, looked_at=row.looked_at, not_seen=row.not_seen):
            raise DecisionRefused(
                "系统还没有在平台上核对过，不能认定没有发出", remedy="请先点“再核对一次”；距发送不足两分钟的，稍后再试"
            )
        async with in_transaction() as connection:
            now = await self._clock.now()
            await _moved(
                connection, row, State.UNKNOWN, state=State.FAILED, open_key=None, next_at=None,
                remark=reason.strip()[:500], problem="人工核对没有发出", remedy="可以重新回复。",
            )  # fmt: skip
            await self._note(connection, person, row, "comment.reply.said_not_sent", now, reason=reason.strip()[:500])
        return await _reply(reply_id)

    async def retract(self, person: Person, reply_id: int, *, reason: str) -> CommentReply:
        """Takes a public reply back, with a reason; the comment waits for an answer again. The intent is in the trail
        before the call; a call whose answer was lost is simply made again. Raises the errors of the channel port."""
        person.require(Verb.COMMENT_REPLY)
        _reasoned(reason, "请写明撤回的理由")
        row = await _reply(reply_id)
        comment, discussion = await _comment(row.comment_id), self._discussions.get(row.channel)
        if State(row.state) is not State.SENT or discussion is None:
            raise DecisionRefused("这条回复现在不能撤回", remedy="请刷新页面查看最新状态")
        async with in_transaction() as connection:
            now = await self._clock.now()
            await self._note(connection, person, row, "comment.reply.retracting", now, reason=reason.strip()[:500])
        await discussion.unsay(comment.address, row.external_id)
        async with in_transaction() as connection:
            now = await self._clock.now()
            await _moved(connection, row, State.SENT, state=State.RETRACTED, remark=reason.strip()[:500])
            await (
                Comment.filter(id=comment.id, state=ANSWERED)
                .using_db(connection)
                .update(state=NEW, answered_at=None, answered_by="")
            )
            await self._note(connection, person, row, "comment.reply.retracted", now)
        return await _reply(reply_id)

    # -- without answering -----------------------------------------------------------------------------------------

    async def leave(self, person: Person, comment_id: int, *, reason: str) -> Comment:
        """不需要回复 (advertising, nonsense, settled elsewhere): with a reason, so that it counts honestly."""
        return await self._mark(person, comment_id, NEW, IGNORED, reason, "comment.left")

    async def take_up(self, person: Person, comment_id: int, *, reason: str) -> Comment:
        """Back among what waits for an answer."""
        return await self._mark(person, comment_id, IGNORED, NEW, reason, "comment.taken_up")

    async def act(self, person: Person, comment_id: int, act: Act, *, reason: str = "") -> Comment:
        """Elects, un-elects or takes down on the platform. Taking a citizen's words down needs a reason; the intent is in
        the trail before the call. Raises the errors of the channel port."""
        person.require(Verb.COMMENT_REPLY)
        comment = await _comment(comment_id)
        discussion = self._discussions.get(comment.channel)
        if discussion is None or act not in discussion.acts:
            raise DecisionRefused(f"这个渠道不能{ACT_NAMES[act]}", remedy="请在平台上办理")
        if act is Act.TAKE_DOWN:
            _reasoned(reason, "请写明删除的理由：群众的评论不能随意删除")
        async with in_transaction() as connection:
            now = await self._clock.now()
            await self._about(connection, person, comment, f"comment.{act}", now, reason=reason.strip()[:300])
        await discussion.act(comment.address, act)
        if act is Act.TAKE_DOWN:
            await Comment.filter(id=comment_id).update(state=HIDDEN, reason=reason.strip()[:300])
        else:
            await Comment.filter(id=comment_id).update(elected=act is Act.ELECT)
        return await _comment(comment_id)

    async def _mark(self, person: Person, comment_id: int, before: str, after: str, reason: str, verb: str) -> Comment:
        person.require(Verb.COMMENT_REPLY)
        _reasoned(reason, "请写明理由")
        comment = await _comment(comment_id)
        async with in_transaction() as connection:
            now = await self._clock.now()
            if await CommentReply.filter(open_key=f"comment:{comment_id}").using_db(connection).exists():
                raise DecisionRefused("这条评论有一条回复在办理", remedy="请先处理那一条回复")
            found = Comment.filter(id=comment_id, state=before).using_db(connection)
            if await found.update(state=after, reason=reason.strip()[:300]) != 1:
                raise DecisionRefused("这条评论的状态已经变化", remedy="请刷新页面查看最新状态")
            await self._about(connection, person, comment, verb, now, reason=reason.strip()[:300])
        return await _comment(comment_id)

    async def _about(
        self, connection: BaseDBAsyncClient, person: Person, comment: Comment, verb: str, now: datetime,
        **detail: object,
    ) -> None:  # fmt: skip
        subject = f"disclosure:{comment.disclosure_id}" if comment.disclosure_id else f"comment:{comment.id}"
        await self._trail.append(
            connection, at=now, actor=person.actor, verb=verb, subject=subject, channel=comment.channel,
            comment=comment.id, **detail,
        )  # fmt: skip

    async def _note(
        self, connection: BaseDBAsyncClient, person: Person, row: CommentReply, verb: str, now: datetime,
        **detail: object,
    ) -> None:  # fmt: skip
        await note(self._trail, connection, person.actor, row, verb, now, **detail)


async def _moved(connection: BaseDBAsyncClient, row: CommentReply, before: State, **values: object) -> None:
    """Raises DecisionRefused when the row is no longer where the person saw it."""
    mine = CommentReply.filter(id=row.id, state=before, fence=row.fence).using_db(connection)
    if await mine.update(**values) != 1:
        raise DecisionRefused("这条回复的状态已经变化", remedy="请刷新页面查看最新状态")


async def _comment(number: int) -> Comment:
    found = await Comment.get_or_none(id=number)
    if found is None:
        raise CommentUnknown("没有这条评论")
    return found


async def _reply(number: int) -> CommentReply:
    found = await CommentReply.get_or_none(id=number)
    if found is None:
        raise CommentUnknown("没有这条回复")
    return found


async def _same_words(entry_id: str, text: str, now: datetime) -> str:
    """The entry's id when the text is word for word what it says and it may be said now; otherwise empty."""
    row = await KnowledgeEntry.get_or_none(entry_id=entry_id, live=True) if entry_id else None
    if row is None:
        return ""
    entry = from_row(row)
    stands = entry.answers_on(day_of(now)) and not entry.withdrawn and not entry.under_check
    return entry_id if stands and entry.body.strip() == text else ""


def _require_one(person: Person) -> None:
    if not any(person.may(verb) for verb in AGREE):
        person.require(Verb.COMMENT_REPLY)


def _reasoned(reason: str, said: str) -> None:
    if len(reason.strip()) < SHORTEST_REASON:
        raise DecisionRefused(said, remedy="理由记入审计")
