"""Gathering: what many messages want of the database at the same moment is done together, in one round and one commit.

A commit that is durable costs milliseconds however much is in it, and so does a journey to the database's thread. While one
round is under way the next one gathers; and a round begins only when the event loop has gone round a few times without
anybody joining it. That is no timer: a loop with nothing else to do has gone round in microseconds, and a loop that is busy
with the messages beside this one is about to bring them here too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

Want = TypeVar("Want")
Got = TypeVar("Got")

MOST: Final = 64
"""Wants of one round; a round that is too large keeps the database from everybody else."""
QUIET: Final = 8
"""Turns of the event loop in which nobody joined, after which a round begins. A message that is being thought about takes two
or three turns from one question to the database to the next."""


class Gathering(Generic[Want, Got]):
    """``together`` does what several callers want and returns one result for each, in their order.

    A round that fails is tried again one by one, so that no want is spoilt by another.
    """

    def __init__(self, together: Callable[[Sequence[Want]], Awaitable[Sequence[Got]]], *, most: int = MOST) -> None:
        self._together = together
        self._most = most
        self._waiting: list[tuple[Want, asyncio.Future[Got]]] = []
        self._rounds: asyncio.Task[None] | None = None

    async def one(self, want: Want) -> Got:
        """The result for one want. Raises what ``together`` raises for it."""
        future: asyncio.Future[Got] = asyncio.get_running_loop().create_future()
        self._waiting.append((want, future))
        if self._rounds is None:
            # A context of its own: the rounds must not run inside a transaction of whoever happened to be the first.
            self._rounds = asyncio.get_running_loop().create_task(self._run(), context=Context())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._settled()
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                if not await self._served(batch):
                    for alone in batch:
                        await self._served([alone], last=True)
        finally:
            self._rounds = None

    async def _settled(self) -> None:
        """Returns when nobody joins any more, or when the round is full."""
        quiet, joined = 0, len(self._waiting)
        while quiet < QUIET and joined < self._most:
            await asyncio.sleep(0)
            quiet = quiet + 1 if len(self._waiting) == joined else 0
            joined = len(self._waiting)

    async def _served(self, batch: Sequence[tuple[Want, asyncio.Future[Got]]], *, last: bool = False) -> bool:
        try:
            results = await self._together([want for want, _ in batch])
        except Exception as trouble:
            if not last and len(batch) > 1:
                return False
            for _, future in batch:
                if not future.done():
                    future.set_exception(trouble)
            return True
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():  # Its caller may have left meanwhile.
                future.set_result(result)
        return True
