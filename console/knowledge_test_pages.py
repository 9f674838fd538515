"""测试用例: suites of questions with what is expected, their runs, and what changed from one run to the next."""

from typing import Final

from aiohttp import web

from console.door import Visit, see, whole
from console.knowledge_import_pages import read_upload
from console.screen import Screen
from knowledge.cases import DECISIONS, read_cases
from knowledge.curating import Curating
from knowledge.errors import EntryInvalid, ImportRefused, KnowledgeError
from knowledge.records import KnowledgeTrial, KnowledgeTrialCase
from staff.roles import Verb

PAGE: Final = "/console/knowledge/tests"
MOST: Final = 2_000
"""Cases that are run while a person waits; larger suites are the command line's."""
SHARES: Final = {
    "precision": "直接回答的准确率", "recall": "应答率", "first": "首条命中", "offered": "前三条命中", "wrongly_answered": "无答案却作答",
}  # fmt: skip
RUNS: Final = 60
SHOWN: Final = 200


class KnowledgeTestPages:
    def __init__(self, *, screen: Screen, curating: Curating) -> None:
        self._screen = screen
        self._trials = curating.trials
        self._refresh = curating.refresh

    async def suites(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def run(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A file of cases, or a suite's own once more."""
        name = visit.text("suite").strip()[:191]
        try:
            if visit.text("again"):
                cases = await self._trials.cases(name)
            else:
                if not name:
                    raise ImportRefused([EntryInvalid(0, "名称", "没有给这组用例取名", "写一个名称，例如“低保常问”")])
                cases = await read_upload(visit, read_cases)
            if len(cases) > MOST:
                what = f"有 {len(cases)} 个用例，页面上一次最多 {MOST} 个"
                raise ImportRefused([EntryInvalid(0, "", what, "请系统管理员用命令行测试")])
            await self._refresh()
            trial = await self._trials.run(name, cases, actor=visit.person.actor)
        except KnowledgeError as error:
            return await self._show(request, visit, problem=error)
        return see(f"{PAGE}/{trial.id}", "tested")

    async def one(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """One run, beside the one before it or another one that is named (``?beside=``)."""
        trial = await KnowledgeTrial.get_or_none(id=int(request.match_info["id"]))
        if trial is None:
            return see(PAGE)
        earlier = KnowledgeTrial.filter(suite=trial.suite, id__lt=trial.id).order_by("-id")
        beside = whole(request.query.get("beside", ""))
        before = await (earlier.filter(id=beside).first() if beside else earlier.first())
        cases = await KnowledgeTrialCase.filter(trial_id=trial.id).order_by("passed", "id")
        then = {}
        if before is not None:
            then = {row.question: row for row in await KnowledgeTrialCase.filter(trial_id=before.id)}
        turned = [
            (then[row.question], row)
            for row in cases
            if row.question in then and then[row.question].passed != row.passed
        ]
        return self._screen.show(
            request, visit, "knowledge-run.html", title=f"测试：{trial.suite}", trial=trial, before=before,
            earlier=await earlier.limit(RUNS), worse=[pair for pair in turned if not pair[1].passed],
            better=[pair for pair in turned if pair[1].passed], failed=[row for row in cases if not row.passed][:SHOWN],
            total=len(cases), shares=SHARES, decisions=DECISIONS,
        )  # fmt: skip

    async def _show(
        self, request: web.Request, visit: Visit, *, problem: KnowledgeError | None = None
    ) -> web.StreamResponse:
        latest: dict[str, list[KnowledgeTrial]] = {}
        for row in await KnowledgeTrial.all().order_by("-id").limit(500):
            latest.setdefault(row.suite, []).append(row)
        return self._screen.show(
            request, visit, "knowledge-tests.html", title="测试用例", status=422 if problem else 200, suites=latest,
            shares=SHARES, problem=problem, errors=problem.errors if isinstance(problem, ImportRefused) else (),
            may_write=visit.person.may(Verb.KNOWLEDGE_WRITE), typed=visit,
        )  # fmt: skip
