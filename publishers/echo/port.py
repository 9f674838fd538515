"""What a platform can give back, in the same words for every channel. A channel that can has an attribute ``echo``."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

Cursor = dict[str, Any]
"""Where the reading of a platform stands; JSON, stored beside what was read."""

Address = Mapping[str, Any]
"""What a platform needs to find one comment again; JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A published delivery, as a platform's calls need to know it."""

    delivery_id: int
    disclosure_id: int
    facts: Mapping[str, Any]
    url: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReply:
    """What the account itself has written below a comment, here or on the platform's own pages."""

    text: str
    at: datetime
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One comment as the platform tells it; nothing is masked yet."""

    external_id: str
    address: Address
    delivery_id: int | None
    author: str
    author_id: str
    text: str
    at: datetime
    post_text: str = ""
    elected: bool | None = None
    reply: OwnReply | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some comments, and the cursor that may be kept once they are stored."""

    heard: tuple[Heard, ...] = ()
    replies: Mapping[str, OwnReply] = field(default_factory=dict)
    """Own replies by the external id of the comment they answer, where the platform lists them apart."""
    cursor: Cursor = field(default_factory=dict)


class Seen(StrEnum):
    FOUND = "found"
    NOT_FOUND = "not_found"
    """The platform was asked and showed everything below the comment: our reply is not among it."""
    UNCLEAR = "unclear"
    """Nobody can tell now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a sending or a look showed of our reply."""

    seen: Seen
    external_id: str = ""
    message: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)


class Act(StrEnum):
    """What may be done with a comment besides answering it. All of them may be repeated without harm."""

    ELECT = "elect"
    UNELECT = "unelect"
    TAKE_DOWN = "take_down"


ACT_NAMES: Mapping[Act, str] = {Act.ELECT: "设为精选", Act.UNELECT: "取消精选", Act.TAKE_DOWN: "在平台删除"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One running total of one delivery at the end of a day."""

    delivery_id: int
    name: str
    day: date
    value: int
    source: str


class Discussion(Protocol):
    """The comments of one account. The calls raise the errors of the channel port; reads never leave an unknown outcome."""

    acts: frozenset[Act]
    longest: int
    """Characters of a reply, as the platform counts them."""

    def length(self, text: str) -> int:
        """How long the platform takes a reply to be."""

    def hear(self, posts: Sequence[Post], cursor: Cursor, *, now: datetime) -> AsyncIterator[Batch]:
        """What is new since the cursor, in batches; whoever stores a batch keeps its cursor in the same transaction."""

    async def reply(self, address: Address, text: str) -> Spoken:
        """The one call that makes our words public. Never repeats itself. FOUND when the platform took it."""

    async def replied(self, address: Address, text: str) -> Spoken:
        """Whether these words of ours stand below the comment. A read."""

    async def unsay(self, address: Address, external_id: str) -> None:
        """Takes our own reply back. May be repeated; one that is not there is no error. ChannelRefused: by hand only."""

    async def act(self, address: Address, act: Act) -> None:
        """Elects, un-elects or takes down."""


class FigureSource(Protocol):
    """The figures of one channel's posts."""

    every: timedelta
    """How often it is worth asking."""

    async def read(self, posts: Sequence[Post], *, now: datetime) -> tuple[Figure, ...]:
        """What is told now, running totals by day. A read; raises the errors of the channel port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """What one channel gives back; None where it does not."""

    discussion: Discussion | None = None
    figures: FigureSource | None = None


@runtime_checkable
class HasEcho(Protocol):
    """A channel that can be asked what came back."""

    echo: Echo
