"""How often a user, an address or an endpoint may be called. Windows end on the hour and at midnight in Shanghai."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

HOUR: Final = 3600
DAY: Final = 24 * HOUR
SHANGHAI: Final = 8 * HOUR

Window = Literal["hour", "day"]


def window_of(now: float, window: Window) -> int:
    """The number of the window a moment falls in."""
    return int(now // HOUR) if window == "hour" else int((now + SHANGHAI) // DAY)


def hour_ends(now: float) -> float:
    return (now // HOUR + 1) * HOUR


@dataclass(slots=True, kw_only=True)
class LimitBook:
    """What was used of each limit. Calls over the limit are not counted."""

    used: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def take(self, name: str, subject: str, limit: int, now: float, window: Window = "hour") -> bool:
        """Use one of a limit; False when nothing is left."""
        key = (name, subject, window_of(now, window))
        if self.used[key] >= limit:
            return False
        self.used[key] += 1
        return True

    def left(self, name: str, subject: str, limit: int, now: float, window: Window = "hour") -> int:
        return max(0, limit - self.used[name, subject, window_of(now, window)])
