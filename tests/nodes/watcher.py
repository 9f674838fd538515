"""A real process that stands by for the watch and writes a line for every ring: ``python -m tests.nodes.watcher URL NAME``."""

import asyncio
import signal
import sys
import time

from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from scheduler.watch import Watch


async def main(url: str, name: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await connect(url)
    watch = Watch(clock=DatabaseClock(), owner=name)

    async def bell() -> None:
        print(f"{name} {watch.fence} {time.monotonic()}", flush=True)

    watch.charge("often", 1.0, bell)
    await watch.start()
    print(f"{name} ready", flush=True)
    await stop.wait()
    await watch.stop()
    await disconnect()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
