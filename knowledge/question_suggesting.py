"""Suggesting: the entries that may answer a cluster already, as the production search finds them, for a person to accept (K1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from knowledge.finding import Finding, Hit

SHOWN: Final = 5
FROM: Final = 0.25
"""From this confidence on the first hit is proposed to be accepted with one tap; the others are offered only."""

Find = Callable[..., Finding]
"""`KnowledgeBase.ask`: (text, *, top, today)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An entry that may answer a question. `confidence` is the calibrated probability that it does, known for the first hit only;
    `answers` when the bot would say it right away."""

    entry_id: str
    title: str
    unit: str
    kind: str
    why: tuple[str, ...]
    confidence: float | None = None
    answers: bool = False

    @property
    def likely(self) -> bool:
        return self.confidence is not None and self.confidence >= FROM

    @property
    def percent(self) -> int:
        return round(100 * (self.confidence or 0.0))


def suggestions(find: Find, text: str, *, today: date, top: int = SHOWN) -> tuple[Suggestion, ...]:
    """The entries for a text, best first."""
    finding = find(text, top=top, today=today)
    return tuple(_of(hit, finding, first=place == 0) for place, hit in enumerate(finding.hits[:top]))


def _of(hit: Hit, finding: Finding, *, first: bool) -> Suggestion:
    entry = hit.entry
    return Suggestion(
        entry_id=entry.id, title=entry.title, unit=entry.unit or entry.issuer, kind=entry.kind.value, why=hit.why,
        confidence=finding.confidence if first else None, answers=first and finding.decision == "answer",
    )  # fmt: skip
