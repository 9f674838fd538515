"""What a person may decide about a delivery, and when such a decision still stands. Pure: no database here.

An outcome that nobody can prove is decided by two persons: one proposes, a second confirms (ASVS 5.0, 2.3.5; I6). What
only mends a known state (a late release, a refusal whose cause is gone) needs one.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from publishers.states import State


class Choice(StrEnum):
    """The values stand in the forms, in the API and in ``delivery_proposal.choice``."""

    IT_IS_OUT = "it_is_out"
    SEND_AGAIN = "send_again"
    GIVE_UP = "give_up"
    IT_IS_GONE = "it_is_gone"
    PUBLISH_LATE = "publish_late"
    TRY_AGAIN = "try_again"


CHOICE_NAMES: Mapping[Choice, str] = MappingProxyType(
    {
        Choice.IT_IS_OUT: "已经发出",
        Choice.SEND_AGAIN: "没有发出，重新发送",
        Choice.GIVE_UP: "没有发出，不再发送",
        Choice.IT_IS_GONE: "已在平台删除",
        Choice.PUBLISH_LATE: "现在发布",
        Choice.TRY_AGAIN: "重试",
    }
)
"""What the buttons and the audit trail call each choice."""

BY_TWO = frozenset({Choice.IT_IS_OUT, Choice.SEND_AGAIN, Choice.GIVE_UP, Choice.IT_IS_GONE})
"""One person proposes it, a second one confirms it."""
ABSENT = frozenset({Choice.SEND_AGAIN, Choice.GIVE_UP})
"""They say that the post is not there: the machine looks once more before they count."""
LEADS_TO: Mapping[Choice, State] = MappingProxyType(
    {
        Choice.IT_IS_OUT: State.PUBLISHED,
        Choice.SEND_AGAIN: State.DRAFTED,
        Choice.GIVE_UP: State.CANCELLED,
        Choice.IT_IS_GONE: State.WITHDRAWN,
    }
)
"""Where a confirmed proposal takes the delivery."""


def is_unknown(state: State, intent_at: datetime | None) -> bool:
    """Whether something was sent and nobody can prove what became of it."""
    return state in {State.UNKNOWN, State.HELD} and intent_at is not None


def choices(state: State, *, sent: bool, withdrawn: bool = False) -> tuple[Choice, ...]:
    """What a person may decide about a delivery in this state. ``sent``: its intent was committed; ``withdrawn``: the
    disclosure was withdrawn meanwhile, so that sending it again is out of the question."""
    if sent and state in {State.UNKNOWN, State.HELD}:
        return (Choice.IT_IS_OUT, Choice.GIVE_UP if withdrawn else Choice.SEND_AGAIN)
    return {
        State.HELD: (Choice.PUBLISH_LATE,),
        State.FAILED: (Choice.TRY_AGAIN,),
        State.WITHDRAWING: (Choice.IT_IS_GONE,),
    }.get(state, ())


def stands(choice: Choice, state: State, *, intent_at: datetime | None, proposed_at: datetime, withdrawn: bool) -> bool:
    """Whether a proposal is still about the delivery as it is now.

    The machine goes on looking while a proposal waits, and every look raises the row's fence; that alone overtakes
    nothing. A known outcome, a new sending, or a withdrawal that makes sending again pointless does.
    """
    if choice is Choice.IT_IS_GONE:
        return state is State.WITHDRAWING
    if choice is Choice.SEND_AGAIN and withdrawn:
        return False
    return is_unknown(state, intent_at) and intent_at is not None and intent_at <= proposed_at


_NOW: Mapping[State, str] = MappingProxyType(
    {
        State.PUBLISHED: "系统已在平台上找到这条内容，记为已发布",
        State.SUBMITTED: "平台答复正在处理，系统会继续查询结果",
        State.DRAFTED: "系统已核实平台没有收到，正在重新发布",
        State.SENDING: "正在重新发送",
        State.FAILED: "平台已给出结果：没有发布",
        State.CANCELLED: "这条投放已经取消",
        State.WITHDRAWING: "这条内容已经找到，正在撤回",
        State.WITHDRAWN: "系统已核实平台上没有这条内容，记为已撤回",
        State.PENDING: "这条投放已经重新排队发布",
        State.CLAIMED: "这条投放已经重新排队发布",
    }
)


def overtaken_by(state: State) -> str:
    """Why a decision is not needed any more, from what the delivery is now."""
    return _NOW.get(state, "该信息已经撤回，或这条投放已有新的进展")
