"""The quarantine: a restored ledger is older than the platforms, so that what went out looks pending (§0.10, row 20).

While it stands nothing new is sent on any channel. Every delivery that was due and is not proved out is set aside as
待核实, and ``publishers.reconciling`` settles it by reading. It ends when everything is settled or decided, and two
persons lift it (``publishers.halt``).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from audit.trail import Trail
from publishers.errors import NotReleasable
from publishers.halt import QUARANTINE
from publishers.port import ChannelName
from publishers.records import Delivery, ForeignPost, Halt
from publishers.states import State

RECONCILE = "reconcile"
"""The fact that a row was set aside: {"halt", "was", "blank", "problem", "remedy"}. A blank one had no intent as far as the
ledger knows; what it was it becomes again once it is proved not to have been sent. The others go the usual road of an
unknown outcome."""
SETTLE = timedelta(seconds=75)
"""A late commit of the last call before the crash may take so long (tried: 4–60 s)."""
ABSENT_AFTER = timedelta(minutes=30)
"""What cannot be seen for so long is not under review at WeChat any more; and a platform that could not be read for so
long does not keep the quarantine up for ever."""
RETRIED = timedelta(days=7)
"""A failure older than this is not supposed to have been tried again after the backup."""
IN_DOUBT = (State.SENDING, State.UNKNOWN, State.HELD)
_BLANK = (State.PENDING, State.CLAIMED, State.DRAFTED)
_ON_THEIR_WAY = (State.SENDING, State.SUBMITTED, State.UNKNOWN, State.HELD)


def settling(absent_after: timedelta) -> timedelta:
    """How long nothing is said to be absent, where the belief in absence takes ``absent_after``."""
    return min(SETTLE, absent_after)


async def impose(
    connection: BaseDBAsyncClient, *, trail: Trail, actor: Actor, reason: str, remote: Collection[ChannelName],
    now: datetime, moment: datetime | None, settle: timedelta = SETTLE, **detail: object,
) -> Halt:  # fmt: skip
    """Raises the quarantine in the caller's transaction and sets aside what may have gone out. One that stands already is
    renewed. ``remote``: the channels that are not in our own database; ``moment``: until when the ledger knows."""
    halt = await Halt.filter(open_key=QUARANTINE).using_db(connection).select_for_update().first()
    known = {**detail, "moment": moment.isoformat() if moment else None, "read_all_at": None}
    if halt is None:
        halt = await Halt.create(
            using_db=connection, kind=QUARANTINE, open_key=QUARANTINE, reason=reason, raised_by_id=None,
            raised_by_name=actor.name, raised_at=now, detail=known,
        )  # fmt: skip
    else:
        halt.reason, halt.raised_at, halt.lift_asked_at = reason, now, None
        halt.detail = {**halt.detail, **known}
    rows = await _set_aside(connection, halt, remote, now, now + settle)
    # The restored switch may name rows of an earlier quarantine: they stay in doubt as well.
    halt.detail = {**halt.detail, "rows": sorted({*_numbers(halt), *(row.id for row in rows)})}
    await halt.save(using_db=connection)
    for row in rows:
        await trail.append(
            connection, at=now, actor=actor, verb="delivery.unknown", subject=f"delivery:{row.id}", channel=row.channel,
            reason="恢复后核对",
        )  # fmt: skip
    await trail.append(
        connection, at=now, actor=actor, verb="halt.raised", subject=f"halt:{halt.id}", kind=QUARANTINE, reason=reason,
        rows=len(rows), **known,
    )  # fmt: skip
    return halt


async def _set_aside(
    connection: BaseDBAsyncClient, halt: Halt, remote: Collection[ChannelName], now: datetime, settle_until: datetime
) -> list[Delivery]:
    """Marks every row that may have moved on since; returns them. Our own channels lie in the restored database and need
    no reading: what it does not hold was not published here."""
    due = Delivery.filter(channel__in=[str(name) for name in remote], due_at__lte=now).using_db(connection)
    sent = await due.filter(state__in=list(_ON_THEIR_WAY)).exclude(intent_at=None)
    for row in sent:
        state = State.UNKNOWN if row.state == State.SENDING else State(row.state)
        await _mark(connection, row, halt, now, blank=False, state=state, next_at=now)
    # These have no intent yet, as far as this ledger knows. A late one may have been allowed by a person meanwhile, and a
    # failed one tried again; an intent cannot have been before the moment that was planned (I2).
    blank = await due.filter(state__in=list(_BLANK)) + await due.filter(state=State.HELD, intent_at=None)
    blank += await due.filter(state=State.FAILED, due_at__gt=now - RETRIED)
    for row in blank:
        await _mark(
            connection, row, halt, now, blank=True, state=State.UNKNOWN, next_at=None,
            intent_at=row.intent_at or row.due_at, settle_until=settle_until,
        )  # fmt: skip
    return sorted([*sent, *blank], key=lambda row: row.id)


async def set_aside_one(
    connection: BaseDBAsyncClient, row: Delivery, halt: Halt, now: datetime, *, since: datetime
) -> None:
    """A planned delivery, not due yet, of which a post is found all the same: somebody moved it forward after the backup.
    ``since``: the earliest moment at which that can have been."""
    await _mark(
        connection, row, halt, now, blank=True, state=State.UNKNOWN, next_at=None, intent_at=since,
        settle_until=now + SETTLE,
    )  # fmt: skip
    await _join(connection, halt, [row.id])


async def _join(connection: BaseDBAsyncClient, halt: Halt, numbers: Sequence[int]) -> None:
    """These deliveries must be settled too before the quarantine ends."""
    standing = await Halt.filter(id=halt.id).using_db(connection).select_for_update().get()
    standing.detail = {**standing.detail, "rows": sorted({*_numbers(standing), *numbers})}
    await standing.save(using_db=connection)
    halt.detail = standing.detail


async def _mark(
    connection: BaseDBAsyncClient, row: Delivery, halt: Halt, now: datetime, *, blank: bool, state: State,
    **values: object,
) -> None:  # fmt: skip
    was = State.PENDING if row.state == State.CLAIMED else State(row.state)
    earlier = row.facts.get(RECONCILE)
    note = {"halt": halt.id, "was": str(was), "blank": blank, "problem": row.problem, "remedy": row.remedy}
    if isinstance(earlier, dict) and earlier.get("blank") and state is State(row.state):
        # A second restore found it still set aside by the first: what it was before both is what counts.
        note = {**earlier, "halt": halt.id}
    await (
        Delivery.filter(id=row.id)
        .using_db(connection)
        .update(
            state=state, fence=row.fence + 1, lease_until=None, owner="", tries=0, updated_at=now,
            facts={**row.facts, RECONCILE: note}, problem="恢复后核对：备份之后可能已经发出，正在向平台核对",
            remedy="核对清楚之前不会发送", **values,
        )
    )  # fmt: skip


def is_blank(row: Delivery) -> bool:
    """Whether a row was set aside without any intent of its own."""
    note = row.facts.get(RECONCILE)
    return isinstance(note, dict) and bool(note.get("blank"))


def _numbers(halt: Halt) -> list[int]:
    rows = halt.detail.get("rows")
    return [int(number) for number in rows] if isinstance(rows, list) else []


async def in_doubt(connection: BaseDBAsyncClient, halt: Halt) -> list[Delivery]:
    """The rows of this quarantine whose outcome is still not known."""
    numbers = _numbers(halt)
    rows = Delivery.filter(id__in=numbers, state__in=list(IN_DOUBT)).exclude(intent_at=None).using_db(connection)
    return await rows.order_by("id") if numbers else []


async def in_doubt_now(halt: Halt) -> list[Delivery]:
    """The same outside of any transaction, for the screens."""
    return [row for row in await set_aside_rows(halt) if State(row.state) in IN_DOUBT and row.intent_at is not None]


async def set_aside_rows(halt: Halt) -> list[Delivery]:
    """All rows that were set aside, settled or not."""
    numbers = _numbers(halt)
    return await Delivery.filter(id__in=numbers).order_by("id") if numbers else []


async def may_lift(connection: BaseDBAsyncClient, halt: Halt, now: datetime) -> None:
    """Raises NotReleasable while something is in doubt, or while the platforms were not read since the late commits of the
    last process are over. A platform that cannot be read at all is waited for half an hour; then two persons answer."""
    left = await in_doubt(connection, halt)
    if left:
        raise NotReleasable(
            f"还有 {len(left)} 条投放没有核对清楚，不能解除",
            remedy="请在“待核实”中逐条由两人决定；系统也会继续自动核对",
        )
    if halt.detail.get("read_all_at") is None and now - halt.raised_at < ABSENT_AFTER:
        raise NotReleasable("系统还没有读完各平台的内容，不能解除", remedy="请稍候；如长时间没有读完，请检查平台账号")


async def foreign_posts_block(connection: BaseDBAsyncClient, disclosure_id: int, channel: str) -> None:
    """Raises NotReleasable when a post about this disclosure may stand on the channel without the ledger knowing of it:
    it would be there twice. To be asked, in the transaction that schedules, for every channel wanted."""
    post = await (
        ForeignPost.filter(disclosure_id=disclosure_id, channel=str(channel), settled_at=None)
        .using_db(connection)
        .first()
    )
    if post is not None:
        raise NotReleasable(
            "恢复数据之后，发现这条信息可能已经在该渠道发布过，再发布就会重复",
            remedy="请在“发布总开关”页面的“平台上多出的内容”中核对并登记，然后再安排",
        )
