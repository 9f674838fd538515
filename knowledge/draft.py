"""The states of a draft, and who may do what with it. Pure."""

from enum import StrEnum


class State(StrEnum):
    """draft → submitted → accepted → released; sent back it is a draft again, and an open one may be discarded."""

    draft = "draft"
    submitted = "submitted"
    accepted = "accepted"
    released = "released"
    discarded = "discarded"


NAMES = {
    State.draft: "草稿",
    State.submitted: "待审核",
    State.accepted: "已通过，待发布",
    State.released: "已发布",
    State.discarded: "已作废",
}
"""What the screens call each state."""

OPEN = (State.draft, State.submitted, State.accepted)
"""The states in which a draft stands in the way of another one for the same entry."""


class Hand(StrEnum):
    """What somebody did with a draft; nobody does both."""

    wrote = "wrote"
    accepted = "accepted"
