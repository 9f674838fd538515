"""When a channel is used: least and greatest distance, night, how often. Pure; the figures are the office's own data."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from publishers.slot import SHANGHAI


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One channel's hours; see ``scheduler.calendar_records.ChannelHours``."""

    channel: str
    least: timedelta = timedelta(0)
    most: timedelta = timedelta(days=425)
    night_from: time = time(22, 0)
    night_to: time = time(7, 0)
    apart: timedelta = timedelta(minutes=15)
    per_day: int = 8

    def at_night(self, moment: datetime) -> bool:
        """Whether people would be woken: 22:00 to 07:00 in Shanghai, unless the office says otherwise."""
        clock = moment.astimezone(SHANGHAI).time()
        if self.night_from == self.night_to:
            return False
        if self.night_from < self.night_to:
            return self.night_from <= clock < self.night_to
        return clock >= self.night_from or clock < self.night_to
