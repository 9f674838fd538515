"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from audit.clock import Clock
from audit.trail import Trail
from casework.guard_desk import GuardDesk
from console.talk import TalkDesk
from knowledge.curation import Curation


def talk_desk(*, curation: Curation, clock: Clock, trail: Trail) -> TalkDesk:
    return TalkDesk(
        curation=curation,
        guard=GuardDesk(clock=clock, trail=trail),
    )
