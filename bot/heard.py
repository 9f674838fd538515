"""When somebody last wrote to us: so long a platform lets us write to him."""

from datetime import datetime

from bot.records import InboundMessage


async def last_heard(channel: str, sender: str) -> datetime | None:
    """The moment of his last message; None when nothing of him is kept."""
    if not sender:
        return None
    row = (
        await InboundMessage.filter(channel=channel, sender=sender).order_by("-received_at").only("received_at").first()
    )
    return row.received_at if row is not None else None
