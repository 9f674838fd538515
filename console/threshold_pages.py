"""把握的门槛: coverage and risk over the kept suites, a curve for each class of length."""

from aiohttp import web

from console.door import Visit
from console.screen import Screen
from knowledge.records import KnowledgeTrial, KnowledgeTrialCase
from knowledge.thresholds import HEIGHT, PRESENT, WIDTH, Sample, across, curves, sample_of, up

MOST = 20_000
"""Cases that are drawn."""


class ThresholdPages:
    def __init__(self, *, screen: Screen) -> None:
        self._screen = screen

    async def thresholds(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        newest = dict(await KnowledgeTrial.all().order_by("id").values_list("suite", "id"))
        suite = request.query.get("suite", "")
        chosen = [newest[suite]] if suite in newest else list(newest.values())
        return self._screen.show(
            request, visit, "thresholds.html", title="把握的门槛", curves=curves(await _samples(chosen)), suites=sorted(newest),
            suite=suite if suite in newest else "", present=PRESENT, width=WIDTH, height=HEIGHT, across=across, up=up,
        )  # fmt: skip


async def _samples(trials: list[int]) -> list[Sample]:
    """The cases that say what is right: an entry, or that nothing answers."""
    rows = KnowledgeTrialCase.filter(trial_id__in=trials).order_by("id").limit(MOST)
    return [
        Sample(question=row.question, confidence=row.confidence, right=row.passed)
        if row.says and not row.entries
        else sample_of(row.question, row.confidence, row.found, row.entries)
        for row in await rows
        if row.entries or row.says or row.expected == "none"
    ]
