"""What a run stands on: a new database, the sandbox over real HTTP, and releases that three people signed."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from benchmarks.chaos.faults import EVENTS
from benchmarks.chaos.fleet import Fleet
from benchmarks.chaos.plan import Plan
from benchmarks.chaos.texts import Approved, Text, says, sha256, write
from benchmarks.servers import free_port
from gateway.commands.demo import demo_settings, environment
from gateway.database.connection import connect, disconnect
from gateway.database.migrate import migrate
from gateway.database.seed import seed
from gateway.settings import Environment, Settings
from gateway.wiring import Product, build
from publishers.port import ChannelName
from publishers.records import Delivery
from staff.person import Person
from staff.roles import Role
from tests.postgres_cluster import cluster

ROOT = Path(__file__).parents[2]
CHANNELS = ("portal", "wechat", "weibo", "answers")
GENEROUS = {
    "posts_per_hour": 1_000_000, "calls_per_day": 10_000_000, "ip_calls_per_hour": 10_000_000, "duplicate_seconds": 0,
    "similar_ratio": None,
}  # fmt: skip
"""Weibo's limits out of the way. That it refuses a repeated text, above all: here nothing but the product may stop one."""
PEOPLE = {
    role: Person(account_id=number, name=role, display_name=role, unit="区政府办", roles=frozenset({role}))
    for number, role in enumerate(
        (Role.DRAFTER, Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER, Role.PUBLISHER), 1
    )
}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new, empty database: a file, or a throw-away PostgreSQL."""
    if kind == "sqlite":
        yield f"sqlite://{folder / 'mingbai.db'}"
        return
    with cluster() as server:
        asyncio.run(_created(server))
        # Several processes share the server's connections.
        yield f"{server}/chaos?pool=6"


async def _created(server: str) -> None:
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute("CREATE DATABASE chaos")
    finally:
        await connection.close()


def settings_for(folder: Path, url: str) -> tuple[Settings, str]:
    """Settings of every process, and the sandbox's address. Nothing in them is anybody's real account."""
    sandbox_port = free_port()
    settings = demo_settings(folder, port=free_port(), sandbox_port=sandbox_port)
    more = {"env": Environment.TEST, "database_url": url, "state_dir": folder / "state", "log_level": "WARNING"}
    return settings.model_copy(update=more), f"http://127.0.0.1:{sandbox_port}"


class Sandbox:
    """The platforms' own side: what truly happened, and what goes wrong."""

    def __init__(self, address: str, http: aiohttp.ClientSession) -> None:
        self._address = address
        self._http = http

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self._http.request(method, f"{self._address}/control{path}", json=body) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def up(self) -> None:
        for _ in range(600):
            try:
                await self.control("GET", "/idle")
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
            else:
                break
        await self.control("PATCH", "/profile", {"daily_limits": {"*": 10_000_000}})
        await self.control("POST", "/weibo/switches", GENEROUS)

    async def faults(self) -> tuple[int, int, int]:
        """How many calls there were, how many of them went wrong, and how many events were lost or doubled."""
        told = await self.control("GET", "/faults")
        events = sum(rule["fired"] for rule in told["faults"] if rule["kind"] in EVENTS)
        return sum(told["calls"].values()), sum(rule["fired"] for rule in told["faults"]) - events, events

    async def idle(self) -> bool:
        return bool((await self.control("GET", "/idle"))["idle"])

    async def effects(self) -> dict[str, list[dict[str, Any]]]:
        told: dict[str, list[dict[str, Any]]] = await self.control("GET", "/effects")
        return told


