"""Reading foreign files in a process of its own: bounded in time and memory, and without the house's secrets.

A PDF or a Word file is a program for whoever reads it. What reads it here can hang, eat memory or fall, and the house
only hears that the file could not be read. ``read_in_process`` blocks: call it in a thread.

CannotRead       the file could not be read (str(error) is for the screen)
├── Busy         other files are being read: the same file may be read a moment later
├── TookTooLong  it would take longer or need more memory than any honest file
└── Unreadable   it is broken, or locked by a password
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

SECONDS: Final = 20
"""How long a file may be read: wall clock for whoever waits, and processor time for the process."""
MOST_MEMORY: Final = 1536 * 1024 * 1024
"""Bytes of address space of the process; the interpreter and its libraries need about 150 MB of it."""
JOBS: Final = {"pdf": ("disclosures.pdf", "job"), "word": ("disclosures.word_reading", "job")}
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
AT_ONCE: Final = 2
"""Processes that read at the same moment, in this process of the house: each may want a gigabyte."""
_slots = threading.BoundedSemaphore(AT_ONCE)
_REFUSED: Final = 3
"""Exit code: the job refused the file, and said why on standard output."""


class CannotRead(Exception):
    """文件无法读取，请重新导出后再试。"""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class Busy(CannotRead):
    """系统正在读取其他文件，请过一会儿再试。"""


class TookTooLong(CannotRead):
    """文件过于复杂，没有在限定的时间和内存内读完。请精简后再试。"""


class Unreadable(CannotRead):
    """文件已损坏，请重新导出后再试。"""


def read_in_process(job: str, data: bytes, *, seconds: float = SECONDS) -> Any:
    """What the job says about the file, from JSON. Blocks for at most twice ``seconds``: once for a turn, once for the
    reading. Raises CannotRead."""
    if not _slots.acquire(timeout=seconds):
        raise Busy
    try:
        return _read(job, data, seconds)
    finally:
        _slots.release()


def _read(job: str, data: bytes, seconds: float) -> Any:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "disclosures.confined", job, str(seconds)],
            input=data, capture_output=True, timeout=seconds, env=environment, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise TookTooLong from late
    if done.returncode == _REFUSED:
        raise Unreadable(done.stdout.decode("utf-8", "replace"))
    if done.returncode != 0:
        # Killed by a limit, or out of memory: the file asked for more than any honest one.
        raise TookTooLong if done.returncode < 0 or b"MemoryError" in done.stderr else Unreadable
    try:
        return json.loads(done.stdout)
    except ValueError as cut:
        raise Unreadable from cut


def main() -> int:
    """The process: file on standard input, JSON on standard output."""
    job, seconds = sys.argv[1], float(sys.argv[2])
    limit = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    module, name = JOBS[job]
    work: Callable[[bytes, float], Any] = getattr(import_module(module), name)
    try:
        told = work(sys.stdin.buffer.read(), time.monotonic() + seconds * 0.8)
    except CannotRead as refused:
        sys.stdout.write(str(refused))
        return _REFUSED
    json.dump(told, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    # The job imports this module by its name: its exceptions must be the ones that are caught here.
    from disclosures import confined

    sys.exit(confined.main())
