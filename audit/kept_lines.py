"""Kept lines: what must not be lost while the database is away, until it can be told.

One JSON line for each fact, synced to the disk of this machine before anybody is told that it is safe: what a platform
answered to a send (``publishers.recalling``, crash-point row 14), and what a citizen wrote (``bot.waiting``).
"""

import contextlib
import fcntl
import json
import logging
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
LARGEST_FILE = 4 * 1024 * 1024
LARGEST_LINE = 64 * 1024


class KeptLines:
    """``path`` lies in the state folder; several processes of one machine may share it. ``largest``: bytes of the file."""

    def __init__(self, path: Path, *, largest: int = LARGEST_FILE) -> None:
        self._path = path
        self._largest = largest

    def keep(self, facts: Mapping[str, Any]) -> str:
        """Appends one line and waits for the disk: it blocks. Returns the line's mark, or "" (and the line stands in the log
        instead) when that is not possible."""
        mark = secrets.token_hex(8)
        line = json.dumps({**facts, "mark": mark}, ensure_ascii=False, default=str) + "\n"
        try:
            with self._locked():
                self._append(line.encode())
        except (OSError, ValueError) as trouble:
            log.error("a line for %s is not kept (%s); it was: %s", self._path.name, trouble, line[:2000].strip())
            return ""
        return mark

    def read(self) -> list[dict[str, Any]]:
        """Every line that is still kept, with its mark; a torn last one (the power failed) is left out."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return []
        found = []
        for line in raw.splitlines():
            with contextlib.suppress(ValueError):
                facts = json.loads(line)
                if isinstance(facts, dict) and facts.get("mark"):
                    found.append(facts)
        return found

    def forget(self, marks: Collection[str]) -> None:
        """Takes out what the database has now; the file is replaced in one step."""
        if not marks:
            return
        with self._locked():
            left = [facts for facts in self.read() if facts["mark"] not in marks]
            if not left:
                self._path.unlink(missing_ok=True)
                return
            beside = self._path.with_suffix(".new")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(json.dumps(facts, ensure_ascii=False).encode() + b"\n" for facts in left)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)

    def _append(self, line: bytes) -> None:
        if len(line) > LARGEST_LINE:
            raise ValueError("the line is too long")
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size + len(line) > self._largest:
                raise ValueError("the file is full")
            # A line of its own, also after one that was torn when the power failed.
            line = b"\n" + line if size else line
            if os.write(descriptor, line) != len(line):
                raise OSError("the disk is full")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
