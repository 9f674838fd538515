"""``python -m benchmarks.chaos``: one JSON line a database, then one for all; the exit status is 0 when nothing is broken.

Both databases are examined at the same time, each by a process of its own: the runs mostly wait.
"""

import json
import signal
import subprocess
import sys
import time
from typing import Any

from benchmarks.chaos.plan import DATABASES, Plan, plans
from benchmarks.chaos.report import satisfied, together
from benchmarks.chaos.run import printed, run


def main() -> int:
    # Whoever ends the run must end its processes, too: SIGTERM unwinds like Ctrl+C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen, began = plans(sys.argv[1:]), time.monotonic()
    lines = _apart(chosen) if len(chosen) > 1 else [run(chosen[0])]
    if len(chosen) > 1:
        failed = [plan.database for plan in chosen if plan.database not in {one["database"] for one in lines}]
        printed(together(lines, seconds=time.monotonic() - began, failed=failed))
    else:
        printed(lines[0])
    return 0 if len(lines) == len(chosen) and satisfied(lines) else 1


def _apart(chosen: list[Plan]) -> list[dict[str, Any]]:
    """The lines of the runs, each told as soon as it is there; one that failed has none."""
    again = [word for word in sys.argv[1:] if word not in DATABASES and word not in ("both", "--database")]
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.chaos", *again, "--database", plan.database], stdout=subprocess.PIPE, text=True
        )
        for plan in reversed(chosen)
    ]  # fmt: skip
    lines = []
    try:
        for one in runs:
            told = one.communicate()[0].strip().splitlines()
            if told:
                lines.append(json.loads(told[-1]))
                printed(lines[-1])
    finally:
        for one in runs:
            if one.poll() is None:
                one.terminate()
                one.wait()
    return lines


if __name__ == "__main__":
    sys.exit(main())
