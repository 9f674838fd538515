"""The part of a long text that a question is about, word for word. Pure.

A notice of ten pages that begins with who issued it to whom does not answer “补贴标准是多少”; its fourth paragraph does.
"""

from collections import Counter
from typing import Final

from bot.measure import Measure
from knowledge.passages import pieces

CLEAR: Final = 1.5
"""How much better than the beginning a part must match before the answer starts there."""


def excerpt(body: str, question: str, *, room: int, measure: Measure) -> str:
    """Consecutive sentences around the best match that fit into ``room``; "" when the beginning is as good a place."""
    parts = pieces(body)
    scores = _scores(parts, question)
    best = max(range(len(parts)), key=lambda place: (scores[place], -place), default=0)
    if not best or scores[best] < CLEAR * max(scores[0], 1e-9):
        return ""
    first, last = best, best + 1
    if measure.of(parts[best]) > room:
        return ""
    while last < len(parts) and measure.of("".join(parts[first : last + 1])) <= room:
        last += 1
    return "".join(parts[first:last]).strip()


def _scores(parts: list[str], question: str) -> list[float]:
    """How many pairs of characters of the question each part has; a pair that stands everywhere counts little."""
    asked = _pairs(question)
    found = [asked & _pairs(part) for part in parts]
    spread = Counter(pair for pairs in found for pair in pairs)
    return [sum(1 / spread[pair] for pair in pairs) for pairs in found]


def _pairs(text: str) -> frozenset[str]:
    letters = "".join(character for character in text.lower() if character.isalnum())
    return frozenset(letters[place : place + 2] for place in range(len(letters) - 1))
