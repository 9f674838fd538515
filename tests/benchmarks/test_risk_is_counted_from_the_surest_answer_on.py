"""The curve of risk against coverage: its points, its ties, and the way that most bots go, on a set made for the test."""

import json
from pathlib import Path

import numpy as np

from benchmarks.engines import BM25S, OURS
from benchmarks.plotting import risks
from benchmarks.risk import baseline
from benchmarks.train_confidence import coverage, curve
from knowledge.keywords import Keywords


def test_the_curve_begins_with_the_surest_answer_and_takes_ties_whole() -> None:
    judged = np.array([0.2, 0.9, 0.5, 0.5]), np.array([False, True, True, False])
    covered, risk = curve(*judged)
    assert covered.tolist() == [0.25, 0.75, 1.0]
    assert np.allclose(risk, [0.0, 1 / 3, 0.5])
    assert coverage(*judged, 0.9) == 0.25


def test_the_baseline_finds_what_shares_words_and_is_wrong_where_no_entry_is(tmp_path: Path) -> None:
    entries = [
        ("a", "低保怎么申请", "到村委会申请"),
        ("b", "公园几点开门", "早上六点开门"),
        ("c", "驾驶证丢了怎么办", "到车管所补领"),
    ]
    questions = [("低保去哪里申请", ["a"]), ("公园什么时候开门", ["b"]), ("申请飞船停放证", []), ("喵喵", [])]
    _written(tmp_path / "entries.jsonl", [{"id": i, "title": t, "body": b} for i, t, b in entries])
    _written(tmp_path / "dev.jsonl", [{"id": t, "text": t, "gold": gold} for t, gold in questions])
    confidences, right = baseline(tmp_path, Keywords(tmp_path / "jieba"))
    assert right.tolist() == [True, True, False, False]
    assert confidences[3] == 0
    assert (confidences[:2] > 0).all()


def test_the_plot_of_the_same_figures_is_the_same_file(tmp_path: Path) -> None:
    curve = (np.array([0.5, 1.0]), np.array([0.0, 0.25]))
    drawn = []
    for name in ("one.svg", "two.svg"):
        risks({"set": {OURS: curve, BM25S: curve}}, tmp_path / name)
        drawn.append((tmp_path / name).read_text(encoding="utf8"))
    assert drawn[0] == drawn[1]
    assert "<svg" in drawn[0]


def _written(file: Path, rows: list[dict[str, object]]) -> None:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf8")
