"""Lateness: when a delivery that missed its moment asks a person instead of going out, per channel. Pure.

Stale news must not burst out after an outage (crash-point row 19); how late is too late differs: a portal page of yesterday
is still wanted, a post about this evening's closed road is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from publishers.port import ChannelName
from publishers.states import Patience

NAMES: Mapping[ChannelName, str] = {
    ChannelName.PORTAL: "门户网站",
    ChannelName.WECHAT: "微信",
    ChannelName.WEIBO: "微博",
    ChannelName.ANSWERS: "智能问答",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A delivery is later than its channel allows. ``minutes``: how late it is."""

    minutes: int
    problem: str


def lateness(
    channel: ChannelName, due_at: datetime, waited_until: datetime | None, *, now: datetime, patience: Patience
) -> Late | None:
    """None while the delivery may go out by itself. A wait that the platform itself announced (a quota that begins anew at
    midnight) moves the moment; an outage, ours or theirs, does not."""
    limit = patience.late_for(channel)
    if now - max(due_at, waited_until or due_at) <= timedelta(seconds=limit):
        return None
    minutes = int((now - due_at).total_seconds() // 60)
    return Late(
        minutes=minutes,
        problem=f"已比计划时间晚 {minutes} 分钟，超过{NAMES[channel]}的限度（{_words(limit)}），系统没有自动发布",
    )


def _words(seconds: int) -> str:
    return f"{seconds // 60} 分钟" if seconds >= 60 else f"{seconds} 秒"
