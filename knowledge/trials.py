"""Trials: test cases put to the very base that citizens ask, with the history of every run."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.cases import Case, Outcome, figures, judged
from knowledge.curation import BATCH
from knowledge.errors import CasesUnknown
from knowledge.finding import Decision
from knowledge.records import KnowledgeTrial, KnowledgeTrialCase

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAMED_IN_TRAIL = 20

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run. `regressed` are the outcomes of questions that passed in the run before (`since`, None for the first) and fail
    now; `recovered` those that failed then and pass now."""

    id: int
    suite: str
    generation: int
    figures: Mapping[str, object]
    outcomes: tuple[Outcome, ...]
    regressed: tuple[Outcome, ...]
    recovered: tuple[Outcome, ...]
    since: KnowledgeTrial | None

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The outcomes that are not as expected."""
        return tuple(one for one in self.outcomes if not one.passed)


class Trials:
    """Runs cases against a loaded base and remembers how they came out."""

    def __init__(self, *, base: KnowledgeBase, clock: Clock, trail: Trail) -> None:
        self._base = base
        self._clock = clock
        self._trail = trail

    async def run(
        self, suite: str, cases: Sequence[Case], *, actor: Actor, on_progress: Progress | None = None
    ) -> Trial:
        """Asks every case, compares with the suite's last run, and keeps the result."""
        at = await self._clock.now()
        today = at.astimezone(SHANGHAI).date()
        outcomes: list[Outcome] = []
        for start in range(0, len(cases), BATCH):
            outcomes += await asyncio.to_thread(self._asked, cases[start : start + BATCH], today)
            if on_progress is not None:
                on_progress(len(outcomes), len(cases))
        since = await KnowledgeTrial.filter(suite=suite).order_by("-id").first()
        then = await _passed(since.id) if since is not None else {}
        generation = self._base.generation
        async with in_transaction() as connection:
            row = await keep(connection, suite, outcomes, at=at, actor=actor, generation=generation)
            counted = row.figures
            regressed = tuple(one for one in outcomes if not one.passed and then.get(one.case.question) is True)
            await self._trail.append(
                connection, at=at, actor=actor, verb="knowledge.test", subject=f"knowledge:{generation}", suite=suite,
                total=counted["total"], passed=counted["passed"], regressed=len(regressed),
                questions=[one.case.line for one in regressed[:NAMED_IN_TRAIL]],
            )  # fmt: skip
        return Trial(
            id=row.id, suite=suite, generation=generation, figures=counted, outcomes=tuple(outcomes), regressed=regressed,
            recovered=tuple(one for one in outcomes if one.passed and then.get(one.case.question) is False), since=since,
        )  # fmt: skip

    async def cases(self, suite: str) -> list[Case]:
        """The cases of a suite as they were last run. Raises CasesUnknown."""
        last = await KnowledgeTrial.filter(suite=suite).order_by("-id").first()
        if last is None:
            raise CasesUnknown(suite)
        return await _cases(last.id)

    async def history(self, suite: str | None = None, *, limit: int = 20) -> list[KnowledgeTrial]:
        """The latest runs, of one suite or of all, newest first."""
        rows = KnowledgeTrial.all() if suite is None else KnowledgeTrial.filter(suite=suite)
        return await rows.order_by("-id").limit(limit)

    def _asked(self, cases: Sequence[Case], today: date) -> list[Outcome]:
        return [judged(case, self._base.ask(case.question, today=today), self._may_answer(today)) for case in cases]

    def _may_answer(self, today: date) -> Callable[[str], bool]:
        def known(entry_id: str) -> bool:
            entry = self._base.entry(entry_id)
            return entry is not None and entry.answers_on(today)

        return known


async def keep(
    connection: BaseDBAsyncClient,
    suite: str,
    outcomes: Sequence[Outcome],
    *,
    at: datetime,
    actor: Actor,
    generation: int,
) -> KnowledgeTrial:
    """Writes a run into the suite's history, in the caller's transaction."""
    row = await KnowledgeTrial.create(
        using_db=connection, suite=suite, at=at, by=actor.name, generation=generation, figures=figures(outcomes)
    )
    rows = [_row(row.id, outcome) for outcome in outcomes]
    await KnowledgeTrialCase.bulk_create(rows, batch_size=BATCH, using_db=connection)
    return row


async def kept_suites() -> dict[str, list[Case]]:
    """Every suite that was ever run, with its cases as they were last."""
    newest = dict(await KnowledgeTrial.all().order_by("id").values_list("suite", "id"))
    return {suite: await _cases(trial_id) for suite, trial_id in newest.items()}


async def _cases(trial_id: int) -> list[Case]:
    return [
        Case(
            line=row.line, question=row.question, entries=tuple(row.entries), note=row.note, says=row.says or "",
            decision=cast("Decision | None", row.expected or None),
        )
        for row in await KnowledgeTrialCase.filter(trial_id=trial_id).order_by("id")
    ]  # fmt: skip


async def _passed(trial_id: int) -> dict[str, bool]:
    rows = await KnowledgeTrialCase.filter(trial_id=trial_id).values_list("question", "passed")
    return {question: bool(passed) for question, passed in rows}


def _row(trial_id: int, outcome: Outcome) -> KnowledgeTrialCase:
    case = outcome.case
    return KnowledgeTrialCase(
        trial_id=trial_id, line=case.line, question=case.question, entries=list(case.entries),
        expected=case.decision or "", note=case.note, decision=outcome.decision, confidence=outcome.confidence,
        found=list(outcome.found), passed=outcome.passed, why=outcome.why, says=case.says or None,
    )  # fmt: skip
