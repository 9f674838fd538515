"""A node that finds its hold gone raises the red switch instead of fighting; the rows tell who runs, and agree."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from gateway.database.clock import DatabaseClock
from gateway.latch import SocketLatch
from publishers.halt import RED, Halts
from publishers.incidents import open_incidents
from publishers.records import Halt
from publishers.wechat.mark import Mark
from scheduler.agreement import disagreement
from scheduler.errors import AccountTaken, NodesDisagree
from scheduler.holding import SECRET, Holding, current_epoch, raise_epochs
from scheduler.latch import Knock, Neighbour
from scheduler.marking import AccountMark
from scheduler.nodes import Nodes, about_this_process, forget_nodes, seen_nodes
from scheduler.records import AccountHold, Node
from tests.conftest import FixedClock

MACHINE = Actor.machine("发布系统")
SHARED = {"public_url": "https://www.example.gov.cn", "wechat": "", "weibo": ""}


class Board:
    """A platform that keeps marks."""

    def __init__(self) -> None:
        self.marks: dict[int, Mark] = {}

    async def read(self) -> tuple[Mark, ...]:
        return tuple(self.marks.values())

    async def write(self, mark: Mark) -> None:
        tag = mark.tag or len(self.marks) + 1
        self.marks[tag] = Mark(tag=tag, deployment=mark.deployment, epoch=mark.epoch, writing=mark.writing)

    async def remove(self, mark: Mark) -> None:
        del self.marks[mark.tag]


class House:
    """Nodes of one deployment inside this process."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.board = Board()
        self.quarantined: list[str] = []
        self.holdings: list[Holding] = []

    def node(self, name: str, *, marked: bool = False) -> Holding:
        clock, trail = DatabaseClock(), Trail()
        halts = Halts(clock=clock, trail=trail, ring=lambda: None)
        secret = f"secret of {name}"
        detail = {**about_this_process(), **SHARED, SECRET: secret}

        async def quarantine(reason: str) -> None:
            self.quarantined.append(reason)

        holding = Holding(
            clock=clock, trail=trail, nodes=Nodes(clock=clock, name=name, kind="serve", detail=lambda: detail),
            secret=secret, shared={**about_this_process(), **SHARED}, accounts=[self.account],
            latch_for=lambda account, answer: SocketLatch(account, answer=answer),
            marks=[AccountMark(board=self.board, account=self.account, clock=clock)] if marked else [],
            stop_sending=lambda reason: halts.raise_red_as(MACHINE, reason=reason), quarantine=quarantine,
            one_machine=False,
        )  # fmt: skip
        self.holdings.append(holding)
        return holding


@pytest.fixture
async def house(any_database: str, tmp_path: Path) -> AsyncIterator[House]:
    made = House(f"wechat:{tmp_path.name}")
    yield made
    for holding in made.holdings:
        await holding.stop()


async def test_nodes_of_one_database_hold_together_and_count_the_epoch_up(house: House) -> None:
    first, second = house.node("a"), house.node("b")
    await first.start()
    await second.start()
    assert first.deployment == second.deployment
    assert len(first.deployment) == 16
    assert (first.epochs[house.account], second.epochs[house.account]) == (1, 2)
    assert await current_epoch() == 2
    await first.stop()
    await second.beat()
    assert second.problem == ""
    assert [node.name for node in await seen_nodes(DatabaseClock())] == ["b"], "who ends says goodbye"


async def _stopped(holding: Holding) -> tuple[str, str]:
    halt = await Halt.get(open_key=RED)
    (incident,) = await open_incidents()
    assert incident.kind == "hold"
    assert incident.severity == "alarm"
    assert holding.problem in incident.message
    assert incident.remedy
    return halt.reason, holding.problem


async def test_a_database_that_was_replaced_underneath_stops_everything_once(house: House) -> None:
    holding = house.node("a")
    await holding.start()
    await holding.beat()
    assert holding.problem == ""
    await AccountHold.filter(account=house.account).update(epoch=0)
    await holding.beat()
    reason, problem = await _stopped(holding)
    assert "副本" in reason
    # Two persons lifted it in full knowledge: the same node does not raise it again for the same cause.
    await Halt.filter(open_key=RED).update(open_key=None)
    await holding.beat()
    assert await Halt.filter(open_key=RED).count() == 0
    assert holding.problem == problem


async def test_a_stranger_that_took_the_latch_in_a_gap_is_noticed(house: House) -> None:
    holder, node = house.node("holder"), house.node("node")
    await holder.start()
    await node.start()
    await holder.stop()

    async def stranger(knock: Knock) -> Neighbour:
        return Neighbour(node="elsewhere:1:aa", deployment="cccccc", public_url="https://copy.example", same=False)

    latch = SocketLatch(house.account, answer=stranger)
    assert await latch.take(Knock(node="elsewhere", secret="x")) is None
    await node.beat()
    await latch.close()
    reason, _ = await _stopped(node)
    assert "elsewhere:1:aa" in reason
    assert "https://copy.example" in reason


async def test_a_foreign_mark_is_noticed_by_the_node_on_duty(house: House) -> None:
    node = house.node("a", marked=True)
    await node.start()
    await node.look_at_marks()
    assert node.problem == ""
    await house.board.write(Mark(tag=0, deployment="dddddd", epoch=7, writing="0007"))
    await node.look_at_marks()
    assert "dddddd" in (await _stopped(node))[0]


async def test_who_insists_on_an_old_copy_begins_in_quarantine(house: House) -> None:
    node = house.node("a", marked=True)
    await node.start()
    await node.stop()
    await AccountHold.filter(account=house.account).update(detail={})
    refused = house.node("b", marked=True)
    with pytest.raises(AccountTaken, match="--take-over"):
        await refused.start()
    await refused.stop()
    assert house.quarantined == []
    insisting = house.node("c", marked=True)
    await insisting.start(take_over=True)
    assert len(house.quarantined) == 1
    await insisting.look_at_marks()
    assert insisting.problem == ""


