"""Three nodes over PostgreSQL: every release goes out once, and an edit is known everywhere at once."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from audit.actor import Actor
from audit.trail import Trail
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from scheduler.nodes import seen_nodes
from tests.endtoend import walk
from tests.nodes.conftest import Fleet, Making, NodeProcess, until

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres"), pytest.mark.timeout(300)]
RELEASES = 60
CHANNELS = ["portal", "wechat", "weibo", "answers"]
KNOWN_WITHIN = 2.0
GENEROUS = {
    "posts_per_hour": 1_000_000, "calls_per_day": 10_000_000, "ip_calls_per_hour": 10_000_000, "duplicate_seconds": 0,
    "similar_ratio": None,
}  # fmt: skip
"""The platform lets everything pass: nothing but the product may keep a post from going out twice."""


class Three:
    """Three `mingbai serve` over one database, which this process has open as well."""

    def __init__(self, fleet: Fleet, url: str) -> None:
        self.fleet = fleet
        self.url = url
        self.nodes: list[NodeProcess] = []

    async def begin(self) -> None:
        await self.fleet.prepared()
        await self.fleet.control("PATCH", "/profile", {"daily_limits": {"*": 10_000_000}, "publish_seconds": 0.5})
        await self.fleet.control("POST", "/weibo/switches", GENEROUS)
        first = await self.fleet.begin(bind=self.fleet.settings.bind)
        self.nodes = [first, await self.fleet.begin(), await self.fleet.begin()]
        await asyncio.gather(*(node.up() for node in self.nodes))

    async def sql(self, statement: str) -> list[Any]:
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(statement))
        finally:
            await connection.close()


@pytest.fixture
async def three(making_fleets: Making, postgres_url: str) -> AsyncIterator[Three]:
    made = Three(making_fleets(f"{postgres_url}?pool=4"), postgres_url)
    await made.begin()
    EXECUTOR_CACHE.clear()
    await connect(postgres_url)
    yield made
    await disconnect()
    EXECUTOR_CACHE.clear()


async def test_sixty_releases_go_out_once(three: Three) -> None:
    async def written(node: NodeProcess, numbers: range) -> list[int]:
        return [await walk.approved(node, f"关于第{number}件事的通知") for number in numbers]

    share = RELEASES // 3
    approved = await asyncio.gather(
        *(written(node, range(at * share, (at + 1) * share)) for at, node in enumerate(three.nodes))
    )
    began = time.monotonic()

    async def planned(node: NodeProcess, disclosures: list[int]) -> list[int]:
        wanted = [
            {"disclosure": number, "at": "now", "channels": CHANNELS, "reason": walk.REASON} for number in disclosures
        ]
        made = await asyncio.gather(*(node.must("fabu", "POST", "/releases", body) for body in wanted))
        return [release["id"] for release in made]

    releases = await asyncio.gather(*(planned(node, own) for node, own in zip(three.nodes, approved, strict=True)))
    assert len({number for own in releases for number in own}) == RELEASES

    async def all_out() -> bool:
        return not await three.sql("SELECT 1 FROM delivery WHERE state <> 'published' LIMIT 1")

    try:
        await until(all_out, 150)
    except TimeoutError:
        left = await three.sql("SELECT channel, state, problem FROM delivery WHERE state <> 'published'")
        raise AssertionError(Counter(tuple(row) for row in left)) from None
    took = time.monotonic() - began
    effects = await three.fleet.control("GET", "/effects")
    titles = Counter(effect["title"] for effect in effects["publications"])
    assert len(titles) == RELEASES
    assert set(titles.values()) == {1}
    assert len(effects["weibo_posts"]) == RELEASES
    workers = await three.sql("SELECT owner, count(*) AS many FROM delivery_attempt GROUP BY owner")
    print(f"{RELEASES} releases in {took:.1f} s; attempts by node: {sorted(row['many'] for row in workers)}")
    assert len(workers) == 3, "every node had its share"


async def test_an_edit_is_known_on_every_node_within_two_seconds_with_and_without_notifications(three: Three) -> None:
    nodes = await until(_all_listening)
    assert [node.on_duty for node in nodes].count(True) == 1

    told = await _known_everywhere(three, "甲")
    print(f"an edit is known everywhere after {told:.3f} s")
    assert told < KNOWN_WITHIN

    cut = await three.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mingbai waking'"
    )
    assert len(cut) == 3
    cut_off = await _known_everywhere(three, "乙")
    print(f"with the listening connections killed, after {cut_off:.3f} s")
    assert cut_off < KNOWN_WITHIN

    triggers = await three.sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'mingbai_wake_knowledge_state%'")
    await three.sql(f"DROP TRIGGER {triggers[0]['tgname']} ON knowledge_state")
    polled = await _known_everywhere(three, "丙")
    print(f"by polling alone, after {polled:.3f} s")
    assert polled < KNOWN_WITHIN


async def _all_listening() -> Any:
    nodes = [node for node in await seen_nodes(DatabaseClock()) if node.alive]
    ready = len(nodes) == 3 and all(node.listening for node in nodes) and any(node.on_duty for node in nodes)
    return nodes if ready else None


async def _known_everywhere(three: Three, word: str) -> float:
    """Seconds from the commit of a new entry until the slowest node answers from it."""
    curation = Curation(clock=DatabaseClock(), trail=Trail())
    question = f"{word}种证件怎样办理"
    entry = Entry(
        id=f"entry-{word}", kind=EntryKind.faq, title=question, body=f"{word}种证件到政务服务中心办理。", unit="区民政局",
        source="办事指南", similar=(f"怎样办理{word}种证件",),
    )  # fmt: skip
    await curation.put_entries([entry], actor=Actor.machine("测试"))
    committed = time.monotonic()

    async def known(node: NodeProcess) -> float:
        while True:
            answer = await node.must("fabu", "POST", "/ask", {"text": question})
            if f"{word}种证件到政务服务中心办理" in str(answer["answer"]):
                return time.monotonic() - committed
            await asyncio.sleep(0.02)

    async with asyncio.timeout(20):
        return max(await asyncio.gather(*(known(node) for node in three.nodes)))
