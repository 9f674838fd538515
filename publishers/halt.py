"""The halts: the red switch (发布总开关) and the quarantine after a restore. While one stands, nothing new goes out.

One person raises the red switch, at once, for every node: the ledger reads the row inside ``claim`` and ``intend``, so it
binds from its commit. Two different persons lift a halt: the first asks with a reason, the second confirms. The one who
raised it may be one of the two, but never both.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from publishers.errors import NotReleasable
from publishers.incidents import clear_incident
from publishers.records import Delivery, Halt
from publishers.states import BEFORE_INTENT
from staff.person import Person
from staff.records import Account
from staff.roles import Verb

RED, QUARANTINE = "red", "quarantine"
KIND_NAMES: Mapping[str, str] = {RED: "发布总开关", QUARANTINE: "恢复后核对"}
ASK_HOLDS = timedelta(hours=1)
"""A request to lift that nobody confirmed for so long is void: whoever confirms must look at the same situation."""
MOST_NAMED = 200
"""Deliveries that a lifted halt names; more are only counted."""

MayLift = Callable[[BaseDBAsyncClient, Halt, datetime], Awaitable[None]]
"""Raises NotReleasable when a halt may not be lifted yet."""


async def standing_halt(connection: BaseDBAsyncClient) -> Halt | None:
    """The halt that stands now, the quarantine before the red switch; None when publishing is open."""
    return await Halt.exclude(open_key=None).using_db(connection).order_by("kind", "id").first()


async def standing_halts() -> list[Halt]:
    """All that stand now, the quarantine before the red switch."""
    return await Halt.exclude(open_key=None).order_by("kind", "id")


async def last_lifted() -> Halt | None:
    """The halt that was lifted last: its page shows what became of the deliveries that had waited for it."""
    return await Halt.exclude(lifted_at=None).order_by("-lifted_at", "-id").first()


async def how_many_wait(now: datetime) -> int:
    """Deliveries whose moment has come and that a halt keeps from beginning."""
    return await Delivery.filter(state__in=list(BEFORE_INTENT), due_at__lte=now).count()


async def waiting(now: datetime, *, limit: int = MOST_NAMED) -> list[Delivery]:
    """The same deliveries, the longest due first."""
    rows = Delivery.filter(state__in=list(BEFORE_INTENT), due_at__lte=now)
    return await rows.order_by("due_at", "id").limit(limit)


def ask_stands(halt: Halt, now: datetime) -> bool:
    """Whether somebody has asked to lift this halt and may still be confirmed by another."""
    return halt.lift_asked_at is not None and now - halt.lift_asked_at < ASK_HOLDS


class Halts:
    """Raises and lifts. ``may_lift`` says for a kind what must be done before (the quarantine: everything reconciled)."""

    def __init__(
        self, *, clock: Clock, trail: Trail, ring: Callable[[], None], may_lift: Mapping[str, MayLift] | None = None
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._ring = ring
        self._may_lift = may_lift or {}

    async def raise_red(self, person: Person, *, reason: str) -> Halt:
        """发布总开关: holds everything that has not begun, on every node. Raised again, it cancels a request to lift it."""
        person.require(Verb.RELEASE_PAUSE)
        return await self.raise_red_as(person.actor, reason=reason)

    async def raise_red_as(self, actor: Actor, *, reason: str) -> Halt:
        """The same from the command line, whose user the machine vouches for. Raises NotReleasable without a reason."""
        reason = _reasoned(reason)
        try:
            return await self._raise(actor, reason)
        except IntegrityError:
            # Two people pressed it in the same moment: it stands, and the second joins the first.
            return await self._raise(actor, reason)

    async def _raise(self, actor: Actor, reason: str) -> Halt:
        async with in_transaction() as connection:
            now = await self._clock.now()
            halt = await Halt.filter(open_key=RED).using_db(connection).select_for_update().first()
            again = halt is not None
            if halt is None:
                halt = await Halt.create(
                    using_db=connection, kind=RED, open_key=RED, reason=reason, raised_by_id=actor.account_id,
                    raised_by_name=actor.name, raised_at=now,
                )  # fmt: skip
            else:
                _forget_ask(halt)
                await halt.save(using_db=connection)
            await self._trail.append(
                connection, at=now, actor=actor, verb="halt.raised", subject=f"halt:{halt.id}", kind=RED, reason=reason,
                again=again,
            )  # fmt: skip
        return halt

    async def lift(self, person: Person, kind: str, *, reason: str) -> Halt:
        """The first call asks, the second, by another person, lifts (then ``lifted_at`` is set) and rings.

        Raises NotAllowed; NotReleasable when nothing stands, when the same person comes twice, or when the quarantine
        still has something open.
        """
        person.require(Verb.RELEASE_PAUSE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            halt = await Halt.filter(open_key=kind).using_db(connection).select_for_update().first()
            if halt is None:
                raise NotReleasable("现在没有停发，不需要解除", remedy="请刷新页面查看最新状态")
            if kind in self._may_lift:
                await self._may_lift[kind](connection, halt, now)
            if ask_stands(halt, now) and await _still_employed(connection, halt.lift_asked_by_id):
                await self._confirm(connection, person, halt, now)
            else:
                await self._ask(connection, person, halt, _reasoned(reason), now)
        if halt.lifted_at is not None:
            await clear_incident(f"halt:{kind}", now=halt.lifted_at, by=person.label)
            self._ring()
        return halt

    async def _ask(self, connection: BaseDBAsyncClient, person: Person, halt: Halt, reason: str, now: datetime) -> None:
        halt.lift_asked_by_id, halt.lift_asked_by_name = person.account_id, person.label
        halt.lift_asked_at, halt.lift_reason = now, reason
        await halt.save(using_db=connection)
        await self._trail.append(
            connection, at=now, actor=person.actor, verb="halt.lift.asked", subject=f"halt:{halt.id}", kind=halt.kind,
            reason=reason,
        )  # fmt: skip

    async def _confirm(self, connection: BaseDBAsyncClient, person: Person, halt: Halt, now: datetime) -> None:
        if person.account_id == halt.lift_asked_by_id:
            raise NotReleasable(
                "解除须由另一个人确认，提出申请的人不能自己确认", remedy="请另一位有权停发的同事登录后确认"
            )
        held = Delivery.filter(state__in=list(BEFORE_INTENT), due_at__lte=now).using_db(connection)
        waited = await held.order_by("due_at", "id").limit(MOST_NAMED).values_list("id", flat=True)
        halt.open_key = None
        halt.lifted_by_id, halt.lifted_by_name, halt.lifted_at = person.account_id, person.label, now
        halt.detail = {**halt.detail, "waited": list(waited), "waited_count": await held.count()}
        await halt.save(using_db=connection)
        await self._trail.append(
            connection, at=now, actor=person.actor, verb="halt.lifted", subject=f"halt:{halt.id}", kind=halt.kind,
            asked_by=halt.lift_asked_by_name, reason=halt.lift_reason, waiting=halt.detail["waited_count"],
        )  # fmt: skip


def _forget_ask(halt: Halt) -> None:
    halt.lift_asked_by_id, halt.lift_asked_by_name, halt.lift_asked_at, halt.lift_reason = None, "", None, ""


async def _still_employed(connection: BaseDBAsyncClient, account_id: int | None) -> bool:
    """A request dies with the account of whoever made it."""
    return await Account.filter(id=account_id or 0, disabled_at=None).using_db(connection).exists()


def _reasoned(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise NotReleasable("请写明理由", remedy="例如：发现内容有误，先停止一切发布")
    if len(reason) > 500:
        raise NotReleasable("理由不能超过 500 字", remedy="请精简")
    return reason
