"""The wiring of what curators lay over the base: dictionary, pins, rules, and the look at their effect."""

from collections.abc import Sequence

from audit.clock import Clock
from audit.trail import Trail
from bot.records import InboundMessage
from console.layering import Heard, Layering
from knowledge.base import KnowledgeBase
from knowledge.curating import Curating
from knowledge.dictionary_changes import Changes
from knowledge.dictionary_effect import Effects
from knowledge.records import UnansweredQuestion

ASKED = ("text", "voice")
"""The kinds of messages whose text is a question."""


def layering(*, clock: Clock, trail: Trail, base: KnowledgeBase, curating: Curating, heard: Heard) -> Layering:
    return Layering(
        base=base, curating=curating, changes=Changes(clock=clock, trail=trail),
        effects=Effects(base=base, logged=latest_questions), heard=heard,
    )  # fmt: skip


async def latest_questions(most: int) -> Sequence[str]:
    """What citizens asked last, masked as it is stored: their messages, and what nobody could answer."""
    messages = await InboundMessage.filter(kind__in=ASKED).order_by("-id").limit(most).values_list("text", flat=True)
    unanswered = await UnansweredQuestion.all().order_by("-id").limit(most).values_list("masked", flat=True)
    return list(dict.fromkeys(str(text) for text in (*unanswered, *messages)))[:most]
