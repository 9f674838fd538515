"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from audit.clock import Clock
from audit.trail import Trail
from bot.marks import Marks
from bot.saying import SaidLog
from casework.desk import CaseDesk
from casework.guard_desk import GuardDesk
from casework.media import CitizenPictures
from console.case_services import CaseServices
from console.layering import Heard, Layering
from console.talk import TalkDesk
from disclosures.service_windows import ServiceWindows
from disclosures.workdays import WorkingDays
from gateway.handling import case_services
from gateway.layering import layering
from gateway.questioning import complaints, question_desk
from knowledge.base import KnowledgeBase
from knowledge.curating import Curating
from knowledge.opinion import Opinions
from knowledge.question_clusters import Cut
from knowledge.usage import Usage
from knowledge.weekly import Weekly
from scheduler.alarm import Alarm


def talking(
    *, clock: Clock, trail: Trail, key: str, base: KnowledgeBase, curating: Curating, working_days: WorkingDays, cut: Cut,
    alarm: Alarm, cases: CaseDesk, heard: Heard, pushes: frozenset[str],
) -> TalkDesk:  # fmt: skip
    """The desks of a running house. ``heard``: what a citizen would read; ``pushes``: the channels on which we may write
    first."""
    return talk_desk(
        clock=clock, trail=trail, key=key, curating=curating, working_days=working_days, cut=cut, alarm=alarm,
        handling=case_services(desk=cases, clock=clock, trail=trail, base=base, pushes=pushes, alarm=alarm),
        layering=layering(clock=clock, trail=trail, base=base, curating=curating, heard=heard),
    )  # fmt: skip


def talk_desk(
    *, clock: Clock, trail: Trail, key: str, curating: Curating, working_days: WorkingDays, cut: Cut,
    handling: CaseServices, layering: Layering, alarm: Alarm | None = None,
) -> TalkDesk:  # fmt: skip
    """``key``: the installation's secret; ``alarm``: what the desks do by themselves; without it nothing does."""
    return TalkDesk(
        curation=curating.curation,
        cases=handling.desk,
        handling=handling,
        layering=layering,
        guard=GuardDesk(clock=clock, trail=trail),
        windows=ServiceWindows(clock=clock, trail=trail),
        pictures=CitizenPictures(clock=clock, trail=trail, key=key),
        said=SaidLog(),
        opinions=opinions(),
        complaints=complaints(clock=clock, trail=trail, working_days=working_days, alarm=alarm),
        questions=question_desk(
            curating=curating, clock=clock, trail=trail, working_days=working_days, cut=cut, alarm=alarm
        ),
    )


def opinions() -> Opinions:
    """What citizens think of the answers."""
    return Marks()


def weekly_report(clock: Clock) -> Weekly:
    return Weekly(clock=clock, usage=Usage(), opinions=opinions())
