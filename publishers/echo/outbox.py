"""The outbox of public replies: intent, one call, outcome (ADR 0031).

The same three rules as for a post. The intent is committed before the call; the call is made once; what nobody can know is
``unknown`` and is read back, never sent again by the machine. A halt binds replies as it binds releases.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F, Q
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from publishers.echo.hearing import ANSWERED, NEW
from publishers.echo.port import Discussion, Seen, Spoken
from publishers.echo.records import Comment, CommentReply
from publishers.echo.states import LEASE, MOST_TRIES, SENDABLE, State, again_at, look_at
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError
from publishers.fencing import sendable_until, steady_seconds
from publishers.halt import QUARANTINE, standing_halt
from publishers.records import Halt

log = logging.getLogger(__name__)
MACHINE: Final = Actor.machine("发布系统")
AT_ONCE: Final = 5
HALTED: Final = "正在停发，解除后自动发出"
_MOST_EVIDENCE: Final = 40


class Outbox:
    """Moves replies. Every move is one compare-and-set on state and fence in one short transaction."""

    def __init__(self, *, clock: Clock, trail: Trail, owner: str, discussions: Mapping[str, Discussion]) -> None:
        self._clock = clock
        self._trail = trail
        self._owner = owner
        self._discussions = discussions

    async def sweep(self) -> int:
        """Gives up dead leases, sends what is ready, looks for what is unknown. Returns how many rows it worked on."""
        now = await self._clock.now()
        dead = await CommentReply.filter(state=State.SENDING, lease_until__lt=now).limit(AT_ONCE)
        for row in dead:
            await self._settle(row, OutcomeUnknown("发送时系统中断，结果尚待核实"))
        due = CommentReply.filter(Q(next_at__isnull=True) | Q(next_at__lte=now))
        ready = await due.filter(state=State.READY).order_by("id").limit(AT_ONCE)
        for row in ready:
            await self._send(row)
        unknown = await CommentReply.filter(state=State.UNKNOWN, next_at__lte=now).order_by("next_at").limit(AT_ONCE)
        for row in unknown:
            await self.look(row.id)
        return len(dead) + len(ready) + len(unknown)

    # -- sending ---------------------------------------------------------------------------------------------------

    async def _send(self, row: CommentReply) -> None:
        comment, discussion = await Comment.get(id=row.comment_id), self._discussions.get(row.channel)
        if discussion is None:
            return  # The account is not connected just now; the reply waits.
        if await self._stands_already(row, comment, discussion):
            return
        # Measured from before the transaction, so that the time to send is rather too short than too long.
        until = steady_seconds() + SENDABLE
        intended = await self._intend(row)
        if intended is None:
            return
        outcome: Spoken | PublishError
        try:
            with sendable_until(until):
                outcome = await discussion.reply(comment.address, row.text)
        except PublishError as error:
            outcome = error
        except Exception as error:
            # The edge of the call: whatever went wrong in it, the platform may have taken the words.
            log.exception("reply %d", row.id)
            outcome = OutcomeUnknown("发送时出现意外，结果尚待核实", reason=type(error).__name__)
        await self._settle(intended, outcome)

    async def _stands_already(self, row: CommentReply, comment: Comment, discussion: Discussion) -> bool:
        """After a restore a reply that looks unsent may have gone out since: then the platform is asked before anything.
        True: it is there (and settled), or nobody can tell yet."""
        if not await Halt.filter(kind=QUARANTINE, raised_at__gte=row.written_at).exists():
            return False
        try:
            spoken = await discussion.replied(comment.address, row.text)
        except PublishError as error:
            spoken = Spoken(seen=Seen.UNCLEAR, message=str(error))
        if spoken.seen is Seen.NOT_FOUND:
            return False
        async with in_transaction() as connection:
            now = await self._clock.now()
            mine = CommentReply.filter(id=row.id, state=State.READY, fence=row.fence).using_db(connection)
            if spoken.seen is not Seen.FOUND:
                await mine.update(next_at=now + timedelta(minutes=5), problem=spoken.message)
            elif await mine.update(**_sent(spoken, now)) == 1:
                await self._answered(connection, row, now)
                await self._note(connection, row, "comment.reply.found", now)
        return True

    async def _intend(self, row: CommentReply) -> CommentReply | None:
        """Commits the intent; None when another worker was quicker, the person took it back, or a halt stands."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            mine = CommentReply.filter(id=row.id, state=State.READY, fence=row.fence).using_db(connection)
            if await standing_halt(connection) is not None:
                await mine.update(next_at=now + timedelta(seconds=30), problem=HALTED)
                return None
            changed = await mine.update(
                state=State.SENDING, fence=F("fence") + 1, owner=self._owner, intent_at=now, lease_until=now + LEASE,
                problem="", remedy="", looked_at=None, not_seen=False,
            )  # fmt: skip
            if changed != 1:
                return None
            await self._note(connection, row, "comment.reply.intent", now, text=row.text)
        return await CommentReply.get(id=row.id)

    async def _settle(self, row: CommentReply, outcome: Spoken | PublishError) -> None:
        """What the call showed, or that it was lost."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            values = _after(outcome, row, now)
            values["evidence"] = _with(row, {"at": now.isoformat(), "call": "reply", **_evidence(outcome)})
            mine = CommentReply.filter(id=row.id, state=State.SENDING, fence=row.fence).using_db(connection)
            if await mine.update(owner="", lease_until=None, **values) != 1:
                log.warning("reply %d moved on while it was sent; the late result is only logged: %s", row.id, outcome)
                return
            if values["state"] == State.SENT:
                await self._answered(connection, row, now)
            await self._note(
                connection, row, f"comment.reply.{values['state']}", now, reason=str(values.get("problem") or "")
            )

    # -- looking ---------------------------------------------------------------------------------------------------

    async def look(self, reply_id: int) -> CommentReply:
        """Reads the platform for a reply of unknown outcome, now. Finding it settles it; not finding it never does."""
        row = await CommentReply.get(id=reply_id)
        discussion = self._discussions.get(row.channel)
        if State(row.state) is not State.UNKNOWN or discussion is None:
            return row
        comment = await Comment.get(id=row.comment_id)
        try:
            spoken = await discussion.replied(comment.address, row.text)
        except PublishError as error:
            spoken = Spoken(seen=Seen.UNCLEAR, message=str(error))
        async with in_transaction() as connection:
            now = await self._clock.now()
            evidence = _with(row, {"at": now.isoformat(), "call": "look", **_evidence(spoken)})
            looks = sum(1 for each in evidence if each.get("call") == "look")
            values: dict[str, Any] = {"evidence": evidence, "next_at": look_at(now, looks)}
            if spoken.seen is Seen.FOUND:
                values |= _sent(spoken, row.intent_at or now)
            elif spoken.seen is Seen.NOT_FOUND:
                values |= {"looked_at": now, "not_seen": True, "problem": spoken.message, "remedy": "由人核对后决定。"}
            else:
                values |= {"problem": spoken.message or row.problem}
            mine = CommentReply.filter(id=row.id, state=State.UNKNOWN, fence=row.fence).using_db(connection)
            if await mine.update(**values) == 1 and spoken.seen is Seen.FOUND:
                await self._answered(connection, row, now)
                await self._note(connection, row, "comment.reply.found", now)
        return await CommentReply.get(id=reply_id)

    # -- together --------------------------------------------------------------------------------------------------

    async def _answered(self, connection: BaseDBAsyncClient, row: CommentReply, now: datetime) -> None:
        await mark_answered(connection, row, at=row.intent_at or now)

    async def _note(
        self, connection: BaseDBAsyncClient, row: CommentReply, verb: str, now: datetime, **detail: object
    ) -> None:
        await note(self._trail, connection, MACHINE, row, verb, now, **detail)


async def mark_answered(connection: BaseDBAsyncClient, row: CommentReply, *, at: datetime) -> None:
    """The comment of a reply that stands is answered, from the moment of the reply."""
    await (
        Comment.filter(id=row.comment_id, state=NEW)
        .using_db(connection)
        .update(state=ANSWERED, answered_at=at, answered_by=row.written_by_name)
    )


async def note(
    trail: Trail, connection: BaseDBAsyncClient, actor: Actor, row: CommentReply, verb: str, now: datetime,
    **detail: object,
) -> None:  # fmt: skip
    """One act on a reply in the audit trail; on the disclosure's timeline too when the comment belongs to one."""
    comment = await Comment.filter(id=row.comment_id).using_db(connection).get()
    subject = f"disclosure:{comment.disclosure_id}" if comment.disclosure_id else f"comment:{comment.id}"
    await trail.append(
        connection, at=now, actor=actor, verb=verb, subject=subject, channel=row.channel, comment=comment.id,
        reply=row.id, **detail,
    )  # fmt: skip


