"""Withdrawing and repealing: our own channels change in one transaction; each platform gets one task (invariant 5)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import cast

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from publishers.conclusion import WITHDRAWN_MEANWHILE, lock_disclosure
from publishers.errors import NotReleasable
from publishers.port import Channel, ChannelName, LocalChannel
from publishers.records import Delivery
from publishers.repealing import open_tasks, told_of_repeals
from publishers.states import AFTER_INTENT, BEFORE_INTENT, State
from publishers.takedown import asked
from staff.person import Person
from staff.roles import Verb

MarkDisclosure = Callable[[BaseDBAsyncClient, Person, int, str, datetime], Awaitable[None]]


class Withdrawal:
    """Takes a disclosure back from everywhere, with a public explanation."""

    def __init__(
        self,
        *,
        clock: Clock,
        trail: Trail,
        channels: Mapping[ChannelName, Channel],
        mark_withdrawn: MarkDisclosure,
        mark_repealed: MarkDisclosure,
        ring: Callable[[], None],
        portal_changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._channels = channels
        self._mark_withdrawn = mark_withdrawn
        self._mark_repealed = mark_repealed
        self._ring = ring
        self._portal_changed = portal_changed

    async def withdraw(self, person: Person, disclosure_id: int, *, explanation: str) -> None:
        """撤回. The explanation is published. Raises NotAllowed, NotReleasable, and what the disclosure's states refuse."""
        person.require(Verb.DISCLOSURE_WITHDRAW)
        explanation = _explained(explanation)
        async with in_transaction() as connection:
            now = await self._clock.now()
            # The order of locks is the same everywhere: the disclosure, its deliveries, what the local channels keep, and
            # the audit trail's head last; whoever takes the head first stops all the others, and may stop for ever.
            await lock_disclosure(connection, disclosure_id)
            rows = Delivery.filter(disclosure_id=disclosure_id).using_db(connection)
            standing = await rows.order_by("id").select_for_update()
            await self._retract(connection, disclosure_id, explanation, repealed=False, now=now)
            await self._mark_withdrawn(connection, person, disclosure_id, explanation, now)
            local = [str(name) for name, channel in self._channels.items() if channel.capabilities.local]
            await rows.filter(state__in=list(BEFORE_INTENT)).update(
                state=State.CANCELLED, next_at=None, lease_until=None, updated_at=now
            )
            await rows.filter(state=State.PUBLISHED, channel__in=local).update(state=State.WITHDRAWN, updated_at=now)
            late = rows.filter(state=State.HELD, intent_at=None)
            await late.update(state=State.CANCELLED, next_at=None, updated_at=now)
            await self._note(connection, standing, explanation, now)
            tasks = await rows.filter(state=State.PUBLISHED)
            for task in tasks:
                await rows.filter(id=task.id).update(
                    state=State.WITHDRAWING,
                    next_at=now,
                    tries=0,
                    lease_until=None,
                    updated_at=now,
                    facts={**task.facts, **asked(now, explanation)},
                )
            await self._trail.append(
                connection,
                at=now,
                actor=person.actor,
                verb="disclosure.withdraw.everywhere",
                subject=f"disclosure:{disclosure_id}",
                explanation=explanation,
                tasks=len(tasks),
            )
        self._ring()
        self._portal_changed()

    async def repeal(self, person: Person, disclosure_id: int, *, explanation: str) -> None:
        """废止: the text stays readable and says so; the bot says so first; posts on the platforms stay, by policy. A portal
        that is another system gets one task: to be told, and to confirm it (``publishers.repealing``)."""
        person.require(Verb.DISCLOSURE_REPEAL)
        explanation = _explained(explanation)
        async with in_transaction() as connection:
            now = await self._clock.now()
            await lock_disclosure(connection, disclosure_id)
            names = told_of_repeals(self._channels)
            await open_tasks(connection, names, disclosure_id, explanation=explanation, now=now)
            await self._retract(connection, disclosure_id, explanation, repealed=True, now=now)
            await self._mark_repealed(connection, person, disclosure_id, explanation, now)
        self._ring()
        self._portal_changed()

    async def _note(
        self, connection: BaseDBAsyncClient, standing: Sequence[Delivery], explanation: str, now: datetime
    ) -> None:
        """Marks what may be out without anybody knowing: whenever it is seen it is taken down, even if a corrected text
        was approved by then."""
        for row in standing:
            if row.state in AFTER_INTENT and row.intent_at is not None:
                facts = {**row.facts, WITHDRAWN_MEANWHILE: True, **asked(now, explanation)}
                await Delivery.filter(id=row.id).using_db(connection).update(facts=facts)

    async def _retract(
        self, connection: BaseDBAsyncClient, disclosure_id: int, explanation: str, *, repealed: bool, now: datetime
    ) -> None:
        for channel in self._channels.values():
            if channel.capabilities.local:
                await cast(LocalChannel, channel).retract(
                    connection, disclosure_id, explanation=explanation, repealed=repealed, now=now
                )


def _explained(explanation: str) -> str:
    explanation = explanation.strip()
    if not explanation:
        raise NotReleasable("请写明原因，公众会在原网页看到这段说明", remedy="例如：因数据有误撤回，更正后重新发布")
    if len(explanation) > 500:
        raise NotReleasable("说明不能超过 500 字", remedy="请精简说明")
    return explanation
