"""A counter by disclosure and day: in memory, written down every few seconds. It knows no visitor.

What a crash loses is at most what was counted since the last writing; a figure of readers may be a little low, never high.
"""

import logging
from collections import Counter
from datetime import date, datetime
from typing import Final

from tortoise.exceptions import IntegrityError
from tortoise.expressions import F

from audit.clock import Clock
from publishers.echo.records import DayCount
from publishers.slot import SHANGHAI

log = logging.getLogger(__name__)
MOST: Final = 50_000
"""Different pages between two writings; beyond them nothing is counted, so that memory stays bounded."""
VIEWS, ANSWERS = "views", "answers"


class Tally:
    """``count`` costs a dictionary's step; ``flush`` writes."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[tuple[int, str]] = Counter()

    def count(self, disclosure_id: int, name: str = VIEWS) -> None:
        key = (disclosure_id, name)
        if key in self._counts or len(self._counts) < MOST:
            self._counts[key] += 1

    async def flush(self) -> int:
        """Writes what was counted; returns how many rows changed. What cannot be written is counted again next time."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return 0
        day, written = _day(await self._clock.now()), 0
        for (disclosure_id, name), value in counts.items():
            try:
                await _add(disclosure_id, name, day, value)
                written += 1
            except Exception:
                # The edge of the loop: the database is away for a moment.
                log.exception("day count")
                self._counts[(disclosure_id, name)] += value
        return written


async def _add(disclosure_id: int, name: str, day: date, value: int) -> None:
    mine = DayCount.filter(disclosure_id=disclosure_id, name=name, day=day)
    if await mine.update(value=F("value") + value):
        return
    try:
        await DayCount.create(disclosure_id=disclosure_id, name=name, day=day, value=value)
    except IntegrityError:
        # Another node wrote the first of the day in the same moment.
        await mine.update(value=F("value") + value)


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
