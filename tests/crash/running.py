"""A real process of the product that a test starts, watches and ends; only by its own process id."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SECONDS = 30.0


class Nursery:
    """The parent of the processes (``tests.crash.nursery``); one for the whole run of the tests."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen([sys.executable, "-m", "tests.crash.nursery"], stdin=subprocess.PIPE, text=True)

    async def born(
        self, log: Path, *, kind: str, patience: Mapping[str, Any], environment: Mapping[str, str]
    ) -> "Running":
        order = {"log": str(log), "kind": kind, "patience": patience, "environment": environment}
        assert self._parent.stdin is not None
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        running = Running(log)
        await _until(lambda: running.pid is not None, "is born", running)
        return running

    def close(self) -> None:
        self._parent.communicate(timeout=20)


class Running:
    """``died`` and ``stopped`` wait for what its failpoint does to it; everything it logs is in ``log``."""

    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def pid(self) -> int | None:
        return _number(self._log.with_suffix(".pid"))

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs. Negative: the signal."""
        return _number(self._log.with_suffix(".code"))

    async def died(self) -> None:
        """Killed by its failpoint; a process that ended in any other way fails the test with its log."""
        assert await self.ended() == -signal.SIGKILL, (self.code, self.said())

    async def ended(self) -> int:
        await _until(lambda: self.code is not None, "ended", self)
        assert self.code is not None
        return self.code

    async def stopped(self) -> None:
        """Stopped by its failpoint: state T in the process table."""
        await _until(lambda: self._state() == "T", "was stopped by its failpoint", self, alive=True)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    async def says(self, words: str) -> None:
        """Waits until the process has logged something."""
        await _until(lambda: words in self.said(), f"said “{words}”", self, alive=True)

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    async def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.code is None:
            self._signal(how)
            await self.ended()

    def _signal(self, how: signal.Signals) -> None:
        if self.pid is not None and self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, how)

    def _state(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            stat = Path(f"/proc/{self.pid}/stat").read_text()
            return stat.rpartition(")")[2].split()[0]
        return ""


async def _until(true: Callable[[], bool], what: str, running: Running, *, alive: bool = False) -> None:
    """Looks again and again; fails with the log when it takes too long, or when the process ended meanwhile."""
    for _ in range(int(SECONDS / 0.02)):
        if true():
            return
        assert not alive or running.code is None, f"it ended before it {what}:\n{running.said()}"
        await asyncio.sleep(0.02)
    raise AssertionError(f"it never {what}:\n{running.said()}")


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except FileNotFoundError:
        return None
