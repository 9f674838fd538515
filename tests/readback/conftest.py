"""The whole road from an approved text to its proof, without the staff's pages: real channels against the sandbox and a
real portal over HTTP, the real ledger and database, and one clock that a test moves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from audit.trail import Trail
from disclosures.content import Content
from disclosures.desk import Desk
from disclosures.records import Category, Disclosure, Revision, Unit
from disclosures.workdays import WorkingDays
from knowledge.curation import Curation
from portal.site import SiteIdentity
from portal.web import Portal
from publishers.answers.channel import AnswersChannel
from publishers.correcting import stopping_the_old_answer
from publishers.decisions import Decisions
from publishers.delivering import Deliverer
from publishers.ledger import Ledger
from publishers.port import Channel, ChannelName
from publishers.portal.channel import PortalChannel
from publishers.proving import Proving
from publishers.records import Delivery, Incident, PlatformToken, ReadBack
from publishers.states import Patience
from publishers.wechat.channel import WeChatChannel
from publishers.wechat.client import WeChatClient
from publishers.wechat.limits import WeChatLimits
from publishers.wechat.token import WeChatTokens
from publishers.weibo.channel import WeiboChannel
from publishers.weibo.client import WeiboClient
from publishers.withdrawal import Withdrawal
from sandbox.app import run
from sandbox.options import SandboxOptions
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import Role

APPID, SECRET, UID, TOKEN = "wxba5fad812f8e6fb9", "s" * 32, "2000000001", "2.00sandboxweibotoken"
COVER = Path(__file__).parents[2] / "publishers" / "wechat" / "data" / "default-cover.png"
PUBLISHER = Person(
    account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER, Role.FINAL_REVIEWER})
)  # fmt: skip
CONTENT = Content(
    title="关于调整城乡低保标准的通知",
    body_html="<p>自2026年12月1日起，城市低保标准为每人每月935元。</p><table><tbody><tr><td>城市</td><td>935</td></tr></tbody></table>",
    department="区民政局",
    category="通知公告",
    formed_on=date(2026, 11, 20),
    index_number="QMZ-2026-00012",
    summary="城市低保标准调整为每人每月935元。",
)
ALL = ("portal", "wechat", "weibo", "answers")


@dataclass(kw_only=True)
class Stage:
    """Everything that stands between a text and the public, with the sandbox's control door."""

    clock: Any
    http: aiohttp.ClientSession
    base: str
    public_url: str
    channels: dict[ChannelName, Channel]
    curation: Curation
    client: WeChatClient
    trail: Trail = field(default_factory=Trail)
    patience: Patience = field(default_factory=Patience)

    def __post_init__(self) -> None:
        desk = Desk(clock=self.clock, trail=self.trail, credit_code="1", working_days=WorkingDays())

        async def released(connection: BaseDBAsyncClient, row: Delivery, now: Any) -> None:
            await stopping_the_old_answer(self.channels)(connection, row, now)
            await desk.mark_released(
                connection, row.disclosure_id, content_hash=row.content_hash, by=Actor.machine("测试"), now=now
            )

        async def withdrawn(
            connection: BaseDBAsyncClient, person: Person, number: int, explanation: str, now: Any
        ) -> None:
            await desk.withdraw_state(connection, person, number, explanation=explanation, now=now)

        async def repealed(
            connection: BaseDBAsyncClient, person: Person, number: int, explanation: str, now: Any
        ) -> None:
            await desk.repeal_state(connection, person, number, explanation=explanation, now=now)

        self.timetable = Timetable(
            clock=self.clock, trail=self.trail, channels=self.channels, page_url=self.page_url, ring=lambda: None
        )
        self.ledger = Ledger(
            clock=self.clock, trail=self.trail, owner="stage", page_url=self.page_url, patience=self.patience,
            capabilities={name: channel.capabilities for name, channel in self.channels.items()},
        )  # fmt: skip
        self.deliverer = Deliverer(
            ledger=self.ledger, channels=self.channels, load_file=_no_files, clock=self.clock, patience=self.patience,
            after_publish=released,
        )  # fmt: skip
        self.proving = self.another_node()
        self.decisions = Decisions(clock=self.clock, trail=self.trail, ring=lambda: None)
        self.withdrawal = Withdrawal(
            clock=self.clock, trail=self.trail, channels=self.channels, mark_withdrawn=withdrawn, mark_repealed=repealed,
            ring=lambda: None,
        )  # fmt: skip

    def another_node(self) -> Proving:
        return Proving(clock=self.clock, trail=self.trail, channels=self.channels, page_url=self.page_url)

    def page_url(self, number: int) -> str:
        return f"{self.public_url}/d/{number}"

    async def approved(self, content: Content = CONTENT) -> int:
        """An approved disclosure, as three reviews leave it; its number."""
        unit, _ = await Unit.get_or_create(code="mzj", defaults={"name": "区民政局"})
        category, _ = await Category.get_or_create(code="tzgg", defaults={"name": "通知公告"})
        now, number = self.clock.moment, await Disclosure.all().count() + 1
        row = await Disclosure.create(
            state="approved", title=content.title, unit=unit, category=category,
            index_number=f"{content.index_number}-{number}", current_revision=1, approved_revision=1,
            approved_hash=content.digest(), author_id=1, author_name="拟稿人", created_at=now, updated_at=now,
        )  # fmt: skip
        await self._revise(row, content, 1)
        return int(row.id)

    async def correct(self, number: int, content: Content) -> None:
        """A corrected text, reviewed and approved."""
        row = await Disclosure.get(id=number)
        row.current_revision += 1
        row.state, row.approved_revision, row.approved_hash = "approved", row.current_revision, content.digest()
        await row.save()
        await self._revise(row, content, row.current_revision)

    async def _revise(self, row: Disclosure, content: Content, revision: int) -> None:
        await Revision.create(
            disclosure=row, number=revision, content=content.canonical(), body_source="", body_format="html",
            content_hash=content.digest(), author_id=1, author_name="拟稿人", created_at=self.clock.moment,
        )  # fmt: skip

    async def release(self, number: int, *channels: str) -> int:
        """Releases now and works until everything is out."""
        release = await self.timetable.schedule(
            PUBLISHER, number, at="now", channels=channels or ALL, confirm_mass=True
        )  # fmt: skip
        await self.work()
        return int(release.id)

    async def work(self, *, rounds: int = 8) -> None:
        """Lets the machine do what is due, and time pass, until nothing is left to do."""
        for _ in range(rounds):
            claims = await self.ledger.claim()
            for claim in claims:
                await self.deliverer.work(claim)
            self.clock.advance(4)

    async def out(self, content: Content = CONTENT, *channels: str) -> dict[str, Delivery]:
        """A text that is out everywhere; its deliveries by channel."""
        release = await self.release(await self.approved(content), *channels)
        rows = {row.channel: row for row in await Delivery.filter(release_id=release)}
        assert {row.state for row in rows.values()} == {"published"}, {c: (r.state, r.problem) for c, r in rows.items()}
        return rows

    async def proofs(self, row: Delivery) -> list[ReadBack]:
        return await ReadBack.filter(delivery_id=row.id).order_by("id")

    async def incident(self, row: Delivery, kind: str = "read_back") -> Incident | None:
        return await Incident.get_or_none(open_key=f"{kind}:{row.id}")

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, f"{self.base}/control/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def calls(self, path: str) -> int:
        return int((await self.control("GET", "calls"))["calls"].get(path, 0))

    def slug(self, row: Delivery) -> str:
        return str(row.url).rpartition("/")[2]


