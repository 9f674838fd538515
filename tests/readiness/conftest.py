"""The whole product beside the sandbox over real HTTP, with one clock for both; its bells are rung by the test."""

import socket
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import CookieJar, FormData, web

from audit.actor import Actor
from audit.trail import Trail
from disclosures.content import Content, WeChatVersion
from disclosures.records import Category, Disclosure, Revision, Unit
from gateway.commands.demo import demo_settings, environment
from gateway.database.seed import seed
from gateway.readying import mass_quota_of
from gateway.settings import AccountKind, Settings
from gateway.wiring import Product, build
from publishers.mass_quota import MassQuota
from publishers.records import Delivery, Incident
from sandbox.app import run
from sandbox.cli import options_from
from staff.passwords import Passwords
from staff.person import Person
from staff.roles import Role

PASSWORD = "mingbai-demo-2026"
MACHINE = Actor.machine("测试")
PEOPLE = {"nigao": "drafter", "fabu": "publisher", "guanli": "operator"}
PUBLISHER = Person(
    account_id=9, name="fabu9", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER})
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def approved(clock: Any, title: str, *, mass: bool = False) -> int:
    """An approved disclosure; returns its id."""
    number = await Disclosure.all().count() + 1
    unit, _ = await Unit.get_or_create(name="区民政局", defaults={"code": "mzj"})
    category, _ = await Category.get_or_create(name="通知公告", defaults={"code": "tzgg"})
    content = Content(
        title=title, body_html=f"<p>{title}，请各单位抓好落实。</p>", department="区民政局", category="通知公告",
        formed_on=date(2026, 11, 20), index_number=f"X/2026-{number:05d}",
        wechat=WeChatVersion(mode="mass" if mass else "publish"),
    )  # fmt: skip
    now = await clock.now()
    disclosure = await Disclosure.create(
        state="approved", title=title, unit=unit, category=category, index_number=content.index_number,
        current_revision=1, approved_revision=1, approved_hash=content.digest(), author_id=1, author_name="拟稿人",
        created_at=now, updated_at=now,
    )  # fmt: skip
    await Revision.create(
        disclosure=disclosure, number=1, content=content.canonical(), body_source="正文", body_format="markdown",
        content_hash=content.digest(), author_id=1, author_name="拟稿人", created_at=now,
    )  # fmt: skip
    return int(disclosure.id)


class House:
    """Product and sandbox under one clock."""

    def __init__(self, product: Product, settings: Settings, sandbox: str, clock: Any) -> None:
        self.product = product
        self.settings = settings
        self.sandbox = sandbox
        self.clock = clock
        self.http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        quota = mass_quota_of(settings, clock=clock, trail=Trail())
        assert quota is not None
        self.quota: MassQuota = quota

    async def release(
        self, title: str, *, after: timedelta, mass: bool = False, channels: str = "portal wechat weibo"
    ) -> int:
        """A release planned ``after`` from now."""
        number = await approved(self.clock, title, mass=mass)
        at = self.clock.moment + after
        release = await self.product.timetable.schedule(
            PUBLISHER, number, at=at.isoformat(), channels=channels.split(), confirm_mass=mass
        )
        return int(release.id)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.sandbox}/control/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def profile(self, **changes: Any) -> None:
        await self.control("PATCH", "profile", changes)

    async def weibo(self, **switches: Any) -> None:
        await self.control("POST", "weibo/switches", switches)

    async def calls(self, path: str) -> int:
        return int((await self.control("GET", "calls"))["calls"].get(path, 0))

    async def incident(self, key: str) -> Incident | None:
        return await Incident.get_or_none(open_key=key)

    async def row(self, release: int, channel: str = "wechat") -> Delivery:
        return await Delivery.get(release_id=release, channel=channel)

    async def page(self, path: str) -> tuple[int, str]:
        async with self.http.get(self.settings.public_url + path) as answer:
            return answer.status, await answer.text()


class Browser:
    """A member of staff at the screen."""

    def __init__(self, base: str) -> None:
        self.session = aiohttp.ClientSession(cookie_jar=CookieJar(unsafe=True))
        self.base = base
        self.text = ""

    async def get(self, path: str) -> int:
        async with self.session.get(self.base + path) as answer:
            self.text = await answer.text()
            return answer.status

    async def post(self, path: str, **fields: str) -> int:
        """Posts a form with the token of the page last seen; follows the redirect."""
        csrf = self.text.split('name="csrf" value="', 1)[1].split('"', 1)[0]
        form = FormData({**fields, "csrf": csrf})
        async with self.session.post(self.base + path, data=form, headers={"Origin": self.base}) as answer:
            self.text = await answer.text()
            return answer.status

    async def sign_in(self, name: str) -> None:
        await self.get("/console/sign-in")
        assert await self.post("/console/sign-in", name=name, password=PASSWORD) == 200


@pytest.fixture
def account_kind() -> str:
    """Override by parametrisation: subscription or service."""
    return "subscription"


@pytest.fixture
async def house(database: str, tmp_path: Path, clock: Any, account_kind: str) -> AsyncIterator[House]:
    await seed()
    port, sandbox_port = free_port(), free_port()
    settings = demo_settings(tmp_path, port=port, sandbox_port=sandbox_port).model_copy(
        update={"database_url": database, "wechat_account_kind": AccountKind(account_kind)}
    )
    options = options_from({**environment(settings)}, settings.public_url).changed(
        {"publish_seconds": 0.0, "mass_seconds": 0.0, "event_seconds": 0.0}
    )
    sandbox = await run(options, port=sandbox_port, clock=lambda: clock.moment.timestamp())
    passwords = Passwords(time_cost=1, memory_cost=1024, parallelism=1)
    product = await build(settings, clock=clock, machine_now=lambda: clock.moment, passwords=passwords)
    runner = web.AppRunner(product.app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    for name, role in PEOPLE.items():
        await product.accounts.add(name, roles=[role], unit="区政府办", password=PASSWORD, by=MACHINE)
    house = House(product, settings, f"http://127.0.0.1:{sandbox_port}", clock)
    yield house
    await house.http.close()
    await runner.cleanup()
    for session in product.http:
        await session.close()
    passwords.close()
    await sandbox.cleanup()


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Callable[[], Browser]]:
    made: list[Browser] = []

    def make() -> Browser:
        made.append(Browser(house.settings.public_url))
        return made[-1]

    yield make
    for each in made:
        await each.session.close()
