"""A claimed delivery: what one worker holds of the ledger for the length of its lease."""

from dataclasses import dataclass
from datetime import datetime

from publishers.port import Capabilities, ChannelName, Sighting, Ticket
from publishers.records import Delivery
from publishers.states import Patience, Settled, State, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A row that this worker may work on until ``lease_until``."""

    delivery: Delivery
    state: State
    fence: int
    lease_until: datetime
    page_url: str
    earlier_intent: datetime | None = None
    """In SENDING: the intent before this one; it stands again when this one surely had no effect."""
    sendable_until: float = 0.0
    """In SENDING: until when the one call may leave (``publishers.fencing``); it must end within the lease (I7)."""

    @property
    def channel(self) -> ChannelName:
        return ChannelName(self.delivery.channel)

    @property
    def ticket(self) -> Ticket:
        return ticket_of(self.delivery, self.page_url)

    def settled_by(
        self, sighting: Sighting, *, capabilities: Capabilities, now: datetime, patience: Patience
    ) -> Settled:
        """Where what was seen takes this row (``publishers.states.settle``)."""
        row = self.delivery
        return settle(
            self.state,
            sighting,
            capabilities=capabilities,
            tries=row.tries,
            intent_at=row.intent_at,
            settle_until=row.settle_until,
            now=now,
            patience=patience,
        )


def ticket_of(row: Delivery, page_url: str) -> Ticket:
    """A delivery as its channel sees it."""
    return Ticket(
        delivery_id=row.id,
        release_id=row.release_id,
        disclosure_id=row.disclosure_id,
        payload=row.payload,
        facts=row.facts,
        page_url=page_url,
        due_at=row.due_at,
        intent_at=row.intent_at,
    )
