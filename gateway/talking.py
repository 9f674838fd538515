"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from audit.clock import Clock
from bot.marks import Marks
from bot.saying import SaidLog
from console.talk import TalkDesk
from knowledge.curation import Curation
from knowledge.opinion import Opinions
from knowledge.usage import Usage
from knowledge.weekly import Weekly


def talk_desk(*, curation: Curation) -> TalkDesk:
    return TalkDesk(
        curation=curation,
        said=SaidLog(),
        opinions=opinions(),
    )


def opinions() -> Opinions:
    """What citizens think of the answers."""
    return Marks(reasons={})


def weekly_report(clock: Clock) -> Weekly:
    return Weekly(clock=clock, usage=Usage(), opinions=opinions())
