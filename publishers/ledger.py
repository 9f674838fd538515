"""The delivery ledger: every move of a delivery is one compare-and-set in one short transaction (I1–I8).

Nothing here speaks to a platform. A worker claims a row (fence + lease), states its intent before the one call that has an
effect, and settles afterwards; whoever lost the lease may only leave evidence.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from publishers.claim import Claim, ticket_of
from publishers.conclusion import AfterPublish, conclude, lock_disclosure
from publishers.due import free_of_lease
from publishers.errors import StaleClaim
from publishers.failpoints import Reach, nothing
from publishers.fencing import steady_seconds
from publishers.objection import Objection, Until, objection
from publishers.port import Capabilities, ChannelName, Facts, Sighting, Ticket
from publishers.records import Attempt, Delivery
from publishers.states import AFTER_INTENT, FIRST_PROOF, MOVES, Patience, Settled, State, retry_at
from publishers.taking import LATE_ALLOWED, MACHINE, WAITED_UNTIL, Taking, held_until

log = logging.getLogger(__name__)
__all__ = ["LATE_ALLOWED", "WAITED_UNTIL", "Ledger"]


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
        reach: Reach = nothing,
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._owner = owner
        self._page_url = page_url
        self._patience = patience
        self._reach = reach
        self._taking = Taking(trail=trail, owner=owner, page_url=page_url, patience=patience, capabilities=capabilities)

    async def claim(self, *, limit: int = 20, working: Mapping[ChannelName, int] | None = None) -> list[Claim]:
        """Takes due rows for this worker: one fence up, one lease. Rows that may not go on are held with the reason; while
        a halt stands only what was sent already is taken, to be read and to be withdrawn.

        ``limit`` is for each channel, less what is ``working`` there already: one channel's trouble never delays another.
        """
        async with in_transaction() as connection:
            now = await self._clock.now()
            taken = await self._taking.due(connection, limit=limit, working=working or {}, now=now)
            if taken.claims:
                await self._reach("before_claim")
        if taken.halted:
            await self._reach("while_halted")
        if taken.held:
            await self._reach("after_held")
        return taken.claims

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
            return await self._taking.one(connection, row, now) if row is not None else None

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

        Re-reads the moment, the halts, the approval and the frozen bytes in the same transaction (I1–I3).
        """
        await self._reach("before_intent")
        # Measured from before the transaction, so that the time to send is rather too short than too long.
        sendable_until = steady_seconds() + self._patience.lease / 2
        async with in_transaction() as connection:
            now = await self._clock.now()
            row, earlier = claim.delivery, claim.delivery.intent_at
            against = await objection(connection, row, now)
            if against is None:
                attempt = await self._intend(connection, claim, now)
            else:
                await self._object(connection, claim, now, against, wait_in=State.DRAFTED)
        if against is not None:
            await self._objected(against)
            return None
        sending = replace(
            claim,
            state=State.SENDING,
            lease_until=now + timedelta(seconds=self._patience.lease),
            earlier_intent=earlier,
            sendable_until=sendable_until,
        )
        return sending, attempt

    async def _intend(self, connection: BaseDBAsyncClient, claim: Claim, now: datetime) -> Attempt:
        row = claim.delivery
        await self._require(
            connection,
            claim,
            now,
            state=State.SENDING,
            intent_at=now,
            settle_until=now + timedelta(seconds=self._patience.settle),
            # Preparing may have used up most of the lease; the one call that counts gets a whole one (I7).
            lease_until=now + timedelta(seconds=self._patience.lease),
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
        return attempt

    async def _object(
        self, connection: BaseDBAsyncClient, claim: Claim, now: datetime, against: Objection, *, wait_in: State
    ) -> None:
        """Holds the row for a person, with the reason. A row whose moment or whose halt only has to pass waits in
        ``wait_in`` for it; one that was withdrawn is cancelled, as the withdrawal would have done had it found it unsent."""
        row = claim.delivery
        moves: dict[str, object] = {"state": State.HELD, "next_at": held_until(row, now, self._patience)}
        if against.waits is not None:
            moves = {"state": wait_in, "next_at": against.at or now}
        elif against.withdrawn:
            moves = {"state": State.CANCELLED, "next_at": None}
        await self._require(
            connection, claim, now, lease_until=None, problem=against.problem, remedy=against.remedy, **moves
        )
        verbs = {None: f"delivery.{moves['state']}", Until.MOMENT: "delivery.early", Until.OPENED: "delivery.halted"}
        await self._trail.append(
            connection,
            at=now,
            actor=MACHINE,
            verb=verbs[against.waits],
            subject=f"delivery:{row.id}",
            channel=row.channel,
            reason=against.problem,
        )

    async def _objected(self, against: Objection) -> None:
        if against.waits is not None:
            await self._reach("after_put_back")
        elif not against.withdrawn:
            await self._reach("after_held")

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
            else:
                # The fence first: whoever lost the row must not even begin to write the page.
                await self._require(connection, claim, now, state=claim.state)
                sighting = await publish(connection, claim.ticket, now)
                await self._published(connection, claim, sighting, now, after)
        if against is not None:
            await self._objected(against)
        return against is None

    async def settle(self, claim: Claim, settled: Settled, sighting: Sighting, after: AfterPublish) -> None:
        """Writes what a sighting means. Raises StaleClaim when another worker has the row."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            if settled.state is State.PUBLISHED:
                await self._published(connection, claim, sighting, now, after)
            else:
                await self._moved_on(connection, claim, settled, sighting, now)
        if settled.state is State.SUBMITTED:
            await self._reach("after_submitted")
        elif settled.state is State.HELD:
            await self._reach("after_held")

    async def _moved_on(
        self, connection: BaseDBAsyncClient, claim: Claim, settled: Settled, sighting: Sighting, now: datetime
    ) -> None:
        row, stays = claim.delivery, settled.state is claim.state
        words: dict[str, object] = {"problem": settled.message, "remedy": settled.remedy}
        if stays and settled.state is State.HELD and row.problem:
            # Why it waits for a person is what the person must read; that one more look found nothing is in the attempts.
            words = {}
        await self._require(
            connection,
            claim,
            now,
            state=settled.state,
            next_at=settled.next_at,
            lease_until=None,
            facts=await self._facts(connection, claim, sighting.facts),
            tries=row.tries + 1 if stays else 0,
            **words,
        )
        if not stays:
            await self._trail.append(
                connection,
                at=now,
                actor=MACHINE,
                verb=f"delivery.{settled.state}",
                subject=f"delivery:{row.id}",
                channel=row.channel,
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
        await self._reach("after_postponed")

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
        await self._reach("after_refused")

    async def give_back(self, claim: Claim, *, message: str) -> None:
        """After a fault of our own: lets the row be claimed again soon. A row in SENDING keeps its lease (§2, row 11), one
        that was settled before the fault stays as it is, and when the database is away the lease runs out by itself."""
        held = Delivery.filter(id=claim.delivery.id, fence=claim.fence, lease_until__isnull=False)
        try:
            now = await self._clock.now()
            await held.exclude(state=State.SENDING).update(
                lease_until=None,
                next_at=retry_at(claim.delivery.tries + 1, now=now, patience=self._patience),
                tries=F("tries") + 1,
                problem=message,
                updated_at=now,
            )
        except Exception:
            # The edge of a loop: the fault may have been the database's, whatever its driver calls it.
            log.warning("delivery %s is not given back; its lease runs out by itself", claim.delivery.id, exc_info=True)

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
            proof=None,
            proof_at=now + FIRST_PROOF,
            problem="",
            remedy="",
            tries=0,
            external_id=sighting.external_id,
            url=sighting.url,
            facts=await self._facts(connection, claim, sighting.facts),
        )
        if row.channel == ChannelName.PORTAL:
            # Portal first: its siblings have waited for this very commit.
            # One that was moved to a later moment waits for that.
            siblings = Delivery.filter(release_id=row.release_id, state=State.PENDING, due_at__lte=now)
            await siblings.using_db(connection).update(next_at=now)
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
