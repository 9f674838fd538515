"""The promises that ``make bench`` measures at full size, tried small: a broken one fails here and not a month later."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.postgres_cluster import binaries

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.xdist_group("reliability"), pytest.mark.timeout(300)]
either = pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])


def measured(figure: str, kind: str) -> dict[str, Any]:
    if kind == "postgres" and binaries() is None:
        missing("PostgreSQL (initdb)")
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.reliability", figure, "--database", kind, "--small"],
        cwd=ROOT, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    lines = ended.stdout.strip().splitlines()
    assert lines, ended.stderr[-3000:]
    told: dict[str, Any] = json.loads(lines[-1])
    assert ended.returncode == (told["reached"] is False), ended.stderr[-3000:]
    return told


@either
def test_cancelled_tasks_leave_no_hang_no_lost_connection_and_no_phantom_write(kind: str) -> None:
    told = measured("cancellations", kind)
    assert told["reached"], told
    assert told["cancelled"] >= 100
    assert told["of"]["delivery"] > 10, "too few deliveries were cancelled in full flight"
    assert told["deliveries"]["published"] > 20, "the tasks were cancelled before they did anything"


def test_nothing_is_early_and_a_full_second_is_soon_out() -> None:
    told = measured("timeliness", "sqlite")
    assert told["missing"] == 0, told
    assert told["least"] >= 0
    assert told["same_second_all"] <= 60


def test_sigterm_ends_the_process_in_ten_seconds_with_calls_in_flight() -> None:
    told = measured("sigterm", "sqlite")
    assert told["reached"], told
    assert told["calls_in_flight"] > 0


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["gone", "frozen"])
def test_no_citizen_is_unheard_while_the_database_is_away(how: str) -> None:
    told = measured(how, "postgres")
    assert told["reached"], told
    assert told["attempts"] > told["messages"] // 2


def test_nothing_is_sent_without_an_intent_when_the_disk_is_full() -> None:
    if os.geteuid() != 0:
        missing("a small file system, which only root can mount,")
    told = measured("diskfull", "sqlite")
    if told["reached"] is None:
        missing("the right to mount a small file system")
    assert told["reached"], told
    assert told["refused_writes"] > 0, "the disk was never full"
