"""A small house whose clock can be set while it runs, and two channels that note when, by the true time, they were used."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.trail import Trail
from disclosures.content import Content
from disclosures.records import Category, Disclosure, Revision, Unit
from publishers.delivering import Deliverer
from publishers.events import PlatformEvents
from publishers.ledger import Ledger
from publishers.port import Capabilities, ChannelName, Facts, LoadFile, Problem, Rendered, Sighting, Ticket, Verdict
from publishers.records import Delivery, Incident
from publishers.states import Patience
from scheduler.dispatcher import Dispatcher
from scheduler.steadiness import Span, Steadiness
from scheduler.timetable import Timetable
from staff.person import Person
from staff.roles import Role

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
PUBLISHER = Person(account_id=9, name="fabu", display_name="发布员", unit="区政府办", roles=frozenset({Role.PUBLISHER}))


class SetClock:
    """A machine with two clocks: one that can be set, and one that counts the seconds since it was started."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self.running = 5000.0
        self.set_by = 0.0

    @property
    def true(self) -> datetime:
        """What time it is, whatever the machine shows."""
        return self._start + timedelta(seconds=self.running - 5000.0)

    @property
    def shown(self) -> datetime:
        return self.true + timedelta(seconds=self.set_by)

    async def now(self) -> datetime:
        return self.shown

    def steady(self) -> float:
        return self.running

    def advance(self, seconds: float) -> None:
        self.running += seconds

    def step(self, seconds: float) -> None:
        """Somebody sets the clock."""
        self.set_by += seconds