async def test_a_restored_database_writes_its_mark_anew(house: House) -> None:
    node = house.node("a", marked=True)
    await node.start()
    await node.stop()
    now = await DatabaseClock().now()
    await AccountHold.filter(account=house.account).update(detail={})
    await Halt.create(kind="quarantine", open_key="quarantine", reason="恢复", raised_by_name="系统", raised_at=now)
    restored = house.node("b", marked=True)
    await restored.start()
    await restored.look_at_marks()
    assert restored.problem == ""
    assert house.quarantined == [], "it stands already"


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux only")
async def test_a_silent_stranger_at_the_latch_is_named_and_waited_for_no_longer_than_seconds(house: House) -> None:
    latch = SocketLatch(house.account, answer=_never)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(latch._address)
        silent.listen()
        async with asyncio.timeout(10):
            refused = house.node("a")
            # The silent one is this very process: no row of the database knows it.
            with pytest.raises(AccountTaken, match="没有应答"):
                await _without_rows(refused)
            await refused.stop()


async def _never(_knock: Knock) -> Neighbour:
    raise AssertionError("it is never asked")


async def _without_rows(holding: Holding) -> None:
    """Starts a node whose own row does not make its process known."""
    holding._nodes._detail = lambda: {"host": "h"}
    await holding.start()


async def test_anybody_may_knock_with_rubbish(house: House) -> None:
    node = house.node("a")
    await node.start()
    for rubbish in (b"", b"x" * 10_000 + b"\n", b"[]\n", b'{"node": 1}\n', b"\xff\n"):
        reader, writer = await asyncio.open_unix_connection(node._latches[house.account]._address)  # type: ignore[attr-defined]
        writer.write(rubbish)
        writer.write_eof()
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
    sibling = house.node("b")
    await sibling.start()


async def test_a_restore_lifts_the_epoch_above_every_later_copy(any_database: str) -> None:
    now = await DatabaseClock().now()
    for account, epoch in (("a", 3), ("b", 9)):
        await AccountHold.create(account=account, deployment="d", epoch=epoch, held_at=now, seen_at=now)
    async with in_transaction() as connection:
        await raise_epochs(connection, above=5)
    assert {row.account: row.epoch for row in await AccountHold.all()} == {"a": 6, "b": 9}


async def test_a_silent_node_is_listed_for_a_day(database: str, clock: FixedClock) -> None:
    dead = Nodes(clock=clock, name="dead", kind="worker", detail=lambda: {"host": "h", "version": "0.1.0"})
    live = Nodes(clock=clock, name="live", kind="serve", detail=lambda: {"host": "h", "listening": True})
    await dead.show()
    clock.advance(16)
    await live.show()
    found = await seen_nodes(clock)
    assert [(node.name, node.kind, node.alive) for node in found] == [
        ("live", "serve", True),
        ("dead", "worker", False),
    ]
    assert found[0].listening is True
    assert found[1].listening is None
    clock.advance(timedelta(days=1).total_seconds())
    await live.show()
    assert await forget_nodes(clock) == 1
    assert [node.name for node in await seen_nodes(clock)] == ["live"]


def _other(**detail: Any) -> Node:
    return Node(name="other:1:aa", kind="serve", detail={**SHARED, "machine": "m1", "host": "h1", **detail})


@pytest.mark.parametrize(
    ("mine", "other", "one_machine", "variable"),
    [
        ({}, {}, False, None),
        ({"public_url": "https://a.example"}, {}, False, "MINGBAI_PUBLIC_URL"),
        ({"wechat": "wechat:wx1"}, {"wechat": "wechat:wx2"}, False, "MINGBAI_WECHAT_APPID"),
        ({"weibo": "weibo:1@a"}, {"weibo": "weibo:1@b"}, False, "MINGBAI_WEIBO_UID"),
        ({"weibo": "weibo:1@a"}, {"weibo": ""}, False, None),
        ({"machine": "m2", "host": "h2"}, {}, False, None),
        ({"machine": "m2", "host": "h2"}, {}, True, "MINGBAI_DATABASE_URL"),
        ({"machine": "m2"}, {}, True, None),
        ({"host": "container-2"}, {}, True, None),
    ],
)
def test_what_nodes_must_share(
    mine: dict[str, str], other: dict[str, str], one_machine: bool, variable: str | None
) -> None:
    here = {**SHARED, "machine": "m1", "host": "h1", **mine}
    found = disagreement(here, _other(**other), one_machine=one_machine)
    assert (found.variable if found else None) == variable
    if found is not None:
        assert "other:1:aa" in found.what
        assert found.remedy


async def test_a_node_that_starts_with_wrong_settings_stops_nobody_but_itself(house: House, any_database: str) -> None:
    right, clock = house.node("right"), DatabaseClock()
    await right.start()
    wrong = Nodes(clock=clock, name="a wrong one", kind="serve", detail=lambda: {"public_url": "https://b.example"})
    await wrong.show()
    await house.node("also right").start()

    await right.stop()
    await house.holdings[-1].stop()
    # Nobody has joined: the one that began first counts, as long as it lives.
    living = asyncio.create_task(_shown_often(wrong))
    with pytest.raises(NodesDisagree, match=r"b\.example"):
        await house.node("later").start()
    living.cancel()
    await asyncio.wait({living})


async def _shown_often(nodes: Nodes) -> None:
    while True:
        await nodes.show()
        await asyncio.sleep(0.1)
