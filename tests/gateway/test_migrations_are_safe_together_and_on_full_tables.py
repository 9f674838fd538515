"""Three nodes that start at once all succeed, on both databases; a second run changes nothing; rows survive."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from gateway.database.connection import connect, disconnect
from gateway.database.migrate import migrate, pending
from staff.records import Account

MIGRATE = [sys.executable, "-m", "gateway", "migrate", "--json"]


async def _three_nodes(url: str) -> list[int]:
    environment = {**os.environ, "MINGBAI_DATABASE_URL": url, "MINGBAI_ENV": "test"}
    nodes = [
        await asyncio.create_subprocess_exec(*MIGRATE, env=environment, stdout=subprocess.DEVNULL) for _ in range(3)
    ]
    return [await node.wait() for node in nodes]


async def _holds_rows(url: str) -> None:
    EXECUTOR_CACHE.clear()  # This process may have spoken another dialect before.
    await connect(url)
    try:
        assert await pending() == []
        await Account.create(name="li", display_name="李", created_at=datetime(2026, 11, 23, tzinfo=UTC))
    finally:
        await disconnect()
    assert await migrate(url) == [], "nothing is applied twice"
    await connect(url)
    try:
        assert await Account.filter(name="li").count() == 1
    finally:
        await disconnect()
        EXECUTOR_CACHE.clear()


async def test_three_nodes_migrate_one_sqlite_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/mingbai.db"
    assert await _three_nodes(url) == [0, 0, 0]
    await _holds_rows(url)


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
async def test_three_nodes_migrate_one_postgresql_database_at_once(postgres_cluster: str) -> None:
    connection = await asyncpg.connect(f"{postgres_cluster}/postgres")
    await connection.execute("CREATE DATABASE together")
    await connection.close()
    url = f"{postgres_cluster}/together"
    assert await _three_nodes(url) == [0, 0, 0]
    await _holds_rows(url)
