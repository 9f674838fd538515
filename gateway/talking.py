"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from casework.desk import CaseDesk
from console.talk import TalkDesk
from knowledge.curation import Curation


def talk_desk(*, curation: Curation, cases: CaseDesk) -> TalkDesk:
    return TalkDesk(
        curation=curation,
        cases=cases,
    )
