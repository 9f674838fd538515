"""One process of the product with a shorter patience: ``python -m tests.crash.launcher serve '{"lease": 3}'``.

It calls the product's own run function. Waiting for a lease, a settling time or a locked file is all that is shortened;
none of it is a setting of the product.
"""

import asyncio
import json
import sys
from typing import Any

from gateway import logs, wiring
from gateway.commands.machine import run_until_stopped
from gateway.database import connection
from gateway.settings import check_for_serving, load_settings
from publishers import delivering
from publishers.states import Patience
from publishers.weibo.client import WeiboClient

LOCKED_FILE_MS = 300


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
    asyncio.run(run_until_stopped(settings, serve_web=kind == "serve"))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
