"""Risk against coverage: of the share of questions that is answered by confidence, how many answers are wrong.

    python -m benchmarks.risk EVAL [--unseen judged.json] [--plot docs/images/risk-coverage.svg]

EVAL is a folder of sets, each with entries.jsonl and dev.jsonl in the format of `mingbai knowledge load` and `mingbai ask --from`, with the
right entries of a question in `gold`. Each set is asked over the command line, and beside it BM25 over jieba's words with its raw
score as the confidence. The coefficients that ship were trained on such sets; `--unseen` adds what models said of halves that they
had not seen (`benchmarks.train_confidence --judged`). Prints a table and, last, one JSON line.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.plotting import risks

OURS: Final = "mingbai"
UNSEEN: Final = "mingbai, unseen halves"
BASELINE: Final = "jieba + BM25"
PRECISIONS: Final = (0.90, 0.95)
COMMAND: Final = (sys.executable, "-m", "gateway")
LIMIT: Final = 1800
"""Seconds that one set may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one way of answering made of a set: a confidence for each question, and whether its first hit is right."""

    confidences: NDArray[np.float64]
    right: NDArray[np.bool_]

    def curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The coverage and the risk after each distinct confidence, from the surest answer on."""
        order = np.argsort(-self.confidences, kind="stable")
        counted = np.arange(1, len(order) + 1)
        wrong = np.cumsum(~self.right[order])
        last_of_tie = np.append(np.diff(self.confidences[order]) != 0, True)
        return counted[last_of_tie] / len(order), (wrong / counted)[last_of_tie]

    def coverage(self, precision: float) -> float:
        """The largest share of all questions that can be answered with that share of the answers right."""
        covered, risk = self.curve()
        enough = covered[risk <= 1 - precision + 1e-12]
        return float(enough[-1]) if len(enough) else 0.0


def rows_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf8").splitlines() if line.strip()]


def ours(folder: Path) -> Judged:
    """Asks the product, as its users start it, in a database of its own."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "MINGBAI_DATABASE_URL": f"sqlite://{home}/risk.db", "MINGBAI_ENV": "test"}

        def run(*words: str) -> str:
            return subprocess.run(
                [*COMMAND, *words], env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=LIMIT
            ).stdout

        run("migrate")
        run("knowledge", "load", str(folder / "entries.jsonl"))
        told = [json.loads(line) for line in run("ask", "--from", str(folder / "dev.jsonl")).splitlines() if line.startswith("{")]
    found = {answer["id"]: (answer["confidence"], [hit["id"] for hit in answer["hits"]][:1]) for answer in told}
    return _judged(folder, [found[question["id"]] for question in rows_of(folder / "dev.jsonl")])


def baseline(folder: Path) -> Judged:
    """What most bots do: jieba's words in search mode, BM25, and its score taken for a confidence."""
    import bm25s
    import jieba

    def words(text: str) -> list[str]:
        return [word for word in jieba.cut_for_search(text) if any(map(str.isalnum, word))]

    entries = rows_of(folder / "entries.jsonl")
    index = bm25s.BM25()
    index.index([words(f"{entry['title']} {entry['body']}") or ["∅"] for entry in entries], show_progress=False)
    known, said = set(index.vocab_dict), []
    for question in rows_of(folder / "dev.jsonl"):
        asked = [word for word in words(question["text"]) if word in known]
        if not asked:
            said.append((0.0, []))
            continue
        numbers, scores = index.retrieve([asked], k=1, show_progress=False)
        said.append((float(scores[0][0]), [entries[numbers[0][0]]["id"]]))
    return _judged(folder, said)


def _judged(folder: Path, said: Sequence[tuple[float, list[str]]]) -> Judged:
    gold = [set(question["gold"]) for question in rows_of(folder / "dev.jsonl")]
    return Judged(
        confidences=np.array([confidence for confidence, _ in said], dtype=np.float64),
        right=np.array([bool(right & set(first)) for right, (_, first) in zip(gold, said, strict=True)]),
    )


def unseen(file: Path | None) -> dict[str, Judged]:
    """The halves that were answered by models trained on the others, by the name of the set."""
    told = json.loads(file.read_text(encoding="utf8")) if file else {}
    return {
        name: Judged(confidences=np.array(one["confidences"]), right=np.array(one["right"], dtype=bool))
        for name, one in told.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="risk against coverage on sets of questions")
    parser.add_argument("sets", nargs="?", type=Path, help="a folder of sets; without it nothing is measured")
    parser.add_argument("--unseen", type=Path, help="what train_confidence --judged wrote")
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args()
    if chosen.sets is None:
        print("risk against coverage is not measured: name a folder of sets (make bench EVAL=folder)")
        return
    halves, figures = unseen(chosen.unseen), {}
    print("| set | way | cov90 | cov95 |\n|---|---|---|---|")
    for folder in sorted(file.parent for file in chosen.sets.glob("*/dev.jsonl")):
        ways = {OURS: ours(folder), BASELINE: baseline(folder)}
        if folder.name in halves:
            ways[UNSEEN] = halves[folder.name]
        figures[folder.name] = ways
        for way, judged in ways.items():
            covered = " | ".join(f"{judged.coverage(precision):.3f}" for precision in PRECISIONS)
            print(f"| {folder.name} | {way} | {covered} |", flush=True)
    if chosen.plot:
        risks({name: {way: judged.curve() for way, judged in ways.items()} for name, ways in figures.items()}, chosen.plot)
    print(
        json.dumps(
            {
                name: {way: {f"cov{round(100 * p)}": round(judged.coverage(p), 3) for p in PRECISIONS} for way, judged in ways.items()}
                for name, ways in figures.items()
            },
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
