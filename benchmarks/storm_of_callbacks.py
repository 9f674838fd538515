"""A storm: every message is delivered three times, shuffled, at a fixed pace, whether the answers keep up or not.

    python -m benchmarks.storm_of_callbacks [--rate 200] [--seconds 15] [--entries 10000]

Ends in one JSON line. Exactly one answer each: the three deliveries of a message are told the same text, the inbox has one
row for it that holds this very text and counts three deliveries, and no citizen's question is kept twice for the curators.
``misses`` counts what breaks that; ``errors`` what was not answered or cannot be opened.
"""

import argparse
import asyncio
import json
import math
import random
import sqlite3
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks import servers
from benchmarks.generated import entries, questions
from benchmarks.letters import Faulty, Letter, Reader, letters
from bot.inbox import key_of
from bot.message import read_wechat

TIMES: Final = 3
"""WeChat delivers a message again twice when the answer takes longer than five seconds."""
WITHIN: Final = 400
"""Deliveries among which they are shuffled: two seconds at 200 a second."""
PATIENCE: Final = aiohttp.ClientTimeout(total=30)


async def deliver(port: int, sent: Sequence[Letter], *, rate: float) -> list[tuple[int, float, bytes]]:
    """Delivers every letter so many TIMES, shuffled; for each delivery the letter's number, the seconds it took, counted
    from the moment it was due, and the raw answer."""
    order = [number for number in range(len(sent)) for _ in range(TIMES)]
    draw = random.Random(1)
    order = [
        number
        for first in range(0, len(order), WITHIN)
        for number in draw.sample(order[first : first + WITHIN], len(order[first : first + WITHIN]))
    ]
    begun = time.perf_counter()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:

        async def one(place: int, number: int) -> tuple[int, float, bytes]:
            due = begun + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            head, _, body = sent[number].request.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            try:
                async with session.post(f"http://127.0.0.1:{port}{path}", data=body) as response:
                    raw = f"HTTP/1.1 {response.status} -\r\n\r\n".encode() + await response.read()
            except (aiohttp.ClientError, TimeoutError):
                raw = b"HTTP/1.1 000 unreachable\r\n\r\n"
            return number, time.perf_counter() - due, raw

        return await asyncio.gather(*(one(place, number) for place, number in enumerate(order)))


def judged(
    delivered: Sequence[tuple[int, float, bytes]], sent: Sequence[Letter], path: Path, *, first: int
) -> dict[str, Any]:
    """What the deliveries were told beside what the database holds."""
    reader, said, errors = Reader(), defaultdict[str, list[str]](list), Counter[str]()
    for number, _, raw in delivered:
        try:
            said[key_of(read_wechat(sent[number].xml))].append(reader.text(raw, first + number))
        except Faulty as faulty:
            errors[str(faulty)] += 1
    misses = breaches(path, said)
    took = sorted(1000 * seconds for _, seconds, _ in delivered)
    return {
        "p99_ms": round(took[math.ceil(0.99 * len(took)) - 1], 1), "p50_ms": round(took[len(took) // 2], 1),
        "errors": errors.total(), "misses": sum(misses.values()), "messages": len(said), "deliveries": len(delivered),
        "what": dict(misses | errors),
    }  # fmt: skip


def breaches(path: Path, said: Mapping[str, Sequence[str]]) -> Counter[str]:
    """How often the promise is broken, by how."""
    connection = sqlite3.connect(path)
    try:
        rows = {
            key: (json.loads(reply)["text"], deliveries)
            for key, reply, deliveries in connection.execute("SELECT key, reply, deliveries FROM inbound_message")
        }
        twice = connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM unanswered_question GROUP BY text, asker_hash HAVING count(*) > 1)"
        ).fetchone()[0]
    finally:
        connection.close()
    found: Counter[str] = Counter({"kept twice for the curators": twice} if twice else {})
    for key, texts in said.items():
        kept, deliveries = rows.get(key, ("", 0))
        found["different answers to one message"] += len(set(texts)) > 1
        found["no durable row with this answer"] += kept.strip() != texts[0].strip()
        found["deliveries are not counted"] += deliveries != len(texts)
    return +found


def measure(chosen: argparse.Namespace) -> dict[str, Any]:
    known = entries(chosen.entries)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name, ExitStack() as running:
        folder = Path(name)
        path = folder / "bench.db"
        port = running.enter_context(servers.product(folder, known, database_url=f"sqlite://{path}"))
        warm = letters([one.text for one in questions(100, known, seed=7)], first=0)
        asyncio.run(deliver(port, warm, rate=50))
        count = int(chosen.rate * chosen.seconds / TIMES)
        sent = letters([one.text for one in questions(count, known)], first=len(warm))
        delivered = asyncio.run(deliver(port, sent, rate=chosen.rate))
        running.close()  # The product has ended: what is in the file now is what survived it.
        found = judged(delivered, sent, path, first=len(warm))
    return found | {"rate": chosen.rate, "times": TIMES, "seconds": chosen.seconds, "entries": chosen.entries}


def _main() -> None:
    parser = argparse.ArgumentParser(description="every message delivered three times, shuffled, at a fixed pace")
    parser.add_argument("--rate", type=float, default=200.0, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="where the database lies; its disk is what is measured")
    print(json.dumps(measure(parser.parse_args()), ensure_ascii=False))


if __name__ == "__main__":
    _main()
