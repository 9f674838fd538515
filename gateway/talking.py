"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from audit.clock import Clock
from audit.trail import Trail
from bot.marks import Marks
from bot.saying import SaidLog
from casework.desk import CaseDesk
from casework.guard_desk import GuardDesk
from casework.media import CitizenPictures
from console.case_services import CaseServices
from console.layering import Layering
from console.talk import TalkDesk
from disclosures.service_windows import ServiceWindows
from knowledge.curation import Curation
from knowledge.opinion import Opinions
from knowledge.usage import Usage
from knowledge.weekly import Weekly


def talk_desk(
    *,
    clock: Clock,
    trail: Trail,
    key: str,
    curation: Curation,
    cases: CaseDesk,
    handling: CaseServices,
    layering: Layering,
) -> TalkDesk:
    """``key``: the installation's secret."""
    return TalkDesk(
        curation=curation,
        cases=cases,
        handling=handling,
        layering=layering,
        guard=GuardDesk(clock=clock, trail=trail),
        windows=ServiceWindows(clock=clock, trail=trail),
        pictures=CitizenPictures(clock=clock, trail=trail, key=key),
        said=SaidLog(),
        opinions=opinions(),
    )


def opinions() -> Opinions:
    """What citizens think of the answers."""
    return Marks(reasons={})


def weekly_report(clock: Clock) -> Weekly:
    return Weekly(clock=clock, usage=Usage(), opinions=opinions())
