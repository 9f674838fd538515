"""The evidence file: what a platform answered to a send, when the database could not be told (crash-point row 14).

One JSON line for each answer, synced to the disk of this machine before the worker gives up. The answer holds ids and
words of the platform, never a secret. ``publishers.recalling`` brings the lines to the database and takes them out here.
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


class EvidenceFile:
    """``path`` lies in the state folder; several processes of one machine may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, facts: Mapping[str, Any]) -> bool:
        """Appends one answer and waits for the disk. False (and a line in the log instead) when that is not possible.

        It blocks, on purpose: it is called when the database is away or the process is ending, and nothing may come
        between the answer and the disk.
        """
        line = json.dumps({**facts, "mark": secrets.token_hex(8)}, ensure_ascii=False, default=str) + "\n"
        try:
            with self._locked():
                self._append(line.encode())
        except (OSError, ValueError) as trouble:
            log.error("the answer to a send is not kept (%s); it was: %s", trouble, line[:2000].strip())
            return False
        log.error("the database is away: the answer to delivery %s is kept in %s", facts.get("delivery"), self._path)
        return True

    def read(self) -> list[dict[str, Any]]:
        """Every answer that is still kept; a torn last line (the power failed) is left out."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return []
        found = []
        for line in raw.splitlines():
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict) and answer.get("mark"):
                    found.append(answer)
        return found

    def forget(self, marks: Collection[str]) -> None:
        """Takes out the answers that the database has now; the file is replaced in one step."""
        if not marks:
            return
        with self._locked():
            left = [answer for answer in self.read() if answer["mark"] not in marks]
            if not left:
                self._path.unlink(missing_ok=True)
                return
            beside = self._path.with_suffix(".new")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(json.dumps(answer, ensure_ascii=False).encode() + b"\n" for answer in left)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)

    def _append(self, line: bytes) -> None:
        if len(line) > LARGEST_LINE:
            raise ValueError("the line is too long")
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size + len(line) > LARGEST_FILE:
                raise ValueError("the evidence file is full")
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
