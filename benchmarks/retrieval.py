"""How long a question takes in our index, in bm25s and in Tantivy, over the same generated entries; and what a change costs ours.

    python -m benchmarks.retrieval [--sizes 1000,10000,100000,1000000] [--questions 1000] [--plot docs/images/retrieval.svg]

Ours is the whole way of ``KnowledgeBase.ask``: cut, candidates, features, ranking, confidence, decision, reasons. The others get the words of
the same segmenter and give ten candidates; they neither decide nor explain. Each engine runs in a process of its own. They are built one
after another and then take turns, so that what else the machine does hits all alike: every question is asked in three turns that lie
apart, and its time is the median of the three. “CPU” is the time that the process had a core for itself. Prints a table and, last, one JSON line.
"""

import argparse
import gc
import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO, Any, Final

from benchmarks.engines import BM25S, ENGINES, OURS, TANTIVY, Engine
from benchmarks.generated import entries, questions
from knowledge.entry import Entry, EntryKind
from knowledge.keywords import Keywords

ROOT: Final = Path(__file__).parent.parent
ROUNDS: Final = 3
TURN: Final = 100
"""Questions an engine answers before the next has its turn."""
EDITS: Final = 20
MOST_MB: Final = 9_000
"""An engine that would need more than this by its size before is left out."""
LIMIT: Final = 1_500
"""Seconds an engine may take to build."""


