"""`mingbai backup`: consistent while the product writes, proved after writing, never half a file under a backup's name."""

import asyncio
import json
import os
import sqlite3
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from disclosures.records import StoredFile
from gateway.backup import container, making
from gateway.backup.making import make
from gateway.backup.postgres import tool_path
from gateway.database.clock import DatabaseClock
from gateway.database.connection import sqlite_path
from gateway.errors import CommandFailed
from gateway.settings import Settings, load_settings

SYSTEM = Actor.machine("测试")


def settings_of(url: str, folder: Path) -> Settings:
    return load_settings(env="test", database_url=url, state_dir=folder / "state")


def left_over(folder: Path) -> list[str]:
    """Parts of backups that never got their name."""
    return [path.name for path in folder.iterdir() if path.suffix in {".part", ".raw"}]


MIGRATIONS = Path(__file__).parents[2] / "gateway" / "database" / "migrations"


async def acts(count: int) -> None:
    for number in range(count):
        async with in_transaction() as connection:
            await Trail().append(
                connection, at=await DatabaseClock().now(), actor=SYSTEM, verb="test.act", subject=f"test:{number}",
                text="换行\n制表\t反斜杠\\“引号”", ratio=1.5, nothing=None,
            )  # fmt: skip


async def test_a_backup_holds_the_files_and_the_chain_up_to_its_moment(any_database: str, tmp_path: Path) -> None:
    settings = settings_of(any_database, tmp_path)
    now = await DatabaseClock().now()
    await StoredFile.create(
        sha256="a" * 64, media_type="application/pdf", file_name="通知.pdf", size=3, data=b"\x00\xff\n", created_at=now
    )
    await acts(5)
    made = await make(settings, to=tmp_path / "one.mbk")
    found = container.verify(made.path)
    newest = await AuditRecord.get(id=5)
    assert (found.audit_last_id, found.audit_hash) == (5, newest.hash)
    assert found.counts["stored_file"] == 1
    assert found.migrations[-1] == max(file.stem for file in MIGRATIONS.glob("0*.py"))
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert left_over(tmp_path) == []


async def test_it_is_consistent_while_others_write(any_database: str, tmp_path: Path) -> None:
    settings = settings_of(any_database, tmp_path)
    await acts(1)
    writing = asyncio.create_task(acts(60))
    heads = [(await make(settings, to=tmp_path / f"{number}.mbk")).manifest.audit_last_id for number in range(4)]
    await writing
    # Each of them was verified by `make`: the head and the records are of one and the same moment.
    assert heads == sorted(heads)
    assert (await Trail().verify()).records == 61


async def test_rotation_removes_its_own_old_files_and_nobody_elses(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, folder = settings_of(database, tmp_path), tmp_path / "backups"
    stamps = iter(f"2026112{number}T013000Z" for number in range(1, 6))
    monkeypatch.setattr(making, "_stamp", lambda _moment: next(stamps))
    folder.mkdir()
    (folder / "before-upgrade.mbk").write_text("by hand")
    (folder / ".0123.mbk.part").write_text("left by a crash")
    os.utime(folder / ".0123.mbk.part", (0, 0))
    for _ in range(5):
        made = await make(settings, to=folder, keep=2)
    assert [path.name for path in made.removed] == ["mingbai-20261123T013000Z.mbk"]
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock", "before-upgrade.mbk", "mingbai-20261124T013000Z.mbk", "mingbai-20261125T013000Z.mbk",
    ]  # fmt: skip
    with pytest.raises(CommandFailed, match="--keep") as refused:
        await make(settings, to=folder / "one.mbk", keep=2)
    assert refused.value.code == 2


async def test_a_broken_chain_is_not_kept_as_a_backup(any_database: str, tmp_path: Path) -> None:
    await acts(3)
    await AuditRecord.filter(id=2).update(verb="something.else")
    with pytest.raises(CommandFailed, match="审计链不完整") as refused:
        await make(settings_of(any_database, tmp_path), to=tmp_path / "one.mbk")
    assert refused.value.code == 6
    assert not (tmp_path / "one.mbk").exists()


@pytest.mark.parametrize("spoil", ["cut", "payload", "manifest"])
async def test_a_damaged_file_is_told_from_a_good_one(database: str, tmp_path: Path, spoil: str) -> None:
    made = await make(settings_of(database, tmp_path), to=tmp_path / "one.mbk")
    whole = made.path.read_bytes()
    if spoil == "cut":
        made.path.write_bytes(whole[: len(whole) // 2])
    else:
        with zipfile.ZipFile(made.path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        if spoil == "payload":
            parts["database.sqlite3"] = parts["database.sqlite3"][:-1] + b"\x01"
        else:
            parts["manifest.json"] = json.dumps({**json.loads(parts["manifest.json"]), "payload_sha256": "0"}).encode()
        with zipfile.ZipFile(made.path, "w") as packed:
            for name, data in parts.items():
                packed.writestr(name, data)
    with pytest.raises(CommandFailed, match="已损坏") as refused:
        container.verify(made.path)
    assert refused.value.code == 6


async def test_two_backups_of_one_folder_do_not_meet(database: str, tmp_path: Path) -> None:
    settings = settings_of(database, tmp_path)
    with making._alone(tmp_path), pytest.raises(CommandFailed, match="另一次备份") as refused:
        await make(settings, to=tmp_path)
    assert refused.value.code == 4


async def test_a_full_disk_leaves_no_backup_behind(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(container, "_to_disk", full)
    with pytest.raises(CommandFailed, match="磁盘空间"):
        await make(settings_of(database, tmp_path), to=tmp_path / "one.mbk")
    assert left_over(tmp_path) == []
    assert not (tmp_path / "one.mbk").exists()


async def test_a_database_that_is_not_there_is_not_made_by_saving_it(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="没有这个数据库文件") as refused:
        await make(settings_of(f"sqlite://{tmp_path}/none.db", tmp_path), to=tmp_path / "one.mbk")
    assert refused.value.code == 5
    assert not (tmp_path / "none.db").exists()


async def test_a_missing_tool_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gateway.backup.postgres.SERVER_BINARIES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailed, match="postgresql-client-15") as refused:
        tool_path("pg_dump", 15)
    assert refused.value.code == 5


async def test_the_copy_is_one_file_that_any_sqlite_can_open(database: str, tmp_path: Path) -> None:
    await acts(2)
    made = await make(settings_of(database, tmp_path), to=tmp_path / "one.mbk")
    container.extract(made.path, tmp_path / "copy.db")
    opened = sqlite3.connect(tmp_path / "copy.db")
    try:
        assert opened.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert opened.execute("SELECT count(*) FROM audit_record").fetchone()[0] == 2
    finally:
        opened.close()
    assert sqlite_path(database) is not None
