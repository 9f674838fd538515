"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from audit.clock import Clock
from audit.trail import Trail
from casework.desk import CaseDesk
from casework.guard_desk import GuardDesk
from console.talk import TalkDesk
from knowledge.curation import Curation


def talk_desk(*, clock: Clock, trail: Trail, curation: Curation, cases: CaseDesk) -> TalkDesk:
    return TalkDesk(
        curation=curation,
        cases=cases,
        guard=GuardDesk(clock=clock, trail=trail),
    )