class Served:
    """One engine in this process, asked line by line through the standard streams."""

    def __init__(self, name: str, size: int, count: int, folder: Path) -> None:
        plain = entries(size)
        self._asked = questions(count, plain)
        known = [
            Entry(**entry | {"kind": EntryKind(entry["kind"]), "made_on": date.fromisoformat(entry["made_on"])})
            for entry in plain
        ]
        del plain
        self._keywords = Keywords(folder / "jieba")
        self._keywords.warm()
        self._keywords.words("预热")
        gc.collect()
        before, begun, worked = _memory("VmRSS"), time.perf_counter(), time.process_time()
        self._engine: Engine = ENGINES[name](known, self._keywords)
        self.built = {
            "build_s": round(time.perf_counter() - begun, 2),
            "build_cpu_s": round(time.process_time() - worked, 2),
            "peak_mb": round(_memory("VmHWM") - before),
            "resident_mb": round(_memory("VmRSS") - before),
        }

    def turn(self, first: int) -> dict[str, Any]:
        """Answers the next questions: milliseconds of each, and for which of them the right entry came first."""
        taken, worked, right = [], [], []
        for question in self._asked[first : first + TURN]:
            begun, began_work = time.perf_counter(), time.thread_time()
            found = self._engine.ask(question.text)
            worked.append(1000 * (time.thread_time() - began_work))
            taken.append(1000 * (time.perf_counter() - begun))
            right.append(found[:1] == [question.entry])
        return {"ms": taken, "cpu_ms": worked, "right": right}

    def edits(self) -> dict[str, Any]:
        """Milliseconds from having an edited entry to an index that finds it; a late one after many others."""
        taken, engine = [], self._engine
        assert engine.index is not None
        base = engine.index
        for number in range(EDITS):
            entry = base.entries[number * len(base.entries) // EDITS]
            changed = replace(entry, title=f"第{number}号窗口的紫藤廊开放时间是什么", body="每日八时至十七时开放。")
            begun = time.perf_counter()
            engine.index = engine.index.changed([changed], [], self._keywords)
            taken.append(1000 * (time.perf_counter() - begun))
            assert engine.ask(changed.title)[:1] == [entry.id]
        late = [replace(entry, body=entry.body + "另行通知。") for entry in base.entries[: len(base.entries) // 60]]
        full = base.changed(late, [], self._keywords)
        begun = time.perf_counter()
        full.changed([base.entries[-1]], [], self._keywords)
        last = 1000 * (time.perf_counter() - begun)
        return {
            "edit_ms": round(sorted(taken)[EDITS // 2], 1),
            "edit_most_ms": round(max(taken), 1),
            "edit_late_ms": round(last, 1),
        }

    def merging(self) -> dict[str, Any]:
        """p99 of the questions while the index is made one again and again in another thread, beside p99 before it."""
        assert self._engine.index is not None
        index, done, merged = self._engine.index, threading.Event(), 0

        def merge() -> None:
            nonlocal merged
            while not done.is_set():
                index.merged()
                merged += 1

        idle = self._times()
        thread = threading.Thread(target=merge)
        thread.start()
        busy = self._times()
        done.set()
        thread.join()
        return {"idle_p99_ms": percentile(idle, 0.99), "merging_p99_ms": percentile(busy, 0.99), "merges": merged}

    def _times(self) -> list[float]:
        return [ms for first in range(0, len(self._asked), TURN) for ms in self.turn(first)["ms"]]


def serve(name: str, size: int, count: int) -> None:
    """Builds an engine and answers until the input ends."""
    with tempfile.TemporaryDirectory() as folder:
        served = Served(name, size, count, Path(folder))
        print(json.dumps(served.built), flush=True)
        for line in sys.stdin:
            order = line.split()
            answer = served.turn(int(order[1])) if order[0] == "turn" else getattr(served, order[0])()
            print(json.dumps(answer), flush=True)


class Worker:
    """An engine in a process of its own."""

    def __init__(self, name: str, size: int, count: int) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.retrieval", "--questions", str(count), "--serve", name, str(size)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[str] = self._process.stdin
        self._from: IO[str] = self._process.stdout
        timer = threading.Timer(LIMIT, self._process.kill)
        timer.start()
        self.built = self._answer()
        timer.cancel()

    def ask(self, order: str) -> dict[str, Any]:
        """One order, one answer."""
        self._to.write(order + "\n")
        self._to.flush()
        return self._answer()

    def end(self) -> None:
        """Ends the process."""
        self._to.close()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        line = self._from.readline()
        if not line:
            raise SystemExit(f"{self.name} ended early or took more than {LIMIT} s")
        answer: dict[str, Any] = json.loads(line)
        return answer


def one_size(size: int, count: int, names: list[str]) -> list[dict[str, Any]]:
    """Every engine at one size; times in milliseconds but for those whose name says seconds, memory in MB beyond the entries."""
    workers = [Worker(name, size, count) for name in names]
    known = [bool(question.entry) for question in questions(count, entries(size))]
    taken: dict[tuple[str, str], list[list[float]]] = {
        (name, clock): [[] for _ in range(count)] for name in names for clock in ("ms", "cpu_ms")
    }
    right: dict[str, list[bool]] = {name: [] for name in names}
    for turn in range(ROUNDS):
        for first in range(0, count, TURN):
            for worker in workers[turn % len(workers) :] + workers[: turn % len(workers)]:
                answer = worker.ask(f"turn {first}")
                for clock in ("ms", "cpu_ms"):
                    for place, ms in enumerate(answer[clock]):
                        taken[worker.name, clock][first + place].append(ms)
                if turn == 0:
                    right[worker.name].extend(answer["right"])
    rows = []
    for worker in workers:
        row = {"engine": worker.name, "size": size, **worker.built}
        for clock in ("ms", "cpu_ms"):
            medians = [sorted(times)[ROUNDS // 2] for times in taken[worker.name, clock]]
            row |= {f"p50_{clock}": percentile(medians, 0.5), f"p99_{clock}": percentile(medians, 0.99)}
        row["right_first"] = round(
            sum(r for r, k in zip(right[worker.name], known, strict=True) if k) / max(1, sum(known)), 3
        )
        if worker.name == OURS:
            row |= worker.ask("edits") | worker.ask("merging")
        worker.end()
        rows.append(row)
    return rows


def percentile(values: list[float], share: float) -> float:
    """The smallest value that so large a share does not exceed."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)], 3)


def measure(sizes: list[int], count: int) -> dict[str, Any]:
    """Every size in all engines; prints the table and returns what the last line says."""
    print(
        "| entries | engine | build s | build CPU s | peak MB | resident MB | p50 ms | p99 ms | p50 CPU ms "
        "| p99 CPU ms | right first |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    rows: list[dict[str, Any]] = []
    left_out: list[str] = []
    for size in sizes:
        names = [name for name in ENGINES if _fits(rows, name, size)]
        left_out += [f"{name} at {size}: would need more than {MOST_MB} MB" for name in ENGINES if name not in names]
        for row in one_size(size, count, names):
            rows.append(row)
            print(
                f"| {size:,} | {row['engine']} | {row['build_s']:.2f} | {row['build_cpu_s']:.2f} | {row['peak_mb']} "
                f"| {row['resident_mb']} | {row['p50_ms']:.2f} | {row['p99_ms']:.2f} "
                f"| {row['p50_cpu_ms']:.2f} | {row['p99_cpu_ms']:.2f} | {row['right_first']:.3f} |",
                flush=True,
            )
    print("\n| entries | an edit, ms | most | after many | p99 idle | p99 while merging |\n|---|---|---|---|---|---|")
    for row in rows:
        if row["engine"] == OURS:
            print(
                f"| {row['size']:,} | {row['edit_ms']} | {row['edit_most_ms']} | {row['edit_late_ms']} "
                f"| {row['idle_p99_ms']:.2f} | {row['merging_p99_ms']:.2f} |"
            )
    ratios = {str(size): {peer: _ratios(rows, size, peer) for peer in (BM25S, TANTIVY)} for size in sizes}
    return {"questions": count, "ratios": ratios, "left_out": left_out, "rows": rows}


def _fits(rows: list[dict[str, Any]], name: str, size: int) -> bool:
    before = [row for row in rows if row["engine"] == name]
    return not before or before[-1]["peak_mb"] * size / before[-1]["size"] <= MOST_MB


def _ratios(rows: list[dict[str, Any]], size: int, peer: str) -> dict[str, float]:
    """Ours over theirs: above 1 is slower or larger, for ``right_first`` better."""
    found = {row["engine"]: row for row in rows if row["size"] == size}
    if peer not in found:
        return {}
    names = ("build_s", "build_cpu_s", "p50_ms", "p99_ms", "p50_cpu_ms", "p99_cpu_ms", "peak_mb", "right_first")
    return {name: round(found[OURS][name] / found[peer][name], 2) for name in names if found[peer][name]}


def _memory(name: str) -> float:
    """What the kernel says of this process's memory, in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def _main() -> None:
    parser = argparse.ArgumentParser(description="milliseconds a question, beside bm25s and Tantivy")
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--plot", type=Path, help="where to draw latency against size")
    parser.add_argument("--serve", nargs=2, metavar=("ENGINE", "SIZE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve[0], int(chosen.serve[1]), chosen.questions)
        return
    found = measure([int(size) for size in chosen.sizes.split(",")], chosen.questions)
    if chosen.plot:
        from benchmarks.plotting import latency

        latency(found["rows"], chosen.plot)
    print(json.dumps(found))


if __name__ == "__main__":
    _main()
