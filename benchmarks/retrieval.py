"""How long a question takes in our index and in bm25s, over the same generated entries, each in a process of its own.

    python -m benchmarks.retrieval [--sizes 1000,10000,100000] [--questions 200]

Ours is the whole way of ``KnowledgeBase.ask``: cut, rank, confidence, decision, reasons. bm25s gets the words of the same
segmenter and gives ten candidates; it neither decides nor explains. Prints a table and, last, one JSON line.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

from benchmarks.generated import Question, entries, questions
from knowledge.entry import Entry
from knowledge.exchange import read
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.model import shipped
from knowledge.search import find

OURS: Final = "mingbai"
PEER: Final = "bm25s"
ROOT: Final = Path(__file__).parent.parent
TOP: Final = 10
DAY: Final = date(2026, 11, 23)
FIRST_LOOKS: Final = 5
"""Questions before the clock runs."""
LIMIT: Final = 600
"""Seconds one size may take in one engine."""

Ask = Callable[[str], list[str]]
"""The ids of the entries found for a question, best first."""


def ours(known: list[Entry], keywords: Keywords) -> Ask:
    index, (ranker, model) = Index.build(known, keywords), shipped()

    def ask(text: str) -> list[str]:
        found = find(index, text, keywords=keywords, ranker=ranker, model=model, top=TOP, today=DAY)
        return [hit.entry.id for hit in found.hits]

    return ask


def peer(known: list[Entry], keywords: Keywords) -> Ask:
    import bm25s

    retriever = bm25s.BM25()
    retriever.index([keywords.words(f"{entry.title} {entry.body}") for entry in known], show_progress=False)

    def ask(text: str) -> list[str]:
        numbers, _ = retriever.retrieve([keywords.words(text)], k=min(TOP, len(known)), show_progress=False)
        return [known[number].id for number in numbers[0].tolist()]

    return ask


ENGINES: Final = {OURS: ours, PEER: peer}


def one(engine: str, size: int, count: int, folder: Path) -> dict[str, Any]:
    """Builds and asks in this process. Times in milliseconds but for ``build_s``; memory in MB over an empty process."""
    plain, lines = entries(size), folder / "entries.jsonl"
    lines.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in plain), "utf8")
    asked, known = questions(count + FIRST_LOOKS, plain), list(read(lines))
    keywords = Keywords(folder / "jieba")
    keywords.warm()
    before = _peak()
    begun = time.perf_counter()
    ask = ENGINES[engine](known, keywords)
    built = time.perf_counter() - begun
    for question in asked[:FIRST_LOOKS]:
        ask(question.text)
    taken, right = _timed(ask, asked[FIRST_LOOKS:])
    return {
        "engine": engine, "size": size, "build_s": round(built, 2), "p50_ms": round(_percentile(taken, 0.5), 3),
        "p99_ms": round(_percentile(taken, 0.99), 3), "peak_mb": round(_peak() - before), "right_first": round(right, 3),
    }  # fmt: skip


def _timed(ask: Ask, asked: list[Question]) -> tuple[list[float], float]:
    """The milliseconds of each question in order, and the share of those with an entry for which it came first."""
    taken, right = [], 0
    for question in asked:
        begun = time.perf_counter()
        found = ask(question.text)
        taken.append(1000 * (time.perf_counter() - begun))
        right += bool(question.entry) and found[:1] == [question.entry]
    return sorted(taken), right / max(1, sum(1 for question in asked if question.entry))


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def measure(sizes: list[int], count: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every size in both engines, in turn; returns what the last line says."""
    say("| entries | engine | build s | p50 ms | p99 ms | peak MB | right first |")
    say("|---|---|---|---|---|---|---|")
    rows: list[dict[str, Any]] = []
    for size in sizes:
        for engine in ENGINES:
            row = _apart(engine, size, count)
            rows.append(row)
            say(
                f"| {size} | {engine} | {row['build_s']:.2f} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} "
                f"| {row['peak_mb']} | {row['right_first']:.3f} |"
            )
    ratios = {str(size): _ratios(rows, size) for size in sizes}
    return {"questions": count, "ratio_to_bm25s": ratios, "rows": rows}


def _ratios(rows: list[dict[str, Any]], size: int) -> dict[str, float]:
    """Ours over theirs: above 1 is slower or larger, for ``right_first`` better."""
    mine, theirs = (next(r for r in rows if r["size"] == size and r["engine"] == engine) for engine in (OURS, PEER))
    names = ("build_s", "p50_ms", "p99_ms", "peak_mb", "right_first")
    return {name: round(mine[name] / theirs[name], 2) for name in names if theirs[name]}


def _apart(engine: str, size: int, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.retrieval", "--questions", str(count), "--one", engine, str(size)]
    ended = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=LIMIT)
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result


def _main() -> None:
    parser = argparse.ArgumentParser(description="milliseconds a question, beside bm25s")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--one", nargs=2, metavar=("ENGINE", "SIZE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(one(chosen.one[0], int(chosen.one[1]), chosen.questions, Path(folder))))
        return
    sizes = [int(size) for size in chosen.sizes.split(",")]
    print(json.dumps(measure(sizes, chosen.questions, lambda line: print(line, flush=True))))


if __name__ == "__main__":
    _main()
