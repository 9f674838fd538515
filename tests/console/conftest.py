"""The console and its API over real HTTP, with a real database, a real ledger, and platforms that answer at once."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import ClientSession, CookieJar, FormData, web
from aiohttp.test_utils import TestServer
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from console.api.api import Api
from console.echo_desk import EchoDesk
from console.press import PressDesk
from console.site import Console
from console.talk import TalkDesk
from disclosures.catalogue import Catalogue, seed
from disclosures.content import Content
from disclosures.desk import Desk
from disclosures.files import Files
from disclosures.workdays import WorkingDays
from gateway.pressing import calendar_desk, press_desk
from gateway.talking import talk_desk
from gateway.web import error_pages, secure_headers
from knowledge.base import KnowledgeBase
from knowledge.curating import Curating
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Finding, Hit
from knowledge.keywords import Keywords
from knowledge.rumour_desk import RumourDesk
from portal.site import SiteIdentity
from portal.web import Portal
from publishers.decisions import Decisions
from publishers.delivering import Deliverer
from publishers.echo.comment_desk import CommentDesk
from publishers.echo.hearing import Hearing
from publishers.echo.outbox import Outbox
from publishers.echo.port import Discussion
from publishers.echo.tally import Tally
from publishers.events import PlatformEvents
from publishers.foreign import Foreign
from publishers.halt import QUARANTINE, Halts
from publishers.ledger import Ledger
from publishers.looking import Looking
from publishers.port import (
    Capabilities,
    Channel,
    ChannelName,
    Facts,
    Live,
    Liveness,
    LoadFile,
    Problem,
    Rendered,
    Shown,
    Sighting,
    Ticket,
    Verdict,
)
from publishers.portal.channel import PortalChannel
from publishers.proposals import Proposals
from publishers.quarantine import may_lift
from publishers.records import Delivery
from publishers.states import Patience
from publishers.wechat.article import check_article, render_article
from publishers.wechat.limits import WeChatLimits
from publishers.weibo.channel import WeiboChannel
from publishers.weibo.client import WeiboClient
from publishers.withdrawal import Withdrawal
from scheduler.dispatcher import Dispatcher
from scheduler.timetable import Timetable
from staff.accounts import Accounts
from staff.deputies import standing_in
from staff.passwords import Passwords
from staff.person import Person
from staff.sessions import Sessions
from staff.tokens import ApiTokens
from tests.echo.scripted import ScriptedDiscussion

PASSWORD = "long enough, 明白 2026"
SYSTEM = Actor.machine("安装程序")
DOMAIN = "www.example.gov.cn"
BODY = "各镇人民政府，各街道办事处：\n\n补贴自2026年12月1日起发放，每户300元。\n\n请各单位抓好落实。"


class WeChat:
    """The real article, and a platform that publishes it at once."""

    name = ChannelName.WECHAT
    capabilities = Capabilities(local=False, links_to_portal=True, drafts=True, follows=True, may_conclude_absent=True)

    def __init__(self) -> None:
        self.outcome: Sighting | Exception | None = None
        self.live = Live(liveness=Liveness.UNREADABLE, message="没有文章编号")

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        return str(payload["title"])

    async def read_back(self, ticket: Ticket) -> Live:
        return self.live

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        return ()

    async def readiness(self) -> tuple[Problem, ...]:
        return ()

    def render(self, content: Content, *, page_url: str) -> Rendered:
        return Rendered(
            payload=render_article(
                content, page_url=page_url, limits=WeChatLimits(), account_name="示例区人民政府"
            )
        )  # fmt: skip

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        return check_article(content, page_url=page_url, limits=WeChatLimits())

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        return {"media_id": f"M{ticket.delivery_id}"}

    async def send(self, ticket: Ticket) -> Sighting:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome or Sighting(
            verdict=Verdict.PUBLISHED,
            external_id=f"A{ticket.delivery_id}",
            url=f"https://mp.example/{ticket.delivery_id}",
        )

    async def follow(self, ticket: Ticket) -> Sighting:
        return Sighting(verdict=Verdict.RUNNING)

    async def look(self, ticket: Ticket) -> Sighting:
        return Sighting(verdict=Verdict.UNKNOWN)

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        return None

    async def withdraw(self, ticket: Ticket) -> Sighting:
        return Sighting(verdict=Verdict.GONE)


class Weibo(WeiboChannel):
    """The real text, and a platform that takes it at once. ``seen`` is what a look finds, ``timeline`` what is listed."""

    outcome: Sighting | Exception | None = None
    removal: Sighting | Exception | None = None
    seen: Sighting | Exception | None = None
    live: Live = Live(liveness=Liveness.UNREADABLE, message="没有微博编号")
    timeline: tuple[Shown, ...] | Exception = ()
    sent = 0

    async def send(self, ticket: Ticket) -> Sighting:
        self.sent += 1
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome or Sighting(verdict=Verdict.PUBLISHED, external_id="W1", url="https://weibo.example/W1")

    async def look(self, ticket: Ticket) -> Sighting:
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen or Sighting(verdict=Verdict.UNKNOWN, message="时间线上没有看到本条")

    async def withdraw(self, ticket: Ticket) -> Sighting:
        if isinstance(self.removal, Exception):
            raise self.removal
        return self.removal or Sighting(verdict=Verdict.GONE)

    async def read_back(self, ticket: Ticket) -> Live:
        return self.live

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        if isinstance(self.timeline, Exception):
            raise self.timeline
        return self.timeline[:limit]


class Bot:
    """Answers every question with one entry."""

    entry = Entry(id="faq-1", kind=EntryKind.faq, title="冬季供暖补贴怎么领？", body="每户300元。", source="区民政局")

    def ask(self, text: str, *, top: int = 10, today: object) -> Finding:
        return Finding(
            decision="answer", confidence=0.93, question=text,
            hits=(Hit(entry=self.entry, score=7.5, why=("“补贴”在标题中", "“供暖”在标题中")),),
        )  # fmt: skip

    async def answer(self, text: str, session: str) -> dict[str, Any]:
        return {
            "decision": "answer", "confidence": 0.93, "answer": "每户300元。\n依据：区民政局",
            "sources": [{"title": self.entry.title}], "hits": [{"id": "faq-1", "score": 7.5}], "session": session,
        }  # fmt: skip


async def no_such_page(request: web.Request) -> web.StreamResponse:
    return web.Response(status=404, text="没有找到页面")


class House:
    """Everything, wired as the product wires it."""

    def __init__(self, clock: Any, folder: Path) -> None:
        self.clock = clock
        self.trail = Trail()
        self.passwords = Passwords(time_cost=1, memory_cost=64, parallelism=1)
        self.working_days = WorkingDays()
        self.desk = Desk(
            clock=clock, trail=self.trail, credit_code="11441700007280420Y", working_days=self.working_days,
            deputies=standing_in,
        )  # fmt: skip
        self.files = Files(clock=clock, trail=self.trail)
        self.catalogue = Catalogue(clock=clock, trail=self.trail)
        self.accounts = Accounts(clock=clock, trail=self.trail, passwords=self.passwords)
        self.sessions = Sessions(clock=clock, trail=self.trail, passwords=self.passwords)
        self.tokens = ApiTokens(clock=clock, trail=self.trail)
        self.wechat = WeChat()
        self.weibo = Weibo(
            client=cast(WeiboClient, None), safe_domain=DOMAIN, uid="1", rip="127.0.0.1", clock=clock,
            load_file=self.files.load,
        )  # fmt: skip
        self.channels: dict[ChannelName, Channel] = {
            ChannelName.PORTAL: PortalChannel(site_name="示例区人民政府"),
            ChannelName.WECHAT: self.wechat,
            ChannelName.WEIBO: self.weibo,
        }
        self.calendar = calendar_desk(
            clock=clock, trail=self.trail, working_days=self.working_days, public_url=f"https://{DOMAIN}",
            page_url=self.page_url, curation=None, mass_quota=None,
        )  # fmt: skip
        self.timetable = Timetable(
            clock=clock, trail=self.trail, channels=self.channels, page_url=self.page_url, ring=lambda: None,
            planning=self.calendar.planning,
            examination=self.desk.examination,
        )  # fmt: skip
        self.decisions = Decisions(clock=clock, trail=self.trail, ring=lambda: None)
        self.withdrawal = Withdrawal(
            clock=clock, trail=self.trail, channels=self.channels, mark_withdrawn=self.mark_withdrawn,
            mark_repealed=self.mark_repealed, ring=lambda: None,
        )  # fmt: skip
        self.dispatcher = self._dispatcher()
        self.looking = Looking(
            ledger=self.ledger, deliverer=self.deliverer, channels=self.channels, page_url=self.page_url
        )
        self.proposals = Proposals(
            clock=clock, trail=self.trail, looking=self.looking, after_publish=self.after, ring=lambda: None
        )
        self.bot = Bot()
        site = SiteIdentity(
            name="示例区人民政府", domain=DOMAIN, id_code="", credit_code="", public_url=f"https://{DOMAIN}"
        )
        self.portal = Portal(site=site, clock=clock, load_file=self.files.load)
        self.voices = ScriptedDiscussion()
        self.keywords = Keywords(folder)
        self.base = KnowledgeBase(keywords=self.keywords, clock=clock)
        self.curating = Curating.of(clock=clock, trail=self.trail, keywords=self.keywords, base=self.base)
        self.people: dict[str, Person] = {}
        self.bearers: dict[str, str] = {}

    def _dispatcher(self) -> Dispatcher:
        ledger = Ledger(
            clock=self.clock, trail=self.trail, owner="worker-1", page_url=self.page_url, patience=Patience(),
            capabilities={name: channel.capabilities for name, channel in self.channels.items()},
        )  # fmt: skip
        deliverer = Deliverer(
            ledger=ledger, channels=self.channels, load_file=self.files.load, clock=self.clock, patience=Patience(),
            after_publish=self.after,
        )  # fmt: skip
        events = PlatformEvents(
            ledger=ledger, channels=self.channels, clock=self.clock, patience=Patience(), after_publish=self.after
        )
        self.ledger, self.deliverer = ledger, deliverer
        return Dispatcher(
            ledger=ledger, deliverer=deliverer, events=events, clock=self.clock, machine_now=lambda: self.clock.moment
        )

    def page_url(self, disclosure_id: int) -> str:
        return f"https://{DOMAIN}/d/{disclosure_id}"

    async def after(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        await self.desk.mark_released(
            connection, row.disclosure_id, content_hash=row.content_hash, by=Actor.machine("发布系统"), now=now
        )

    async def mark_withdrawn(
        self, connection: BaseDBAsyncClient, person: Person, disclosure_id: int, explanation: str, now: datetime
    ) -> None:
        await self.desk.withdraw_state(connection, person, disclosure_id, explanation=explanation, now=now)

    async def mark_repealed(
        self, connection: BaseDBAsyncClient, person: Person, disclosure_id: int, explanation: str, now: datetime
    ) -> None:
        await self.desk.repeal_state(connection, person, disclosure_id, explanation=explanation, now=now)

    async def staff(self, name: str, roles: str, display_name: str = "") -> Person:
        """An account with a password and a token."""
        person = await self.accounts.add(
            name,
            roles=roles.split(","),
            by=SYSTEM,
            display_name=display_name or name,
            unit="区政府办",
            password=PASSWORD,
        )
        self.people[name] = person
        self.bearers[name] = await self.tokens.issue(name, by=SYSTEM)
        return person

    def halts(self) -> Halts:
        return Halts(clock=self.clock, trail=self.trail, ring=lambda: None, may_lift={QUARANTINE: may_lift})

    def console(self) -> Console:
        return Console(
            desk=self.desk, files=self.files, catalogue=self.catalogue, timetable=self.timetable,
            decisions=self.decisions, proposals=self.proposals, looking=self.looking, withdrawal=self.withdrawal,
            channels=self.channels, sessions=self.sessions, accounts=self.accounts, trail=self.trail, clock=self.clock, page_url=self.page_url, secure_cookies=False,
            site_name="示例区人民政府", knowledge=self.bot, ask=self.bot.answer, halts=self.halts(), patience=Patience(), curating=self.curating,
            foreign=Foreign(clock=self.clock, trail=self.trail, page_url=self.page_url),
            rumours=RumourDesk(clock=self.clock, trail=self.trail, curation=Curation(clock=self.clock, trail=self.trail)), press=self.press(), talk=self.talk(),
        )  # fmt: skip

    def talk(self) -> TalkDesk:
        return talk_desk(
            curation=self.curating.curation, curating=self.curating, clock=self.clock, trail=self.trail,
            working_days=self.working_days, cut=self.keywords.cut,
        )  # fmt: skip

    def press(self) -> PressDesk:
        return press_desk(
            clock=self.clock, trail=self.trail, desk=self.desk, timetable=self.timetable, calendar=self.calendar,
            words=self.keywords.cut, portal_page=self.portal.preview, echo=self.echo(),
        )  # fmt: skip

    def echo(self) -> EchoDesk:
        """Comments and figures, with a Weibo that does as it is told (``self.voices``)."""
        discussions: dict[str, Discussion] = {"weibo": self.voices, "wechat": self.voices}
        outbox = Outbox(clock=self.clock, trail=self.trail, owner="worker-1", discussions=discussions)
        desk = CommentDesk(clock=self.clock, trail=self.trail, outbox=outbox, discussions=discussions)
        hearing = Hearing(clock=self.clock, trail=self.trail, key="k" * 32, discussions=discussions, figures={})
        self.outbox, self.hearing = outbox, hearing
        return EchoDesk(
            clock=self.clock, comments=desk, hearing=hearing, discussions=discussions, tally=Tally(clock=self.clock),
            looking=self.looking, workdays=WorkingDays(), ask=self.bot,
        )  # fmt: skip

    def api(self) -> Api:
        return Api(
            desk=self.desk, files=self.files, timetable=self.timetable, withdrawal=self.withdrawal,
            decisions=self.decisions, proposals=self.proposals, channels=self.channels, tokens=self.tokens, clock=self.clock,
            page_url=self.page_url, ask=self.bot.answer,
            public_url=f"https://{DOMAIN}", version="0.1.0", halts=self.halts(), curating=self.curating, calendar=self.calendar,
            echo=self.echo(), reviewing=self.press().reviewing, talk=self.talk(),
        )  # fmt: skip

    def application(self) -> web.Application:
        app = web.Application(middlewares=[error_pages(no_such_page)], client_max_size=12 * 2**20)
        app.on_response_prepare.append(secure_headers(https=False))
        app.add_routes([*self.console().routes(), *self.api().routes()])
        return app


PEOPLE = {
    "nigao": ("drafter", "李拟稿"),
    "chushen": ("first_reviewer", "王初审"),
    "fushen": ("second_reviewer", "赵复审"),
    "zhongshen": ("final_reviewer", "孙终审"),
    "fabu": ("publisher", "周发布"),
    "zhishi": ("curator", "吴知识"),
    "zhishi2": ("curator", "冯知识"),
    "guanli": ("operator", "郑系统"),
}


@pytest.fixture
async def house(database: str, clock: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with in_transaction() as connection:
        await seed(connection)
    # One folder for all: the dictionary's cache is made once.
    house = House(clock, tmp_path_factory.getbasetemp() / "jieba")
    for name, (roles, display_name) in PEOPLE.items():
        await house.staff(name, roles, display_name)
    yield house
    await house.curating.survey.close()
    house.passwords.close()


@pytest.fixture
async def base(house: House) -> AsyncIterator[str]:
    """The address of the running house."""
    server = TestServer(house.application())
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


class Caller:
    """One account calling the API."""

    def __init__(self, session: ClientSession, base: str, token: str) -> None:
        self._session, self._base, self._token = session, base, token

    async def __call__(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, data: Any = None
    ) -> SimpleNamespace:
        sent = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        async with self._session.request(
            method, f"{self._base}/api/v1{path}", json=body, data=data, headers=sent, allow_redirects=False
        ) as answer:
            return SimpleNamespace(
                status=answer.status, body=await answer.json(content_type=None), headers=answer.headers
            )


@pytest.fixture
async def call(house: House, base: str) -> AsyncIterator[Callable[[str], Caller]]:
    async with ClientSession() as session:
        yield lambda name: Caller(session, base, house.bearers[name])


def draft(**changed: Any) -> dict[str, Any]:
    """A disclosure as another system hands it in."""
    return {
        "title": "关于发放2026年冬季供暖补贴的通知", "body_markdown": BODY, "department": "区民政局",
        "category": "通知公告", "formed_on": "2026-11-20",
        "channels": {"wechat": {"digest": "每户300元"}, "weibo": {"text": "供暖补贴开始发放，每户300元。"}}, **changed,
    }  # fmt: skip


class Browser:
    """A member of staff at the screen: cookies, CSRF tokens, forms."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self.session, self.base = session, base
        self.text = ""

    async def get(self, path: str) -> int:
        async with self.session.get(self.base + path) as answer:
            self.text = await answer.text(errors="replace")
            self.headers = answer.headers
            self.url = str(answer.url)
            return answer.status

    async def post(self, path: str, fields: Any = None, *, origin: str | None = "own", token: bool = True) -> int:
        """Posts a form with the token of the page last seen; follows the redirect."""
        form = FormData()
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields or [])
        if token:
            pairs.append(("csrf", self.csrf))
        for name, value in pairs:
            if isinstance(value, tuple):
                form.add_field(name, value[1], filename=value[0])
            else:
                form.add_field(name, value)
        headers = {"Origin": self.base if origin == "own" else origin} if origin is not None else {}
        async with self.session.post(self.base + path, data=form, headers=headers) as answer:
            self.text = await answer.text(errors="replace")
            self.headers = answer.headers
            self.url = str(answer.url)
            return answer.status

    @property
    def csrf(self) -> str:
        return self.text.split('name="csrf" value="', 1)[1].split('"', 1)[0]

    async def sign_in(self, name: str, password: str = PASSWORD) -> int:
        await self.get("/console/sign-in")
        return await self.post("/console/sign-in", {"name": name, "password": password})


@pytest.fixture
async def browser(base: str) -> AsyncIterator[Callable[[], Browser]]:
    sessions: list[ClientSession] = []

    def make() -> Browser:
        session = ClientSession(cookie_jar=CookieJar(unsafe=True))
        sessions.append(session)
        return Browser(session, base)

    yield make
    for session in sessions:
        await session.close()
