"""What the handlers' desk needs of the house, as one value; built in ``gateway.handling``."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final, Protocol

from casework.case import Spoken
from casework.desk import LONGEST_REPLY, CaseDesk
from casework.sampling import Sampling
from knowledge.finding import Finding

CHANNEL_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"wechat": "微信", "weibo": "微博", "web": "网页", "api": "接口"}
)

BESIDE: Final = 300
"""Bytes for the line that says who answers and the number of the case."""
BYTES: Final = 3
"""Of one Chinese character."""

SaidIn = Callable[[int], Awaitable[Sequence[Spoken]]]
"""What was said in the conversation with the bot that begins with a message; empty when it is deleted."""
LastHeard = Callable[[str, str], Awaitable[datetime | None]]
"""(channel, sender) → when he last wrote to us."""


class Measured(Protocol):
    """How long one message may be on a channel (``bot.measure.Measure``)."""

    @property
    def limit(self) -> int: ...

    @property
    def unit(self) -> str: ...

    def of(self, text: str) -> int: ...

    def fits(self, text: str) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How long a reply may be: the desk's own measure, and what is left of one message of the channel beside the line that
    says who answers."""

    measure: Measured

    @property
    def limit(self) -> int:
        """In characters."""
        if self.measure.unit == "bytes":
            return min(LONGEST_REPLY, (self.measure.limit - BESIDE) // BYTES)
        return min(LONGEST_REPLY, self.measure.limit - BESIDE // BYTES)

    def of(self, text: str) -> int:
        return len(text)

    def fits(self, text: str) -> bool:
        beside = BESIDE if self.measure.unit == "bytes" else BESIDE // BYTES
        return len(text) <= self.limit and self.measure.of(text) + beside <= self.measure.limit


class Ask(Protocol):
    """The knowledge base behind the bot."""

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseServices:
    """``pushes``: the channels on which we may write first, within ``window`` after a citizen's last word."""

    desk: CaseDesk
    sampling: Sampling
    said_in: SaidIn
    last_heard: LastHeard
    measure: Callable[[str], Measured]
    ask: Ask
    pushes: frozenset[str]
    window: timedelta

    def room(self, channel: str) -> Room:
        """How long a handler's reply may be on a channel."""
        return Room(measure=self.measure(channel))
