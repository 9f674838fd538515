"""The delivery ledger: every move of a delivery is one compare-and-set in one short transaction (I1–I8).

Nothing here speaks to a platform. A worker claims a row (fence + lease), states its intent before the one call that has an
effect, and settles afterwards; whoever lost the lease may only leave evidence.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from publishers.claim import Claim, ticket_of
from publishers.conclusion import AfterPublish, conclude, lock_disclosure
from publishers.due import WORKABLE, due_rows, free_of_lease, room_in_sight
from publishers.errors import StaleClaim
from publishers.objection import Objection, objection
from publishers.port import Capabilities, ChannelName, Facts, Sighting, Ticket
from publishers.records import Attempt, Delivery
from publishers.states import (
    AFTER_INTENT,
    ASK,
    BEFORE_INTENT,
    MOVES,
    Patience,
    Settled,
    State,
    is_late,
    retry_at,
)

LATE_ALLOWED = "late_allowed_by"
"""The fact that a person allowed a late release."""
WAITED_UNTIL = "waited_until"
"""The fact until when the platform made us wait (a quota): ISO 8601, UTC."""
PORTAL_CHECK = timedelta(seconds=60)
"""How often a delivery whose portal page is not out yet looks again; the page's own commit wakes it at once."""
ROUNDS = 5
"""How often one claim asks for more rows when those it got may not go on: they must not crowd out the others."""
MACHINE = Actor.machine("发布系统")


