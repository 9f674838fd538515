"""The load client, a process of its own: ready-made requests over kept-alive connections, one at a time on each.

    python -m benchmarks.driver PORT REQUESTS RESULT --connections 64 --seconds 5

Nothing is built or checked while the clock runs: the requests lie in a file, and the answers are written down for later.
"""

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PATIENCE: Final = 10.0
"""Seconds the last answers may take after the time is up."""


class Run:
    """What one run shares: the requests that are left, and what came back for each that was sent."""

    def __init__(self, requests: list[bytes], seconds: float) -> None:
        self._left: Iterator[tuple[int, bytes]] = iter(enumerate(requests))
        self.begun = time.perf_counter()
        self._end = self.begun + seconds
        self.taken: dict[int, float] = {}
        self.answers: dict[int, bytes] = {}

    def next(self) -> tuple[int, bytes] | None:
        """The next request and its number; None when the time or the requests are used up."""
        return next(self._left, None) if time.perf_counter() < self._end else None


class Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._number = -1
        self._sent_at = 0.0
        self._received = bytearray()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        length = _whole(self._received)
        if length and len(self._received) >= length:
            self._run.taken[self._number] = time.perf_counter() - self._sent_at
            self._run.answers[self._number] = bytes(self._received)
            self._received.clear()
            self._send()

    def _send(self) -> None:
        following = self._run.next()
        if following is None:
            self._transport.close()
            return
        self._number, request = following
        self._sent_at = time.perf_counter()
        assert isinstance(self._transport, asyncio.WriteTransport)
        self._transport.write(request)


def _whole(received: bytearray) -> int:
    """The length of the whole answer once its head is there, else 0."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = received[:end].lower()
    place = head.find(b"content-length:")
    return end + 4 + (int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0)


async def drive(port: int, requests: list[bytes], *, connections: int, seconds: float) -> dict[str, object]:
    """Drives a server; ``seconds`` is the time in which requests are begun. Latencies are milliseconds."""
    loop, run = asyncio.get_running_loop(), Run(requests, seconds)
    processor = time.process_time()
    made = [await loop.create_connection(lambda: Connection(run), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.wait([protocol.ended for _, protocol in made], timeout=seconds + PATIENCE)
    elapsed = time.perf_counter() - run.begun
    for transport, _ in made:
        transport.abort()
    await asyncio.sleep(0)
    return {
        "seconds": elapsed,
        "busy": (time.process_time() - processor) / elapsed,
        "sent": len(requests) - sum(1 for _ in run._left),
        "milliseconds": [round(1000 * seconds, 3) for seconds in run.taken.values()],
        "answers": {number: answer.decode("latin-1") for number, answer in run.answers.items()},
    }


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("requests", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    chosen = parser.parse_args()
    requests = [line.encode("latin-1") for line in json.loads(chosen.requests.read_text())]
    gc.freeze()
    result = asyncio.run(drive(chosen.port, requests, connections=chosen.connections, seconds=chosen.seconds))
    chosen.result.write_text(json.dumps(result))


if __name__ == "__main__":
    _main()
