"""Each benchmark for a second with tiny sizes: it runs, it finds no error, and it notices when there is one."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from benchmarks.callbacks import BARE, PRODUCT, Measured, summary, unkept
from benchmarks.driver import drive
from benchmarks.generated import ASPECTS, MATTERS, STRANGE, TOWNS, entries, questions, themes
from benchmarks.letters import Faulty, Reader, letters
from bot.records import InboundMessage

ROOT = Path(__file__).parents[2]


def run(module: str, *options: str) -> dict[str, Any]:
    """What the last line of a benchmark says."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=100)
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result


def test_the_callbacks_end_in_one_line_with_its_promised_keys(tmp_path: Path) -> None:
    found = run(
        "callbacks", "--seconds", "1", "--rounds", "1", "--connections", "8", "--entries", "50", "--without-werobot",
        "--folder", str(tmp_path),
    )  # fmt: skip
    assert {"ratio_to_bare", "ratio_to_werobot", "p99_ms", "errors"} <= found.keys()
    assert found["errors"] == found["peer_errors"] == 0
    assert 0 < found["ratio_to_bare"] < 1
    assert found["p99_ms"] > 0
    assert found["ratio_to_werobot"] is None
    assert found["ratio_to_werobot_reason"]


def test_the_retrieval_ends_in_one_line_with_a_ratio_for_each_size_and_peer(tmp_path: Path) -> None:
    found = run("retrieval", "--sizes", "40", "--questions", "20", "--plot", str(tmp_path / "drawn.svg"))
    assert found["ratios"]["40"].keys() == {"bm25s", "tantivy"}
    assert all(ratio["p50_ms"] > 0 for ratio in found["ratios"]["40"].values())
    assert [(row["engine"], row["size"]) for row in found["rows"]] == [(e, 40) for e in ("mingbai", "bm25s", "tantivy")]
    assert all(row["p50_ms"] <= row["p99_ms"] and row["right_first"] > 0.5 for row in found["rows"])
    assert found["rows"][0]["edit_ms"] > 0
    assert found["rows"][0]["merges"] > 0
    assert "<svg" in (tmp_path / "drawn.svg").read_text("utf8")


def test_more_entries_than_one_county_has_are_all_different() -> None:
    known = entries(250_000)
    assert len({entry["title"] for entry in known}) == 250_000


def test_the_cutting_is_compared_with_jieba(tmp_path: Path) -> None:
    (tmp_path / "texts.jsonl").write_text(json.dumps({"a": ["怎么申请低保"], "b": "电话0000-0000"}) + "\n", "utf8")
    found = run("cutting", str(tmp_path / "texts.jsonl"))
    assert (found["texts"], found["different"]) == (2, 0)


def test_the_templates_give_as_many_different_texts_as_are_wanted() -> None:
    known = entries(300)
    asked = questions(500, known)
    assert len({entry["id"] for entry in known}) == len({entry["title"] for entry in known}) == 300
    assert len({question.text for question in asked}) == 500
    assert entries(300) == known
    assert questions(500, known) == asked
    assert questions(500, known, seed=1) != asked
    assert 0 < sum(1 for question in asked if not question.entry) < 100
    assert len(TOWNS) * len(MATTERS) * len(ASPECTS) >= 100_000


def test_every_question_holds_exactly_one_theme() -> None:
    pairs = themes(10_000)
    assert len(pairs) == (len(MATTERS) + len(STRANGE)) * sum(len(phrases) for *_, phrases in ASPECTS)
    for question in questions(200, entries(200)):
        assert sum(1 for matter, phrase in pairs if matter in question.text and phrase in question.text) == 1


@pytest.fixture
async def careless() -> AsyncIterator[TestServer]:
    """A server that answers, but nothing that the platform could read."""

    async def receive(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="success")

    app = web.Application()
    app.add_routes([web.post("/wechat", receive)])
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def test_the_driver_sends_every_message_once_and_a_wrong_answer_is_an_error(careless: TestServer) -> None:
    assert careless.port is not None
    requests = [letter.request for letter in letters(["问题"] * 20, first=7)]
    result = await drive(careless.port, requests, connections=4, seconds=5)
    answers = result["answers"]
    assert isinstance(answers, dict)
    assert result["sent"] == len(answers) == 20
    reader = Reader()
    for number, answer in answers.items():
        with pytest.raises(Faulty):
            reader.text(answer.encode("latin-1"), 7 + number)


async def test_a_server_that_never_answers_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.driver.PATIENCE", 0.1)

    closed = asyncio.Semaphore(0)

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        closed.release()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        result = await drive(port, [b"POST / HTTP/1.1\r\n\r\n"] * 3, connections=2, seconds=0.1)
        for _ in range(2):
            await closed.acquire()
    assert (result["sent"], result["answers"]) == (2, {})


async def test_a_message_without_the_very_reply_that_was_given_is_counted(database: str) -> None:
    row = {"channel": "wechat", "sender": "o", "kind": "text", "received_at": datetime(2026, 11, 23, tzinfo=UTC)}
    for key, reply in (("1", {"text": "答复"}), ("2", {"text": "别的话"}), ("3", None)):
        await InboundMessage.create(key=key, reply=reply, **row)
    assert unkept(Path(database.removeprefix("sqlite://")), dict.fromkeys("1234", "答复")) == 3


def test_the_ratio_is_ours_over_theirs() -> None:
    class Chosen:
        connections, entries, seconds = 1, 1, 1.0

    found = {
        PRODUCT: Measured(port=1, seconds=2, said=dict.fromkeys(map(str, range(100)), "答复"), milliseconds=[5.0]),
        BARE: Measured(port=2, seconds=1, said=dict.fromkeys(map(str, range(200)), "答复")),
    }
    line = summary(found, Chosen(), "no peer")  # type: ignore[arg-type]
    assert (line["ratio_to_bare"], line["ratio_to_werobot"], line["p99_ms"]) == (0.25, None, 5.0)
