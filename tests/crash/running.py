"""A real process of the product that a test starts, watches and ends; only by its own process id."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

SECONDS = 25.0


class Running:
    """``died`` and ``stopped`` wait for what its failpoint does to it; everything it logs is in ``log``."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    @classmethod
    async def start(cls, environment: Mapping[str, str], log: Path, *words: str) -> "Running":
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.crash.launcher", *words, env=environment, stderr=file,
                stdout=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        return cls(process, log)

    async def died(self) -> None:
        """Killed by its failpoint; a process that ended in any other way fails the test with its log."""
        try:
            async with asyncio.timeout(SECONDS):
                code = await self.process.wait()
        except TimeoutError:
            raise AssertionError(f"the failpoint was never reached:\n{self.said()}") from None
        assert code == -signal.SIGKILL, (code, self.said())

    async def stopped(self) -> None:
        """Stopped by its failpoint: state T in the process table."""
        async with asyncio.timeout(SECONDS):
            while self._state() != "T":
                assert self.process.returncode is None, self.said()
                await asyncio.sleep(0.02)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def says(self, words: str) -> None:
        """Waits until the process has logged something."""
        async with asyncio.timeout(SECONDS):
            while words not in self.said():
                assert self.process.returncode is None, self.said()
                await asyncio.sleep(0.05)

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    async def end(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    def _state(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
            return stat.rpartition(")")[2].split()[0]
        return ""
