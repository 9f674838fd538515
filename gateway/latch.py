"""The latch: an abstract UNIX socket for each platform account, so that two deployments on one machine notice each other.

The kernel gives the name to one process and takes it back when that process ends, however it ends: no file is left over,
and no clock is involved. Whoever finds the name taken asks its holder “do you see this secret in your database?”. A node of
the same deployment does; a copy beside it, which has another database, does not, however exact the copy is.
"""

import asyncio
import contextlib
import errno
import hashlib
import json
import logging
import socket
import struct
import sys
from dataclasses import asdict

from scheduler.latch import Answer, Knock, Neighbour

log = logging.getLogger(__name__)
MOST_BYTES = 4096
ANSWER_SECONDS = 1.5
"""A holder that lives looks into its database and answers; one that is frozen does not."""
TRIES = 20


class SocketLatch:
    """Linux only: elsewhere nothing is held, with one line in the log."""

    def __init__(self, account: str, *, answer: Answer) -> None:
        """``answer`` says to an asker who we are; after an answer with ``yielded`` the latch is closed."""
        self._account = account
        self._answer = answer
        self._address = "\0mingbai-" + hashlib.sha256(account.encode()).hexdigest()[:40]
        self._server: asyncio.Server | None = None
        self._absent = sys.platform != "linux"
        if self._absent:
            log.info("no abstract sockets on this system: a second deployment on this machine is not noticed by them")

    async def take(self, knock: Knock) -> Neighbour | None:
        for _ in range(TRIES):
            if self._absent or self._server is not None or await self._bound():
                return None
            try:
                found = await self._asked(knock)
            except ConnectionRefusedError:
                # The holder ended between the two calls.
                continue
            if not found.yielded:
                return found
            await asyncio.sleep(0.05)
        return Neighbour()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _bound(self) -> bool:
        try:
            self._server = await asyncio.start_unix_server(self._serve, path=self._address, limit=MOST_BYTES)
        except OSError as trouble:
            if trouble.errno == errno.EADDRINUSE:
                return False
            log.warning("no latch for %s on this system (%s)", self._account, trouble)
            self._absent = True
        return True

    async def _asked(self, knock: Knock) -> Neighbour:
        pid = 0
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self._address, limit=MOST_BYTES)
                try:
                    pid = _peer(writer)
                    writer.write(json.dumps(asdict(knock)).encode() + b"\n")
                    await writer.drain()
                    told = json.loads(await reader.readline() or b"{}")
                finally:
                    writer.close()
        except ConnectionRefusedError:
            raise
        except (OSError, TimeoutError, ValueError):
            return Neighbour(pid=pid)
        return _neighbour(told, pid)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(2 * ANSWER_SECONDS):
                asked = json.loads(await reader.readline())
                knock = Knock(
                    node=str(asked["node"]), secret=str(asked["secret"]), take_over=asked.get("take_over") is True
                )
                told = await self._answer(knock)
                if told.yielded:
                    await self.close()
                writer.write(json.dumps(asdict(told)).encode() + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as trouble:
            log.warning("somebody asked who holds %s and was not answered (%r)", self._account, trouble)
        finally:
            writer.close()


def _peer(writer: asyncio.StreamWriter) -> int:
    """The number of the process that listens at the other end, by the kernel's word."""
    with contextlib.suppress(OSError, AttributeError, struct.error):
        credentials = writer.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
        )
        return int(struct.unpack("3i", credentials)[0])
    return 0


def _neighbour(told: object, pid: int) -> Neighbour:
    if not isinstance(told, dict):
        return Neighbour(pid=pid)
    same = told.get("same")
    return Neighbour(
        pid=pid,
        node=str(told.get("node", "")),
        deployment=str(told.get("deployment", "")),
        public_url=str(told.get("public_url", "")),
        same=same if isinstance(same, bool) else None,
        yielded=told.get("yielded") is True,
    )
