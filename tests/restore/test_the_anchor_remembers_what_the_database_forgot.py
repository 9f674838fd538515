"""The anchor outside of the database: what it notices, what it forgives, and what it tells of the acts that were lost."""

import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditHead, AuditRecord
from audit.trail import Trail
from gateway.anchor import AnchorFile, Anchoring
from publishers.halt import QUARANTINE
from publishers.incidents import open_incidents
from publishers.port import ChannelName
from publishers.records import Halt
from scheduler.records import AccountHold

SYSTEM = Actor.machine("测试")
REMOTE = (ChannelName.WECHAT, ChannelName.WEIBO)


class Machine:
    """One machine with its state folder, over the database that the test has."""

    def __init__(self, folder: Path, url: str, clock: Any) -> None:
        self.file = AnchorFile(folder, url)
        self.clock = clock
        self.trail = Trail()

    async def starts(self) -> bool:
        self.running = Anchoring(file=self.file, clock=self.clock, trail=self.trail, remote=REMOTE)
        return await self.running.start()

    async def act(self, verb: str = "test.act", subject: str = "test:1") -> None:
        async with in_transaction() as connection:
            await self.trail.append(connection, at=self.clock.moment, actor=SYSTEM, verb=verb, subject=subject)


async def _cut_back(to: int) -> None:
    """What an old copy looks like: the chain ends earlier, and soundly."""
    head = await AuditRecord.get(id=to)
    await AuditRecord.filter(id__gt=to).delete()
    await AuditHead.filter(id=1).update(last_id=to, hash=head.hash)
    assert (await Trail().verify()).records == to


@pytest.fixture
def machine(any_database: str, tmp_path: Path, clock: Any) -> Machine:
    return Machine(tmp_path / "state", any_database, clock)


async def test_an_untouched_database_starts_again_and_again(machine: Machine) -> None:
    for _ in range(3):
        assert await machine.starts()
        await machine.act()
        await machine.running.stop()
    assert await Halt.all().count() == 0
    assert stat.S_IMODE(machine.file.path.stat().st_mode) == 0o600
    assert [anchor.last_id for anchor in machine.file.lines()] == [0, 1, 1, 2, 2, 3]


async def test_an_old_copy_starts_in_quarantine_and_hears_what_was_lost(machine: Machine) -> None:
    await machine.act()
    await machine.starts()
    await AccountHold.create(
        account="wechat:wx1", deployment="d", epoch=3, held_at=machine.clock.moment, seen_at=machine.clock.moment
    )
    await machine.act("disclosure.withdrawn", "disclosure:12")
    await machine.act("staff.signed_in", "account:1")
    await machine.running.tick()
    await machine.running.stop()
    await _cut_back(1)
    await AccountHold.all().update(epoch=1)
    assert not await machine.starts()
    halt = await Halt.get(open_key=QUARANTINE)
    assert "审计记录应有 3 条，现在只有 1 条" in halt.reason
    assert [act[2:] for act in halt.detail["lost"]] == [["disclosure.withdrawn", "disclosure:12"]]
    assert [one.key for one in await open_incidents()] == ["halt:quarantine"]
    assert (await AccountHold.get(account="wechat:wx1")).epoch == 4, "above whatever the lost copy had reached"
    # It is dealt with once: the next start finds what it has written down itself.
    await machine.running.stop()
    assert await machine.starts()
    assert await Halt.all().count() == 1


async def test_another_database_in_the_same_place_is_noticed(machine: Machine) -> None:
    await machine.act()
    await machine.starts()
    await machine.running.stop()
    await AuditRecord.all().delete()
    await AuditHead.all().delete()
    for number in range(5):
        await machine.act(subject=f"other:{number}")
    assert not await machine.starts()
    assert "不是本机原来的那一份" in (await Halt.get(open_key=QUARANTINE)).reason


async def test_a_machine_that_learns_late_of_a_restore_does_not_raise_it_again(machine: Machine) -> None:
    for _ in range(3):
        await machine.act()
    await machine.starts()
    await machine.running.stop()
    await _cut_back(1)
    machine.clock.advance(60)
    # Another machine restored, reconciled and lifted meanwhile.
    now = machine.clock.moment
    await Halt.create(kind=QUARANTINE, reason="恢复", raised_by_name="恢复", raised_at=now, lifted_at=now)
    assert await machine.starts()
    assert await Halt.exclude(open_key=None).count() == 0
    # But an old copy of the restored database is noticed again.
    machine.clock.advance(60)
    await machine.act()
    await machine.running.stop()
    await _cut_back(1)
    assert not await machine.starts()


async def test_a_torn_line_and_a_missing_folder_are_no_reason_to_stop(machine: Machine) -> None:
    await machine.act()
    await machine.starts()
    with machine.file.path.open("a") as file:
        file.write('{"at": "2026-11-23T01:30')
    await machine.act()
    await machine.running.tick()
    assert [anchor.last_id for anchor in machine.file.lines()] == [1, 2]
    machine.file.path.unlink()
    assert await machine.starts(), "a machine that remembers nothing cannot object"


async def test_what_was_never_checked_is_never_written_down(machine: Machine) -> None:
    await machine.act()
    unstarted = Anchoring(file=machine.file, clock=machine.clock, trail=machine.trail, remote=REMOTE)
    await unstarted.tick()
    await unstarted.stop()
    assert machine.file.lines() == []


async def test_the_file_does_not_grow_for_ever(machine: Machine) -> None:
    await machine.starts()
    one = machine.file.lines()[0]
    line = machine.file.path.read_text("utf-8").strip()
    machine.file.path.write_text(f"{line}\n" * 3100, "utf-8")
    machine.file.append(one)
    assert len(machine.file.lines()) <= 1501


async def test_the_file_is_told_by_the_database_and_never_holds_a_password(tmp_path: Path) -> None:
    paths = {
        AnchorFile(tmp_path, url).path
        for url in ("postgres://u:one@db:5432/mingbai", "postgres://u:two@db/mingbai", "postgres://u:one@db/other")
    }
    assert len(paths) == 2


async def test_numbers_are_kept_ahead_of_what_other_machines_remember(machine: Machine) -> None:
    await machine.act()
    await machine.starts()
    known = machine.file.lines()[-1]
    assert known.numbers["disclosure"] == 0
    remembered = {**known.numbers, "disclosure": 250_000, "index:2026": 1234}
    machine.file.append(type(known)(at=known.at, last_id=9, hash="f" * 64, numbers=remembered, epoch=0))
    machine.clock.advance(timedelta(minutes=1).total_seconds())
    assert not await machine.starts()
    connection = get_connection("default")
    if connection.capabilities.dialect == "sqlite":
        rows = await connection.execute_query_dict("SELECT seq AS n FROM sqlite_sequence WHERE name = 'disclosure'")
    else:
        rows = await connection.execute_query_dict("SELECT last_value AS n FROM disclosure_id_seq")
    assert rows[0]["n"] == 300_000
    serial = await connection.execute_query_dict("SELECT last_serial AS n FROM disclosure_index_serial")
    assert serial[0]["n"] == 2000
