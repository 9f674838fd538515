"""The short form of ``make chaos``: processes are killed and frozen, platforms lie, and nothing goes out twice, early, changed
or not at all. The same run with the forbidden rule must find duplicates."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("reliability")


def chaos(*flags: str) -> tuple[int, dict[str, Any], str]:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", "--short", *flags],
        cwd=ROOT, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    lines = ended.stdout.strip().splitlines()
    assert lines, ended.stderr[-3000:]
    return ended.returncode, json.loads(lines[-1]), ended.stderr


@pytest.mark.timeout(240)
def test_a_storm_breaks_no_promise() -> None:
    status, told, found = chaos()
    broken = {name: told[name] for name in ("duplicates", "lost", "early", "unapproved", "unresolved", "crashes")}
    assert set(broken.values()) == {0}, f"{broken}\n{found}"
    assert status == 0, found
    assert told["releases"] == 15
    assert told["kills"] >= 4, "more where a slow machine made the storm longer"
    assert told["faults"] > 15, "the storm was no storm"
    assert told["effects"] > 15


@pytest.mark.timeout(240)
def test_the_forbidden_rule_is_found_out() -> None:
    status, told, found = chaos("--mutant")
    assert told["duplicates"] > 0, found
    assert status == 0
