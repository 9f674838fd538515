"""What the tests of the command line share: a file that the command itself has migrated, once for all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database as ``mingbai migrate`` leaves it; it takes six seconds of a processor, so the tests copy it."""
    path = tmp_path_factory.mktemp("migrated") / "mingbai.db"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MINGBAI_")}
    made = subprocess.run(
        [sys.executable, "-m", "gateway", "migrate"], capture_output=True, text=True, timeout=110, cwd=path.parent,
        env={**kept, "MINGBAI_DATABASE_URL": f"sqlite://{path}", "MINGBAI_ENV": "test"}, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return path