@asynccontextmanager
async def platforms(settings: Settings, address: str, folder: Path) -> AsyncIterator[Sandbox]:
    """The sandbox, a process of its own."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("MINGBAI_")}
    command = [
        sys.executable, "-m", "sandbox", "--port", address.rsplit(":", 1)[1], "--gateway", settings.public_url,
        "--set", "publish_seconds=1.5",
    ]  # fmt: skip
    process = _started(command, {**given, **environment(settings)}, folder / "sandbox.log")
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
            sandbox = Sandbox(address, http)
            await sandbox.up()
            yield sandbox
    finally:
        process.kill()
        process.wait()


def _started(command: list[str], given: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as out:
        return subprocess.Popen(command, cwd=ROOT, env=given, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


class Office:
    """Writes the disclosures, has them signed by three people and plans their releases: the product's own verbs."""

    def __init__(self, product: Product, settings: Settings, seed: int) -> None:
        self._product = product
        self._settings = settings
        self._dice = random.Random(seed)

    async def sign(self, count: int) -> list[tuple[int, Text]]:
        """That many approved disclosures."""
        signed = []
        desk = self._product.desk
        for number in range(count):
            text = write(number, self._dice)
            sheet = await desk.create(PEOPLE[Role.DRAFTER], text.draft())
            await desk.submit(PEOPLE[Role.DRAFTER], sheet.id)
            for role in (Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER):
                await desk.approve(PEOPLE[role], sheet.id)
            signed.append((sheet.id, text))
        return signed

    async def plan(self, signed: list[tuple[int, Text]], begin: datetime, offsets: list[float]) -> list[Approved]:
        """Plans each release ``offset`` seconds after ``begin``, those that come first first."""
        planned = []
        for (disclosure, text), offset in zip(signed, sorted(offsets), strict=True):
            due = (begin + timedelta(seconds=offset)).astimezone(UTC)
            release = await self._product.timetable.schedule(
                PEOPLE[Role.PUBLISHER], disclosure, at=due.isoformat(), channels=CHANNELS
            )
            planned.append(await self._approved(disclosure, release.id, text, due))
        return planned

    async def cancel(self, release_id: int) -> None:
        """Raises NotReleasable when it is too late."""
        await self._product.timetable.cancel(PEOPLE[Role.PUBLISHER], release_id)

    async def move(self, release_id: int, at: datetime) -> list[str]:
        """The channels that will go out at ``at`` instead. Raises NotReleasable when it is too late."""
        await self._product.timetable.move(PEOPLE[Role.PUBLISHER], release_id, at=at.isoformat())
        return [row.channel for row in await Delivery.filter(release_id=release_id, due_at=at).only("id", "channel")]

    async def edit(self, disclosure_id: int) -> None:
        """Another text, which nobody has signed: every approval falls."""
        anew = write(self._dice.randrange(10**6), self._dice)
        await self._product.desk.revise(PEOPLE[Role.DRAFTER], disclosure_id, anew.draft())

    async def _approved(self, disclosure: int, release: int, text: Text, due: datetime) -> Approved:
        """What must arrive. WeChat's article is laid out by the product: its page is kept as it was shown to the officer who
        planned the release, before any process could touch it, and must say our own words."""
        page_url = f"{self._settings.public_url}/d/{disclosure}"
        row = await Delivery.get(release_id=release, channel=ChannelName.WECHAT)
        article = str(row.payload["content_html"])
        if row.due_at != due or not says(article, text):
            raise AssertionError(f"release {release} was not planned as it was asked for")
        return Approved(
            disclosure_id=disclosure, release_id=release, page_url=page_url, due_at=due.timestamp(), title=text.title,
            words=text.paragraphs, weibo_text=f"{text.weibo} {page_url}", wechat_title_sha256=sha256(text.title),
            wechat_body_sha256=sha256(article),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything a run has: the product in this process (it plans and reads, it does not publish), the platforms, and the
    product's own processes, which are not started yet."""

    settings: Settings
    product: Product
    office: Office
    sandbox: Sandbox
    fleet: Fleet


@asynccontextmanager
async def house(plan: Plan, url: str, folder: Path, **more: Any) -> AsyncIterator[House]:
    """A migrated database with all that stands on it; ``more`` goes to the product's wiring. Everything ends with the block."""
    settings, address = settings_for(folder, url)
    await migrate(url, then=seed)
    await connect(url)
    product = await build(settings, **more)
    fleet = Fleet(plan, environment(settings), folder)
    try:
        async with platforms(settings, address, folder) as sandbox:
            office = Office(product, settings, plan.seed)
            yield House(settings=settings, product=product, office=office, sandbox=sandbox, fleet=fleet)
    finally:
        fleet.abandon()
        with suppress(Exception):
            await product.stop()
        await disconnect()


def moments(plan: Plan, dice: random.Random) -> list[float]:
    """When the releases are due, in seconds after the beginning: every second one in one of a few same seconds, the rest
    spread. The last quarter of the phase is left for what is late by then."""
    length = plan.phase * 0.75
    together = [round(length * part) for part in (0.02, 0.25, 0.5, 0.75)]
    return [
        float(dice.choice(together)) if number % 5 < 2 else dice.uniform(0, length) for number in range(plan.releases)
    ]
