"""Ends a transaction even when the task that runs it is being cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def finish(ending: Coroutine[Any, Any, None]) -> None:
    """Runs ``ending`` (a begin, commit or rollback) to its end; a cancellation meanwhile is raised afterwards.

    Half a commit does not exist, but half an *await* of a commit does: tortoise-orm 1.1.9 then keeps its lock or its
    pooled connection for ever (reliability-and-security §0.3). So the ending lives in a task of its own.
    """
    task = asyncio.ensure_future(ending)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                break
            cancelled = True
        except BaseException:
            break
    if cancelled:
        if not task.cancelled():
            task.exception()
        raise asyncio.CancelledError
    task.result()
