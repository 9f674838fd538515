"""What the reconciling found, written into the ledger: found, proved absent, or for two persons to decide."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from publishers.claim import Claim
from publishers.conclusion import AfterPublish
from publishers.errors import StaleClaim
from publishers.ledger import Ledger
from publishers.port import Channel, ChannelName, RemoteChannel, Sighting, Verdict
from publishers.quarantine import RECONCILE, set_aside_rows
from publishers.records import Delivery, Halt
from publishers.states import ASK, Patience, Settled, State
from publishers.taking import LATE_ALLOWED

log = logging.getLogger(__name__)
MACHINE = Actor.machine("恢复后核对")
LOOK = "look"
WATCHED = timedelta(minutes=10)
"""How often a delivery that waits for two persons is still looked for."""


class Findings:
    """Every move goes through the ledger's own claim, so that a worker, an event or a person is never overwritten."""

    def __init__(
        self, *, ledger: Ledger, clock: Clock, trail: Trail, patience: Patience, after_publish: AfterPublish,
        page_url: Callable[[int], str],
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._clock = clock
        self._trail = trail
        self._patience = patience
        self._after_publish = after_publish
        self._page_url = page_url

    def page_url(self, row: Delivery) -> str:
        return self._page_url(row.disclosure_id)

    async def is_known(self, row: Delivery, external_id: str) -> bool:
        """Whether another delivery of the channel is recorded to be this post."""
        return await Delivery.filter(channel=row.channel, external_id=external_id).exclude(id=row.id).exists()

    async def found(self, row: Delivery, channel: RemoteChannel, sighting: Sighting) -> None:
        """The platform shows it, or has accepted it: where that takes the row is the ledger's usual rule."""
        now = await self._clock.now()
        claim = await self._claimed(row, sighting)
        if claim is None:
            return
        settled = claim.settled_by(sighting, capabilities=channel.capabilities, now=now, patience=self._patience)
        await self._settle(claim, settled, sighting)

    async def ask(self, row: Delivery, channel: Channel, sighting: Sighting | None) -> None:
        """Nobody can prove it: two persons look and decide. The looking goes on."""
        if row.state == State.HELD and sighting is None:
            return
        seen = sighting or Sighting(verdict=Verdict.UNKNOWN, evidence={"found_in": "nothing"})
        claim = await self._claimed(row, seen)
        if claim is None:
            return
        message = "恢复后核对：平台上没有看到这一条，但不能证明没有发出"
        next_at = await self._clock.now() + WATCHED
        held = Settled(state=State.HELD, next_at=next_at, message=message, remedy=ASK)
        await self._settle(claim, held, Sighting(verdict=Verdict.UNKNOWN, message=message))

    async def absent(self, row: Delivery, sighting: Sighting | None, *, said: str) -> None:
        """Proved not to have been sent: it becomes again what it was, and goes the usual road once the quarantine ends."""
        note = row.facts.get(RECONCILE)
        if not isinstance(note, dict):
            return
        was = State(str(note["was"]))
        facts = {**row.facts, **(sighting.facts if sighting else {})}
        waits = was in {State.PENDING, State.DRAFTED}
        async with in_transaction() as connection:
            now = await self._clock.now()
            moved = await self._back(
                connection, row, state=was, intent_at=None, settle_until=None, tries=0, lease_until=None,
                next_at=max(now, row.due_at) if waits else None, updated_at=now, facts=facts,
                problem="" if waits else note["problem"], remedy="" if waits else note["remedy"],
            )  # fmt: skip
            if moved:
                await self._trail.append(
                    connection, at=now, actor=MACHINE, verb="delivery.reconciled", subject=f"delivery:{row.id}",
                    channel=row.channel, back_to=str(was), reason=said,
                )  # fmt: skip

    async def tidy(self, halt: Halt, channels: Mapping[ChannelName, RemoteChannel]) -> None:
        """What follows from the rows that are settled by now, by the machine or by two persons."""
        rows = await set_aside_rows(halt)
        for row in rows:
            channel = channels.get(ChannelName(row.channel))
            lost_draft = channel is not None and channel.capabilities.drafts and not row.facts.get("media_id")
            if row.state == State.DRAFTED and lost_draft:
                # Two persons decided to send again, but the draft was made after the backup: it is made anew.
                await self._back_in_its_own(row, state=State.PENDING)
        out = {row.release_id for row in rows if row.state == State.PUBLISHED}
        local = [str(name) for name in ChannelName if name not in channels]
        for sibling in await Delivery.filter(release_id__in=list(out), channel__in=local, state=State.PENDING):
            if not sibling.facts.get(LATE_ALLOWED):
                await self._vouch(sibling)

    async def _vouch(self, row: Delivery) -> None:
        """The platforms show a post that links to our page: the page was public, so showing it again is no late news."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            facts = {**row.facts, LATE_ALLOWED: "恢复后核对"}
            if await self._back(connection, row, updated_at=now, facts=facts):
                await self._trail.append(
                    connection, at=now, actor=MACHINE, verb="delivery.reconciled", subject=f"delivery:{row.id}",
                    channel=row.channel, back_to=row.state, reason="平台上已有链接到本页的内容，本页当时已经公开",
                )  # fmt: skip

    async def _back_in_its_own(self, row: Delivery, **values: object) -> None:
        async with in_transaction() as connection:
            await self._back(connection, row, updated_at=await self._clock.now(), **values)

    async def _back(self, connection: BaseDBAsyncClient, row: Delivery, **values: object) -> bool:
        rows = Delivery.filter(id=row.id, fence=row.fence, state=row.state).using_db(connection)
        return await rows.update(fence=row.fence + 1, **values) == 1

    async def _claimed(self, row: Delivery, sighting: Sighting) -> Claim | None:
        claim = await self._ledger.claim_one(row.id)
        if claim is None:
            return None
        attempt = await self._ledger.begin(claim, LOOK)
        await self._ledger.end(attempt, sighting.verdict, **dict(sighting.evidence))
        return claim

    async def _settle(self, claim: Claim, settled: Settled, sighting: Sighting) -> None:
        try:
            await self._ledger.settle(claim, settled, sighting, self._after_publish)
        except StaleClaim:
            log.warning("quarantine: delivery %s moved meanwhile", claim.delivery.id)
