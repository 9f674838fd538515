"""A turn of a conversation: what is said to a citizen, and what it leaves behind."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from tortoise.backends.base.client import BaseDBAsyncClient

from bot.decision import Step
from bot.memory import Memory, Option
from bot.reporting import Report
from bot.tapping import TapList
from bot.wording import Source
from knowledge.entry import Entry
from knowledge.finding import Hit
from knowledge.quotation import Quotation

EntryOf = Callable[[str], Awaitable[Entry | None]]
"""Gives an entry by its id, as it may be spoken of now: a withdrawn one without its text; None when nothing may be said."""
LapsedOf = Callable[[str, date], Awaitable[Entry | None]]
"""Gives the expired entry that a text asks for, without its own text; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question for the curator's list. ``asker`` is channel and sender; ``reason`` is ``none`` or ``rejected_choice``."""

    text: str
    channel: str
    sender: str
    asked_at: datetime
    candidates: tuple[Option, ...]
    decision: str
    confidence: float
    reason: str


KeepUnanswered = Callable[[BaseDBAsyncClient, Unanswered], Awaitable[None]]
Settle = Callable[[BaseDBAsyncClient, Sequence[Any]], Awaitable[None]]
"""Writes what several turns left behind, in the transaction of their replies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A value that one part of the bot wants written in the transaction of the reply. ``settle`` is called once with all
    such values of the transaction: a bound method of one object, so that equal means the same."""

    settle: Settle
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A citizen's turn and ours: what is said, and what is to be written for it (``Conversation.settle_all``)."""

    step: Step
    text: str
    """The reply, already short enough for the channel."""
    channel: str
    sender: str
    decision: Literal["answer", "choose", "none"] = "none"
    confidence: float = 0.0
    entry: Entry | None = None
    sources: tuple[Source, ...] = ()
    options: tuple[Option, ...] = ()
    hits: tuple[Hit, ...] = ()
    memory: Memory | None = None
    """The new memory; None when it is unchanged."""
    unanswered: Unanswered | None = None
    more: bool = False
    """There is a next page (回复“更多”)."""
    quotation: Quotation | None = None
    """What of the entry's body the reply quotes, when it does not say the text whole (回复“全文”)."""
    replies: tuple[str, ...] = ()
    """Words that lead on from here, for a channel that shows them as buttons."""
    report: Report | None = None
    """A rumour to be counted on the desk."""
    told: tuple[int, ...] = ()
    """The notices that this reply gives him."""
    corrected: tuple[tuple[int, str], ...] = ()
    """The corrections that this reply gives him, each with the mark of the text that he knows then."""
    lead: str = ""
    """How a follow-up question was understood; it stands before the answer."""
    rate: bool = False
    """It is time to ask whether this answer was of use."""
    tap_list: TapList | None = None
    """The same reply as a list that can be tapped, or, for an answer, the list that may follow it (``rate``)."""
    left: tuple[Left, ...] = ()
    """What other parts of the bot write with this reply."""

    @property
    def leaves(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.memory or self.unanswered or self.report or self.told or self.corrected or self.left)


def left_by(turns: Sequence[Turn]) -> dict[Settle, list[Any]]:
    """What some turns left, by who writes it, in the order of the turns."""
    shared: dict[Settle, list[Any]] = {}
    for turn in turns:
        for left in turn.left:
            shared.setdefault(left.settle, []).append(left.value)
    return shared
