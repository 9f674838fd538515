"""A finding: what the base found for a question, and what may be done with it."""

from dataclasses import dataclass
from typing import Literal

from knowledge.canned import Rule
from knowledge.entry import Entry

Decision = Literal["answer", "choose", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One entry that matched, with its score and the reasons in words for the curator's hit test."""

    entry: Entry
    score: float
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of the base to one question.

    `decision` is "answer" (say hits[0]), "choose" (offer `choices`, at most three) or "none" (hand over). `confidence` is the
    calibrated probability, 0 to 1, that hits[0] is the right entry. `question` is the part of the message that was understood as
    the question.
    """

    decision: Decision
    confidence: float
    hits: tuple[Hit, ...]
    question: str
    withdrawn: Entry | None = None
    """The withdrawn text that the question is about, when nothing that is live answers it as well. It carries no text, and
    is never among the hits."""

    ruled: Rule | None = None
    """The rule that took the message before the base was asked."""
    read_as: tuple[tuple[str, str], ...] = ()
    """Words of the district's dictionary with which it was understood: what was said, what it was taken for."""
    pinned: bool = False
    """The first hit is the answer because a curator pinned it to this very question."""

    @property
    def choices(self) -> tuple[Hit, ...]:
        """What to offer when the decision is "choose": the first three hits; empty otherwise."""
        return self.hits[:3] if self.decision == "choose" else ()
