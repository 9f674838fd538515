"""What the commands share: settings, an open database, and one event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from tortoise.exceptions import BaseORMException

from gateway.database.connection import connect, disconnect
from gateway.database.migrate import pending
from gateway.errors import CommandFailed
from gateway.settings import Settings, load_settings

T = TypeVar("T")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    """The database, open and up to date; raises CommandFailed (5) with the remedy when it is not."""
    try:
        await connect(settings.database_url)
        missing = await pending()
    except (OSError, BaseORMException) as trouble:
        await disconnect()
        raise CommandFailed(f"打不开数据库：{trouble}。请核对 MINGBAI_DATABASE_URL", code=5) from trouble
    try:
        if missing:
            raise CommandFailed("数据库结构不是最新的，请先运行 mingbai migrate", code=5)
        yield
    finally:
        await disconnect()


def with_database(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Runs ``work`` with the settings and an open database."""
    settings = load_settings()

    async def run() -> T:
        async with opened(settings):
            return await work(settings)

    return asyncio.run(run())
