"""The wiring of the unanswered inbox: the working days and the catalogue's units, which the knowledge base does not know itself."""

from collections.abc import Sequence
from datetime import date

from audit.clock import Clock
from audit.trail import Trail
from bot.complaining import useless_marks
from disclosures.records import Unit
from disclosures.workdays import WorkingDays
from knowledge.curating import Curating
from knowledge.question_clusters import Cut
from knowledge.question_complaints import Complaints
from knowledge.question_desk import QuestionDesk
from knowledge.question_gathering import DueOn, QuestionGathering
from scheduler.alarm import Alarm

EVERY: float = 15.0
"""Seconds between two looks at what came in; whoever opens the inbox does not wait for them."""


def question_desk(
    *, curating: Curating, clock: Clock, trail: Trail, working_days: WorkingDays, cut: Cut, alarm: Alarm | None = None
) -> QuestionDesk:
    """``cut`` are the base's own words."""
    gathering = QuestionGathering(clock=clock, trail=trail, cut=cut, due_on=_due_on(working_days), units=_units)
    desk = QuestionDesk(
        clock=clock, trail=trail, curation=curating.curation, drafts=curating.drafts, gathering=gathering
    )
    if alarm is not None:
        alarm.every(EVERY, desk.sweep, name="questions", on_duty=True)
    return desk


def complaints(*, clock: Clock, trail: Trail, working_days: WorkingDays, alarm: Alarm | None = None) -> Complaints:
    """Answers that were marked as of no use, for the owners of their entries."""
    desk = Complaints(clock=clock, trail=trail, marks=useless_marks, due_on=_due_on(working_days))
    if alarm is not None:
        alarm.every(60.0, desk.gather, name="complaints", on_duty=True)
    return desk


def _due_on(working_days: WorkingDays) -> DueOn:
    def due_on(day: date, working: int) -> tuple[date, bool]:
        deadline = working_days.add(day, working)
        return deadline.date, deadline.provisional

    return due_on


async def _units() -> Sequence[Sequence[str]]:
    rows = await Unit.filter(active=True).order_by("sort")
    return [tuple(name for name in (row.name, row.short_name) if name) for row in rows]
