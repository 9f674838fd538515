"""The channel port: what every channel can do, in the same words. Channels know nothing of each other or of the ledger."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

from disclosures.content import Content

if TYPE_CHECKING:
    from tortoise.backends.base.client import BaseDBAsyncClient

Facts = dict[str, Any]
"""What a platform told us about one delivery (media_id, publish_id, …); JSON, stored in the ledger."""

LoadFile = Callable[[str], Awaitable[bytes]]
"""Gives the bytes of a stored file by SHA-256; raises ChannelRefused when there is none."""


WITHOUT_PICTURES: Final = "without_pictures"
"""In a delivery's facts: why its pictures were left out, as the author had chosen for that case (features P17)."""


class ChannelName(StrEnum):
    PORTAL = "portal"
    WECHAT = "wechat"
    WEIBO = "weibo"
    ANSWERS = "answers"


class Severity(StrEnum):
    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a channel would refuse or spoil, found before anything is sent. Texts are Simplified Chinese."""

    severity: Severity
    field: str
    """The field of the form it belongs to: title, body, summary, wechat.digest, weibo.text, …"""
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the channel can do; the ledger and the screens follow it."""

    local: bool
    """True: sending is part of our own database transaction (portal, answers)."""
    links_to_portal: bool
    """True: goes out only after the portal page of the same release is published."""
    drafts: bool = False
    """True: ``prepare`` creates a draft whose id makes ``send`` at most once."""
    follows: bool = False
    """True: ``send`` is only accepted, and ``follow`` tells the end."""
    may_conclude_absent: bool = False
    """True: ``look`` may prove that nothing was sent, so that the machine may send the same draft again."""
    shows_newest: int = 0
    """Only so many of the newest posts can be read back (0: all): the ledger sends no more than that at a time."""
    withdraws: bool = True
    notifies_followers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The text as it will be sent; stored (frozen) in the delivery row. ``payload`` is plain JSON."""

    payload: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        text = json.dumps(self.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class Verdict(StrEnum):
    PUBLISHED = "published"
    RUNNING = "running"
    """Accepted or still being worked on; ask again."""
    ABSENT = "absent"
    """Proved not to have happened (only where ``may_conclude_absent``)."""
    UNKNOWN = "unknown"
    """Cannot be told now."""
    FAILED = "failed"
    """The platform's own negative verdict after acceptance (publish_status 2, 3, 4)."""
    GONE = "gone"
    """It was published and is no longer there (publish_status 5, 6; a deleted post)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a call or a look at the platform showed. ``evidence`` is kept in the attempt row."""

    verdict: Verdict
    external_id: str = ""
    url: str = ""
    message: str = ""
    """Simplified Chinese; the platform's reason when it failed."""
    remedy: str = ""
    facts: Facts = field(default_factory=dict)
    """Merged into the delivery's facts."""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One delivery as a channel needs to see it."""

    delivery_id: int
    release_id: int
    disclosure_id: int
    payload: Mapping[str, Any]
    facts: Facts
    page_url: str
    due_at: datetime
    intent_at: datetime | None = None


class Liveness(StrEnum):
    LIVE = "live"
    GONE = "gone"
    """It was there and is no longer (deleted by the platform or by hand; publish_status 5, 6)."""
    UNREADABLE = "unreadable"
    """Nobody can tell now: the platform does not answer, or does not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a reader finds on the channel at this moment, for one delivery."""

    liveness: Liveness
    text: str = ""
    """The words as a reader reads them, title first; compared with ``Channel.approved_text`` after normalising."""
    url: str = ""
    message: str = ""
    """Simplified Chinese; why it is gone or cannot be read."""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One post, article or draft as the platform lists it now: what a person, or the quarantine, compares with the ledger."""

    kind: str
    """post, article or draft."""
    external_id: str
    text: str
    """The title, or the whole post."""
    url: str = ""
    page_url: str = ""
    """The link to our portal that it carries, if the platform tells; the fragment is left out."""
    at: datetime | None = None


class Channel(Protocol):
    """A place where a disclosure goes. ``render`` and ``check`` are pure."""

    @property
    def name(self) -> ChannelName: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def render(self, content: Content, *, page_url: str) -> Rendered:
        """The text exactly as it will be sent. Same content, same bytes. ``page_url`` is the absolute portal URL."""

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        """What the platform would refuse or spoil; empty when all is well."""

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        """The words of the frozen payload as a reader should find them live, title first. Pure."""

    async def read_back(self, ticket: Ticket) -> Live:
        """Fetches what is live. A read; raises the errors of the port only where nothing can be said (ChannelUnavailable)."""


class LocalChannel(Channel, Protocol):
    """A channel in our own database: publishing is part of the ledger's transaction."""

    async def publish(self, connection: "BaseDBAsyncClient", ticket: Ticket, *, now: datetime) -> Sighting:
        """Writes the page or the entry; PUBLISHED. Doing it twice leaves one."""

    async def retract(
        self, connection: "BaseDBAsyncClient", disclosure_id: int, *, explanation: str, repealed: bool, now: datetime
    ) -> None:
        """Withdraws (or marks as 废止) what was published for this disclosure; nothing published is no error."""


class RemoteChannel(Channel, Protocol):
    """A platform. The calls raise ChannelUnavailable, ChannelBusy, ChannelRefused or OutcomeUnknown; each has its own
    timeout, together shorter than half a lease (a lease is 60 s)."""

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        """Everything that may be repeated: uploads, the draft. Returns new facts. Nothing is visible to the public yet."""

    async def send(self, ticket: Ticket) -> Sighting:
        """The one call with an effect. Called only after the intent was committed. Never repeats itself."""

    async def follow(self, ticket: Ticket) -> Sighting:
        """After RUNNING: asks the platform how it ended. A read."""

    async def look(self, ticket: Ticket) -> Sighting:
        """After an unknown outcome: searches the platform for our post. A read."""

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        """Whether a pushed event (PlatformEvent.body) is about this delivery, and what it says. Pure."""

    async def withdraw(self, ticket: Ticket) -> Sighting:
        """Removes what was published: GONE when proved; ChannelRefused when a person must do it by hand."""

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        """The newest posts, published articles and drafts of the account, newest first. A read."""

    async def readiness(self) -> tuple[Problem, ...]:
        """What would keep a release from going out now: credentials, address list, domain, quota. Reads only; empty when
        all is well. An account that cannot be reached is a problem too, never an exception."""
