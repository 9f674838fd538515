"""What the pages about citizens' conversations need, as one value; built in ``gateway.talking``."""

from dataclasses import dataclass

from casework.desk import CaseDesk
from console.case_services import CaseServices
from knowledge.curation import Curation


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkDesk:
    """The services of the curators' and the handlers' desks."""

    curation: Curation
    cases: CaseDesk
    handling: CaseServices
