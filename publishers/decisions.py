"""What only a person may decide about a delivery: an unknown outcome, a late release, a mended refusal (I6)."""

from collections.abc import Callable

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from publishers.conclusion import AfterPublish, conclude, lock_disclosure
from publishers.errors import NotReleasable
from publishers.ledger import LATE_ALLOWED
from publishers.records import Delivery
from publishers.states import State
from staff.person import Person
from staff.roles import Verb


class Decisions:
    """Every verb needs a reason, moves one row by compare-and-set, and stands in the audit trail."""

    def __init__(self, *, clock: Clock, trail: Trail, after_publish: AfterPublish, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._trail = trail
        self._after_publish = after_publish
        self._ring = ring

    async def it_is_out(self, person: Person, delivery_id: int, *, url: str, reason: str) -> None:
        """已发出: the person saw it on the platform."""
        row = await self._row(person, delivery_id, {State.HELD, State.UNKNOWN}, sent=True)
        async with in_transaction() as connection:
            now = await self._clock.now()
            await lock_disclosure(connection, row.disclosure_id)
            await self._move(
                connection, person, row, State.PUBLISHED, reason, published_at=now, url=url[:512], next_at=None
            )
            await conclude(connection, row, now, self._after_publish)

    async def send_again(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """未发出，重新发送: the person looked and it is not there."""
        row = await self._row(person, delivery_id, {State.HELD}, sent=True)
        facts = {**row.facts, LATE_ALLOWED: person.account_id}
        await self._go_on(person, row, State.DRAFTED, reason, intent_at=None, settle_until=None, facts=facts)

    async def give_up(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """未发出，不再发送: the person looked, it is not there, and it is not to go out any more."""
        row = await self._row(person, delivery_id, {State.HELD}, sent=True)
        await self._end(person, row, State.CANCELLED, reason)

    async def publish_late(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """现在发布: a release that missed its moment goes out all the same."""
        row = await self._row(person, delivery_id, {State.HELD}, sent=False)
        facts = {**row.facts, LATE_ALLOWED: person.account_id}
        await self._go_on(person, row, State.PENDING, reason, facts=facts)

    async def try_again(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """重试: the cause of a refusal was mended (account, quota, permission); nothing had been sent."""
        row = await self._row(person, delivery_id, {State.FAILED}, sent=None)
        facts = {LATE_ALLOWED: person.account_id}
        await self._go_on(person, row, State.PENDING, reason, intent_at=None, tries=0, facts=facts)

    async def it_is_gone(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """已删除: the person removed the post by hand on the platform."""
        row = await self._row(person, delivery_id, {State.WITHDRAWING}, sent=None)
        await self._end(person, row, State.WITHDRAWN, reason)

    async def _go_on(self, person: Person, row: Delivery, to: State, reason: str, **values: object) -> None:
        async with in_transaction() as connection:
            await self._move(connection, person, row, to, reason, next_at=await self._clock.now(), **values)
        self._ring()

    async def _end(self, person: Person, row: Delivery, to: State, reason: str) -> None:
        async with in_transaction() as connection:
            await self._move(connection, person, row, to, reason, next_at=None)

    async def _row(self, person: Person, delivery_id: int, states: set[State], *, sent: bool | None) -> Delivery:
        person.require(Verb.DELIVERY_DECIDE)
        row = await Delivery.get_or_none(id=delivery_id)
        if row is None:
            raise NotReleasable("没有这条投放记录", remedy="请刷新页面")
        fits = State(row.state) in states and (sent is None or (row.intent_at is not None) is sent)
        if not fits:
            raise NotReleasable("这条投放记录的状态已经变化，不需要这个操作", remedy="请刷新页面查看最新状态")
        return row

    async def _move(
        self, connection: BaseDBAsyncClient, person: Person, row: Delivery, to: State, reason: str, **values: object
    ) -> None:
        reason = reason.strip()
        if not reason:
            raise NotReleasable("请写明理由", remedy="例如：已在微博核对，时间线上没有这条内容")
        now = await self._clock.now()
        moved = (
            await Delivery.filter(id=row.id, state=row.state, fence=row.fence)
            .using_db(connection)
            .update(state=to, fence=row.fence + 1, lease_until=None, updated_at=now, problem="", remedy="", **values)
        )
        if moved != 1:
            raise NotReleasable("这条投放记录刚刚变化了", remedy="请刷新页面查看最新状态")
        await self._trail.append(
            connection,
            at=now,
            actor=person.actor,
            verb=f"delivery.decide.{to}",
            subject=f"delivery:{row.id}",
            channel=row.channel,
            before=row.state,
            reason=reason,
        )
