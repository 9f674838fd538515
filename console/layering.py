"""What the pages of the hit test, the dictionary and the rules need, as one value; built in ``gateway.layering``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from knowledge.base import KnowledgeBase
from knowledge.curating import Curating
from knowledge.dictionary_changes import Changes
from knowledge.dictionary_effect import Effects

Heard = Callable[[str, str], Awaitable[tuple[str, str]]]
"""What a citizen of a channel (the first) would read after a text (the second), and the name of the bot's step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layering:
    """``base`` is the very one that citizens ask."""

    base: KnowledgeBase
    curating: Curating
    changes: Changes
    effects: Effects
    heard: Heard
