"""How many encrypted WeChat messages one process answers, beside a bare handler and WeRoBot, alternating in one run.

    python -m benchmarks.callbacks [--seconds 10] [--entries 10000] [--without-werobot]

Ends in one JSON line. The answers are opened one by one afterwards, and the product's are compared with the rows of its inbox:
an answer that is not sealed for who asked, or whose text is not what the message's row holds, is an error.
"""

import argparse
import json
import math
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks import servers
from benchmarks.generated import entries, questions
from benchmarks.letters import Faulty, Letter, Reader, letters
from bot.inbox import key_of
from bot.message import read_wechat

PRODUCT: Final = "mingbai"
BARE: Final = "bare aiohttp"
WEROBOT: Final = "WeRoBot"
MOST_PER_SECOND: Final = 6000
"""So many requests are made ready for each second of a run; a server that is quicker ends its run early."""
WARMING: Final = 200
"""Messages before the clock starts: dictionaries are loaded, connections are opened."""


@dataclass(kw_only=True)
class Measured:
    """What was seen of one server in all its runs."""

    port: int
    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    said: dict[str, str] = field(default_factory=dict)
    """The text of each good answer by the key of its message."""

    @property
    def per_second(self) -> float:
        return len(self.said) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


class Bench:
    """Drives the servers in turn; every message of the whole benchmark is another one."""

    def __init__(self, folder: Path, known: list[dict[str, Any]], *, connections: int) -> None:
        self._folder = folder
        self._known = known
        self._connections = connections
        self._first = 0
        self._reader = Reader()

    def drive(self, server: Measured, *, seconds: float, count: int, kept: bool = True) -> None:
        """One run. ``kept`` is False for the warming."""
        texts = [question.text for question in questions(count, self._known, seed=self._first)]
        first, self._first = self._first, self._first + count
        sent = letters(texts, first=first)
        requests, result = self._folder / "requests.json", self._folder / "result.json"
        requests.write_text(json.dumps([letter.request.decode("latin-1") for letter in sent]))
        command = [sys.executable, "-m", "benchmarks.driver", str(server.port), str(requests), str(result)]
        command += ["--connections", str(self._connections), "--seconds", str(seconds)]
        subprocess.run(command, check=True, cwd=servers.ROOT)
        if kept:
            self._note(server, json.loads(result.read_text()), sent, first)

    def _note(self, server: Measured, result: dict[str, Any], sent: list[Letter], first: int) -> None:
        server.seconds += result["seconds"]
        server.milliseconds += result["milliseconds"]
        server.busy.append(result["busy"])
        unanswered = result["sent"] - len(result["answers"])
        if unanswered:
            server.faults["no answer"] += unanswered
        for number, answer in result["answers"].items():
            try:
                text = self._reader.text(answer.encode("latin-1"), first + int(number))
            except Faulty as faulty:
                server.faults[str(faulty)] += 1
            else:
                server.said[key_of(read_wechat(sent[int(number)].xml))] = text


def measure(chosen: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """The whole benchmark; returns what the last line says."""
    known, reason = entries(chosen.entries), ""
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name, ExitStack() as running:
        folder = Path(name)
        path = folder / "bench.db"
        port = running.enter_context(servers.product(folder, known, database_url=f"sqlite://{path}"))
        found = {PRODUCT: Measured(port=port), BARE: Measured(port=running.enter_context(servers.bare(folder)))}
        try:
            if chosen.without_werobot:
                raise servers.PeerMissing("left out with --without-werobot")
            python = servers.werobot_python(servers.ROOT / "var" / "benchmarks" / "werobot")
            found[WEROBOT] = Measured(port=running.enter_context(servers.werobot(folder, python)))
        except servers.PeerMissing as missing:
            reason = str(missing)
        bench = Bench(folder, known, connections=chosen.connections)
        for server in found.values():
            bench.drive(server, seconds=10, count=WARMING, kept=False)
        length = chosen.seconds / chosen.rounds
        for _ in range(chosen.rounds):
            for server in found.values():
                bench.drive(server, seconds=length, count=int(MOST_PER_SECOND * length))
        running.close()  # The product has ended: what is in the file now is what survived it.
        lost = unkept(path, found[PRODUCT].said)
        if lost:
            found[PRODUCT].faults["no durable row"] += lost
    for line in table(found):
        say(line)
    if reason:
        say(f"ratio_to_werobot is null: {reason}")
    return summary(found, chosen, reason)


def unkept(path: Path, said: Mapping[str, str]) -> int:
    """How many messages have no row in the inbox that holds the very text with which they were answered."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT key, reply FROM inbound_message WHERE reply IS NOT NULL").fetchall()
    finally:
        connection.close()
    kept = {key: json.loads(reply)["text"] for key, reply in rows}
    return sum(1 for key, text in said.items() if kept.get(key, "").strip() != text.strip())


def table(found: dict[str, Measured]) -> Sequence[str]:
    lines = [
        "| server | answers/s | p50 ms | p99 ms | most ms | errors | client busy |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, server in found.items():
        faults = ", ".join(f"{count} × {fault}" for fault, count in server.faults.most_common(3)) or "0"
        lines.append(
            f"| {name} | {server.per_second:.0f} | {server.percentile(0.5):.1f} | {server.percentile(0.99):.1f} "
            f"| {server.percentile(1):.1f} | {faults} | {max(server.busy):.0%} |"
        )
    return lines


def summary(found: dict[str, Measured], chosen: argparse.Namespace, reason: str) -> dict[str, Any]:
    ours, bare, peer = found[PRODUCT], found[BARE], found.get(WEROBOT)
    result = {
        "ratio_to_bare": _ratio(ours, bare), "ratio_to_werobot": _ratio(ours, peer) if peer else None,
        "p99_ms": round(ours.percentile(0.99), 1), "errors": ours.faults.total(),
        "per_second": round(ours.per_second, 1), "bare_per_second": round(bare.per_second, 1),
        "werobot_per_second": round(peer.per_second, 1) if peer else None, "peer_errors": bare.faults.total() + (peer.faults.total() if peer else 0),
        "connections": chosen.connections, "entries": chosen.entries, "seconds": chosen.seconds,
    }  # fmt: skip
    return result | ({"ratio_to_werobot_reason": reason} if reason else {})


def _ratio(ours: Measured, theirs: Measured) -> float | None:
    return round(ours.per_second / theirs.per_second, 3) if theirs.per_second else None


def _main() -> None:
    parser = argparse.ArgumentParser(description="encrypted callbacks a second, beside a bare handler and WeRoBot")
    parser.add_argument("--seconds", type=float, default=10.0, help="of load for each server")
    parser.add_argument("--rounds", type=int, default=2, help="turns into which the seconds are split")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--without-werobot", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the database lies; its disk is what is measured")
    chosen = parser.parse_args()
    result = measure(chosen, lambda line: print(line, flush=True))
    print(json.dumps(result))


if __name__ == "__main__":
    _main()
