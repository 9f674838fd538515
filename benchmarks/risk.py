"""Risk against coverage: of the questions that are answered by confidence, how many answers are wrong.

    python -m benchmarks.risk EVAL/letters EVAL/policies … [--keep FOLDER] [--plot docs/images/risk-coverage.svg]

Each folder is a set: entries.jsonl and dev.jsonl in the format of `mingbai knowledge load` and `mingbai ask --from`, with the right
entries of a question in `gold`. Every half of a set is answered by models that saw the other halves only (as in
`benchmarks.train_confidence`); beside it stands BM25 over jieba's words with its raw score as the confidence. Prints a table and,
last, one JSON line.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.engines import BM25S, OURS
from benchmarks.plotting import risks
from benchmarks.train_confidence import coverage, curve, halves, read_all
from knowledge.keywords import Keywords, normalise

PRECISIONS: Final = (0.90, 0.95)


Judged = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""What one way of answering made of a set: a confidence for each question, and whether its first hit is right."""


def baseline(folder: Path, keywords: Keywords) -> Judged:
    """What most bots do: words into BM25, and its score taken for a confidence."""
    import bm25s

    entries, questions = _rows(folder / "entries.jsonl"), _rows(folder / "dev.jsonl")
    index = bm25s.BM25()
    cut = [keywords.words(normalise(f"{entry['title']} {entry['body']}")) for entry in entries]
    index.index([words or ["∅"] for words in cut], show_progress=False)
    known = {word for words in cut for word in words}
    confidences, right = np.zeros(len(questions)), np.zeros(len(questions), dtype=np.bool_)
    for number, question in enumerate(questions):
        words = [word for word in keywords.words(normalise(question["text"])) if word in known]
        if words:
            found, scores = index.retrieve([words], k=1, show_progress=False)
            confidences[number] = scores[0][0]
            right[number] = entries[found[0][0]]["id"] in question["gold"]
    return confidences, right


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf8").splitlines() if line.strip()]


def measure(folders: Sequence[Path], kept: Path | None) -> dict[str, dict[str, Judged]]:
    """Each set by its name, answered in both ways."""
    with tempfile.TemporaryDirectory() as cache:
        keywords = Keywords(Path(cache))
        unseen = halves(read_all(folders, keywords, kept))
        found = {}
        for folder in folders:
            _, confidences, right = unseen[folder.name]
            found[folder.name] = {OURS: (confidences, right), BM25S: baseline(folder, keywords)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="risk against coverage on sets of questions")
    parser.add_argument("folders", nargs="*", type=Path, help="without any nothing is measured")
    parser.add_argument("--keep", type=Path, help="keep the measurements in this folder, and take those that it holds")
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    if not chosen.folders:
        print("Risk against coverage is not measured: name folders of questions (make bench EVAL=folder).")
        return
    found = measure(chosen.folders, chosen.keep)
    print("| set | way | cov90 | cov95 |\n|---|---|---|---|")
    told: dict[str, dict[str, list[float]]] = {}
    for name, ways in found.items():
        for way, judged in ways.items():
            figures = [round(coverage(*judged, precision), 3) for precision in PRECISIONS]
            told.setdefault(name, {})[way] = figures
            print(f"| {name} | {way} | {figures[0]:.3f} | {figures[1]:.3f} |")
    if chosen.plot:
        risks(
            {name: {way: curve(*judged) for way, judged in ways.items()} for name, ways in found.items()}, chosen.plot
        )
    print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main()
