"""A portal over real HTTP and a real database, and a press that publishes through the real channel."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from tortoise.transactions import in_transaction

from disclosures.content import Content, FileReference
from disclosures.records import Category, StoredFile
from portal.chat import ChatOption, ChatReply, ChatSource
from portal.site import SiteIdentity
from portal.web import Portal
from publishers.port import Sighting, Ticket
from publishers.portal.channel import PortalChannel

MORNING = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
SITE = SiteIdentity(
    name="明白区人民政府",
    domain="www.mingbai.example",
    id_code="3301000001",
    credit_code="11330100000000000X",
    public_url="https://www.mingbai.example",
    phone="0571-00000000",
    hub_url="https://hub.mingbai.example/",
)
CONTENT = Content(
    title="关于调整最低生活保障标准的通知",
    body_html="<p>自7月1日起，标准调整为每人每月1040元。</p><p>详见<a href='/d/2'>解读</a>。</p>",
    department="区民政局",
    category="社会救助",
    formed_on=date(2026, 11, 20),
    index_number="11330100000000000X/2026-00001",
    document_number="明政发〔2026〕12号",
    summary="调整低保标准。",
    keywords=("低保", "标准"),
)


@dataclass(kw_only=True)
class Press:
    """Publishes and retracts as the ledger would, each act in one transaction."""

    moment: datetime = MORNING
    releases: int = 0

    async def publish(
        self, number: int = 1, content: Content = CONTENT, *, minutes: int = 0, release: int = 0, **changes: Any
    ) -> Sighting:
        channel = PortalChannel(site_name=SITE.name)
        url = SITE.url(f"/d/{number}")
        chosen = replace(content, **changes)
        self.releases += 1
        ticket = Ticket(
            delivery_id=self.releases,
            release_id=release or self.releases,
            disclosure_id=number,
            payload=channel.render(chosen, page_url=url).payload,
            facts={},
            page_url=url,
            due_at=self.moment,
        )
        async with in_transaction() as connection:
            return await channel.publish(connection, ticket, now=self.moment + timedelta(minutes=minutes))

    async def retract(
        self, number: int = 1, *, explanation: str = "数据有误", repealed: bool = False, minutes: int = 60
    ) -> None:
        async with in_transaction() as connection:
            await PortalChannel(site_name=SITE.name).retract(
                connection,
                number,
                explanation=explanation,
                repealed=repealed,
                now=self.moment + timedelta(minutes=minutes),
            )

    async def store(self, data: bytes, *, name: str, media_type: str, title: str = "") -> FileReference:
        sha256 = hashlib.sha256(data).hexdigest()
        await StoredFile.create(
            sha256=sha256, media_type=media_type, file_name=name, size=len(data), data=data, created_at=self.moment
        )
        return FileReference(sha256=sha256, file_name=name, media_type=media_type, size=len(data), title=title)


@pytest.fixture
def site() -> SiteIdentity:
    return SITE


@pytest.fixture
async def press(database: str) -> Press:
    return Press()


@pytest.fixture
async def columns(database: str) -> None:
    """A small catalogue of our own, so that no test depends on the delivered one."""
    await Category.all().delete()
    rows = [
        ("zhinan", "信息公开指南", "", "信息公开指南"),
        ("zhidu", "信息公开制度", "", "信息公开指南"),
        ("fading", "法定主动公开内容", "", "信息公开目录"),
        ("jiuzhu", "社会救助", "fading", "信息公开目录"),
        ("nianbao", "信息公开年报", "", "信息公开年报"),
        ("yishenqing", "依申请公开", "", "依申请公开"),
        ("jiedu", "政策解读", "", "政策解读"),
    ]
    for place, (code, name, parent, kind) in enumerate(rows):
        await Category.create(
            code=code,
            name=name,
            parent=parent,
            column_type=kind,
            description=f"{name}的说明",
            keywords=f"{name},公开",
            sort=place,
        )


async def echo(visitor: str, text: str) -> ChatReply:
    return ChatReply(
        lines=(f"您问的是：{text}",),
        options=(ChatOption(label="低保标准", say="1"),),
        sources=(ChatSource(title="关于调整标准的通知", url="/d/1", note="区民政局 · 有效"),),
    )


Serve = Callable[..., Awaitable[TestClient]]


@pytest.fixture
async def serve(database: str, clock: Any) -> AsyncIterator[Serve]:
    """Starts a portal; keyword arguments go to ``Portal``. Several may run: replicas over one database."""
    clients: list[TestClient] = []

    async def load_file(sha256: str) -> bytes:
        return bytes((await StoredFile.get(sha256=sha256)).data)

    async def start(**arguments: Any) -> TestClient:
        portal = Portal(**{"site": SITE, "clock": clock, "load_file": load_file, "answer": echo, **arguments})
        app = web.Application()
        app.add_routes(portal.routes())
        client: TestClient = TestClient(TestServer(app))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def client(serve: Serve) -> TestClient:
    return await serve()
