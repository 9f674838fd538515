"""What one person may decide about a delivery: a late release, a mended refusal; and the word that a post was removed by
hand, which the machine then proves. What concerns an unknown outcome takes two persons: ``publishers.proposals``."""

from collections.abc import Callable
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from publishers.choices import BY_TWO, Choice
from publishers.errors import DecisionRefused
from publishers.ledger import LATE_ALLOWED
from publishers.proposals import locked_delivery, open_proposal, stated
from publishers.records import Delivery
from publishers.states import State
from publishers.takedown import SAID_GONE_BY
from staff.person import Person
from staff.roles import Verb


class Decisions:
    """Every verb needs a reason, moves one row by compare-and-set, and stands in the audit trail."""

    def __init__(self, *, clock: Clock, trail: Trail, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._trail = trail
        self._ring = ring

    async def decide(self, person: Person, delivery_id: int, choice: str, *, reason: str) -> None:
        """The verb that a form or a caller names. Raises NotAllowed, DecisionRefused."""
        verbs = {
            Choice.PUBLISH_LATE: self.publish_late,
            Choice.TRY_AGAIN: self.try_again,
            Choice.IT_IS_GONE: self.it_is_gone,
        }
        if choice not in verbs:
            by_two = "这项决定须由两人作出" if choice in BY_TWO else "没有选择要作的决定"
            raise DecisionRefused(by_two, remedy="请到“待核实”中办理" if choice in BY_TWO else "请点击其中一个按钮")
        await verbs[Choice(choice)](person, delivery_id, reason=reason)

    async def publish_late(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """现在发布: a release that missed its moment goes out all the same."""
        await self._go_on(person, delivery_id, State.HELD, reason)

    async def try_again(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """重试: the cause of a refusal was mended (account, quota, permission); nothing had been sent."""
        await self._go_on(person, delivery_id, State.FAILED, reason)

    async def it_is_gone(self, person: Person, delivery_id: int, *, reason: str) -> None:
        """已在平台删除: the person removed the post by hand. The machine looks at once and settles it when it is proved;
        where the platform cannot be read, a second person confirms (``Proposals.confirm``)."""
        person.require(Verb.DELIVERY_DECIDE)
        reason = stated(reason, example="例如：已在微博后台删除")
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await locked_delivery(connection, delivery_id)
            _expect(row, State.WITHDRAWING)
            facts = {**row.facts, SAID_GONE_BY: person.account_id}
            await self._move(connection, row, State.WITHDRAWING, now, tries=0, facts=facts)
            await open_proposal(connection, self._trail, person, row, Choice.IT_IS_GONE, reason, now)
        self._ring()

    async def _go_on(self, person: Person, delivery_id: int, state: State, reason: str) -> None:
        person.require(Verb.DELIVERY_DECIDE)
        reason = stated(reason, example="例如：账号权限已补办")
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await locked_delivery(connection, delivery_id)
            _expect(row, state)
            # What a platform said of an earlier try (a draft that is no more, say) must not mislead the next one.
            kept = row.facts if state is State.HELD else {}
            facts = {**kept, LATE_ALLOWED: person.account_id}
            values = {} if state is State.HELD else {"intent_at": None, "tries": 0}
            await self._move(connection, row, State.PENDING, now, problem="", remedy="", facts=facts, **values)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb=f"delivery.decide.{State.PENDING}",
                subject=f"delivery:{row.id}", channel=row.channel, before=row.state, reason=reason,
            )  # fmt: skip
        self._ring()

    async def _move(
        self, connection: BaseDBAsyncClient, row: Delivery, to: State, now: datetime, **values: object
    ) -> None:
        moved = (
            await Delivery.filter(id=row.id, state=row.state, fence=row.fence)
            .using_db(connection)
            .update(state=to, fence=row.fence + 1, next_at=now, lease_until=None, updated_at=now, **values)
        )
        if moved != 1:
            raise DecisionRefused("这条投放记录刚刚变化了", remedy="请刷新页面查看最新状态")


def _expect(row: Delivery, state: State) -> None:
    """Raises DecisionRefused unless the delivery is where this decision belongs: held before anything was sent, failed,
    or being withdrawn."""
    if row.state != state or (state is State.HELD and row.intent_at is not None):
        raise DecisionRefused("这条投放记录的状态已经变化，不需要这个操作", remedy="请刷新页面查看最新状态")
