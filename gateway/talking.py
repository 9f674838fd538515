"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from console.layering import Layering
from console.talk import TalkDesk
from knowledge.curation import Curation


def talk_desk(*, curation: Curation, layering: Layering) -> TalkDesk:
    return TalkDesk(curation=curation, layering=layering)
