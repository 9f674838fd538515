"""The states of a disclosure and the moves between them. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from disclosures.errors import StateRefused


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    REPEALED = "repealed"


STATE_NAMES: Mapping[State, str] = MappingProxyType(
    {
        State.DRAFT: "草稿",
        State.SUBMITTED: "已送审",
        State.IN_REVIEW: "审核中",
        State.APPROVED: "已审定",
        State.RELEASED: "已公开",
        State.WITHDRAWN: "已撤回",
        State.REPEALED: "已废止",
    }
)
"""What the screens call each state."""


class Move(StrEnum):
    """What somebody does to a disclosure."""

    REVISE = "revise"
    SUBMIT = "submit"
    SIGN = "sign"
    """One of the first two signatures."""
    APPROVE = "approve"
    """The last signature."""
    REJECT = "reject"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    REPEAL = "repeal"


MOVE_NAMES: Mapping[Move, str] = MappingProxyType(
    {
        Move.REVISE: "修改",
        Move.SUBMIT: "送审",
        Move.SIGN: "审签",
        Move.APPROVE: "审定",
        Move.REJECT: "退回",
        Move.RELEASE: "公开",
        Move.WITHDRAW: "撤回",
        Move.REPEAL: "废止",
    }
)

_EVERY = frozenset(State)

MOVES: Mapping[Move, tuple[frozenset[State], State]] = MappingProxyType(
    {
        # An edit of a released text is the beginning of its correction: the page stays as it was until the new release.
        Move.REVISE: (_EVERY - {State.REPEALED}, State.DRAFT),
        # A withdrawn text may be submitted again as it stands; it needs three new signatures.
        Move.SUBMIT: (frozenset({State.DRAFT, State.WITHDRAWN}), State.SUBMITTED),
        Move.SIGN: (frozenset({State.SUBMITTED, State.IN_REVIEW}), State.IN_REVIEW),
        Move.APPROVE: (frozenset({State.SUBMITTED, State.IN_REVIEW}), State.APPROVED),
        Move.REJECT: (frozenset({State.SUBMITTED, State.IN_REVIEW}), State.DRAFT),
        Move.RELEASE: (frozenset({State.APPROVED, State.RELEASED}), State.RELEASED),
        Move.WITHDRAW: (_EVERY - {State.WITHDRAWN, State.REPEALED}, State.WITHDRAWN),
        Move.REPEAL: (_EVERY - {State.WITHDRAWN, State.REPEALED}, State.REPEALED),
    }
)
"""Move → the states it may start from, and the state it ends in."""

_NEEDS_LIVE = frozenset({Move.WITHDRAW, Move.REPEAL})


def moved(state: State, move: Move, *, live: bool = False) -> State:
    """The state after the move. ``live``: the public can read it now (also while a correction is being written).
    Raises StateRefused."""
    origins, end = MOVES[move]
    if state not in origins:
        raise StateRefused(f"当前状态为“{STATE_NAMES[state]}”，不能{MOVE_NAMES[move]}。")
    if move in _NEEDS_LIVE and not live:
        raise StateRefused(f"该信息尚未公开，无需{MOVE_NAMES[move]}；如已安排发布，请取消发布计划。")
    return end
