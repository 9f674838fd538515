"""What was tried for a delivery, call by call, in plain words; the evidence stays beside each line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from publishers.records import Attempt

LOOKS: Final = frozenset({"look", "follow"})
_VERBS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "prepare": "准备",
        "send": "发送",
        "follow": "询问平台处理结果",
        "look": "向平台核对",
        "evidence": "本机留存的答复",
        "event": "平台推送的通知",
        "withdraw": "从平台撤下",
    }
)
_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "done": ("完成", "good"),
        "published": ("已经发布", "good"),
        "gone": ("平台上已经没有", "plain"),
        "running": ("平台正在处理", "open"),
        "absent": ("平台没有收到", "plain"),
        "failed": ("平台没有发布", "bad"),
        "refused": ("平台拒绝", "bad"),
        "ChannelRefused": ("平台拒绝", "bad"),
        "not_sent": ("没有发到平台", "plain"),
        "lease_lost_before_send": ("等待过久，没有发出", "plain"),
        "ChannelUnavailable": ("没有连上平台", "open"),
        "ChannelBusy": ("平台限制次数，稍后再试", "open"),
        "OutcomeUnknown": ("没有得到确定的答复", "open"),
    }
)
_UNKNOWN: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"look": ("没有看到这条内容", "plain"), "send": ("没有得到确定的答复", "open")}
)
_MOST: Final = 12
"""Pieces of evidence shown of one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One call, or several of the same kind in a row with the same outcome."""

    verb: str
    what: str
    outcome: str
    tone: str
    """good, bad, open or plain: how the line is marked."""
    message: str
    began_at: datetime
    last_at: datetime
    times: int
    evidence: tuple[tuple[str, str], ...]


def tried(attempts: Sequence[Attempt], *, now: datetime) -> tuple[Tried, ...]:
    """The calls, newest first; looks that all saw the same stand in one line."""
    lines: list[Tried] = []
    for attempt in sorted(attempts, key=lambda each: each.id, reverse=True):
        line = _line(attempt, now)
        if lines and line.verb in LOOKS and _alike(lines[-1], line):
            lines[-1] = replace(lines[-1], began_at=line.began_at, times=lines[-1].times + 1)
        else:
            lines.append(line)
    return tuple(lines)


def outcome_name(verb: str, outcome: str) -> str:
    """How a call ended, in plain words; an outcome that nobody described stands as it is."""
    return _said(verb, outcome)[0]


def _line(attempt: Attempt, now: datetime) -> Tried:
    outcome, tone = _said(attempt.verb, attempt.outcome)
    if attempt.ended_at is None:
        # A lease is 60 s: a call that began longer ago has no worker any more.
        running = (now - attempt.began_at).total_seconds() < 60
        outcome, tone = ("正在进行", "open") if running else ("没有等到结果，处理中断", "open")
    detail = dict(attempt.detail)
    return Tried(
        verb=attempt.verb, what=_VERBS.get(attempt.verb, attempt.verb), outcome=outcome, tone=tone,
        message=str(detail.pop("message", "")), began_at=attempt.began_at,
        last_at=attempt.began_at, times=1,
        evidence=(*((str(name), _plain(value)) for name, value in list(detail.items())[:_MOST]), ("进程", attempt.owner)),
    )  # fmt: skip


def _said(verb: str, outcome: str) -> tuple[str, str]:
    if outcome == "unknown":
        return _UNKNOWN.get(verb, ("不能确定", "open"))
    return _OUTCOMES.get(outcome, (outcome, "plain"))


def _alike(line: Tried, other: Tried) -> bool:
    return (line.verb, line.outcome, line.message) == (other.verb, other.outcome, other.message)


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else f"{text[:300]}…"
