"""Cases with an expected answer (K4): the words that the answer must hold, from a workbook, kept from run to run."""

from pathlib import Path
from typing import Any

import pytest

from knowledge import workbook
from knowledge.base import KnowledgeBase
from knowledge.cases import Case, read_cases
from knowledge.thresholds import Sample, curve


async def test_the_words_of_an_answer_are_looked_for_in_what_is_said(
    curating: Any, entries: Any, base: KnowledgeBase, actor: Any, tmp_path: Path
) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    await base.load()
    rows = [
        ["问句", "期望答复"], ["护照在哪里办理", "采集 指纹"], ["大件垃圾如何处理", "随时可以丢"], ["月球上怎么种菜", "不能种"],
    ]  # fmt: skip
    workbook.write(tmp_path / "cases.xlsx", rows, sheet="用例", widths=(20, 20))
    cases = read_cases(tmp_path / "cases.xlsx")
    assert cases[0] == Case(line=2, question="护照在哪里办理", says="采集 指纹")
    trial = await curating.trials.run("答复", cases, actor=actor)
    assert [one.passed for one in trial.outcomes] == [True, False, False]
    assert "答复中没有“随时可以丢”" in trial.outcomes[1].why
    assert trial.figures["recall"] == pytest.approx(1 / 3, abs=0.001)
    assert await curating.trials.cases("答复") == cases
    again = await curating.trials.run("答复", await curating.trials.cases("答复"), actor=actor)
    assert (again.regressed, again.recovered) == ((), ())


def test_a_curve_counts_what_is_answered_and_what_of_that_is_wrong() -> None:
    samples = [
        Sample(question="低保", confidence=confidence, right=right)
        for confidence, right in ((0.99, True), (0.95, False), (0.5, True), (0.1, False))
    ]
    drawn = curve("短", samples)
    assert (drawn.present.coverage, drawn.present.risk) == (0.5, 0.5)
    assert (drawn.table[0].coverage, drawn.table[0].risk) == (1.0, 0.5)
    assert (drawn.table[-1].answered, drawn.table[-1].wrong) == (1, 0)
    assert [point.answered for point in drawn.line] == [4, 3, 2, 1]
    assert drawn.few
    assert len(drawn.path.split()) == 4
    assert curve("短", [Sample(question="低保", confidence=0.1, right=False)]).mark is None
