"""The marks of 没用 with a reason, as the curators' desk takes them."""

from collections.abc import Sequence
from typing import Final

from bot.feedback_records import AnswerFeedback
from knowledge.question_complaints import Mark

LATEST: Final = 20_000


async def useless_marks() -> Sequence[Mark]:
    """The latest ones, newest first."""
    rows = AnswerFeedback.filter(useful=False).exclude(reason="").order_by("-at").limit(LATEST)
    return [Mark(entry_id=row.entry_id, unit=row.unit, reason=row.reason, at=row.at) for row in await rows]
