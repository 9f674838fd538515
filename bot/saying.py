"""What citizens said, read for the pages of heat: masked already, and without those who left, since the inbox is."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.decision import plain
from bot.records import InboundMessage
from knowledge.usage import Said, Wording

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LOOKED_AT: Final = 5000
"""The newest messages among which the most frequent words are looked for."""
LONGEST: Final = 60
"""Characters; longer messages are hardly ever said twice."""


class SaidLog:
    """``knowledge.usage.Log`` over the inbox."""

    async def of_entry(self, entry_id: str, first: date, last: date, *, before: int, limit: int) -> Sequence[Said]:
        since, until = _moments(first, last)
        rows = InboundMessage.filter(entry_id=entry_id, received_at__gte=since, received_at__lt=until)
        rows = rows.filter(id__lt=before) if before else rows
        found = (
            await rows.order_by("-id").limit(limit).only("id", "text", "channel", "received_at", "entry_id", "reply")
        )
        return [
            Said(
                id=row.id, text=row.text, channel=row.channel, at=row.received_at, entry_id=entry_id,
                step=str((row.reply or {}).get("step", "")),
            )
            for row in found
        ]  # fmt: skip

    async def wordings(self, first: date, last: date, *, limit: int) -> Sequence[Wording]:
        since, until = _moments(first, last)
        rows = InboundMessage.filter(received_at__gte=since, received_at__lt=until, kind__in=["text", "voice"])
        newest = await rows.order_by("-received_at").limit(LOOKED_AT).values_list("text", "entry_id")
        times: Counter[str] = Counter()
        answered: dict[str, str] = {}
        for text, entry_id in newest:
            words = plain(str(text))
            if not 2 <= len(words) <= LONGEST or words.isdigit():
                continue
            times[words] += 1
            answered[words] = answered.get(words) or str(entry_id or "")
        return [
            Wording(text=words, times=count, entry_id=answered[words])
            for words, count in times.most_common(limit)
            if count > 1
        ]


def _moments(first: date, last: date) -> tuple[datetime, datetime]:
    """From midnight to midnight in Shanghai."""
    return (
        datetime.combine(first, time(), SHANGHAI),
        datetime.combine(last + timedelta(days=1), time(), SHANGHAI),
    )
