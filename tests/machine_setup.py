"""Installs what the tests need of the machine (a browser, a Chinese font, PostgreSQL, a settable clock) where it may; never fails.

Run by ``make test``. The tests themselves say by name when they are skipped for want of one, and fail with CI=true.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.postgres_cluster import binaries

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
"""A browser that speaks to this machine only."""


def browser() -> str | None:
    """The path of a system browser, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def faketime() -> Path | None:
    """The library that shows a process another wall clock, or None."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def wanting() -> list[str]:
    """Debian's packages for what this machine does not have."""
    listing = shutil.which("fc-list")
    fonts = subprocess.run([listing], capture_output=True, text=True, check=False).stdout if listing else ""
    here = {
        "chromium": browser() is not None,
        "fonts-noto-cjk": "cjk" in fonts.lower(),
        "libfaketime": faketime() is not None,
        "postgresql": binaries() is not None,
    }
    return [package for package, found in here.items() if not found]


def main() -> int:
    packages = wanting()
    if not packages or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return 0
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        subprocess.run(
            ["apt-get", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=600,
            env=environment,
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
