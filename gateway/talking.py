"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from audit.clock import Clock
from audit.trail import Trail
from bot.marks import Marks
from bot.saying import SaidLog
from console.talk import TalkDesk
from disclosures.workdays import WorkingDays
from gateway.questioning import complaints, question_desk
from knowledge.curating import Curating
from knowledge.curation import Curation
from knowledge.opinion import Opinions
from knowledge.question_clusters import Cut
from knowledge.usage import Usage
from knowledge.weekly import Weekly
from scheduler.alarm import Alarm


def opinions() -> Opinions:
    """What citizens think of the answers."""
    return Marks(reasons={})


def weekly_report(clock: Clock) -> Weekly:
    return Weekly(clock=clock, usage=Usage(), opinions=opinions())


def talk_desk(
    *, curation: Curation, curating: Curating, clock: Clock, trail: Trail, working_days: WorkingDays, cut: Cut,
    alarm: Alarm | None = None,
) -> TalkDesk:  # fmt: skip
    """``alarm``: what the desks do by themselves; without it nothing does."""
    return TalkDesk(
        complaints=complaints(clock=clock, trail=trail, working_days=working_days, alarm=alarm),
        curation=curation,
        said=SaidLog(),
        opinions=opinions(),
        questions=question_desk(
            curating=curating, clock=clock, trail=trail, working_days=working_days, cut=cut, alarm=alarm
        ),
    )
