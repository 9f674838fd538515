"""Works on one claimed delivery: the one place where the ledger and the channels meet."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError, StaleClaim
from publishers.ledger import AfterPublish, Claim, Ledger
from publishers.port import Channel, ChannelName, LoadFile, LocalChannel, RemoteChannel, Sighting, Ticket, Verdict
from publishers.states import Patience, State, Step, settle, step_of

log = logging.getLogger(__name__)


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
    ) -> None:
        self._ledger = ledger
        self._channels = channels
        self._load_file = load_file
        self._clock = clock
        self._patience = patience
        self._after_publish = after_publish
        self._portal_changed = portal_changed

    async def work(self, claim: Claim) -> None:
        """One pass: prepare and send go together; everything else is a single step."""
        channel = self._channels[claim.channel]
        step = step_of(claim.state, channel.capabilities)
        try:
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
        await self._ledger.end(attempt, "done", facts=facts)
        return await self._ledger.drafted(claim, facts)

    async def _send(self, claim: Claim, channel: RemoteChannel) -> None:
        intended = await self._ledger.intend(claim)
        if intended is None:
            return
        sending, attempt = intended
        try:
            sighting = await channel.send(sending.ticket)
        except ChannelRefused as refused:
            await self._ledger.end(attempt, "refused", message=str(refused), **refused.detail)
            await self._ledger.refuse(sending, message=str(refused), remedy=refused.remedy)
            return
        except ChannelUnavailable as away:
            await self._ledger.end(attempt, "not_sent", message=str(away), **away.detail)
            await self._ledger.postpone(
                sending,
                to=State.DRAFTED,
                message=str(away),
                remedy=away.remedy,
                at=away.retry_at if isinstance(away, ChannelBusy) else None,
            )
            return
        except OutcomeUnknown as unknown:
            await self._ledger.end(attempt, "unknown", message=str(unknown), **unknown.detail)
            sighting = Sighting(verdict=Verdict.UNKNOWN, message=str(unknown), remedy=unknown.remedy)
        else:
            await self._ledger.end(attempt, sighting.verdict, **dict(sighting.evidence))
        await self._settle(sending, channel, sighting)

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
        row = claim.delivery
        settled = settle(
            claim.state,
            sighting,
            capabilities=channel.capabilities,
            tries=row.tries,
            intent_at=row.intent_at,
            settle_until=row.settle_until,
            now=now,
            patience=self._patience,
        )
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
            )
