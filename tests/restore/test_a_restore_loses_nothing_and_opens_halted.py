"""`mingbai restore`: proved first, refused while anybody is at work, nothing of the old database lost, halted from its first
moment, and no number given twice."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.migrations.executor import MigrationTarget
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from disclosures import indexnumber
from disclosures.records import Category, Disclosure, IndexSerial, Unit
from gateway.backup import container
from gateway.backup.making import make
from gateway.backup.restoring import restore
from gateway.database import migrate as migrating
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect, sqlite_path, tortoise_config
from gateway.errors import CommandFailed
from gateway.settings import Settings, load_settings
from publishers.incidents import open_incidents
from publishers.records import Halt, PlatformToken, Proposal
from scheduler.records import AccountHold, Duty, Node
from staff.records import Account, StaffSession

SYSTEM = Actor.machine("测试")


class House:
    """One database, opened and closed as the test needs it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self._open = False

    async def open(self) -> None:
        EXECUTOR_CACHE.clear()
        await connect(self.settings.database_url)
        self._open = True

    async def close(self) -> None:
        if self._open:
            await disconnect()
        self._open = False
        EXECUTOR_CACHE.clear()

    async def act(self, verb: str = "test.act") -> None:
        async with in_transaction() as connection:
            now = await DatabaseClock().now()
            await Trail().append(connection, at=now, actor=SYSTEM, verb=verb, subject="test:1")

    async def disclosure(self, title: str) -> int:
        now = await DatabaseClock().now()
        unit, _ = await Unit.get_or_create(code="mzj", defaults={"name": "区民政局"})
        category, _ = await Category.get_or_create(code="tzgg", defaults={"name": "通知公告"})
        async with in_transaction() as connection:
            number = await indexnumber.take(connection, credit_code="X", year=2026)
            made = await Disclosure.create(
                using_db=connection, state="draft", title=title, unit=unit, category=category, index_number=number,
                current_revision=1, author_id=1, author_name="拟稿人", created_at=now, updated_at=now,
            )  # fmt: skip
        return int(made.id)

    async def backup(self, name: str = "one") -> Path:
        return (await make(self.settings, to=self.folder / f"{name}.mbk")).path


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])]
)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    house = House(load_settings(env="test", database_url=url, state_dir=tmp_path / "state"), tmp_path)
    yield house
    await house.close()


async def test_the_old_database_is_kept_and_the_new_one_is_halted_and_sound(house: House) -> None:
    await house.open()
    await house.disclosure("备份之前")
    await house.act()
    saved = await house.backup()
    await house.disclosure("备份之后")
    await house.close()
    with pytest.raises(CommandFailed, match="--replace") as refused:
        await restore(house.settings, saved)
    assert refused.value.code == 4
    done = await restore(house.settings, saved, replace=True)
    assert done.audit_records == 2
    await house.open()
    assert [one.title for one in await Disclosure.all()] == ["备份之前"]
    halt = await Halt.get(open_key="quarantine")
    assert halt.detail["moment"] == done.manifest.moment
    assert halt.raised_by_id is None
    assert [one.key for one in await open_incidents()] == ["halt:quarantine"]
    await house.close()
    assert done.aside is not None
    if sqlite_path(house.settings.database_url) is not None:
        old = sqlite3.connect(done.aside)
        assert old.execute("SELECT count(*) FROM disclosure").fetchone()[0] == 2
        old.close()
    else:
        assert container.verify(done.aside).counts["disclosure"] == 2


async def test_numbers_of_what_was_lost_are_never_given_again(house: House) -> None:
    await house.open()
    await house.disclosure("备份之前")
    saved = await house.backup()
    lost = await house.disclosure("备份之后，已经丢失")
    await house.close()
    floors = [100_000, 200_000, 300_000]
    for floor in floors:
        # The same old backup again and again: each time above everything that was ever given.
        await restore(house.settings, saved, replace=True)
        await house.open()
        new = await house.disclosure("恢复之后")
        serial = (await IndexSerial.get(year=2026)).last_serial
        assert new == floor + 1 > lost
        assert serial == floor // 100 + 1, "the index numbers jump by a thousand"
        await house.close()


