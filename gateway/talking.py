"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from casework.desk import CaseDesk
from console.case_services import CaseServices
from console.talk import TalkDesk
from knowledge.curation import Curation


def talk_desk(
    *,
    curation: Curation,
    cases: CaseDesk,
    handling: CaseServices,
) -> TalkDesk:
    return TalkDesk(
        curation=curation,
        cases=cases,
        handling=handling,
    )
