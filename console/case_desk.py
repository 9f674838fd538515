"""诉求 and 质检 together: the pages of the area 群众 that belong to the handlers and to the disclosure office."""

from collections.abc import Sequence

from aiohttp import web

from audit.clock import Clock
from audit.trail import Trail
from console.case_acts import CaseActs
from console.case_pages import CasePages
from console.door import Door
from console.quality_pages import QualityPages
from console.screen import Screen
from console.talk import TalkDesk
from knowledge.curating import Curating


class CasesDesk:
    def __init__(
        self, *, screen: Screen, door: Door, clock: Clock, trail: Trail, talk: TalkDesk, curating: Curating
    ) -> None:
        services = talk.handling
        acts = CaseActs(services=services, curation=talk.curation, curating=curating, clock=clock, trail=trail)
        self._cases = CasePages(screen=screen, door=door, clock=clock, services=services, acts=acts)
        self._quality = QualityPages(
            screen=screen, door=door, clock=clock, sampling=services.sampling, desk=services.desk,
            said_in=services.said_in,
        )  # fmt: skip

    def routes(self) -> Sequence[web.RouteDef]:
        return [*self._cases.routes(), *self._quality.routes()]