class TrueWitness:
    """A server with the right time, whose Date has whole seconds; ``wrong_by`` makes it err, ``away`` silent."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self.away = False
        self.wrong_by = 0.0
        self.asked = 0

    async def testify(self) -> Span | None:
        self.asked += 1
        if self.away:
            return None
        moment = (self._clock.true + timedelta(seconds=self.wrong_by)).replace(microsecond=0)
        return Span.read(moment, before=self._clock.running, after=self._clock.running, resolution=1.0)


class Portal:
    """A local channel."""

    name = ChannelName.PORTAL
    capabilities = Capabilities(local=True, links_to_portal=False)

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.effects: list[datetime] = []

    def render(self, content: Content, *, page_url: str) -> Rendered:
        return Rendered(payload={"title": content.title, "url": page_url})

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        return ()

    async def publish(self, connection: BaseDBAsyncClient, ticket: Ticket, *, now: datetime) -> Sighting:
        self.effects.append(self._clock.true)
        return Sighting(verdict=Verdict.PUBLISHED, url=ticket.page_url)


class Platform:
    """A remote channel that prepares, sends at once, and can be followed. ``running`` leaves a sending without its end."""

    name = ChannelName.WECHAT
    capabilities = Capabilities(local=False, links_to_portal=True, drafts=True, follows=True, may_conclude_absent=True)

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.effects: list[datetime] = []
        self.reads = 0
        self.running = False

    def render(self, content: Content, *, page_url: str) -> Rendered:
        return Rendered(payload={"title": content.title, "url": page_url})

    def check(self, content: Content, *, page_url: str) -> tuple[Problem, ...]:
        return ()

    async def prepare(self, ticket: Ticket, load_file: LoadFile) -> Facts:
        return {"media_id": f"M{ticket.delivery_id}"}

    async def send(self, ticket: Ticket) -> Sighting:
        self.effects.append(self._clock.true)
        return self._shown()

    async def follow(self, ticket: Ticket) -> Sighting:
        self.reads += 1
        return self._shown()

    async def look(self, ticket: Ticket) -> Sighting:
        self.reads += 1
        return self._shown()

    def recognise(self, event: Mapping[str, Any], ticket: Ticket) -> Sighting | None:
        return None

    def _shown(self) -> Sighting:
        if self.running:
            return Sighting(verdict=Verdict.RUNNING)
        return Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")


class House:
    """Timetable and dispatcher over one clock; ``restart`` is a new process on the same database."""

    def __init__(self, clock: SetClock, *, witnesses: int = 0) -> None:
        self.clock = clock
        self.trail = Trail()
        self.portal, self.platform = Portal(clock), Platform(clock)
        self.channels: dict[ChannelName, Any] = {ChannelName.PORTAL: self.portal, ChannelName.WECHAT: self.platform}
        self.witnesses = [TrueWitness(clock) for _ in range(witnesses)]
        self.machine_ahead = 0.0
        self.restart()

    def restart(self) -> None:
        self.steadiness = Steadiness(clock=self.clock, witnesses=self.witnesses, steady=self.clock.steady)
        patience = Patience()
        self.ledger = Ledger(
            clock=self.steadiness,
            trail=self.trail,
            owner="worker",
            page_url=self.page_url,
            patience=patience,
            capabilities={name: channel.capabilities for name, channel in self.channels.items()},
        )
        deliverer = Deliverer(
            ledger=self.ledger,
            channels=self.channels,
            load_file=self._load_file,
            clock=self.steadiness,
            patience=patience,
            after_publish=self._after,
        )
        events = PlatformEvents(
            ledger=self.ledger,
            channels=self.channels,
            clock=self.steadiness,
            patience=patience,
            after_publish=self._after,
        )
        self.dispatcher = Dispatcher(
            ledger=self.ledger,
            deliverer=deliverer,
            events=events,
            clock=self.clock,
            machine_now=lambda: self.clock.shown + timedelta(seconds=self.machine_ahead),
            steadiness=self.steadiness,
            node="node-1",
        )
        self.timetable = Timetable(
            clock=self.steadiness, trail=self.trail, channels=self.channels, page_url=self.page_url, ring=lambda: None
        )

    async def run(self, seconds: float, *, every: float = 1.0) -> None:
        """The seconds go by, and the dispatcher is rung at each."""
        for _ in range(round(seconds / every)):
            self.clock.advance(every)
            await self.dispatcher.settle_down()

    async def planned(self, at: datetime, *channels: str) -> int:
        """A release of a new approved disclosure; returns its id."""
        number = await _approved(self.clock.shown)
        release = await self.timetable.schedule(
            PUBLISHER, number, at=at.isoformat(), channels=channels or ("portal", "wechat")
        )
        return int(release.id)

    async def states(self, release: int) -> dict[str, str]:
        return {row.channel: row.state for row in await Delivery.filter(release_id=release)}

    async def open(self) -> list[Incident]:
        return await Incident.exclude(open_key=None)

    async def answered_for(self) -> None:
        """What `mingbai clock accept` writes."""
        async with in_transaction() as connection:
            await self.trail.append(
                connection, at=self.clock.shown, actor=Actor.machine("命令行"), verb="clock.accept", subject="clock",
                reason="已核对",
            )  # fmt: skip

    def page_url(self, disclosure_id: int) -> str:
        return f"https://www.example.gov.cn/d/{disclosure_id}"

    async def _load_file(self, sha256: str) -> bytes:
        return b""

    async def _after(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        return None


async def _approved(now: datetime) -> int:
    number = await Disclosure.all().count() + 1
    unit, _ = await Unit.get_or_create(code="mzj", defaults={"name": "区民政局"})
    category, _ = await Category.get_or_create(code="tzgg", defaults={"name": "通知公告"})
    content = Content(
        title=f"关于发放取暖补助的通知（{number}）", body_html="<p>正文</p>", department="区民政局", category="通知公告",
        formed_on=date(2026, 11, 20), index_number=f"X/2026-{number:05d}",
    )  # fmt: skip
    disclosure = await Disclosure.create(
        state="approved", title=content.title, unit=unit, category=category, index_number=content.index_number,
        current_revision=1, approved_revision=1, approved_hash=content.digest(), author_id=1, author_name="拟稿人",
        created_at=now, updated_at=now,
    )  # fmt: skip
    await Revision.create(
        disclosure=disclosure, number=1, content=content.canonical(), body_source="正文", body_format="markdown",
        content_hash=content.digest(), author_id=1, author_name="拟稿人", created_at=now,
    )  # fmt: skip
    return int(disclosure.id)


@pytest.fixture
def set_clock() -> SetClock:
    return SetClock()


@pytest.fixture
def lonely(any_database: str, set_clock: SetClock) -> House:
    """A house that nobody can tell the time."""
    return House(set_clock)


@pytest.fixture
def witnessed(any_database: str, set_clock: SetClock) -> House:
    """A house with two witnesses of the time."""
    return House(set_clock, witnesses=2)
