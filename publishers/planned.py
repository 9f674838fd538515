"""What is planned on a channel and not sent yet, as the slots that its probe must think of."""

from datetime import datetime, timedelta

from publishers.port import ChannelName
from publishers.records import Delivery
from publishers.slot import Slot
from publishers.states import BEFORE_INTENT

AHEAD = timedelta(hours=48)


async def planned_slots(channel: ChannelName, *, now: datetime, ahead: timedelta = AHEAD) -> tuple[Slot, ...]:
    """The sendings of a channel up to ``now + ahead`` that still have to begin, the soonest first; overdue ones included."""
    rows = await (
        Delivery.filter(channel=channel, state__in=list(BEFORE_INTENT), due_at__lte=now + ahead)
        .order_by("due_at", "id")
        .only("id", "due_at", "payload")
    )
    return tuple(Slot(at=max(row.due_at, now), mass=row.payload.get("mode") == "mass") for row in rows)