async def _no_files(sha256: str) -> bytes:
    raise AssertionError(f"no file is used here: {sha256}")


@pytest.fixture
async def portal_url(any_database: str, clock: Any) -> AsyncIterator[str]:
    """The public portal over HTTP; its address is the installation's public address."""
    server = web.AppRunner(web.Application(), access_log=None, shutdown_timeout=0.1)
    await server.setup()
    listening = web.TCPSite(server, "127.0.0.1", 0)
    await listening.start()
    host, port = server.addresses[0][:2]
    await listening.stop()
    await server.cleanup()
    url = f"http://{host}:{port}"
    site = SiteIdentity(name="明白区", domain="www.mingbai.example", id_code="1", credit_code="1", public_url=url)
    app = web.Application()
    app.add_routes(Portal(site=site, clock=clock, load_file=_no_files).routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    yield url
    await runner.cleanup()


@pytest.fixture
async def stage(any_database: str, clock: Any, portal_url: str) -> AsyncIterator[Stage]:
    options = SandboxOptions(
        wechat_appid=APPID, wechat_secret=SECRET, wechat_token="AAAAA", wechat_aes_key="a" * 43,
        wechat_account="gh_sandbox", publish_seconds=0.0, mass_seconds=0.0, event_seconds=0.0,
        weibo_uid=UID, weibo_access_token=TOKEN, weibo_safe_domain="127.0.0.1", treat_as_public=("127.0.0.1",),
    )  # fmt: skip
    sandbox = await run(options, clock=lambda: clock.moment.timestamp())
    base = "http://{}:{}".format(*sandbox.addresses[0][:2])
    async with aiohttp.ClientSession() as http:
        api_base, trail = f"{base}/wechat-api", Trail()
        tokens = WeChatTokens(http=http, api_base=api_base, appid=APPID, secret=SECRET, clock=clock, owner="stage")
        client = WeChatClient(http=http, api_base=api_base, tokens=tokens)
        curation = Curation(clock=clock, trail=trail)
        weibo = WeiboClient(session=http, access_token=TOKEN, api_base=f"{base}/weibo-api", timeout=2.0)
        channels: dict[ChannelName, Channel] = {
            ChannelName.PORTAL: PortalChannel(site_name="明白区", http=http),
            ChannelName.WECHAT: WeChatChannel(
                client=client, limits=WeChatLimits(), default_cover=COVER, account_name="明白区发布"
            ),
            ChannelName.WEIBO: WeiboChannel(
                client=weibo, safe_domain="127.0.0.1", uid=UID, rip="203.0.113.9", clock=clock
            ),
            ChannelName.ANSWERS: AnswersChannel(curation=curation),
        }
        yield Stage(
            clock=clock,
            http=http,
            base=base,
            public_url=portal_url,
            channels=channels,
            curation=curation,
            client=client,
        )
    await sandbox.cleanup()
    await PlatformToken.all().delete()


def changed(content: Content = CONTENT, **changes: Any) -> Content:
    return replace(content, **changes)
