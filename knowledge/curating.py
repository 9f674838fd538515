"""The curator's desk as one value: what the console, the API and the command line need of the knowledge base."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from audit.clock import Clock
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.checking import Checking
from knowledge.curation import Curation
from knowledge.drafts import Drafts
from knowledge.intake import Intake
from knowledge.keywords import Keywords
from knowledge.releases import Releases
from knowledge.survey import Survey
from knowledge.trials import Trials


@dataclass(frozen=True, slots=True, kw_only=True)
class Curating:
    """The verbs, each in its own class."""

    curation: Curation
    drafts: Drafts
    checking: Checking
    releases: Releases
    intake: Intake
    trials: Trials
    survey: Survey
    refresh: Callable[[], Awaitable[bool]]
    """Brings the base in memory up to the database."""

    @classmethod
    def of(
        cls, *, clock: Clock, trail: Trail, keywords: Keywords, base: KnowledgeBase, curation: Curation | None = None
    ) -> "Curating":
        """Wired over one base; ``keywords`` are the base's own."""
        curation = curation or Curation(clock=clock, trail=trail)
        checking = Checking(clock=clock, keywords=keywords, base=base)
        return cls(
            curation=curation, checking=checking, drafts=Drafts(clock=clock, trail=trail, curation=curation),
            releases=Releases(clock=clock, trail=trail, curation=curation, checking=checking),
            intake=Intake(clock=clock, trail=trail, curation=curation),
            trials=Trials(base=base, clock=clock, trail=trail), survey=Survey(clock=clock, checking=checking),
            refresh=base.refresh,
        )  # fmt: skip
