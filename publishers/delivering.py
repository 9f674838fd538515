"""Works on one claimed delivery: the one place where the ledger and the channels meet."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import cast

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from audit.kept_lines import KeptLines
from publishers.answer import REFUSED, Answer
from publishers.claim import Claim
from publishers.conclusion import AfterPublish
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError, StaleClaim
from publishers.failpoints import DURING_SEND, Reach, nothing
from publishers.fencing import sendable_until
from publishers.ledger import Ledger
from publishers.port import Channel, ChannelName, LoadFile, LocalChannel, RemoteChannel, Sighting, Ticket, Verdict
from publishers.records import Attempt
from publishers.states import Patience, State, Step, step_of
from publishers.takedown import SAID_GONE_BY, next_look

log = logging.getLogger(__name__)
PAUSES = (0.2, 1.0, 3.0)
"""Seconds between the tries of writing down what a send answered; together well within a lease."""


class Deliverer:
    """Takes a claim through its steps. Every exception of a channel has exactly one meaning here."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        channels: Mapping[ChannelName, Channel],
        load_file: LoadFile,
        clock: Clock,
        patience: Patience,
        after_publish: AfterPublish,
        portal_changed: Callable[[], None] = lambda: None,
        evidence: KeptLines | None = None,
        reach: Reach = nothing,
    ) -> None:
        """``evidence``: where an answer goes that the database cannot be told."""
        self._ledger = ledger
        self._channels = channels
        self._load_file = load_file
        self._clock = clock
        self._patience = patience
        self._after_publish = after_publish
        self._portal_changed = portal_changed
        self._evidence = evidence
        self._reach = reach

    async def work(self, claim: Claim) -> None:
        """One pass: prepare and send go together; everything else is a single step."""
        channel = self._channels[claim.channel]
        step = step_of(claim.state, channel.capabilities)
        try:
            if claim.state is State.CLAIMED:
                await self._reach("after_claim")
            if step is Step.PUBLISH:
                await self._publish(claim, cast(LocalChannel, channel))
            elif step is Step.PREPARE:
                prepared = await self._prepare(claim, cast(RemoteChannel, channel))
                if prepared is not None:
                    await self._send(prepared, cast(RemoteChannel, channel))
            elif step is Step.SEND:
                await self._send(claim, cast(RemoteChannel, channel))
            elif step in {Step.FOLLOW, Step.LOOK}:
                await self._ask(claim, cast(RemoteChannel, channel), step)
            elif step is Step.WITHDRAW:
                await self._withdraw(claim, cast(RemoteChannel, channel))
        except StaleClaim:
            log.warning("delivery %s: lease lost, result kept as evidence only", claim.delivery.id)

    async def _publish(self, claim: Claim, channel: LocalChannel) -> None:
        async def publish(connection: BaseDBAsyncClient, ticket: Ticket, now: datetime) -> Sighting:
            return await channel.publish(connection, ticket, now=now)

        published = await self._ledger.publish_here(claim, publish, self._after_publish)
        if published and claim.channel is ChannelName.PORTAL:
            self._portal_changed()

    async def _prepare(self, claim: Claim, channel: RemoteChannel) -> Claim | None:
        attempt = await self._ledger.begin(claim, Step.PREPARE)
        try:
            facts = await channel.prepare(claim.ticket, self._load_file)
        except ChannelRefused as refused:
            await self._ledger.end(attempt, "refused", message=str(refused), **refused.detail)
            await self._ledger.refuse(claim, message=str(refused), remedy=refused.remedy)
            return None
        except PublishError as trouble:
            # Preparation has no effect that anyone can see, so even an unknown outcome is simply done again.
            await self._ledger.end(attempt, type(trouble).__name__, message=str(trouble), **trouble.detail)
            await self._ledger.postpone(
                claim,
                to=State.PENDING,
                message=str(trouble),
                remedy=trouble.remedy,
                at=trouble.retry_at if isinstance(trouble, ChannelBusy) else None,
            )
            return None
        await self._reach("after_prepare")
        await self._ledger.end(attempt, "done", facts=facts)
        drafted = await self._ledger.drafted(claim, facts)
        await self._reach("after_drafted")
        return drafted

    async def _send(self, claim: Claim, channel: RemoteChannel) -> None:
        intended = await self._ledger.intend(claim)
        if intended is None:
            return
        sending, attempt = intended
        await self._reach("after_intent")
        answer = await self._call(sending, channel)
        await self._reach("after_answer")
        try:
            await self._keep(lambda: self._write(sending, channel, attempt, answer))
        except PublishError:
            raise
        except BaseException:
            # The database is away for longer than a lease allows to wait, or the process is ending (a cancellation).
            await self._remember(sending, attempt, answer)
            raise

    async def _call(self, sending: Claim, channel: RemoteChannel) -> Answer:
        """The one call with an effect, if this worker may still make it (``publishers.fencing``)."""
        try:
            with sendable_until(sending.sendable_until):
                await self._reach(DURING_SEND)
                return Answer.seen(await channel.send(sending.ticket))
        except (ChannelRefused, ChannelUnavailable, OutcomeUnknown) as trouble:
            return Answer.of(trouble)

    async def _write(self, sending: Claim, channel: RemoteChannel, attempt: Attempt, answer: Answer) -> None:
        """First the evidence, which stands even when another worker has the row by now, then what it means."""
        await self._ledger.end(attempt, answer.outcome, **answer.detail)
        if answer.sighting is not None:
            await self._settle(sending, channel, answer.sighting)
        elif answer.outcome == REFUSED:
            await self._ledger.refuse(sending, message=answer.message, remedy=answer.remedy)
        else:
            await self._ledger.postpone(
                sending, to=State.DRAFTED, message=answer.message, remedy=answer.remedy, at=answer.retry_at
            )

    async def _remember(self, sending: Claim, attempt: Attempt, answer: Answer) -> None:
        if self._evidence is None:
            return
        who = {
            "delivery": sending.delivery.id,
            "attempt": attempt.id,
            "fence": attempt.fence,
            "owner": attempt.owner,
            "at": attempt.began_at.isoformat(),
        }
        if self._evidence.keep({**who, **answer.as_facts()}):
            log.error("the database is away: the answer to delivery %d is kept in a file", sending.delivery.id)
            await self._reach("after_evidence")

    async def _keep(self, write: Callable[[], Awaitable[None]]) -> None:
        """Writes down what a send answered, also over a short absence of the database: Weibo tells a post's number once,
        and without it a person has to look. Each write is one compare-and-set, so a repetition changes nothing."""
        for pause in PAUSES:
            try:
                await write()
            except PublishError:
                raise
            except Exception:
                # The edge of a loop: whatever the database's driver raises. The last try below lets it through.
                log.warning("the answer to a send is not written yet; again in %.1f s", pause, exc_info=True)
                await asyncio.sleep(pause)
            else:
                return
        await write()

    async def _ask(self, claim: Claim, channel: RemoteChannel, step: Step) -> None:
        attempt = await self._ledger.begin(claim, step)
        try:
            sighting = await (channel.follow(claim.ticket) if step is Step.FOLLOW else channel.look(claim.ticket))
        except PublishError as trouble:
            await self._ledger.end(attempt, type(trouble).__name__, message=str(trouble), **trouble.detail)
            sighting = Sighting(verdict=Verdict.UNKNOWN, message=f"暂时无法向平台核对：{trouble}")
        else:
            await self._ledger.end(attempt, sighting.verdict, **dict(sighting.evidence))
        await self._settle(claim, channel, sighting)

    async def _settle(self, claim: Claim, channel: RemoteChannel, sighting: Sighting) -> None:
        now = await self._clock.now()
        settled = claim.settled_by(sighting, capabilities=channel.capabilities, now=now, patience=self._patience)
        await self._ledger.settle(claim, settled, sighting, self._after_publish)

    async def _withdraw(self, claim: Claim, channel: RemoteChannel) -> None:
        attempt = await self._ledger.begin(claim, Step.WITHDRAW)
        try:
            sighting = await channel.withdraw(claim.ticket)
        except PublishError as trouble:
            await self._ledger.end(attempt, type(trouble).__name__, message=str(trouble), **trouble.detail)
            await self._ledger.postpone(
                claim,
                to=State.WITHDRAWING,
                message=str(trouble),
                remedy=trouble.remedy or "请到平台后台手工删除，然后在此登记“已删除”",
                at=await self._next_look(claim, trouble),
            )
            return
        await self._ledger.end(attempt, sighting.verdict, **dict(sighting.evidence))
        if sighting.verdict is Verdict.GONE:
            await self._ledger.withdrawn(claim)
        else:
            await self._ledger.postpone(
                claim,
                to=State.WITHDRAWING,
                message=sighting.message or "平台上仍能看到，继续核对",
                remedy=sighting.remedy,
                at=await self._next_look(claim, None),
            )

    async def _next_look(self, claim: Claim, trouble: PublishError | None) -> datetime | None:
        row = claim.delivery
        said_gone = bool(row.facts.get(SAID_GONE_BY))
        return next_look(trouble, tries=row.tries, said_gone=said_gone, now=await self._clock.now())
