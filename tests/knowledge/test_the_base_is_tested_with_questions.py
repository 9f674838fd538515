"""Test cases go through the same function as a citizen's question; what got worse since the last run is listed by question, and every
run is kept."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from audit.actor import Actor
from audit.clock import Clock
from audit.records import AuditRecord
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.cases import Case, judged, read_cases
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.errors import CasesUnknown, ImportRefused
from knowledge.finding import Decision, Finding, Hit
from knowledge.trials import Trials

TODAY = date(2026, 11, 23)


def table(folder: Path, rows: list[list[str]]) -> Path:
    file = folder / "cases.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        page = book.add_worksheet()
        for number, row in enumerate([["问句", "期望条目", "期望决定", "备注"], *rows]):
            page.write_row(number, 0, row)
    return file


def test_a_table_and_json_lines_say_the_same(tmp_path: Path) -> None:
    found = read_cases(table(tmp_path, [["怎样办低保", "low-income、medical", ""], ["哈哈", "", "转人工", "闲聊"]]))
    lines = tmp_path / "cases.jsonl"
    rows = [
        {"text": "怎样办低保", "entries": ["low-income", "medical"]},
        {"问句": "哈哈", "期望决定": "none", "备注": "闲聊"},
    ]
    lines.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf8")
    again = read_cases(lines)
    assert found == [
        Case(line=2, question="怎样办低保", entries=("low-income", "medical")),
        Case(line=3, question="哈哈", decision="none", note="闲聊"),
    ]
    assert [replace(case, line=case.line + 1) for case in again] == found


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["", "a", ""]], "没有问句"),
        ([["问", "", ""]], "没有写期望什么"),
        ([["问", "a", "也许"]], "没有“也许”这种决定"),
        ([["问", "", "直接回答"]], "没有期望条目"),
        ([["问", "a", ""], ["问", "b", ""]], "与第 2 行是同一个问句"),
        ([], "没有一个用例"),
    ],
)
def test_a_wrong_case_is_named(tmp_path: Path, rows: list[list[str]], words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        read_cases(table(tmp_path, rows))


@pytest.mark.parametrize(
    ("entries", "expected", "decision", "found", "passes"),
    [
        (("a",), None, "answer", "abc", True),
        (("a",), None, "answer", "bac", False),
        (("c",), None, "choose", "abc", True),
        (("d",), None, "choose", "abcd", False),
        (("a",), None, "none", "a", False),
        (("a",), "answer", "choose", "a", False),
        (("a",), "choose", "choose", "ba", True),
        ((), "none", "none", "a", True),
        ((), "none", "answer", "a", False),
        (("gone",), None, "answer", "a", False),
    ],
)
def test_what_passes(
    entries: tuple[str, ...], expected: Decision | None, decision: Decision, found: str, passes: bool
) -> None:
    hits = tuple(Hit(entry=Entry(id=one, kind=EntryKind.faq, title=one), score=1.0) for one in found)
    finding = Finding(decision=decision, confidence=0.5, hits=hits, question="问")
    case = Case(line=1, question="问", entries=entries, decision=expected)
    outcome = judged(case, finding, lambda entry: entry != "gone")
    assert outcome.passed is passes
    assert bool(outcome.why) is not passes


async def test_a_regression_is_listed_by_its_question(
    curation: Curation, base: KnowledgeBase, clock: Clock, entries: list[Entry], actor: Actor
) -> None:
    await curation.put_entries(entries, actor=actor)
    await base.load()
    trials = Trials(base=base, clock=clock, trail=Trail())
    cases = [
        Case(line=2, question=entries[0].title, entries=("low-income",), decision="answer"),
        Case(line=3, question="护照在哪里办理", entries=("passport",)),
        Case(line=4, question="哈哈", decision="none"),
        Case(line=5, question="火星上怎么买房", entries=("mars",)),
    ]
    first = await trials.run("全部", cases, actor=actor)
    assert [one.passed for one in first.outcomes] == [True, True, True, False]
    assert (first.regressed, first.recovered, first.since) == ((), (), None)
    assert first.figures["passed"] == 3
    assert first.figures["precision"] == 1.0
    assert first.figures["wrongly_answered"] == 0.0
    for outcome, case in zip(first.outcomes, cases, strict=True):
        finding = base.ask(case.question, today=TODAY)
        assert (outcome.decision, outcome.confidence) == (finding.decision, finding.confidence)

    await curation.stop_entry("passport", "停用", actor=actor)
    await curation.put_entries([Entry(id="mars", kind=EntryKind.faq, title="火星上怎么买房")], actor=actor)
    await base.refresh()
    second = await trials.run("全部", await trials.cases("全部"), actor=actor)
    assert [one.case.question for one in second.regressed] == ["护照在哪里办理"]
    assert [one.case.question for one in second.recovered] == ["火星上怎么买房"]
    assert "已停用" in second.regressed[0].why
    assert second.since is not None
    assert second.since.id == first.id

    other = await trials.run("另一组", cases[:1], actor=actor)
    assert other.since is None
    assert [row.suite for row in await trials.history()] == ["另一组", "全部", "全部"]
    assert [row.id for row in await trials.history("全部")] == [second.id, first.id]
    assert await AuditRecord.filter(verb="knowledge.test").count() == 3
    with pytest.raises(CasesUnknown, match="没有的"):
        await trials.cases("没有的")
