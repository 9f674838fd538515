"""Conversations with the bot for the quality check: which there were in a week, and what was said in one of them.

A conversation is what one citizen wrote without a pause of half an hour. It is named by its first message, and read from
the inbox: when its citizen has left, nothing of it is left either. Texts were masked before they were stored.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.records import InboundMessage
from casework.case import Side, Spoken
from casework.sample import Candidate, Kind

PAUSE: Final = timedelta(minutes=30)
PAGE: Final = 5000
MOST_SHOWN: Final = 60
"""Messages of one conversation on a page."""
ASKING: Final = ("text", "voice", "image", "location", "link")
"""Kinds of messages that begin a conversation; events (follow, menu) do not."""


async def conversations(since: datetime, until: datetime) -> Sequence[Candidate]:
    """Every conversation that began in this time, its end not included."""
    last: dict[tuple[str, str], datetime] = {}
    found, after = list[Candidate](), 0
    while True:
        rows = InboundMessage.filter(
            id__gt=after, received_at__gte=since - PAUSE, received_at__lt=until, kind__in=ASKING
        )
        page = await rows.exclude(sender="").order_by("id").limit(PAGE).values_list(
            "id", "channel", "sender", "received_at"
        )  # fmt: skip
        for number, channel, sender, at in page:
            before = last.get((channel, sender))
            last[(channel, sender)] = at
            if at >= since and (before is None or at - before > PAUSE):
                found.append(Candidate(kind=Kind.TALK, ref=number, label="", channel=channel, unit="", at=at))
        if len(page) < PAGE:
            return found
        after = page[-1][0]


async def said_in(first_id: int) -> Sequence[Spoken]:
    """The conversation that begins with a message; empty when it is deleted."""
    first = await InboundMessage.get_or_none(id=first_id)
    if first is None:
        return ()
    rows = InboundMessage.filter(channel=first.channel, sender=first.sender, id__gte=first_id).order_by("id")
    lines, before = list[Spoken](), first.received_at
    for row in await rows.limit(MOST_SHOWN):
        if row.received_at - before > PAUSE:
            break
        before = row.received_at
        lines.append(Spoken(side=Side.CITIZEN, at=row.received_at, text=row.text or f"（{row.kind}）"))
        reply = str((row.reply or {}).get("text") or "")
        if reply:
            lines.append(
                Spoken(side=Side.BOT, at=row.answered_at or row.received_at, text=reply, entry_id=row.entry_id or "")
            )
    return lines
