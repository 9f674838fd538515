"""The last check before a send leaves: a worker that was frozen longer than its lease allows must not wake up and send.

Between the committed intent and the socket a process may be stopped for hours (SIGSTOP, a suspended machine, a page fault
on a dead disk), while its lease runs out, the row becomes UNKNOWN, and two persons decide to send again. The platforms
cannot check a fence, so this house checks its own clock as near to the socket as can be: when ``send`` begins, and again
when the request's headers are about to be written.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import aiohttp

from publishers.errors import LeaseSpent

_until: ContextVar[float | None] = ContextVar("sendable_until", default=None)


def steady_seconds() -> float:
    """Seconds on a clock that nobody sets and that goes on while the process, or the machine, sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def sendable_until(moment: float) -> Iterator[None]:
    """What is sent inside must leave before ``moment`` of ``steady_seconds``; raises LeaseSpent when that is over."""
    token = _until.set(moment)
    try:
        _check()
        yield
    finally:
        _until.reset(token)


def fence() -> aiohttp.TraceConfig:
    """For a ClientSession that sends: the same check before each request's first byte. It does nothing elsewhere."""

    async def before_headers(*_: object) -> None:
        _check()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(before_headers)
    return trace


def _check() -> None:
    moment = _until.get()
    if moment is not None and steady_seconds() > moment:
        raise LeaseSpent("发送前等待过久，本进程没有发出", remedy="系统会重新判断，不会重复发送")
