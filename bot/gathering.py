"""Gathering: what many messages want of the database at the same moment is done together, in one round and one commit.

A commit that is durable costs milliseconds however much is in it, and so does a journey to the database's thread. While one
round is under way the next one gathers; and a round begins only when the event loop has gone round a few times with nothing
to do. A loop that is idle has done so in microseconds, so nobody waits for a timer; a loop that is busy with the messages beside
this one is about to bring them here too, and where all of them wait together, all of them get on together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Final, Generic, TypeVar

Want = TypeVar("Want")
Got = TypeVar("Got")

MOST: Final = 64
"""Wants of one round; a round that is too large keeps the database from everybody else."""
QUIET: Final = 6
"""Turns of the event loop in which nothing happened, after which a round begins."""
NOTHING: Final = 0.0002
"""Seconds of a turn in which nothing happened; a message that is being thought about takes longer."""
LONGEST: Final = 0.05
"""Seconds after which a round begins in any case: a page that is being made beside it is no message."""


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
        """Returns when nobody is on the way here any more, or when the round is full."""
        clock = asyncio.get_running_loop().time
        quiet, joined, turn = 0, len(self._waiting), clock()
        end = turn + LONGEST
        while quiet < QUIET and joined < self._most and turn < end:
            await asyncio.sleep(0)
            before, turn = turn, clock()
            quiet = quiet + 1 if len(self._waiting) == joined and turn - before < NOTHING else 0
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
