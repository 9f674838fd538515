"""What the pages about citizens' conversations need, as one value; built in ``gateway.talking``."""

from dataclasses import dataclass, field

from casework.desk import CaseDesk
from casework.guard_desk import GuardDesk
from casework.media import CitizenPictures
from console.case_services import CaseServices
from console.layering import Layering
from disclosures.service_windows import ServiceWindows
from knowledge.curation import Curation
from knowledge.opinion import Opinions
from knowledge.question_complaints import Complaints
from knowledge.question_desk import QuestionDesk
from knowledge.usage import Log, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkDesk:
    """The services of the curators' and the handlers' desks."""

    curation: Curation
    cases: CaseDesk
    guard: GuardDesk
    windows: ServiceWindows
    pictures: CitizenPictures
    handling: CaseServices
    layering: Layering
    said: Log
    opinions: Opinions
    usage: Usage = field(default_factory=Usage)
    questions: QuestionDesk
    complaints: Complaints
