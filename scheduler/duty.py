"""What the health page tells: the age of the oldest delivery that is due and still not worked on."""

from datetime import timedelta

from audit.clock import Clock
from publishers.records import Delivery
from publishers.states import State

WAITING = [State.PENDING, State.CLAIMED, State.DRAFTED, State.SENDING]


async def oldest_due(clock: Clock) -> timedelta:
    """Zero when nothing waits. More than a minute means that no worker is at work (I5)."""
    now = await clock.now()
    row = await Delivery.filter(state__in=WAITING, next_at__lte=now).order_by("next_at").first()
    return now - row.next_at if row is not None and row.next_at is not None else timedelta()
