"""Deployments that share nothing but the WeChat account find each other there; a copy of a database is known as one."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.database.connection import connect, disconnect
from publishers.wechat.mark import Mark, WeChatMarks
from publishers.wechat.token import WeChatTokens
from sandbox.app import run
from sandbox.cli import options_from
from scheduler.errors import AccountTaken
from scheduler.marking import AccountMark, Standing, judge
from scheduler.records import AccountHold
from tests.conftest import FixedClock

ACCOUNT = "wechat:wx5a3d6b0c9e8f7a21@test"
OURS, THEIRS = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"


class Bench:
    """The sandbox and, over it, one deployment after another: each a database file of its own."""

    def __init__(self, folder: Path, base: str, http: aiohttp.ClientSession, clock: FixedClock) -> None:
        self.folder = folder
        self.base = base
        self.http = http
        self.clock = clock
        tokens = WeChatTokens(
            http=http, api_base=f"{base}/wechat-api", appid="wx5a3d6b0c9e8f7a21",
            secret="sandbox0wechat0secret0demo0only0", clock=clock, owner="test",
        )  # fmt: skip
        self.board = WeChatMarks(http=http, api_base=f"{base}/wechat-api", tokens=tokens)
        self.mark = AccountMark(board=self.board, account=ACCOUNT, clock=clock)

    async def deployment(self, number: str, *, epoch: int = 1) -> None:
        await AccountHold.update_or_create(
            {"deployment": number, "epoch": epoch, "held_at": self.clock.moment, "seen_at": self.clock.moment, "detail": {}},
            account=ACCOUNT,
        )  # fmt: skip

    async def copied(self, name: str) -> None:
        await self.on("mingbai")
        await disconnect()
        shutil.copy(self.folder / "mingbai.db", self.folder / f"{name}.db")
        await self.on("mingbai")

    async def on(self, name: str) -> None:
        """Goes on as the deployment of that file."""
        await disconnect()
        await connect(f"sqlite://{self.folder}/{name}.db")

    async def control(self, method: str, path: str, body: Any = None) -> None:
        async with self.http.request(method, f"{self.base}/control{path}", json=body) as answer:
            assert answer.status < 300

    async def names(self) -> list[str]:
        return [mark.name for mark in await self.board.read()]


@pytest.fixture
async def bench(database: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Bench]:
    runner = await run(options_from({}, "http://127.0.0.1:1"), port=0)
    async with aiohttp.ClientSession() as http:
        made = Bench(tmp_path, f"http://127.0.0.1:{runner.addresses[0][1]}", http, clock)
        await made.deployment(OURS)
        yield made
    await runner.cleanup()


async def test_another_deployment_is_refused_and_may_take_over_when_told(bench: Bench) -> None:
    assert await bench.mark.claim(take_over=False)
    (ours,) = await bench.names()
    assert ours.startswith("明白部署 aaaaaa 1-")
    assert len(ours.encode()) <= 30

    await bench.deployment(THEIRS)
    with pytest.raises(AccountTaken, match="aaaaaa"):
        await bench.mark.claim(take_over=False)
    assert await bench.names() == [ours], "who was refused left nothing behind"
    assert await bench.mark.claim(take_over=True)
    (theirs,) = await bench.names()
    assert theirs.startswith("明白部署 bbbbbb 1-")

    await bench.deployment(OURS)
    with pytest.raises(AccountTaken, match="bbbbbb"):
        await bench.mark.look()


async def test_the_same_database_goes_on_wherever_it_is_started(bench: Bench) -> None:
    seen = set()
    for _ in range(12):
        assert await bench.mark.claim(take_over=False)
        (name,) = await bench.names()
        seen.add(name)
    assert len(seen) == 12, "every writing is a new one"


async def test_a_copy_that_is_an_hour_old_is_refused_at_its_start(bench: Bench) -> None:
    await bench.mark.claim(take_over=False)
    await bench.copied("copy")
    bench.clock.advance(3601)
    assert await bench.mark.look()
    await bench.on("copy")
    with pytest.raises(AccountTaken, match="副本"):
        await bench.mark.claim(take_over=False)


async def test_of_two_twins_one_stops_at_its_next_look(bench: Bench) -> None:
    await bench.mark.claim(take_over=False)
    await bench.copied("twin")
    await bench.on("twin")
    assert await bench.mark.claim(take_over=False), "so young a copy looks like the original started again"
    assert await bench.mark.look()
    await bench.on("mingbai")
    with pytest.raises(AccountTaken, match="副本"):
        await bench.mark.look()
    bench.clock.advance(3601)
    with pytest.raises(AccountTaken, match="副本"):
        await bench.mark.look()


async def test_a_lost_answer_and_a_deleted_tag_are_no_strangers(bench: Bench) -> None:
    assert await bench.mark.claim(take_over=False)
    fault = {"platform": "wechat", "path": "/cgi-bin/tags/update", "kind": "reset_after", "count": 1}
    await bench.control("POST", "/faults", fault)
    assert not await bench.mark.claim(take_over=False), "the answer got lost, the new name stands"
    assert await bench.mark.claim(take_over=False)
    (mark,) = await bench.board.read()
    await bench.board.remove(mark)
    assert await bench.mark.look()
    assert await bench.mark.claim(take_over=False)
    assert len(await bench.names()) == 1


async def test_an_account_without_the_right_or_out_of_reach_blocks_nothing(bench: Bench) -> None:
    await bench.control("PATCH", "/profile", {"account_kind": "uncertified"})
    assert not await bench.mark.claim(take_over=False)
    await bench.control("PATCH", "/profile", {"account_kind": "certified_subscription"})
    await bench.control(
        "POST", "/faults", {"platform": "wechat", "path": "/cgi-bin/tags/get", "kind": "http_5xx_before"}
    )
    assert not await bench.mark.claim(take_over=False)


async def test_a_token_that_another_program_replaced_is_renewed(bench: Bench) -> None:
    assert await bench.mark.claim(take_over=False)
    await bench.control("POST", "/tokens/kill")
    assert await bench.mark.claim(take_over=False)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], Standing.FREE),
        ([("aaaaaa", 3, "0001")], Standing.OURS),
        ([("aaaaaa", 3, "0001"), ("aaaaaa", 4, "0002")], Standing.OURS),
        ([("aaaaaa", 3, "0001"), ("aaaaaa", 4, "ffff")], Standing.COPY),
        ([("aaaaaa", 5, "0001")], Standing.COPY),
        ([("aaaaaa", 3, "0001"), ("bbbbbb", 1, "0001")], Standing.STRANGER),
    ],
)
def test_what_marks_say(found: list[tuple[str, int, str]], said: Standing) -> None:
    marks = [Mark(tag=100, deployment=one, epoch=epoch, writing=writing) for one, epoch, writing in found]
    assert judge(marks, deployment="aaaaaa", known=["3-0001", "4-0002"])[0] is said
