"""Who may sign, which day is the deadline, what is wrong with a text: decided without a database or a network."""

import subprocess
import sys

import pytest

PURE = [
    "blocks",
    "differing",
    "secrecy",
    "sentences",
    "wording",
    "states",
    "review",
    "workdays",
    "deadlines",
    "checks",
    "personal",
    "draft",
    "findings",
    "errors",
    "content",
]


@pytest.mark.parametrize("module", PURE)
def test_it_imports_no_machinery(module: str) -> None:
    code = (
        f"import sys, disclosures.{module}\n"
        "print(sorted({'tortoise', 'aiohttp', 'asyncpg', 'aiosqlite', 'apscheduler'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[]"
