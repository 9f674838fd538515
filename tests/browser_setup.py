"""Installs a system Chromium (and a Chinese font) for the browser tests where this machine allows it; never fails.

Run by ``make test``. The tests themselves say by name when they are skipped for want of a browser.
"""

import os
import shutil
import subprocess
import sys

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
"""A browser that speaks to this machine only."""


def browser() -> str | None:
    """The path of a system browser, or None."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def main() -> int:
    if browser() or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return 0
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False, "timeout": 600}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)  # type: ignore[call-overload]
    subprocess.run(  # type: ignore[call-overload]
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk"], **quiet
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
