"""The wiring of the unanswered inbox: the working days and the catalogue's units, which the knowledge base does not know itself."""

from collections.abc import Sequence
from datetime import date

from audit.clock import Clock
from audit.trail import Trail
from disclosures.records import Unit
from disclosures.workdays import WorkingDays
from knowledge.curating import Curating
from knowledge.question_clusters import Cut
from knowledge.question_desk import QuestionDesk
from knowledge.question_gathering import QuestionGathering
from scheduler.alarm import Alarm

EVERY: float = 15.0
"""Seconds between two looks at what came in; whoever opens the inbox does not wait for them."""


def question_desk(
    *, curating: Curating, clock: Clock, trail: Trail, working_days: WorkingDays, cut: Cut, alarm: Alarm | None = None
) -> QuestionDesk:
    """``cut`` are the base's own words."""

    def due_on(day: date, working: int) -> tuple[date, bool]:
        deadline = working_days.add(day, working)
        return deadline.date, deadline.provisional

    gathering = QuestionGathering(clock=clock, trail=trail, cut=cut, due_on=due_on, units=_units)
    desk = QuestionDesk(
        clock=clock, trail=trail, curation=curating.curation, drafts=curating.drafts, gathering=gathering
    )
    if alarm is not None:
        alarm.every(EVERY, desk.sweep, name="questions", on_duty=True)
    return desk


async def _units() -> Sequence[Sequence[str]]:
    rows = await Unit.filter(active=True).order_by("sort")
    return [tuple(name for name in (row.name, row.short_name) if name) for row in rows]
