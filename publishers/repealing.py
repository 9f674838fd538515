"""Telling a portal that is another system that a document was repealed (废止): one task, open until that portal confirms it.

Our own portal says so in the transaction of the repeal, and posts on the platforms stay as they are, by policy: what was
announced was announced. A pushed page is neither: its keeper must be told, and must say that he knows.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol, runtime_checkable

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from publishers.claim import ticket_of
from publishers.errors import ChannelBusy, PublishError
from publishers.incidents import ALARM, clear_incident, raise_incident
from publishers.port import Channel, ChannelName, Sighting, Ticket, Verdict
from publishers.records import Delivery
from publishers.states import State
from publishers.takedown import STILL_THERE

log = logging.getLogger(__name__)
MACHINE: Final = Actor.machine("发布系统")
REPEALED: Final = "repealed"
"""The fact that the document was repealed: {"explanation", "at", "told"}; ``told`` once the portal has confirmed it."""
HELD: Final = timedelta(minutes=2)
REMIND_AFTER: Final = timedelta(minutes=15)
AT_ONCE: Final = 20


@runtime_checkable
class TellsRepeals(Protocol):
    """A remote channel that shows a repealed document as such."""

    async def repeal(self, ticket: Ticket, *, explanation: str) -> Sighting:
        """Tells the channel; PUBLISHED when it confirms that it took it. May be repeated."""


def told_of_repeals(channels: Mapping[ChannelName, Channel]) -> list[str]:
    """The channels that must be told of a repeal."""
    return [str(name) for name, channel in channels.items() if isinstance(channel, TellsRepeals)]


async def open_tasks(
    connection: BaseDBAsyncClient, names: list[str], disclosure_id: int, *, explanation: str, now: datetime
) -> int:
    """Opens the tasks in the transaction of the repeal. ``next_at`` of a published row is when its portal is told next."""
    published = Delivery.filter(disclosure_id=disclosure_id, channel__in=names, state=State.PUBLISHED)
    rows = await published.using_db(connection) if names else []
    for row in rows:
        facts = {**row.facts, REPEALED: {"explanation": explanation, "at": now.isoformat(), "told": False}}
        await Delivery.filter(id=row.id).using_db(connection).update(facts=facts, next_at=now, tries=0)
    return len(rows)


class Repeals:
    """The sweep over open tasks. A row belongs to whoever moves its ``next_at`` first."""

    def __init__(
        self, *, clock: Clock, trail: Trail, channels: Mapping[ChannelName, Channel], page_url: Callable[[int], str]
    ) -> None:
        self._clock = clock
        self._trail = trail
        self._channels = {name: channel for name, channel in channels.items() if isinstance(channel, TellsRepeals)}
        self._page_url = page_url

    async def sweep(self) -> int:
        """Tells every portal that is to be told; returns how many confirmed."""
        now, confirmed = await self._clock.now(), 0
        for name, channel in self._channels.items():
            due = Delivery.filter(channel=name, state=State.PUBLISHED, next_at__lte=now)
            for row in await due.order_by("next_at").limit(AT_ONCE):
                mine = Delivery.filter(id=row.id, state=State.PUBLISHED, next_at=row.next_at)
                if await mine.update(next_at=now + HELD):
                    row.next_at = now + HELD
                    confirmed += await self._tell(row, channel)
        return confirmed

    async def _tell(self, row: Delivery, channel: TellsRepeals) -> bool:
        task = row.facts.get(REPEALED)
        explanation = str(task.get("explanation", "")) if isinstance(task, dict) else ""
        at: datetime | None = None
        try:
            ticket = ticket_of(row, self._page_url(row.disclosure_id))
            sighting = await channel.repeal(ticket, explanation=explanation)
        except PublishError as trouble:
            at, message = trouble.retry_at if isinstance(trouble, ChannelBusy) else None, str(trouble)
        except Exception:
            # The edge of a loop: one row that cannot be told must not keep the others; it is free again after the hold.
            log.exception("delivery %s: its portal cannot be told of the repeal now", row.id)
            return False
        else:
            if sighting.verdict is Verdict.PUBLISHED:
                await self._confirmed(row)
                return True
            message = sighting.message
        await self._again(row, message, at)
        return False

    async def _confirmed(self, row: Delivery) -> None:
        async with in_transaction() as connection:
            now = await self._clock.now()
            mine = Delivery.filter(id=row.id, state=State.PUBLISHED, next_at=row.next_at).using_db(connection)
            task = row.facts.get(REPEALED)
            facts = {**row.facts, REPEALED: {**(task if isinstance(task, dict) else {}), "told": True}}
            if not await mine.update(next_at=None, tries=0, facts=facts):
                return
            await self._trail.append(
                connection, at=now, actor=MACHINE, verb="delivery.repeal.told", subject=f"delivery:{row.id}",
                channel=row.channel,
            )  # fmt: skip
        await clear_incident(f"repeal:{row.id}", now=now)

    async def _again(self, row: Delivery, message: str, at: datetime | None) -> None:
        now = await self._clock.now()
        pause = timedelta(seconds=STILL_THERE[min(row.tries, len(STILL_THERE) - 1)])
        mine = Delivery.filter(id=row.id, state=State.PUBLISHED, next_at=row.next_at)
        if not await mine.update(next_at=at or now + pause, tries=row.tries + 1):
            return
        task = row.facts.get(REPEALED)
        since = datetime.fromisoformat(str(task["at"])) if isinstance(task, dict) and task.get("at") else now
        if now - since >= REMIND_AFTER:
            await raise_incident(
                f"repeal:{row.id}", kind="repeal", severity=ALARM, now=now, link=f"/console/releases/{row.release_id}",
                message=f"对方门户尚未标注“已废止”：{message}。".replace("。。", "。"),
                remedy="请与对方门户的维护人员联系，先由其在页面上标注“已废止”；系统会继续通知。",
            )  # fmt: skip
