"""Which deliveries are due: the questions a claim asks of the ledger's table."""

from collections.abc import Iterable
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q

from publishers.port import ChannelName
from publishers.records import Delivery
from publishers.states import BEFORE_INTENT, State

WORKABLE = (
    State.PENDING,
    State.CLAIMED,
    State.DRAFTED,
    State.SENDING,
    State.SUBMITTED,
    State.UNKNOWN,
    State.HELD,
    State.WITHDRAWING,
)
FIRST_LOOKS = 2
"""After so many looks for a post of unknown outcome its channel goes on without it."""


def free_of_lease(now: datetime) -> Q:
    """Nobody works on the row, or whoever did has let the lease run out."""
    return Q(lease_until=None) | Q(lease_until__lte=now)


async def due_rows(
    connection: BaseDBAsyncClient, channel: ChannelName, states: Iterable[State], *, limit: int, now: datetime
) -> list[Delivery]:
    """The longest due rows that nobody works on, locked."""
    query = (
        Delivery.filter(free_of_lease(now), next_at__lte=now, state__in=list(states), channel=channel)
        .using_db(connection)
        .order_by("next_at", "id")
        .limit(limit)
    )
    # SQLite ignores SKIP LOCKED; there BEGIN IMMEDIATE and the compare-and-set of the claim do its work.
    return await query.select_for_update(skip_locked=True, no_key=True)


async def is_occupied(connection: BaseDBAsyncClient, channel: ChannelName, now: datetime) -> bool:
    """Whether a channel in single file has one on its way: claimed, sent, or not yet looked for after an unknown
    outcome."""
    under_way = (
        Q(lease_until__gt=now, state__in=list(BEFORE_INTENT))
        | Q(state=State.SENDING)
        | Q(state=State.UNKNOWN, tries__lt=FIRST_LOOKS)
    )
    return await Delivery.filter(under_way, channel=channel).using_db(connection).exists()
