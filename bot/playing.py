"""Plays golden conversations through the reception: the road of a real message, from the opened envelope to the stored reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from bot.golden import Saying, Script
from bot.message import Inbound, Kind
from bot.records import InboundMessage

BUDGET: Final = 30.0
"""Seconds; a script tells whether an answer is right, not how fast it is."""


class Receives(Protocol):
    """What is needed of ``bot.reception.Reception``."""

    async def receive(self, inbound: Inbound, *, now: datetime, budget: float) -> str: ...


class Movable(Protocol):
    """A clock that a script may set."""

    moment: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A reply that is not what the script wants."""

    title: str
    line: int
    said: str
    why: str
    reply: str


async def play(script: Script, *, reception: Receives, clock: Movable, number: int) -> Sequence[Wrong]:
    """What is wrong in one conversation. ``number`` tells its citizens from those of other scripts."""
    clock.moment, wrong = script.begins, list[Wrong]()
    for place, saying in enumerate(script.sayings):
        clock.moment += saying.after
        inbound = _inbound(saying, number=number, place=place, at=clock.moment)
        said = await reception.receive(inbound, now=clock.moment, budget=BUDGET)
        row = await InboundMessage.filter(sender=inbound.sender).order_by("-id").first()
        reply = {**((row.reply if row is not None else None) or {}), "text": said}
        why = "；".join(found for each in saying.wanted if (found := each.wrong(reply)))
        if why:
            wrong.append(
                Wrong(title=script.title, line=saying.line, said=saying.text or str(saying.kind), why=why, reply=said)
            )
    return wrong


def _inbound(saying: Saying, *, number: int, place: int, at: datetime) -> Inbound:
    event = "subscribe" if saying.kind is Kind.EVENT else ""
    body: dict[str, Any] = {"Event": event} if event else {}
    return Inbound(
        channel=saying.channel, account="golden", sender=f"golden-{number}-{saying.person}", kind=saying.kind,
        created=str(int(at.timestamp())), sent_at=at, message_id="" if event else str(1_000_000 * number + place + 1),
        text=saying.text, event=event, event_key=str(place) if event else "", body=body,
    )  # fmt: skip