async def test_what_is_stale_is_not_believed(house: House) -> None:
    await house.open()
    now = await DatabaseClock().now()
    person = await Account.create(name="zhou", display_name="周", roles=["publisher"], created_at=now)
    await StaffSession.create(token_hash="a" * 64, account=person, csrf_token="c", created_at=now, last_seen_at=now)
    await PlatformToken.create(account="wechat:wx1", token="sealed", expires_at=now + timedelta(hours=2))
    await Node.create(name="host:1:a", kind="serve", started_at=now, seen_at=now)
    await Duty.create(name="alarm", owner="host:1:a", fence=3, lease_until=now + timedelta(seconds=9))
    await AccountHold.create(account="wechat:wx1", deployment="d", epoch=4, held_at=now, seen_at=now)
    await Halt.create(
        kind="red",
        open_key="red",
        reason="停",
        raised_by_name="周",
        raised_at=now,
        lift_asked_at=now,
        lift_asked_by_id=1,
    )
    await Proposal.create(
        delivery_id=1, open_key="delivery:1", choice="send_again", reason="没有", fence=1, proposed_by_id=1,
        proposed_by_name="周", proposed_at=now, state="open",
    )  # fmt: skip
    saved = await house.backup()
    await house.close()
    await restore(house.settings, saved, replace=True)
    await house.open()
    assert await PlatformToken.all().count() == await Node.all().count() == 0
    assert (await Duty.get(name="alarm")).lease_until is None
    assert await StaffSession.filter(ended_at=None).count() == 0, "a session that was ended must not live again"
    assert (await Proposal.all().first()).state == "overtaken"  # type: ignore[union-attr]
    red = await Halt.get(open_key="red")
    assert (red.reason, red.lift_asked_at) == ("停", None), "a red switch stands as it stood"
    assert (await AccountHold.all().first()).deployment == "d"  # type: ignore[union-attr]
    await house.close()


async def test_a_running_product_is_not_pulled_away_from_under_its_feet(house: House) -> None:
    await house.open()
    await house.act()
    saved = await house.backup()
    with pytest.raises(CommandFailed, match="正在被使用") as refused:
        await restore(house.settings, saved, replace=True)
    assert refused.value.code == 4
    await house.act()
    assert (await Trail().verify()).records == 2
    await house.close()


async def test_an_empty_database_needs_no_consent(house: House, tmp_path: Path) -> None:
    await house.open()
    await house.act()
    saved = await house.backup()
    await Tortoise.get_connection("default").execute_script("DELETE FROM audit_record; DELETE FROM audit_head;")
    await house.close()
    assert (await restore(house.settings, saved)).audit_records == 2


async def test_a_damaged_file_changes_nothing(house: House) -> None:
    await house.open()
    await house.act()
    saved = await house.backup()
    await house.close()
    whole = saved.read_bytes()
    for place in range(1, 12):  # What a zip file says of damage depends on where it is.
        start = len(whole) * place // 12
        saved.write_bytes(
            whole[:start] + bytes(byte ^ 0x55 for byte in whole[start : start + 64]) + whole[start + 64 :]
        )
        with pytest.raises(CommandFailed, match="已损坏"):
            container.verify(saved)
    middle = len(whole) // 3
    saved.write_bytes(
        whole[:middle] + bytes(byte ^ 0x55 for byte in whole[middle : middle + 64]) + whole[middle + 64 :]
    )
    with pytest.raises(CommandFailed, match="已损坏") as refused:
        await restore(house.settings, saved, replace=True)
    assert refused.value.code == 6
    await house.open()
    assert (await Trail().verify()).records == 1
    assert await Halt.all().count() == 0
    await house.close()


async def test_a_backup_of_the_other_kind_or_of_a_newer_version_is_refused(house: House) -> None:
    await house.open()
    saved = await house.backup()
    await house.close()
    other = (
        "postgres://u@127.0.0.1:1/none" if sqlite_path(house.settings.database_url) else f"sqlite://{house.folder}/x.db"
    )
    with pytest.raises(CommandFailed, match="不能恢复到") as refused:
        await restore(house.settings.model_copy(update={"database_url": other}), saved)
    assert refused.value.code == 4
    found = container.read_manifest(saved)
    payload = house.folder / "payload"
    container.extract(saved, payload)
    newer = container.Manifest(
        **{name: getattr(found, name) for name in ("kind", "moment", "audit_last_id", "audit_hash")},
        product="9.9.9", migrations=(*found.migrations, "0099_future"),
    )  # fmt: skip
    container.write(house.folder / "newer.mbk", payload, newer)
    with pytest.raises(CommandFailed, match=r"9\.9\.9") as refused:
        await restore(house.settings, house.folder / "newer.mbk", replace=True)
    assert refused.value.code == 4
    with pytest.raises(CommandFailed) as refused:
        await restore(house.settings, house.folder / "none.mbk")
    assert refused.value.code == 3


async def test_an_older_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    old = f"sqlite://{tmp_path}/old.db"
    await Tortoise.init(config=tortoise_config(old))
    executor: Any = migrating._executor()
    await executor.migrate([MigrationTarget(app_label="mingbai", name="0001_initial")])
    await Tortoise.close_connections()
    saved = await make(load_settings(env="test", database_url=old), to=tmp_path / "old.mbk")
    assert saved.manifest.migrations == ("0001_initial",)
    fresh = load_settings(env="test", database_url=f"sqlite://{tmp_path}/fresh.db", state_dir=tmp_path / "state")
    done = await restore(fresh, saved.path)
    assert done.migrated[0].startswith("0002_")
    house = House(fresh, tmp_path)
    await house.open()
    assert await Halt.filter(open_key="quarantine").exists()
    await house.close()
    left = [path.name for path in await asyncio.to_thread(lambda: list(tmp_path.iterdir()))]
    assert not [name for name in left if "restoring" in name], "nothing is left beside the database"