class Ledger:
    """Reads and moves deliveries. ``page_url`` makes the absolute portal URL of a disclosure id."""

    def __init__(
        self,
        *,
        clock: Clock,
        trail: Trail,
        owner: str,
        page_url: Callable[[int], str],
        patience: Patience,
        capabilities: Mapping[ChannelName, Capabilities],
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._owner = owner
        self._page_url = page_url
        self._patience = patience
        self._capabilities = capabilities

    async def claim(self, *, limit: int = 20, working: Mapping[ChannelName, int] | None = None) -> list[Claim]:
        """Takes due rows for this worker: one fence up, one lease. Rows that may not go on are held with the reason.

        ``limit`` is for each channel, less what is ``working`` there already: one channel's trouble never delays another.
        """
        claims: list[Claim] = []
        async with in_transaction() as connection:
            now = await self._clock.now()
            for channel in self._capabilities:
                free = limit - (working or {}).get(channel, 0)
                claims += await self._claim_of(connection, channel, free, now)
        return claims

    async def _claim_of(
        self, connection: BaseDBAsyncClient, channel: ChannelName, free: int, now: datetime
    ) -> list[Claim]:
        newest = self._capabilities[channel].shows_newest
        if not newest:
            return await self._take_due(connection, channel, WORKABLE, free, now)
        # First what was sent already, then the new ones, and of these only as many as can be read back.
        claims = await self._take_due(connection, channel, set(WORKABLE) - BEFORE_INTENT, free, now)
        if free > len(claims) and await due_rows(connection, channel, BEFORE_INTENT, limit=1, now=now):
            room = await room_in_sight(connection, channel, newest, now)
            claims += await self._take_due(connection, channel, BEFORE_INTENT, min(room, free - len(claims)), now)
        return claims

    async def _take_due(
        self, connection: BaseDBAsyncClient, channel: ChannelName, states: Iterable[State], free: int, now: datetime
    ) -> list[Claim]:
        claims: list[Claim] = []
        for _ in range(ROUNDS):
            if (missing := free - len(claims)) <= 0:
                break
            rows = await due_rows(connection, channel, states, limit=missing, now=now)
            claims += [claim for row in rows if (claim := await self._take(connection, row, now)) is not None]
            if len(rows) < missing:
                break
        return claims

    async def claim_one(self, delivery_id: int) -> Claim | None:
        """Takes one row out of turn, for an event of the platform; None when another worker has it or it moved on."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await (
                Delivery.filter(free_of_lease(now), id=delivery_id, state__in=list(AFTER_INTENT))
                .using_db(connection)
                .select_for_update(no_key=True)
                .first()
            )
            return await self._take(connection, row, now) if row is not None else None

    async def _take(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> Claim | None:
        state = State(row.state)
        moves: dict[str, object] = {}
        if state is State.SENDING:
            # The lease ran out between the intent and its result: a dead or frozen worker. Nobody knows what it sent.
            state = State.UNKNOWN
            moves = {"problem": "上一个发送进程中断，结果待核实", "tries": 0}
        elif state in BEFORE_INTENT:
            if self._late(row, now):
                await self._hold_late(connection, row, now)
                return None
            if state is State.PENDING:
                if await self._waits_for_portal(connection, row):
                    await self._set(
                        connection, row, next_at=now + PORTAL_CHECK, now=now, problem="等待门户网站页面先发布"
                    )
                    return None
                state = State.CLAIMED
        lease_until = now + timedelta(seconds=self._patience.lease)
        moved = await self._set(
            connection,
            row,
            state=state,
            fence=row.fence + 1,
            owner=self._owner,
            lease_until=lease_until,
            now=now,
            **moves,
        )
        if not moved:
            return None
        return Claim(
            delivery=row,
            state=state,
            fence=row.fence,
            lease_until=lease_until,
            page_url=self._page_url(row.disclosure_id),
        )

    async def _waits_for_portal(self, connection: BaseDBAsyncClient, row: Delivery) -> bool:
        if not self._capabilities[ChannelName(row.channel)].links_to_portal:
            return False
        portal = (
            await Delivery.filter(release_id=row.release_id, channel=ChannelName.PORTAL).using_db(connection).first()
        )
        return portal is not None and State(portal.state) is not State.PUBLISHED

    def _late(self, row: Delivery, now: datetime) -> bool:
        if row.facts.get(LATE_ALLOWED):
            return False
        waited = row.facts.get(WAITED_UNTIL)
        until = datetime.fromisoformat(str(waited)) if waited else None
        return is_late(row.due_at, until, now=now, patience=self._patience)

    async def _hold_late(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        minutes = int((now - row.due_at).total_seconds() // 60)
        await self._set(
            connection,
            row,
            state=State.HELD,
            next_at=None,
            lease_until=None,
            now=now,
            problem=f"已比计划时间晚 {minutes} 分钟，系统没有自动发布",
            remedy="请决定：现在发布，或取消" if row.intent_at is None else ASK,
        )
        await self._trail.append(
            connection,
            at=now,
            actor=MACHINE,
            verb="delivery.held",
            subject=f"delivery:{row.id}",
            channel=row.channel,
            reason="late",
            minutes=minutes,
        )

    def ticket_of(self, row: Delivery) -> Ticket:
        """A delivery as its channel sees it, without claiming it."""
        return ticket_of(row, self._page_url(row.disclosure_id))

    async def begin(self, claim: Claim, verb: str) -> Attempt:
        """Writes down that a repeatable call is about to be made."""
        now = await self._clock.now()
        return await Attempt.create(
            delivery_id=claim.delivery.id, verb=verb, fence=claim.fence, owner=self._owner, began_at=now
        )

    async def end(self, attempt: Attempt, outcome: str, **detail: object) -> None:
        """Completes an attempt; also the late result of a worker that lost its lease: evidence, not state."""
        await Attempt.filter(id=attempt.id).update(ended_at=await self._clock.now(), outcome=outcome, detail=detail)

    async def drafted(self, claim: Claim, facts: Facts) -> Claim:
        """Preparation is done; the facts are safe. Raises StaleClaim."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            merged = {**claim.delivery.facts, **facts}
            await self._require(
                connection, claim, now, state=State.DRAFTED, facts=merged, tries=0, problem="", remedy=""
            )
        return replace(claim, state=State.DRAFTED)

    async def intend(self, claim: Claim) -> tuple[Claim, Attempt] | None:
        """Commits the intent to send: the only door to SENDING. None when the row may not go out (now held).

        Re-reads the moment, the approval and the frozen bytes in the same transaction (I1–I3).
        """
        async with in_transaction() as connection:
            now = await self._clock.now()
            row, earlier = claim.delivery, claim.delivery.intent_at
            against = await objection(connection, row, now)
            if against is not None:
                await self._object(connection, claim, now, against, wait_in=State.DRAFTED)
                return None
            lease_until = now + timedelta(seconds=self._patience.lease)
            await self._require(
                connection,
                claim,
                now,
                state=State.SENDING,
                intent_at=now,
                settle_until=now + timedelta(seconds=self._patience.settle),
                # Preparing may have used up most of the lease; the one call that counts gets a whole one (I7).
                lease_until=lease_until,
            )
            attempt = await Attempt.create(
                using_db=connection, delivery_id=row.id, verb="send", fence=claim.fence, owner=self._owner, began_at=now
            )
            await self._trail.append(
                connection,
                at=now,
                actor=MACHINE,
                verb="delivery.intent",
                channel=row.channel,
                subject=f"delivery:{row.id}",
                content_hash=row.content_hash,
                payload_sha256=row.payload_sha256,
            )
        return replace(claim, state=State.SENDING, lease_until=lease_until, earlier_intent=earlier), attempt

    async def _object(
        self, connection: BaseDBAsyncClient, claim: Claim, now: datetime, against: Objection, *, wait_in: State
    ) -> None:
        """Holds the row for a person, with the reason. A row that is only early waits in ``wait_in`` for its moment; one
        that was withdrawn is cancelled, as the withdrawal would have done had it found it unsent."""
        row = claim.delivery
        moves: dict[str, object] = {"state": State.HELD, "next_at": None}
        if against.early:
            moves = {"state": wait_in, "next_at": row.due_at}
        elif against.withdrawn:
            moves = {"state": State.CANCELLED, "next_at": None}
        await self._require(
            connection, claim, now, lease_until=None, problem=against.problem, remedy=against.remedy, **moves
        )
        await self._trail.append(
            connection,
            at=now,
            actor=MACHINE,
            verb="delivery.early" if against.early else f"delivery.{moves['state']}",
            subject=f"delivery:{row.id}",
            channel=row.channel,
            reason=against.problem,
        )

    async def publish_here(
        self,
        claim: Claim,
        publish: Callable[[BaseDBAsyncClient, Ticket, datetime], Awaitable[Sighting]],
        after: AfterPublish,
    ) -> bool:
        """Publishes a local channel and settles it in one transaction. False when the rules hold it back."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            against = await objection(connection, claim.delivery, now)
            if against is not None:
                await self._object(connection, claim, now, against, wait_in=State.PENDING)
                return False
            # The fence first: whoever lost the row must not even begin to write the page.
            await self._require(connection, claim, now, state=claim.state)
            sighting = await publish(connection, claim.ticket, now)
            await self._published(connection, claim, sighting, now, after)
        return True

    async def settle(self, claim: Claim, settled: Settled, sighting: Sighting, after: AfterPublish) -> None:
        """Writes what a sighting means. Raises StaleClaim when another worker has the row."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            if settled.state is State.PUBLISHED:
                await self._published(connection, claim, sighting, now, after)
                return
            await self._require(
                connection,
                claim,
                now,
                state=settled.state,
                next_at=settled.next_at,
                lease_until=None,
                problem=settled.message,
                remedy=settled.remedy,
                facts=await self._facts(connection, claim, sighting.facts),
                tries=claim.delivery.tries + 1 if settled.state is claim.state else 0,
            )
            if settled.state is not claim.state:
                await self._trail.append(
                    connection,
                    at=now,
                    actor=MACHINE,
                    verb=f"delivery.{settled.state}",
                    subject=f"delivery:{claim.delivery.id}",
                    channel=claim.delivery.channel,
                    reason=settled.message,
                )

    async def postpone(
        self, claim: Claim, *, to: State, message: str, remedy: str = "", at: datetime | None = None
    ) -> None:
        """A step surely had no effect: the same step again later. ``at``, the platform's own word, overrides the back-off."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            tries = claim.delivery.tries + 1
            values: dict[str, object] = {}
            if claim.state is State.SENDING:
                values["intent_at"] = claim.earlier_intent
            if at is not None:
                waited = {WAITED_UNTIL: at.astimezone(UTC).isoformat()}
                values["facts"] = await self._facts(connection, claim, waited)
            await self._require(
                connection,
                claim,
                now,
                state=to,
                lease_until=None,
                tries=tries,
                problem=message,
                remedy=remedy,
                next_at=at or retry_at(tries, now=now, patience=self._patience),
                **values,
            )

    async def refuse(self, claim: Claim, *, message: str, remedy: str) -> None:
        """The platform refused before any effect: a person must edit or mend."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            await self._require(
                connection,
                claim,
                now,
                state=State.FAILED,
                next_at=None,
                lease_until=None,
                problem=message,
                remedy=remedy,
            )
            await self._trail.append(
                connection,
                at=now,
                actor=MACHINE,
                verb="delivery.failed",
                reason=message,
                subject=f"delivery:{claim.delivery.id}",
                channel=claim.delivery.channel,
            )

    async def give_back(self, claim: Claim, *, message: str) -> None:
        """After a fault of our own: lets the row be claimed again soon. A row in SENDING keeps its lease: see §2, row 11."""
        now = await self._clock.now()
        await (
            Delivery.filter(id=claim.delivery.id, fence=claim.fence)
            .exclude(state=State.SENDING)
            .update(
                lease_until=None,
                next_at=retry_at(claim.delivery.tries + 1, now=now, patience=self._patience),
                tries=F("tries") + 1,
                problem=message,
                updated_at=now,
            )
        )

    async def withdrawn(self, claim: Claim) -> None:
        """The platform shows that the post is gone."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            await self._require(
                connection, claim, now, state=State.WITHDRAWN, next_at=None, lease_until=None, problem="", remedy=""
            )
            await self._trail.append(
                connection,
                at=now,
                actor=MACHINE,
                verb="delivery.withdrawn",
                subject=f"delivery:{claim.delivery.id}",
                channel=claim.delivery.channel,
            )

    async def _published(
        self, connection: BaseDBAsyncClient, claim: Claim, sighting: Sighting, now: datetime, after: AfterPublish
    ) -> None:
        row = claim.delivery
        await lock_disclosure(connection, row.disclosure_id)
        await self._require(
            connection,
            claim,
            now,
            state=State.PUBLISHED,
            next_at=None,
            lease_until=None,
            published_at=now,
            problem="",
            remedy="",
            tries=0,
            external_id=sighting.external_id,
            url=sighting.url,
            facts=await self._facts(connection, claim, sighting.facts),
        )
        if row.channel == ChannelName.PORTAL:
            # Portal first: its siblings have waited for this very commit.
            await (
                Delivery.filter(release_id=row.release_id, state=State.PENDING).using_db(connection).update(next_at=now)
            )
        await conclude(connection, row, now, after)
        await self._trail.append(
            connection,
            at=now,
            actor=MACHINE,
            verb="delivery.published",
            channel=row.channel,
            subject=f"delivery:{row.id}",
            external_id=sighting.external_id,
            url=sighting.url,
        )

    async def _facts(self, connection: BaseDBAsyncClient, claim: Claim, new: Facts) -> Facts:
        """The row's facts as they are now, with the new ones: a withdrawal may have left a note during the call."""
        row = await Delivery.filter(id=claim.delivery.id).using_db(connection).select_for_update().first()
        return {**(row.facts if row is not None else claim.delivery.facts), **new}

    async def _require(self, connection: BaseDBAsyncClient, claim: Claim, now: datetime, **values: object) -> None:
        """Compare-and-set under the claim's fence and lease; raises StaleClaim when it is no longer this worker's."""
        row = claim.delivery
        target = State(str(values["state"]))
        if target is not claim.state and target not in MOVES[claim.state]:
            raise AssertionError(f"{claim.state} → {target} is not a move of the ledger")
        moved = await (
            Delivery.filter(id=row.id, fence=claim.fence, state=claim.state, lease_until__gt=now)
            .using_db(connection)
            .update(updated_at=now, **values)
        )
        if moved != 1:
            raise StaleClaim("投放记录已由另一进程接手")
        for name, value in values.items():
            setattr(row, name, value)

    async def _set(self, connection: BaseDBAsyncClient, row: Delivery, *, now: datetime, **values: object) -> bool:
        moved = (
            await Delivery.filter(id=row.id, fence=row.fence, state=row.state)
            .using_db(connection)
            .update(updated_at=now, **values)
        )
        if moved == 1:
            for name, value in values.items():
                setattr(row, name, value)
        return moved == 1
