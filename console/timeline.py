"""The timeline of a disclosure: every act on it and on its deliveries, from the audit trail, in plain words (P28)."""

from dataclasses import dataclass
from datetime import datetime

from audit.actor import ActorKind
from audit.trail import Trail
from console.words import act
from publishers.records import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One act."""

    at: datetime
    who: str
    by_machine: bool
    what: str


async def timeline(trail: Trail, disclosure_id: int) -> tuple[Event, ...]:
    """Newest first."""
    subjects = [f"disclosure:{disclosure_id}"]
    ids = await Delivery.filter(disclosure_id=disclosure_id).order_by("-id").limit(40).values_list("id", flat=True)
    subjects += [f"delivery:{number}" for number in ids]
    records = [record for subject in subjects for record in await trail.about(subject)]
    records.sort(key=lambda record: record.id, reverse=True)
    return tuple(
        Event(
            at=record.at, who=record.actor_name, by_machine=record.actor_kind == ActorKind.MACHINE,
            what=act(record.verb, record.detail),
        )
        for record in records
    )  # fmt: skip
