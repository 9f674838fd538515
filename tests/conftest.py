"""Fixtures for every test: a migrated database (a copied template, so it costs milliseconds), a fixed clock.

A test that asks for ``any_database`` runs on SQLite and on PostgreSQL; ``database`` alone is SQLite.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import asyncpg
import pytest
from aiohttp.web_app import _cached_build_middleware
from playwright.async_api import Browser, async_playwright
from tortoise.backends.base.executor import EXECUTOR_CACHE

from gateway.database.connection import connect, disconnect
from gateway.database.migrate import migrate
from knowledge.keywords import Keywords
from tests.machine_setup import CHROMIUM_FLAGS, browser
from tests.postgres_cluster import binaries, cluster


class FixedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    async def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture(scope="session", autouse=True)
def _one_dictionary() -> Iterator[None]:
    """A dictionary without words of its own is the same for everybody: it is read once, not for a second in every test."""
    build, plain = Keywords._build, list[Any]()

    def once(keywords: Keywords) -> Any:
        if keywords._user_words:
            return build(keywords)
        plain[:] = plain or [build(keywords)]
        return plain[0]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Keywords, "_build", once)
        yield


@pytest.fixture(autouse=True)
def _no_old_applications() -> Iterator[None]:
    """aiohttp remembers the handlers of the last 1,024 requests and with them their whole application; with a new
    application in every test that is gigabytes, which nobody ever asks for again."""
    yield
    _cached_build_middleware.cache_clear()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 23, 1, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "mingbai.db"
    _apart(migrate(f"sqlite://{path}"))
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


def missing(what: str) -> NoReturn:
    """Skips by name; with CI=true a missing tool is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing on this machine")
    pytest.skip(f"{what} is missing on this machine")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[str]:
    if binaries() is None:
        missing("PostgreSQL (initdb)")
    with cluster() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: str) -> str:
    """The name of a migrated database to copy from."""
    _apart(_sql(postgres_cluster, "CREATE DATABASE mingbai_template"))
    _apart(migrate(f"{postgres_cluster}/mingbai_template"))
    return "mingbai_template"


@pytest.fixture
def postgres_url(postgres_cluster: str, postgres_template: str) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    name = f"t{secrets.token_hex(6)}"
    _apart(_sql(postgres_cluster, f"CREATE DATABASE {name} TEMPLATE {postgres_template}"))
    yield f"{postgres_cluster}/{name}"
    _apart(_sql(postgres_cluster, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])]
)
async def any_database(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """An open, migrated, empty database of either kind; yields its URL."""
    url = request.getfixturevalue("database_url" if request.param == "sqlite" else "postgres_url")
    # tortoise-orm keeps the SQL of a model's statements for the whole process, whatever database came first.
    EXECUTOR_CACHE.clear()
    await connect(url)
    yield url
    await disconnect()
    EXECUTOR_CACHE.clear()


def _apart(work: Coroutine[Any, Any, Any]) -> None:
    """Runs a coroutine to its end in a thread of its own: a session's fixture may be asked for inside a running loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, work).result()


async def _sql(cluster_url: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{cluster_url}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = browser()
    if path is None:
        missing("Chromium")
    async with async_playwright() as driver:
        window = await driver.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield window
        await window.close()
