"""A cancelled task never keeps the database's lock, and never leaves a write that is neither done nor undone."""

import asyncio
import random
import sqlite3
from datetime import UTC, datetime

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from gateway.database.connection import sqlite_path
from staff.records import Account

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)


async def _write(name: str) -> None:
    async with in_transaction() as connection:
        await Account.create(using_db=connection, name=name, display_name=name, created_at=MOMENT)
        await Trail().append(
            connection, at=MOMENT, actor=Actor.machine("test"), verb="staff.add", subject=f"account:{name}"
        )


async def test_400_cancellations_leave_neither_a_hang_nor_a_phantom_write(database: str) -> None:
    dice = random.Random(7)
    for n in range(400):
        task = asyncio.create_task(_write(f"a{n}"))
        await asyncio.sleep(dice.random() * 0.004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(5):
        await _write("last")
    seen = {account.name for account in await Account.all()}
    path = sqlite_path(database)
    with sqlite3.connect(path) as other:
        committed = {row[0] for row in other.execute("SELECT name FROM staff_account")}
        chained = {row[0] for row in other.execute("SELECT subject FROM audit_record")}
    other.close()
    assert seen == committed, "the ORM saw rows that another connection does not: a phantom write"
    assert chained == {f"account:{name}" for name in committed}, "half a transaction was committed"
    assert "last" in committed
    assert (await Trail().verify()).records == len(committed)


async def test_the_same_task_writes_really_after_a_timed_out_transaction(database: str) -> None:
    for n in range(60):
        try:
            async with asyncio.timeout(0.0005 * (n % 5)):
                await _write(f"t{n}")
        except TimeoutError:
            pass
        await Account.create(name=f"after{n}", display_name="x", created_at=MOMENT)
    with sqlite3.connect(sqlite_path(database)) as other:
        rows = other.execute("SELECT count(*) FROM staff_account WHERE name LIKE 'after%'").fetchone()[0]
    other.close()
    assert rows == 60
