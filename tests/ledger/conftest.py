"""A ledger over real SQLite with one scripted platform: what it answers is written in the test."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient

from audit.kept_lines import KeptLines
from audit.trail import Trail
from disclosures.content import Content
from disclosures.records import Category, Disclosure, Revision, Unit
from publishers.choices import Choice
from publishers.decisions import Decisions
from publishers.delivering import Deliverer
from publishers.events import PlatformEvents
from publishers.ledger import Ledger
from publishers.looking import Looking
from publishers.port import (
    Capabilities,
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
from publishers.proposals import Proposals
from publishers.records import Delivery
from publishers.states import Patience
from scheduler.dispatcher import Dispatcher
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import Role

PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))
SECOND = Person(account_id=10, name="fabu2", display_name="值班员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))


class ScriptedPortal:
    """A local channel that counts its pages."""

    name = ChannelName.PORTAL
    capabilities = Capabilities(local=True, links_to_portal=False)

    def __init__(self) -> None:
        self.pages: list[int] = []

    def render(self, content: Content, *, page_url: str) -> Rendered:
        return Rendered(payload={"title": content.title, "url": page_url})

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        return ()

    async def publish(self, connection: BaseDBAsyncClient, ticket: Ticket, *, now: datetime) -> Sighting:
        self.pages.append(ticket.disclosure_id)
        return Sighting(verdict=Verdict.PUBLISHED, url=ticket.page_url)

    async def retract(
        self, connection: BaseDBAsyncClient, disclosure_id: int, *, explanation: str, repealed: bool, now: datetime
    ) -> None:
        self.pages.remove(disclosure_id)

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        return str(payload["title"])

    async def read_back(self, ticket: Ticket) -> Live:
        return Live(liveness=Liveness.LIVE, text=str(ticket.payload["title"]))


class ScriptedPlatform:
    """A remote channel: pops the next scripted outcome for each verb; every send is counted as a possible effect."""

    name = ChannelName.WECHAT

    def __init__(self, *, may_conclude_absent: bool = True) -> None:
        self.capabilities = Capabilities(
            local=False, links_to_portal=True, drafts=True, follows=True, may_conclude_absent=may_conclude_absent
        )
        self.script: dict[str, list[Sighting | Facts | Exception]] = {
            "prepare": [],
            "send": [],
            "follow": [],
            "look": [],
            "withdraw": [],
        }
        self.calls: list[str] = []

    def render(self, content: Content, *, page_url: str) -> Rendered:
        return Rendered(payload={"title": content.title, "url": page_url})

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        return ()

    def _next(self, verb: str, default: Any) -> Any:
        self.calls.append(verb)
        outcome = self.script[verb].pop(0) if self.script[verb] else default
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        facts: Facts = self._next("prepare", {"media_id": "M1"})
        return facts

    async def send(self, ticket: Ticket) -> Sighting:
        sighting: Sighting = self._next(
            "send", Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")
        )
        return sighting

    async def follow(self, ticket: Ticket) -> Sighting:
        sighting: Sighting = self._next("follow", Sighting(verdict=Verdict.RUNNING))
        return sighting

    async def look(self, ticket: Ticket) -> Sighting:
        sighting: Sighting = self._next("look", Sighting(verdict=Verdict.UNKNOWN))
        return sighting

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        if event.get("publish_id") != ticket.facts.get("publish_id"):
            return None
        return Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")

    async def withdraw(self, ticket: Ticket) -> Sighting:
        sighting: Sighting = self._next("withdraw", Sighting(verdict=Verdict.GONE))
        return sighting

    def approved_text(self, payload: Mapping[str, Any]) -> str:
        return str(payload["title"])

    async def read_back(self, ticket: Ticket) -> Live:
        return Live(liveness=Liveness.UNREADABLE)

    async def shown(self, *, limit: int) -> tuple[Shown, ...]:
        return ()

    async def readiness(self) -> tuple[Problem, ...]:
        return ()


class Desk:
    """Everything a ledger test needs, wired as the product wires it."""

    def __init__(self, clock: Any, *, may_conclude_absent: bool = True) -> None:
        self.clock = clock
        self.patience = Patience()
        self.evidence: KeptLines | None = None
        self.portal = ScriptedPortal()
        self.platform = ScriptedPlatform(may_conclude_absent=may_conclude_absent)
        self.channels: dict[ChannelName, Any] = {ChannelName.PORTAL: self.portal, ChannelName.WECHAT: self.platform}
        self.trail = Trail()
        self.timetable = Timetable(
            clock=clock, trail=self.trail, channels=self.channels, page_url=self.page_url, ring=lambda: None
        )
        self.decisions = Decisions(clock=clock, trail=self.trail, ring=lambda: None)
        self.published: list[int] = []
        self.dispatcher = self.worker("worker-1")
        looking = Looking(ledger=self.ledger, deliverer=self.deliverer, channels=self.channels, page_url=self.page_url)
        self.proposals = Proposals(
            clock=clock, trail=self.trail, looking=looking, after_publish=self.after, ring=lambda: None
        )

    def worker(self, owner: str) -> Dispatcher:
        patience = self.patience
        ledger = Ledger(
            clock=self.clock,
            trail=self.trail,
            owner=owner,
            page_url=self.page_url,
            patience=patience,
            capabilities={name: channel.capabilities for name, channel in self.channels.items()},
        )
        deliverer = Deliverer(
            ledger=ledger,
            channels=self.channels,
            load_file=self.load_file,
            clock=self.clock,
            patience=patience,
            after_publish=self.after,
            evidence=self.evidence,
        )
        self.events = PlatformEvents(
            ledger=ledger, channels=self.channels, clock=self.clock, patience=patience, after_publish=self.after
        )
        self.ledger, self.deliverer = ledger, deliverer
        return Dispatcher(
            ledger=ledger,
            deliverer=deliverer,
            events=self.events,
            clock=self.clock,
            machine_now=lambda: self.clock.moment,
        )

    async def by_two(self, delivery_id: int, choice: Choice, *, reason: str) -> None:
        """One person proposes, after the machine looked once more, and another one confirms."""
        await self.proposals.look_before(delivery_id, choice)
        await self.proposals.propose(PUBLISHER, delivery_id, choice, reason=reason)
        await self.confirmed(delivery_id)

    async def confirmed(self, delivery_id: int) -> None:
        """The second person says yes to what waits."""
        await self.proposals.look_after(SECOND, delivery_id)
        await self.proposals.confirm(SECOND, delivery_id)

    def page_url(self, disclosure_id: int) -> str:
        return f"https://www.example.gov.cn/d/{disclosure_id}"

    async def load_file(self, sha256: str) -> bytes:
        return b""

    async def after(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        self.published.append(row.id)

    async def approved(self, title: str = "关于开展冬春火灾防控工作的通告") -> int:
        """An approved disclosure; returns its id."""
        number = await Disclosure.all().count() + 1
        unit, _ = await Unit.get_or_create(code="mzj", defaults={"name": "区民政局"})
        category, _ = await Category.get_or_create(code="tzgg", defaults={"name": "通知公告"})
        content = Content(
            title=title,
            body_html="<p>正文</p>",
            department="区民政局",
            category="通知公告",
            formed_on=date(2026, 11, 20),
            index_number=f"X/2026-{number:05d}",
        )
        now = await self.clock.now()
        disclosure = await Disclosure.create(
            state="approved",
            title=title,
            unit=unit,
            category=category,
            index_number=content.index_number,
            current_revision=1,
            approved_revision=1,
            approved_hash=content.digest(),
            author_id=1,
            author_name="拟稿人",
            created_at=now,
            updated_at=now,
        )
        await Revision.create(
            disclosure=disclosure,
            number=1,
            content=content.canonical(),
            body_source="正文",
            body_format="markdown",
            content_hash=content.digest(),
            author_id=1,
            author_name="拟稿人",
            created_at=now,
        )
        return int(disclosure.id)

    async def release(self, *channels: str, at: str = "now") -> int:
        release = await self.timetable.schedule(PUBLISHER, await self.approved(), at=at, channels=channels)
        return int(release.id)

    async def row(self, release_id: int, channel: str) -> Delivery:
        return await Delivery.get(release_id=release_id, channel=channel)


@pytest.fixture
def desk(any_database: str, clock: Any) -> Desk:
    return Desk(clock)


@pytest.fixture
def weibo_like(any_database: str, clock: Any) -> Desk:
    """A platform that can never prove absence."""
    return Desk(clock, may_conclude_absent=False)