def _after(outcome: Spoken | PublishError, row: CommentReply, now: datetime) -> dict[str, Any]:
    """The row's new values. Only the class of what happened decides."""
    if isinstance(outcome, Spoken):
        return _sent(outcome, now)
    words = {"problem": str(outcome), "remedy": outcome.remedy}
    if isinstance(outcome, ChannelUnavailable):
        tries = row.tries + 1
        if tries >= MOST_TRIES:
            return {**words, "state": State.FAILED, "open_key": None, "next_at": None, "tries": tries}
        not_before = outcome.retry_at if isinstance(outcome, ChannelBusy) else None
        again = again_at(now, tries, not_before=not_before)
        return {**words, "state": State.READY, "next_at": again, "tries": tries, "intent_at": None}
    if isinstance(outcome, ChannelRefused):
        return {**words, "state": State.FAILED, "open_key": None, "next_at": None}
    return {**words, "state": State.UNKNOWN, "next_at": look_at(now, 0)}


def _sent(spoken: Spoken, at: datetime) -> dict[str, Any]:
    return {
        "state": State.SENT, "open_key": None, "next_at": None, "sent_at": at, "external_id": spoken.external_id,
        "problem": "", "remedy": "",
    }  # fmt: skip


def _evidence(outcome: Spoken | PublishError) -> dict[str, object]:
    if isinstance(outcome, Spoken):
        return {"seen": str(outcome.seen), "message": outcome.message, **dict(outcome.evidence)}
    return {"error": type(outcome).__name__, "message": str(outcome), **outcome.detail}


def _with(row: CommentReply, more: dict[str, object]) -> list[dict[str, object]]:
    """The evidence with one more piece; the oldest looks go first when there are too many, the sendings stay."""
    kept = list(row.evidence)
    if len(kept) >= _MOST_EVIDENCE:
        kept = [each for each in kept if each.get("call") != "look"] + [
            each for each in kept if each.get("call") == "look"
        ][-_MOST_EVIDENCE // 2 :]
    return [*kept, more]
