"""The product's processes of one run: started, killed, frozen, let go on, and in the end asked to stop."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.chaos.plan import Plan

ROOT = Path(__file__).parents[2]
GONE = 10.0
"""Seconds within which a process that gets SIGTERM must be gone."""


class Fleet:
    """Process 0 is ``serve`` (the callbacks need a door), the others are ``worker``."""

    def __init__(self, plan: Plan, environment: Mapping[str, str], folder: Path) -> None:
        self._plan = plan
        self._environment = {**_clean(os.environ), **environment}
        self._folder = folder
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._frozen: set[int] = set()
        self.crashes: list[str] = []
        """What ended by itself, which no process may."""

    def start(self) -> None:
        for number in range(self._plan.processes):
            self._up(number)

    def running(self) -> list[int]:
        """The processes that are neither frozen nor gone."""
        return [number for number in self._processes if number not in self._frozen]

    def pids(self) -> set[int]:
        """The numbers that the system gave to the processes that run."""
        return {self._processes[number].pid for number in self.running()}

    def kill(self, number: int) -> None:
        """SIGKILL, and the same again as whoever watches over services would start it."""
        process = self._processes[number]
        self._note_crash(number, process)
        process.kill()
        process.wait()
        self._frozen.discard(number)
        self._up(number)

    def freeze(self, number: int) -> None:
        self._processes[number].send_signal(signal.SIGSTOP)
        self._frozen.add(number)

    def thaw(self, number: int) -> None:
        if number in self._frozen:
            self._processes[number].send_signal(signal.SIGCONT)
            self._frozen.discard(number)

    def look_after(self) -> None:
        """Starts again what ended by itself, and remembers that it did."""
        for number, process in list(self._processes.items()):
            if process.poll() is not None:
                self._note_crash(number, process)
                self._up(number)

    async def stop(self) -> float:
        """SIGTERM to all; returns the seconds until the last was gone. Whoever takes longer than ``GONE`` is killed."""
        began = time.monotonic()
        for number, process in self._processes.items():
            self.thaw(number)
            self._note_crash(number, process)
            with suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*(asyncio.to_thread(_ended, process) for process in self._processes.values()))
        took = time.monotonic() - began
        self.abandon()
        return took

    def abandon(self) -> None:
        """SIGKILL to all; for the end of a run that failed."""
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        self._processes.clear()
        self._frozen.clear()

    def logged(self, *words: str) -> dict[str, int]:
        """How many lines of the processes' logs hold each of the words."""
        counts = dict.fromkeys(words, 0)
        for log in self._folder.glob("process-*.log"):
            for line in log.read_text("utf8", "replace").splitlines():
                for word in words:
                    counts[word] += word in line
        return counts

    def _up(self, number: int) -> None:
        command = [sys.executable, "-m", "benchmarks.chaos.worker", "worker" if number else "serve"]
        if self._plan.patience:
            command += ["--patience", json.dumps(dict(self._plan.patience))]
        if self._plan.mutant:
            command.append("--mutant")
        with (self._folder / f"process-{number}.log").open("ab") as log:
            self._processes[number] = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _note_crash(self, number: int, process: "subprocess.Popen[bytes]") -> None:
        if process.poll() is not None:
            log = (self._folder / f"process-{number}.log").read_text("utf8", "replace")
            self.crashes.append(f"process {number} ended by itself ({process.returncode}): {log.strip()[-600:]}")


def _ended(process: "subprocess.Popen[bytes]") -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=GONE + 5)


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without settings of another installation."""
    return {name: value for name, value in environment.items() if not name.startswith("MINGBAI_")}
