"""The knowledge base: the index in memory, loaded from the database, and the one question put to it."""

from collections.abc import Callable
from datetime import date, datetime

from knowledge.finding import Finding, Hit
from knowledge.keywords import Keywords

__all__ = ["Finding", "Hit", "KnowledgeBase"]


class KnowledgeBase:
    """Answers `ask` from an immutable index that `load` and `refresh` swap in one step."""

    def __init__(self, *, keywords: Keywords, clock: Callable[[], datetime]) -> None:
        self._keywords = keywords
        self._clock = clock

    async def load(self) -> None:
        """Builds the index from every live entry in the database, off the event loop, and swaps it in."""
        raise NotImplementedError

    async def refresh(self) -> bool:
        """Brings the index up to the database's generation; True if anything changed."""
        raise NotImplementedError

    def ask(self, text: str, *, top: int = 10, today: date) -> Finding:
        """Finds up to `top` entries for a citizen's message and decides. Pure over the current index; never raises on any text."""
        raise NotImplementedError
