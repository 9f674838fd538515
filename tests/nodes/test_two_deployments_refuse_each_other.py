"""Two deployments on one account: the second refuses to start and says who holds it; whoever loses the account stops."""

import asyncio
import signal
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.endtoend import walk
from tests.nodes.conftest import Fleet, Making, until

CHANNELS = ["portal", "wechat", "weibo", "answers"]


async def _second_copy(fleet: Fleet, copy: Fleet) -> None:
    """The commonest accident: the database is copied while the real one runs, down to the last row."""
    source, target = _file(fleet), _file(copy)
    with sqlite3.connect(source) as here, sqlite3.connect(target) as there:
        here.backup(there)
    here.close()
    there.close()
    copy.tokens = fleet.tokens


def _file(fleet: Fleet) -> Path:
    return Path(fleet.settings.database_url.removeprefix("sqlite://"))


def _rows(fleet: Fleet, statement: str) -> list[Any]:
    database = sqlite3.connect(_file(fleet))
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


@pytest.mark.timeout(240)
async def test_a_copy_beside_the_real_one_is_refused_until_somebody_insists(
    making_fleets: Making, tmp_path: Path
) -> None:
    real, copy = making_fleets(f"sqlite://{tmp_path}/real.db"), making_fleets(f"sqlite://{tmp_path}/copy.db")
    await real.prepared()
    first = await real.first()
    await _second_copy(real, copy)

    refused = await copy.begin()
    worker = await real.begin("worker")
    assert await refused.ended() == 2
    assert str(first.pid) in refused.told, "it says which process"
    assert real.settings.public_url in refused.told
    assert "--take-over" in refused.told
    assert "Traceback" not in refused.told
    await until(lambda: len(_rows(real, "SELECT name FROM node")) == 2)

    # The holder dies; its sibling takes the latch at its next beat, and the copy is refused again.
    first.send(signal.SIGKILL)
    await first.ended()
    await asyncio.sleep(6)
    refused = await copy.begin()
    assert await refused.ended() == 2
    assert str(worker.pid) in refused.told

    number = await walk.approved(await real.first())
    second = await (await copy.begin("serve", "--take-over", bind=copy.settings.bind)).up()
    (halted,) = await until(lambda: _rows(real, "SELECT reason FROM halt WHERE open_key = 'red'"))
    assert "接管" in halted[0]
    assert _rows(real, "SELECT severity FROM incident WHERE kind = 'hold' AND open_key IS NOT NULL") == [("alarm",)]
    assert len(_rows(copy, "SELECT * FROM audit_record WHERE verb = 'account.take_over'")) == 2

    node = real.nodes[-1]
    wanted = {"disclosure": number, "at": "now", "channels": CHANNELS, "reason": walk.REASON}
    made = await node.must("fabu", "POST", "/releases", wanted)
    again = await walk.approved(second, "关于另一件事的通知")
    await walk.released(second, again)
    effects = await real.control("GET", "/effects")
    assert len(effects["publications"]) == len(effects["weibo_posts"]) == 1, "only one of the two speaks"
    states = {d["state"] for d in (await node.must("fabu", "GET", f"/releases/{made['id']}"))["deliveries"]}
    assert states == {"pending"}
    assert await _ends_well(worker)


async def _ends_well(node: Any) -> bool:
    node.send(signal.SIGTERM)
    return await node.ended() == 0


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
@pytest.mark.timeout(180)
async def test_nodes_must_agree_and_a_frozen_one_is_no_stranger(
    making_fleets: Making, postgres_url: str, tmp_path: Path
) -> None:
    fleet = making_fleets(postgres_url)
    await fleet.prepared()
    first = await fleet.first()

    other = await fleet.begin("worker", public_url="https://www.other.example")
    wrong = await fleet.begin("worker", wechat_appid="wx0000000000000000")
    stranger = making_fleets(f"sqlite://{tmp_path}/stranger.db")
    await stranger.prepared()
    refused = await stranger.begin("worker")
    assert [await other.ended(), await wrong.ended(), await refused.ended()] == [2, 2, 2]
    assert "MINGBAI_PUBLIC_URL" in other.told
    assert "https://www.other.example" in other.told
    assert fleet.settings.public_url in other.told
    assert "MINGBAI_WECHAT_APPID" in wrong.told
    assert "wx0000000000000000" in wrong.told
    assert str(first.pid) in refused.told

    first.send(signal.SIGSTOP)
    second = await (await fleet.begin()).up()
    first.send(signal.SIGCONT)
    assert (await second.page("/readyz"))[0] == 200
    # A node that was stopped cleanly, or died, leaves nothing behind that a changed setting could contradict for long.
    first.send(signal.SIGKILL)
    await first.ended()
    waiting = await fleet.begin(public_url="http://127.0.0.1:1/elsewhere")
    await until(lambda: _is_listed(postgres_url, waiting.pid))
    assert await _ends_well(waiting), "a start that still waits obeys as well"
    assert await _ends_well(second)
    await (await fleet.begin(public_url="http://127.0.0.1:1/elsewhere")).up()


async def _is_listed(url: str, pid: int) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT count(*) FROM node WHERE name LIKE $1", f"%:{pid}:%"))
    finally:
        await connection.close()
