"""The survey of conflicts: the whole live base compared with itself in the background, one survey at a time."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from audit.clock import Clock
from knowledge.checking import Checking
from knowledge.conflicts import Conflict
from knowledge.generation import present_generation

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a survey found, and of which state of the base."""

    conflicts: Sequence[Conflict]
    at: datetime
    generation: int


class _Stopped(Exception):
    """The survey is to end."""


class Survey:
    """``found`` is the last result; ``progress`` is (done, total) while a survey runs, else None."""

    def __init__(self, *, clock: Clock, checking: Checking) -> None:
        self._clock = clock
        self._checking = checking
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.found: Found | None = None
        self.progress: tuple[int, int] | None = None

    def start(self) -> None:
        """Begins one, unless one is running."""
        if self.progress is None:
            self.progress = (0, 0)
            self._task = asyncio.create_task(self._run(), name="survey of conflicts")

    async def wait(self) -> None:
        """Until the running one is done."""
        if self._task is not None:
            await self._task

    async def close(self) -> None:
        """Ends the running one."""
        self._stopping = True
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        try:
            generation = await present_generation()
            conflicts = await self._checking.conflicts(self._told)
            self.found = Found(conflicts=conflicts, at=await self._clock.now(), generation=generation)
        except _Stopped:
            return
        except Exception:
            # The edge of a loop of its own: nobody waits for this task, and the last result stays.
            log.exception("the survey of conflicts failed")
        finally:
            self.progress = None

    def _told(self, done: int, total: int) -> None:
        if self._stopping:
            raise _Stopped
        self.progress = (done, total)
