"""A case: its states, what may follow what, and its values. Pure.

waiting 待接 ──take──▶ open 处理中 ──reply──▶ answered 已答复 ──close──▶ closed 办结
                          ▲  ◀──────── his further words ──┘                │
                          └──────────────────── reopen ─────────────────────┘
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from casework.errors import CaseRefused


class Kind(StrEnum):
    HANDOVER = "handover"
    APPEAL = "appeal"


class State(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Act(StrEnum):
    TAKE = "take"
    ASSIGN = "assign"
    ASK_BACK = "ask_back"
    """A word to the citizen that is not the answer yet."""
    REPLY = "reply"
    HEAR = "hear"
    THANK = "thank"
    """The citizen says thanks, or something else that asks for nothing."""
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE = "note"
    SET_UNIT = "set_unit"


KIND_NAMES: Final[Mapping[str, str]] = MappingProxyType({Kind.HANDOVER: "人工咨询", Kind.APPEAL: "诉求"})
STATE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {State.WAITING: "待接", State.OPEN: "处理中", State.ANSWERED: "已答复", State.CLOSED: "办结"}
)
ACTIVE: Final = (State.WAITING, State.OPEN, State.ANSWERED)
OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "done": "已办结",
        "repeated": "与另一件重复，合并办理",
        "elsewhere": "不属于本区职责",
        "withdrawn": "本人撤回",
        "quiet": "答复后没有新的补充，自动办结",
        "left": "本人取消关注，内容已删除",
    }
)
"""How a case ends, as a citizen reads it."""
CHOSEN_OUTCOMES: Final = ("done", "repeated", "elsewhere", "withdrawn")
"""Those a person may choose."""
SCORES: Final[Mapping[int, str]] = MappingProxyType({1: "满意", 2: "基本满意", 3: "不满意"})
REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {"unsolved": "没有解决", "slow": "答复太慢", "unclear": "没说清楚", "attitude": "态度不好", "other": "其他原因"}
)
"""Why somebody is not satisfied."""

_FOLLOWS: Final[Mapping[Act, Mapping[State, State]]] = MappingProxyType({
    Act.TAKE: {State.WAITING: State.OPEN},
    Act.ASSIGN: {State.WAITING: State.OPEN, State.OPEN: State.OPEN, State.ANSWERED: State.ANSWERED},
    Act.ASK_BACK: {State.OPEN: State.OPEN, State.ANSWERED: State.OPEN},
    Act.REPLY: {State.OPEN: State.ANSWERED, State.ANSWERED: State.ANSWERED},
    Act.HEAR: {
        State.WAITING: State.WAITING, State.OPEN: State.OPEN, State.ANSWERED: State.OPEN, State.CLOSED: State.CLOSED,
    },
    Act.THANK: {state: state for state in State},
    Act.CLOSE: {State.WAITING: State.CLOSED, State.OPEN: State.CLOSED, State.ANSWERED: State.CLOSED},
    Act.REOPEN: {State.CLOSED: State.OPEN},
    Act.NOTE: {state: state for state in State},
    Act.SET_UNIT: {state: state for state in ACTIVE},
})  # fmt: skip
_WHY_NOT: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.WAITING: "这件诉求还没有人接办。",
        State.OPEN: "这件诉求正在办理。",
        State.ANSWERED: "这件诉求已经答复。",
        State.CLOSED: "这件诉求已经办结。",
    }
)
_REMEDIES: Final[Mapping[State, str]] = MappingProxyType(
    {State.WAITING: "请先接办。", State.OPEN: "", State.ANSWERED: "", State.CLOSED: "需要再办的，请先重新打开。"}
)


def follows(act: Act, state: State, *, handled: bool = True) -> State:
    """The state after an act; ``handled``: whether somebody has the case. Raises CaseRefused when it may not follow."""
    after = _FOLLOWS[act].get(state)
    if after is None:
        raise CaseRefused(_WHY_NOT[state], _REMEDIES[state])
    # A case that nobody ever took waits again when it is opened again.
    return State.WAITING if act is Act.REOPEN and not handled else after


def may_follow(act: Act, state: State) -> bool:
    """Whether a screen offers the act."""
    return state in _FOLLOWS[act]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case as it stands; moments are aware. ``subject`` is masked."""

    id: int
    number: str
    kind: Kind
    channel: str
    sender: str
    """His id on the platform; empty once he has left."""
    subject: str
    unit: str
    state: State
    version: int
    handler_id: int | None
    handler_name: str
    handler_shown: str
    asked_at: datetime
    opened_at: datetime
    taken_at: datetime | None
    replied_at: datetime | None
    last_word_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    promised_at: datetime
    """From when the two promises count."""
    reply_due: datetime
    answer_due: datetime
    provisional: bool
    outcome: str
    times_reopened: int
    unread: int
    acknowledged: bool
    bot_speaks: bool
    rating_asked_at: datetime | None
    score: int | None
    score_reason: str
    rated_at: datetime | None

    @property
    def active(self) -> bool:
        return self.state is not State.CLOSED

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    @property
    def kind_name(self) -> str:
        return KIND_NAMES[self.kind]

    @property
    def outcome_name(self) -> str:
        return OUTCOMES.get(self.outcome, "")

    @property
    def score_name(self) -> str:
        return SCORES.get(self.score or 0, "")


class Side(StrEnum):
    CITIZEN = "citizen"
    BOT = "bot"
    HANDLER = "handler"
    NOTE = "note"
    """内部备注: no citizen reads it."""


class Delivery(StrEnum):
    """How far a word of ours to a citizen has come."""

    NONE = ""
    WAITING = "waiting"
    SAYING = "saying"
    """It stands in a reply that is about to be stored; of a reply that is not stored nobody reads anything."""
    SENDING = "sending"
    SENT = "sent"
    """The platform took it."""
    UNKNOWN = "unknown"
    """It may have arrived, so it is not sent again."""
    TOLD = "told"
    """It was said with his next message, or he read it on the portal."""


DELIVERY_NAMES: Final[Mapping[str, str]] = MappingProxyType({
    Delivery.NONE: "", Delivery.WAITING: "等待送达，他下次发消息时一并送达", Delivery.SENDING: "正在送达", Delivery.SAYING: "正在送达",
    Delivery.SENT: "已送达", Delivery.UNKNOWN: "是否送达不确定，为免重复不再发送", Delivery.TOLD: "已随答复送达",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was said in a case, or noted. ``masked``: part of it is covered, and may be looked at whole."""

    id: int
    case_id: int
    side: Side
    what: str
    at: datetime
    text: str
    masked: bool
    author: str
    signed: str
    entry_id: str
    channel: str
    delivery: Delivery
    pushed: bool
    """Whether we may still send it by ourselves, where the channel has a way; else it waits for his next word."""
    told_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What was said before a case was opened, as it is stored: masked."""

    side: Side
    at: datetime
    text: str
    entry_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A case to be opened. ``question`` and ``subject`` may hold personal data; what is stored in the clear is masked."""

    number: str
    kind: Kind
    channel: str
    sender: str
    question: str
    unit: str
    asked_at: datetime
    opened_at: datetime
    transcript: tuple[Spoken, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Further words of a citizen for his case. ``asks``: they ask for something (谢谢 does not)."""

    case_id: int
    text: str
    at: datetime
    asks: bool = True
    acknowledged: bool = False
    """He is told with this very reply that his words go to the case."""
    bot_speaks: bool | None = None
    """Set: from now on the bot speaks, or is silent again."""
