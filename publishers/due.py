"""Which deliveries are due: the questions a claim asks of the ledger's table."""

from collections.abc import Iterable
from datetime import datetime, timedelta

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
UNSEEN = timedelta(seconds=15)
"""How long a post of unknown outcome is kept in sight: a call's time limit, and the first look after it."""


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


async def room_in_sight(connection: BaseDBAsyncClient, channel: ChannelName, newest: int, now: datetime) -> int:
    """How many posts may still go out where only the ``newest`` can be read back. A post whose outcome is unknown must be
    looked for before later ones push it out of sight; after that, or after ``UNSEEN``, the channel goes on without it."""
    rows = Delivery.filter(channel=channel).using_db(connection)
    unseen = await (
        rows.filter(Q(state=State.SENDING) | Q(state=State.UNKNOWN, tries=0), intent_at__gt=now - UNSEEN)
        .order_by("intent_at")
        .first()
    )
    on_the_way = await rows.filter(lease_until__gt=now, state__in=list(BEFORE_INTENT)).count()
    later = await rows.filter(intent_at__gte=unseen.intent_at).exclude(id=unseen.id).count() if unseen else 0
    return newest - 1 - on_the_way - later
