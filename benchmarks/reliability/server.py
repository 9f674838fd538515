"""The throw-away PostgreSQL server as one that can go away: stopped at once and started again, or frozen and let go on."""

import asyncio
import contextlib
import os
import shlex
import signal
import subprocess
from pathlib import Path

import asyncpg

from tests.postgres_cluster import binaries

TIMEOUT = 60


class Server:
    """The server behind a URL. Only its own processes are touched."""

    def __init__(self, data: Path, options: str) -> None:
        self._data = data
        self._options = options
        self._frozen: list[int] = []

    @classmethod
    async def behind(cls, url: str) -> "Server":
        connection = await asyncpg.connect(url.split("?")[0])
        try:
            data = Path(await connection.fetchval("SHOW data_directory"))
        finally:
            await connection.close()
        return cls(data, _options(data))

    async def stop(self) -> None:
        """As if the power of that machine failed: no connection is closed in order."""
        await asyncio.to_thread(self._control, "-m", "immediate", "-w", "stop")

    async def start(self) -> None:
        await asyncio.to_thread(self._control, "-o", self._options, "-l", str(self._data.parent / "log"), "-w", "start")

    def freeze(self) -> None:
        """Nothing answers, and nothing refuses either: the kind of absence that makes callers wait."""
        postmaster = int((self._data / "postmaster.pid").read_text().split()[0])
        self._frozen = [postmaster, *_children(postmaster)]
        for process in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
        self._frozen = []

    def _control(self, *words: str) -> None:
        folder = binaries()
        if folder is None:
            raise RuntimeError("no PostgreSQL binaries")
        owner = self._data.stat()
        user = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(folder / "pg_ctl"), "-D", str(self._data), *words]
        subprocess.run(  # type: ignore[call-overload]
            command, check=True, cwd=self._data.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=TIMEOUT, **user,
        )  # fmt: skip


def _options(data: Path) -> str:
    """What the running server was started with: its first line is the program, then each word in quotes."""
    words = shlex.split((data / "postmaster.opts").read_text())
    return shlex.join(words[words.index(str(data)) + 1 :] if str(data) in words else words[1:])


def _children(parent: int) -> list[int]:
    """The processes of the server, by /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == parent:
                    found.append(int(entry.name))
    return found
