"""The modules that decide load neither the database nor the web, even indirectly."""

import subprocess
import sys

import pytest

PURE = (
    "claims",
    "clocks",
    "entry",
    "figures",
    "links",
    "places",
    "reports",
    "settling",
    "keywords",
    "atoms",
    "kinds",
    "segment",
    "index",
    "features",
    "closeness",
    "ranking",
    "confidence",
    "decision",
    "message",
    "search",
    "model",
    "asking",
    "clauses",
    "evidence",
    "quotation",
    "explaining",
    "thresholds",
)


@pytest.mark.parametrize("module", PURE)
def test_no_database_and_no_web(module: str) -> None:
    script = (
        f"import sys, knowledge.{module}\n"
        "found = sorted({'tortoise', 'aiohttp', 'apscheduler', 'wechatpy', 'jieba', 'rjieba'} & set(sys.modules))\n"
        "print(*found)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
