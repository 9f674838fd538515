"""What the account and a citizen said to each other in private, and until when the account may answer.

Rule of the window (open.weibo.com/wiki/Send_Customer_Service_Message): after a message, a follow, a menu click or a
scan the account may write as often as it likes for 48 hours; after a mention once; after an unfollow not at all.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sandbox.weibo.errors import Refusal

OPENING_EVENTS: Final = frozenset({"follow", "subscribe", "click", "scan", "scan_follow", "view"})
OPENING_KINDS: Final = frozenset({"text", "image", "voice", "position"})

MENTIONS: Final = frozenset({"status", "comment"})

Road = Literal["said", "passive", "service", "mass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a private conversation. `road` tells how the account's words came."""

    by: Literal["citizen", "account"]
    kind: str
    data: dict[str, Any]
    at: float
    road: Road


@dataclass(slots=True, kw_only=True)
class Standing:
    """Where a citizen stands with the account. Moments are Unix seconds."""

    following: bool = False
    subscribed: bool = False
    closed: bool = False
    open_until: float = 0
    mention_until: float = 0
    mention_left: int = 0
    lines: list[Line] = field(default_factory=list)

    def approached(self, kind: str, subtype: str, now: float, window: float) -> None:
        """The citizen did something that may open, narrow or close the window."""
        if subtype in {"follow", "unfollow"}:
            self.following = subtype == "follow"
        if subtype in {"subscribe", "unsubscribe"}:
            self.subscribed = subtype == "subscribe"
        if subtype == "unfollow":
            self.closed, self.subscribed, self.open_until, self.mention_left = True, False, 0, 0
        elif kind in OPENING_KINDS or subtype in OPENING_EVENTS:
            self.closed, self.open_until = False, now + window
        elif kind == "mention" or subtype in MENTIONS:
            self.closed, self.mention_until, self.mention_left = False, now + window, 1

    def spend(self, now: float, closed_window_code: int) -> None:
        """Use the window for one customer-service reply. Raises Refusal: 20301 after an unfollow, else the code."""
        if self.closed:
            raise Refusal(20301)
        if now < self.open_until:
            return
        if now < self.mention_until and self.mention_left > 0:
            self.mention_left -= 1
            return
        raise Refusal(closed_window_code, text="Reply is out of the time or the number allowed!")


@dataclass(slots=True, kw_only=True)
class CitizenBook:
    """Every citizen who ever had to do with the account, by uid."""

    by_uid: dict[str, Standing] = field(default_factory=dict)

    def get(self, uid: str) -> Standing:
        return self.by_uid.setdefault(uid, Standing())

    def known(self, uid: str) -> Standing | None:
        return self.by_uid.get(uid)

    def followers(self) -> list[str]:
        return [uid for uid, standing in self.by_uid.items() if standing.following]

    def subscribers(self) -> list[str]:
        return [uid for uid, standing in self.by_uid.items() if standing.subscribed]
