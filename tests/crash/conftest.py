"""Every crash is tried on SQLite and on PostgreSQL. What comes before it (staff, three reviews, the portal page) is made
once for each kind of database and copied."""

import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from audit.actor import Actor
from disclosures.content import WeChatVersion, WeiboVersion
from disclosures.draft import DraftText
from gateway.commands.demo import demo_settings, environment
from gateway.database.clock import DatabaseClock
from gateway.database.connection import connect, disconnect
from gateway.database.seed import seed
from gateway.settings import Environment, Settings
from gateway.wiring import Product, build
from publishers.records import Delivery
from publishers.states import State
from sandbox.app import run
from sandbox.cli import options_from
from staff.passwords import Passwords
from tests.conftest import _apart, _sql
from tests.crash.running import Nursery
from tests.crash.scene import Scene
from tests.endtoend.conftest import free_port

MACHINE = Actor.machine("测试")
PEOPLE = {
    "nigao": ["drafter"],
    "chushen": ["first_reviewer"],
    "fushen": ["second_reviewer"],
    "zhongshen": ["final_reviewer"],
    "fabu": ["publisher"],
    "fabu2": ["publisher"],
}
UNPUBLISHED = 3
"""The disclosure whose portal page is not out yet; the pages of 1 and 2 are."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "row(number): which row of the crash-point table a test proves")


def settings_for(folder: Path, url: str, *, port: int = 8970, sandbox_port: int = 8971) -> Settings:
    changes = {"database_url": url, "env": Environment.TEST, "state_dir": folder / "state", "log_level": "INFO"}
    return demo_settings(folder, port=port, sandbox_port=sandbox_port).model_copy(update=changes)


async def _made_ready(folder: Path, url: str) -> None:
    """Six people, three approved disclosures, two of them on the portal."""
    await connect(url)
    await seed()
    try:
        # With a clock of its own the wiring asks no witnesses of the time: what is due goes out at the first sweep.
        product = await build(settings_for(folder, url), passwords=cheap_passwords(), clock=DatabaseClock())
        try:
            await _fill(product)
        finally:
            await product.stop()
    finally:
        await disconnect()


async def _fill(product: Product) -> None:
    people = {
        name: await product.accounts.add(name, roles=roles, unit="区民政局", password="mingbai-test-2026", by=MACHINE)
        for name, roles in PEOPLE.items()
    }
    for number in (1, 2, UNPUBLISHED):
        sheet = await product.desk.create(people["nigao"], _draft(number))
        await product.desk.submit(people["nigao"], sheet.id)
        for reviewer in ("chushen", "fushen", "zhongshen"):
            await product.desk.approve(people[reviewer], sheet.id)
        if number != UNPUBLISHED:
            await product.timetable.schedule(people["fabu"], sheet.id, at="now", channels=["portal"])
    await product.dispatcher.settle_down()
    assert await Delivery.filter(state=State.PUBLISHED).count() == 2


def _draft(number: int) -> DraftText:
    return DraftText(
        title=f"关于发放困难群众冬季取暖补助的第{number}号通知",
        body="各乡镇人民政府、街道办事处：\n\n冬季取暖补助由户籍地村（居）民委员会代办，五个工作日内发放到社会保障卡。\n",
        department="区民政局",
        category="通知公告",
        formed_on=date(2026, 11, 20),
        document_number=f"明民发〔2026〕{number}号",
        wechat=WeChatVersion(digest="取暖补助由村居代办，五个工作日到卡。"),
        weibo=WeiboVersion(text=f"【取暖补助{number}】低保户、特困户的冬季取暖补助由村（居）代办，五个工作日到卡。"),
    )


def cheap_passwords() -> Passwords:
    return Passwords(time_cost=1, memory_cost=1024, parallelism=1)


@pytest.fixture(scope="session")
def ready_file(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ready")
    path = folder / "mingbai.db"
    shutil.copy(template_database, path)
    EXECUTOR_CACHE.clear()
    _apart(_made_ready(folder, f"sqlite://{path}"))
    EXECUTOR_CACHE.clear()
    return path


@pytest.fixture(scope="session")
def ready_name(postgres_cluster: str, postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    name = "mingbai_ready"
    _apart(_sql(postgres_cluster, f"CREATE DATABASE {name} TEMPLATE {postgres_template}"))
    EXECUTOR_CACHE.clear()
    _apart(_made_ready(tmp_path_factory.mktemp("ready"), f"{postgres_cluster}/{name}"))
    EXECUTOR_CACHE.clear()
    return name


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    parent = Nursery()
    yield parent
    parent.close()


@pytest.fixture
def ready_sqlite(ready_file: Path, tmp_path: Path) -> str:
    path = tmp_path / "mingbai.db"
    shutil.copy(ready_file, path)
    return f"sqlite://{path}"


@pytest.fixture
def ready_postgres(postgres_cluster: str, ready_name: str) -> Iterator[str]:
    name = f"c{secrets.token_hex(6)}"
    _apart(_sql(postgres_cluster, f"CREATE DATABASE {name} TEMPLATE {ready_name}"))
    yield f"{postgres_cluster}/{name}"
    _apart(_sql(postgres_cluster, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")])]
)
async def scene(request: pytest.FixtureRequest, tmp_path: Path, nursery: Nursery) -> AsyncIterator[Scene]:
    """A district in the middle of its day, and the sandbox beside it."""
    url: str = request.getfixturevalue(f"ready_{request.param}")
    port, sandbox_port = free_port(), free_port()
    settings = settings_for(tmp_path, url, port=port, sandbox_port=sandbox_port)
    changes = ["publish_seconds=0.3", "event_seconds=0.1"]
    runner = await run(options_from({**environment(settings)}, settings.public_url, changes), port=sandbox_port)
    EXECUTOR_CACHE.clear()
    try:
        await connect(url)
        product = await build(settings, passwords=cheap_passwords(), clock=DatabaseClock())
        there = Scene(settings, product, f"http://127.0.0.1:{sandbox_port}", tmp_path, nursery)
        try:
            yield there
        finally:
            await there.close()
            await product.stop()
    finally:
        await disconnect()
        await runner.cleanup()
        EXECUTOR_CACHE.clear()
