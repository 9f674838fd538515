"""The states of a public reply, and what moves it. Pure: ``now`` is an argument.

waiting ─ a second person agrees ─▶ ready ─ intent ─▶ sending ─▶ sent ─▶ retracted
   └─ taken back or refused: dropped   ▲  │              ├─ refused by the platform ─▶ failed
                                       └──┴─ not sent ───┤
                                                         └─ nobody can know ─▶ unknown ─▶ sent | failed

A reply is a public word of a government, so it keeps the ledger's rule: an unknown outcome is read back, never sent again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DROPPED = "dropped"
    RETRACTED = "retracted"
    """It was public and was taken back."""


STATE_NAMES: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.WAITING: "等待另一人同意",
        State.READY: "等待发出",
        State.SENDING: "正在发出",
        State.SENT: "已回复",
        State.UNKNOWN: "待核实",
        State.FAILED: "没有发出",
        State.DROPPED: "已收回",
        State.RETRACTED: "已撤回",
    }
)
OPEN: Final = frozenset({State.WAITING, State.READY, State.SENDING, State.UNKNOWN})
"""A comment has one of these at a time."""

LEASE: Final = timedelta(seconds=60)
SENDABLE: Final = 30.0
"""Seconds from the intent within which the call must leave; half the lease."""
MOST_TRIES: Final = 20
_WAITS: Final = (15, 30, 60, 120, 300, 600, 900, 1800)
_LOOKS: Final = (20, 60, 120, 300, 900, 3600, 3 * 3600, 6 * 3600)
MOST_LOOKS: Final = 16
"""After about three days the machine no longer looks by itself; a person decides, or asks it to look once more."""
SETTLED: Final = timedelta(minutes=2)
"""A look proves that nothing was sent only when it was made so long after the sending: a platform may be slow to show it."""


def again_at(now: datetime, tries: int, *, not_before: datetime | None = None) -> datetime:
    """When a reply that surely did not go out is tried again. ``tries`` counts from 1."""
    later = now + timedelta(seconds=_WAITS[min(max(tries, 1), len(_WAITS)) - 1])
    return max(later, not_before) if not_before is not None else later


def look_at(now: datetime, looks: int) -> datetime | None:
    """When the machine looks next for a reply of unknown outcome; None when it has looked often enough."""
    return now + timedelta(seconds=_LOOKS[min(looks, len(_LOOKS) - 1)]) if looks < MOST_LOOKS else None


def may_say_not_sent(*, intent_at: datetime | None, looked_at: datetime | None, not_seen: bool) -> bool:
    """Whether a person may say “没有发出”: only after the platform was asked, late enough, and did not show it."""
    return not_seen and intent_at is not None and looked_at is not None and looked_at - intent_at >= SETTLED
