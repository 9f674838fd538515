"""What the pages about citizens' conversations need, as one value; built in ``gateway.talking``."""

from dataclasses import dataclass, field

from knowledge.curation import Curation
from knowledge.opinion import Opinions
from knowledge.question_complaints import Complaints
from knowledge.question_desk import QuestionDesk
from knowledge.usage import Log, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkDesk:
    """The services of the curators' and the handlers' desks."""

    curation: Curation
    questions: QuestionDesk
    complaints: Complaints
    said: Log
    opinions: Opinions
    usage: Usage = field(default_factory=Usage)
