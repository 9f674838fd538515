"""``python -m benchmarks.reliability [FIGURE …]``: one JSON line a figure; the exit status is 0 when every goal is reached."""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.chaos.stage import database
from benchmarks.reliability import away, cancellations, diskfull, sigterm, timeliness
from benchmarks.reliability.figure import SMALL, Size
from tests.postgres_cluster import binaries

Measure = Callable[[str, str, Path, Size], Awaitable[dict[str, Any]]]
BOTH: Final = ("sqlite", "postgres")
FIGURES: Final[dict[str, tuple[Measure, tuple[str, ...]]]] = {
    "timeliness": (timeliness.measure, BOTH),
    "cancellations": (cancellations.measure, BOTH),
    "gone": (partial(away.measure, frozen=False), ("postgres",)),
    "frozen": (partial(away.measure, frozen=True), ("postgres",)),
    "diskfull": (diskfull.measure, ("sqlite",)),
    "sigterm": (sigterm.measure, BOTH),
}


def main() -> int:
    # Whoever ends the run must end its processes, too: SIGTERM unwinds like Ctrl+C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"some of {', '.join(FIGURES)}; all without")
    parser.add_argument("--database", choices=BOTH, default=None)
    parser.add_argument("--small", action="store_true", help="the size of the tests")
    given = parser.parse_args()
    if unknown := [name for name in given.figures if name not in FIGURES]:
        parser.error(f"no such figure: {', '.join(unknown)}")
    wanted = [
        (name, kind) for name in given.figures or FIGURES for kind in FIGURES[name][1] if given.database in (None, kind)
    ]
    size = SMALL if given.small else Size()
    if len(wanted) == 1:
        line = _measured(FIGURES[wanted[0][0]][0], wanted[0][1], size)
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return 1 if line["reached"] is False else 0
    # Each in a process of its own: tortoise-orm keeps the statements of whatever database came first.
    more = ["--small"] if given.small else []
    command = [sys.executable, "-m", "benchmarks.reliability"]
    return max((_apart([*command, name, "--database", kind, *more]) for name, kind in wanted), default=0)


def _apart(command: list[str]) -> int:
    """Runs one figure to its end. Whoever ends us ends it in order, or its server and its processes would stay behind."""
    process = subprocess.Popen(command)
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def _measured(measure: Measure, kind: str, size: Size) -> dict[str, Any]:
    """One figure on a new database."""
    if kind == "postgres" and binaries() is None:
        return {"database": kind, "reached": None, "reason": "no PostgreSQL on this machine"}
    with tempfile.TemporaryDirectory(prefix="mingbai-figure-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with database(kind, folder) as url:
            return asyncio.run(_awaited(measure(kind, url, folder, size)))


async def _awaited(work: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return await work


if __name__ == "__main__":
    sys.exit(main())
