"""Checking: the base as it would be after a release, put to the test questions and to the conflict detector."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from audit.clock import Clock
from knowledge import conflicts
from knowledge.base import KnowledgeBase
from knowledge.candidate import Candidate
from knowledge.cases import Case, Outcome, judged
from knowledge.conflicts import CANDIDATES, Conflict
from knowledge.dictionary_store import layers_in_force
from knowledge.entry import Entry
from knowledge.frozen import digest
from knowledge.generation import present_generation
from knowledge.history import entries_with
from knowledge.keywords import Keywords
from knowledge.report import Clash, Named, Report, Suite, Turned
from knowledge.requirements import wanting
from knowledge.trials import kept_suites

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTHING = "没有答复"

Runs = Mapping[str, Sequence[tuple[Outcome, Outcome]]]
"""Suite → how each case came out on the live base and on the one to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A report, and how every case of every suite came out on the base as it would be."""

    report: Report
    outcomes: Mapping[str, Sequence[Outcome]]


class Checking:
    """Builds candidates one at a time; the last one's words are not cut again for the next."""

    def __init__(self, *, clock: Clock, keywords: Keywords, base: KnowledgeBase) -> None:
        """``base`` is the live one, whose answers are the yardstick for the tests."""
        self._clock = clock
        self._keywords = keywords
        self._base = base
        self._building = asyncio.Lock()
        self._last: Candidate | None = None
        self._key: tuple[int, frozenset[tuple[str, str]]] | None = None

    async def check(self, changed: Mapping[str, Entry]) -> Checked:
        """What the base with these entries in place of their former selves says, beside what it says now. Changes nothing.

        Off the event loop; seconds for tens of thousands of entries.
        """
        began = time.perf_counter()
        generation = await present_generation()
        at = await self._clock.now()
        today = at.astimezone(SHANGHAI).date()
        suites = await kept_suites()
        candidate = await self._candidate(changed, generation)
        if self._base.generation != generation:
            await self._base.refresh()
        found = await asyncio.to_thread(conflicts.among, changed.values(), _asking(candidate), today=today)
        runs = await asyncio.to_thread(self._run, candidate, suites, today)

        def named(entry_id: str, *places: Entry | None) -> str:
            entry = next((each for each in places if each is not None), None)
            return f"{entry.title}（{entry_id}）" if entry is not None and entry.title else entry_id

        def now(entry_id: str) -> str:
            return named(entry_id, self._base.entry(entry_id), changed.get(entry_id))

        def then(entry_id: str) -> str:
            return named(entry_id, candidate.entry(entry_id), changed.get(entry_id))

        report = Report(
            wanting=tuple(
                Named(entry_id=entry.id, title=entry.title, what=f"{each.what}，请{each.remedy}")
                for entry in changed.values()
                for each in wanting(entry)
            ),
            conflicts=tuple(Clash.of(each) for each in found if not each.checked),
            excused=tuple(Clash.of(each) for each in found if each.checked),
            regressed=tuple(_turned(*each, now, then) for each in _all(runs) if each[1].passed and not each[2].passed),
            recovered=tuple(_turned(*each, now, then) for each in _all(runs) if each[2].passed and not each[1].passed),
            suites=tuple(_counted(name, pairs) for name, pairs in runs.items()),
            entries=len(candidate), generation=generation, at=at.isoformat(),
            milliseconds=round((time.perf_counter() - began) * 1e3),
        )  # fmt: skip
        return Checked(report=report, outcomes={name: [now for _, now in pairs] for name, pairs in runs.items()})

    async def conflicts(self, on_progress: Callable[[int, int], None] | None = None) -> tuple[Conflict, ...]:
        """Every conflict in the live base. Off the event loop; a few milliseconds for each entry."""
        today = (await self._clock.now()).astimezone(SHANGHAI).date()
        candidate = await self._candidate({}, await present_generation())
        entries = [entry for entry in candidate.entries if entry.live]

        def told(done: int) -> None:
            if on_progress is not None:
                on_progress(done, len(entries))

        return await asyncio.to_thread(conflicts.among, entries, _asking(candidate), today=today, on_progress=told)

    async def candidate(self, changed: Mapping[str, Entry]) -> Candidate:
        """The base with these entries in place of their former selves. Off the event loop; seconds for a large base."""
        return await self._candidate(changed, await present_generation())

    async def _candidate(self, changed: Mapping[str, Entry], generation: int) -> Candidate:
        """The candidate of a generation; the last one where nothing differs, as between a preparation and its release."""
        key = (generation, frozenset((name, digest(entry)) for name, entry in changed.items()))
        async with self._building:
            if self._last is None or key != self._key:
                chosen = [entry async for entry in entries_with(changed) if entry.live or entry.withdrawn]
                before, layers = self._last, await layers_in_force()
                self._last = await asyncio.to_thread(
                    lambda: Candidate(chosen, keywords=self._keywords, before=before, layers=layers)
                )
                self._key = key
            return self._last

    def _run(self, candidate: Candidate, suites: Mapping[str, Sequence[Case]], today: date) -> Runs:
        return {
            name: [(_judged(self._base, case, today), _judged(candidate, case, today)) for case in cases]
            for name, cases in suites.items()
        }


def _asking(candidate: Candidate) -> conflicts.Ask:
    def ask(question: str, day: date) -> Sequence[Entry]:
        return [hit.entry for hit in candidate.ask(question, top=CANDIDATES, today=day).hits]

    return ask


def _judged(base: Candidate | KnowledgeBase, case: Case, today: date) -> Outcome:
    def known(entry_id: str) -> bool:
        entry = base.entry(entry_id)
        return entry is not None and entry.answers_on(today)

    return judged(case, base.ask(case.question, today=today), known)


def _all(runs: Runs) -> Iterator[tuple[str, Outcome, Outcome]]:
    for name, pairs in runs.items():
        for was, now in pairs:
            yield name, was, now


def _counted(name: str, pairs: Sequence[tuple[Outcome, Outcome]]) -> Suite:
    return Suite(
        name=name, total=len(pairs), passed_before=sum(was.passed for was, _ in pairs),
        passed=sum(now.passed for _, now in pairs),
    )  # fmt: skip


def _turned(
    suite: str, was: Outcome, now: Outcome, named_now: Callable[[str], str], named_then: Callable[[str], str]
) -> Turned:
    said = f"答复含“{now.case.says}”" if now.case.says else "转人工"
    expected = "、".join(named_now(each) for each in now.case.entries) or said
    return Turned(
        suite=suite, question=now.case.question, expected=expected, was=_said(was, named_now),
        now=_said(now, named_then), why=now.why,
    )  # fmt: skip


def _said(outcome: Outcome, names: Callable[[str], str]) -> str:
    if outcome.decision == "none" or not outcome.found:
        return NOTHING
    found = [names(each) for each in outcome.found]
    return found[0] if outcome.decision == "answer" else f"请选择：{'、'.join(found)}"
