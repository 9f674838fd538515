"""One process of the product with a shorter patience: ``python -m tests.crash.launcher serve '{"lease": 3}'``.

It calls the product's own run function. Waiting for a lease, a settling time or a locked file is all that is shortened;
none of it is a setting of the product. And a process that is to be stopped (not killed) stops while it holds no lock of the
database for something else: what a test looks at is the delivery, not a bell that froze in the middle of its transaction.
"""

import asyncio
import json
import signal
import sys
from typing import Any

from tortoise.connection import get_connection

from gateway import logs, wiring
from gateway.commands.machine import run_until_stopped
from gateway.database import connection
from gateway.settings import check_for_serving, load_settings
from publishers import delivering
from publishers.failpoints import DURING_SECONDS, DURING_SEND, KillAt
from publishers.states import Patience
from publishers.weibo.client import WeiboClient

LOCKED_FILE_MS = 300
reached = KillAt.__call__
_freezing: list[asyncio.Task[None]] = []


def main(kind: str, patience: dict[str, Any]) -> None:
    settings = load_settings()
    check_for_serving(settings)
    logs.set_up(settings.log_level)
    build, sqlite = wiring.build, connection._sqlite
    impatient = Patience(**{name: tuple(v) if isinstance(v, list) else v for name, v in patience.items()})

    async def patiently(given: Any, **more: Any) -> wiring.Product:
        return await build(given, **{**more, "patience": impatient})

    def hurried(url: str) -> dict[str, Any]:
        config = sqlite(url)
        config["credentials"]["busy_timeout"] = LOCKED_FILE_MS
        return config

    wiring.build = patiently  # type: ignore[assignment]
    connection._sqlite = hurried
    # A frozen worker must find its answer when it wakes up, however slow this machine is.
    WeiboClient.__init__.__kwdefaults__["timeout"] = 30.0
    delivering.PAUSES = (0.1, 0.1, 0.1)  # type: ignore[assignment]
    KillAt.__call__ = _calmly  # type: ignore[method-assign]
    asyncio.run(run_until_stopped(settings, serve_web=kind == "serve"))


async def _calmly(point: KillAt, name: str) -> None:
    """The point, reached at a moment when no transaction is open."""
    if (point._name, point._left, point._deed) != (name, 1, signal.SIGSTOP):
        await reached(point, name)
    elif name == DURING_SEND:
        point._left = 0
        _freezing.append(asyncio.create_task(_freeze(point, DURING_SECONDS)))
    else:
        point._left = 0
        await _freeze(point, 0)


async def _freeze(point: KillAt, seconds: float) -> None:
    await asyncio.sleep(seconds)
    database: Any = get_connection("default")
    if database.capabilities.dialect == "sqlite":
        async with database.acquire_connection():
            point._act()
        return
    while True:
        holders = [holder for holder in database._pool._holders if holder._in_use and holder._con]
        if not any(holder._con.is_in_transaction() for holder in holders):
            point._act()
            return
        await asyncio.sleep(0.002)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
