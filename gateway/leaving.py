"""Leaving in time: after SIGTERM the process is gone within ten seconds, whatever still hangs.

Everything that ends gently has its own limit, and usually that is enough. What remains (a database that accepts a question
and never answers, a thread that is stuck) is left behind: what was under way is in the ledger, and an end like this one
is no worse than a SIGKILL, which every step survives.
"""

import logging
import os
import threading
from asyncio import Event
from types import TracebackType

log = logging.getLogger(__name__)
LONGEST = 9.0
"""Seconds between the signal and the end."""
HUNG = 1
"""The exit code of a process that had to leave something hanging."""


class Leaving:
    """Begins with a signal; its thread needs no event loop, because that may be what hangs."""

    def __init__(self, stop: Event) -> None:
        """``stop`` is set when the signal comes."""
        self._stop = stop
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """The handler of the signal."""
        self._stop.set()
        if self._timer is None:
            self._timer = threading.Timer(LONGEST, _leave)
            self._timer.daemon = True
            self._timer.start()

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Everything ended by itself."""
        if self._timer is not None:
            self._timer.cancel()


def _leave() -> None:
    log.error(
        "something still hangs %.0f s after the signal: left without it, the ledger knows what was under way", LONGEST
    )
    os._exit(HUNG)
