"""The next good moments for a release: working days in office hours, not quiet, not crowded, and with a place among the
mass sends when one is needed. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from publishers.slot import SHANGHAI, day_of
from scheduler.conflicts import Planned, Rules, Weight, of_moment, of_neighbours

TIMES: Final = (time(9, 30), time(11, 0), time(15, 0), time(16, 30))
"""When people read: after the office opens, before noon, in the afternoon, before they go home."""
LOOK_AHEAD: Final = 62
"""Days in which a good moment is sought."""


def good_moments(
    rules: Rules, channels: Sequence[str], *, now: datetime, after: datetime | None = None, others: Sequence[Planned] = (),
    free: Callable[[date], bool] | None = None, mass: bool = False, apart_from: int = 0, wanted: int = 3,
) -> tuple[datetime, ...]:  # fmt: skip
    """Up to ``wanted`` moments, the soonest first, not before ``after``. ``free`` tells whether a day still has a place
    for a mass send; ``apart_from`` is the release that is being moved. On one day at most one is proposed, so that there
    is a choice of days; the first day may give two."""
    least = max((rules.of(name).least for name in channels), default=timedelta(0))
    start = max(now + max(least, timedelta(minutes=10)), after or now)
    found: list[datetime] = []
    # All the times lie in the middle of a day: only what is planned for the same day can be near.
    by_day: dict[date, list[Planned]] = defaultdict(list)
    for each in others:
        by_day[day_of(each.due_at)].append(each)
    for day in _days(day_of(start)):
        if len(found) >= wanted:
            break
        if mass and free is not None and not free(day):
            continue
        moments = [moment for moment in (datetime.combine(day, clock, SHANGHAI) for clock in TIMES) if moment >= start]
        near = by_day.get(day, [])
        good = [moment for moment in moments if not _hindered(rules, moment, channels, near, apart_from)]
        found += good[: 2 if not found else 1]
    return tuple(found[:wanted])


def next_valid(rules: Rules, channels: Sequence[str], *, now: datetime) -> datetime:
    """The soonest moment that the channels' least distance allows, on a round five minutes."""
    least = max((rules.of(name).least for name in channels), default=timedelta(0))
    soonest = now + max(least, timedelta(minutes=5))
    rest = timedelta(minutes=soonest.minute % 5, seconds=soonest.second, microseconds=soonest.microsecond)
    return soonest - rest + (timedelta(minutes=5) if rest else timedelta(0))


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range(LOOK_AHEAD))


def _hindered(
    rules: Rules, moment: datetime, channels: Sequence[str], others: Sequence[Planned], apart_from: int
) -> bool:
    own = of_moment(rules, moment, channels)
    if any(each.kind in {"idle", "night"} or each.weight is not Weight.NOTE for each in own):
        return True
    return any(
        of_neighbours(
            rules, Planned(release_id=apart_from, channel=name, channel_name=name, due_at=moment, title=""), others
        )
        for name in channels
    )
