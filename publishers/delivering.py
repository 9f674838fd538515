"""Works on one claimed delivery: the one place where the ledger and the channels meet."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import cast

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from publishers.claim import Claim
from publishers.conclusion import AfterPublish
from publishers.errors import ChannelBusy, ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError, StaleClaim
from publishers.ledger import Ledger
from publishers.port import Channel, ChannelName, LoadFile, LocalChannel, RemoteChannel, Sighting, Ticket, Verdict
from publishers.states import Patience, State, Step, step_of

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
            message, remedy, detail = str(refused), refused.remedy, refused.detail
            await self._keep(lambda: self._ledger.end(attempt, "refused", message=message, **detail))
            await self._keep(lambda: self._ledger.refuse(sending, message=message, remedy=remedy))
            return
        except ChannelUnavailable as away:
            message, remedy, detail = str(away), away.remedy, away.detail
            at = away.retry_at if isinstance(away, ChannelBusy) else None
            await self._keep(lambda: self._ledger.end(attempt, "not_sent", message=message, **detail))
            await self._keep(
                lambda: self._ledger.postpone(sending, to=State.DRAFTED, message=message, remedy=remedy, at=at)
            )
            return
        except OutcomeUnknown as unknown:
            message, detail = str(unknown), unknown.detail
            sighting = Sighting(verdict=Verdict.UNKNOWN, message=message, remedy=unknown.remedy)
            await self._keep(lambda: self._ledger.end(attempt, "unknown", message=message, **detail))
        else:
            await self._keep(lambda: self._ledger.end(attempt, sighting.verdict, **dict(sighting.evidence)))
        await self._keep(lambda: self._settle(sending, channel, sighting))

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
                at=trouble.retry_at if isinstance(trouble, ChannelBusy) else None,
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
