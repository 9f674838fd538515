"""Fixtures for every test: a migrated SQLite database (a copied template, so it costs milliseconds), a fixed clock."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.database.connection import connect, disconnect
from gateway.database.migrate import migrate


class FixedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    async def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, 1, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "mingbai.db"
    asyncio.run(migrate(f"sqlite://{path}"))
    return path


@pytest.fixture
def database_url(template_database: Path, tmp_path: Path) -> str:
    path = tmp_path / "mingbai.db"
    shutil.copy(template_database, path)
    return f"sqlite://{path}"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """An open, migrated, empty database; yields its URL."""
    await connect(database_url)
    yield database_url
    await disconnect()
