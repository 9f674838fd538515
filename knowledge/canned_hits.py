"""How often each rule before the base was used: a number for each day and channel, nothing of who asked."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F
from tortoise.functions import Sum

from knowledge.dictionary_records import CannedHit


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Hit:
    """One use. ``day`` is the local day."""

    rule: str
    day: date
    channel: str


async def count_hits(connection: BaseDBAsyncClient, hits: Sequence[Hit]) -> None:
    """Adds uses in the caller's transaction. In order, so that two nodes never wait for each other."""
    for hit, count in sorted(Counter(hits).items()):
        row = CannedHit.filter(rule=hit.rule, day=hit.day, channel=hit.channel).using_db(connection)
        if not await row.update(count=F("count") + count):
            first = CannedHit(rule=hit.rule, day=hit.day, channel=hit.channel, count=0)
            await CannedHit.bulk_create([first], ignore_conflicts=True, using_db=connection)
            await row.update(count=F("count") + count)


async def hits_since(today: date, *, days: int = 30) -> dict[str, int]:
    """Uses of each rule in the last days, today included."""
    rows = CannedHit.filter(day__gt=today - timedelta(days=days)).annotate(total=Sum("count")).group_by("rule")
    return {str(rule): int(total) for rule, total in await rows.values_list("rule", "total")}
