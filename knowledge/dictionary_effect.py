"""The effect of a change before it is in force: which questions would get another answer. It changes nothing.

Asked are the questions of every kept suite and the latest questions of citizens, of the very base that citizens ask, once
with what lies over it now and once with what would. A question that no changed row touches is not asked at all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from knowledge.base import KnowledgeBase
from knowledge.cases import DECISIONS, Case, judged
from knowledge.finding import Finding
from knowledge.layers import Layers
from knowledge.trials import kept_suites

LOGGED: Final = 500
"""So many of the latest questions of citizens are asked."""
SHOWN: Final = 100
MOST_ASKED: Final = 3_000
"""Questions asked while a person waits."""
FROM_CITIZENS: Final = "近期群众提问"

Logged = Callable[[int], Awaitable[Sequence[str]]]
"""Gives the latest questions of citizens, masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """One question whose first answer or decision changes. ``better``: True where a test passes that failed, False where one
    fails that passed, None where nothing says which is right."""

    suite: str
    question: str
    was: str
    now: str
    better: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """``looked`` questions were looked at, ``asked`` of them touched by the change and asked twice."""

    looked: int
    asked: int
    turned: tuple[Turned, ...]

    @property
    def worse(self) -> int:
        return sum(one.better is False for one in self.turned)

    @property
    def better(self) -> int:
        return sum(one.better is True for one in self.turned)


class Effects:
    """``logged`` gives the latest questions of citizens."""

    def __init__(self, *, base: KnowledgeBase, logged: Logged) -> None:
        self._base = base
        self._logged = logged

    async def of(self, layers: Layers, *, today: date) -> Effect:
        """What these layers in the place of the present ones would change. Off the event loop."""
        cases = [(suite, case) for suite, each in (await kept_suites()).items() for case in each]
        logged = dict.fromkeys(text.strip() for text in await self._logged(LOGGED) if text.strip())
        cases += [(FROM_CITIZENS, Case(line=0, question=text)) for text in logged]
        touched = [each for each in cases if _touched(each[1].question, self._base.layers, layers, today)][:MOST_ASKED]
        turned = await asyncio.to_thread(self._turned, touched, layers, today)
        return Effect(looked=len(cases), asked=len(touched), turned=turned)

    def _turned(self, cases: Sequence[tuple[str, Case]], layers: Layers, today: date) -> tuple[Turned, ...]:
        found: list[Turned] = []
        for suite, case in cases:
            was, now = (
                self._base.ask(case.question, today=today),
                self._base.ask(case.question, today=today, layers=layers),
            )
            if _first(was) != _first(now):
                found.append(
                    Turned(suite=suite, question=case.question, was=_said(was), now=_said(now), better=self._better(case, was, now, today))
                )  # fmt: skip
        return tuple(sorted(found, key=lambda one: (one.better is not False, one.better is None)))

    def _better(self, case: Case, was: Finding, now: Finding, today: date) -> bool | None:
        if not case.entries and not case.says and case.decision is None:
            return None

        def known(entry_id: str) -> bool:
            entry = self._base.entry(entry_id)
            return entry is not None and entry.answers_on(today)

        before, after = judged(case, was, known).passed, judged(case, now, known).passed
        return None if before == after else after


def _touched(question: str, now: Layers, then: Layers, today: date) -> bool:
    return (
        now.words.readings(question) != then.words.readings(question)
        or now.pins.of((question,), today) != then.pins.of((question,), today)
        or now.rules.matching(question, today=today) != then.rules.matching(question, today=today)
    )


def _first(finding: Finding) -> tuple[object, ...]:
    first = finding.hits[0].entry.id if finding.hits and finding.decision != "none" else ""
    return finding.decision, first, finding.ruled.key if finding.ruled else ""


def _said(finding: Finding) -> str:
    if finding.ruled is not None:
        return f"按规则“{finding.ruled.name}”"
    if finding.decision == "none" or not finding.hits:
        return "没有答复"
    entry = finding.hits[0].entry
    title = entry.title or entry.id
    return title if finding.decision == "answer" else f"{DECISIONS['choose']}：{title}…"
