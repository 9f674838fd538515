"""The wiring of the desks behind the bot: unanswered questions, cases, dictionary, figures."""

from audit.clock import Clock
from audit.trail import Trail
from casework.media import CitizenPictures
from console.talk import TalkDesk
from disclosures.service_windows import ServiceWindows
from knowledge.curation import Curation


def talk_desk(*, curation: Curation, clock: Clock, trail: Trail, key: str) -> TalkDesk:
    """``key``: the installation's secret."""
    return TalkDesk(
        curation=curation,
        windows=ServiceWindows(clock=clock, trail=trail),
        pictures=CitizenPictures(clock=clock, trail=trail, key=key),
    )
