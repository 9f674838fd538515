"""On PostgreSQL a commit wakes every node at once; whatever cuts the listening off, it comes back by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from gateway.database.connection import connect, disconnect
from gateway.database.migrate import migrate
from gateway.database.waking import Topic, Waking, install_triggers
from knowledge.records import STATE_ID, KnowledgeState
from publishers.records import Delivery, Halt, PlatformEvent, Release
from scheduler.records import Duty

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("postgres")]
NOW = datetime.now(UTC)


class Heard:
    """The bells of one listening node."""

    def __init__(self) -> None:
        self.topics: list[Topic] = []
        self._any = asyncio.Event()

    def bells(self) -> dict[str, Callable[[], None]]:
        def of(topic: Topic) -> Callable[[], None]:
            def ring() -> None:
                self.topics.append(topic)
                self._any.set()

            return ring

        return {topic: of(topic) for topic in Topic}

    async def next(self, seconds: float = 5.0) -> Topic:
        async with asyncio.timeout(seconds):
            while not self.topics:
                self._any.clear()
                await self._any.wait()
        return self.topics.pop(0)

    async def all(self) -> None:
        """What every connection begins with: whatever was said while nobody listened."""
        assert {await self.next(15), await self.next(), await self.next()} == set(Topic)

    async def nothing(self, seconds: float = 0.3) -> None:
        with contextlib.suppress(TimeoutError):
            raise AssertionError(await self.next(seconds))


@pytest.fixture
async def opened(postgres_url: str) -> AsyncIterator[str]:
    EXECUTOR_CACHE.clear()
    await connect(postgres_url)
    yield postgres_url
    await disconnect()
    EXECUTOR_CACHE.clear()


@pytest.fixture
async def heard(opened: str) -> AsyncIterator[Heard]:
    made = Heard()
    waking = Waking(opened, bells=made.bells(), beat=0.5)
    await waking.start()
    await made.all()
    assert waking.listening
    yield made
    await waking.stop()
    assert not waking.listening


async def delivery(**values: Any) -> Delivery:
    release = await Release.create(
        disclosure_id=1, revision=1, content_hash="0", due_at=NOW, created_by_id=1, created_by_name="李", created_at=NOW
    )
    given = {
        "release_id": release.id, "disclosure_id": 1, "channel": "portal", "state": "pending", "due_at": NOW, "next_at": NOW,
        "content_hash": "0", "payload": {}, "payload_sha256": "0", "updated_at": NOW, "facts": {}, **values,
    }  # fmt: skip
    return await Delivery.create(**given)


async def test_what_is_due_now_wakes_and_what_is_due_later_does_not(heard: Heard) -> None:
    row = await delivery()
    assert await heard.next() is Topic.DUE
    later = await delivery(due_at=NOW + timedelta(hours=1), next_at=NOW + timedelta(hours=1))
    # A worker that claims a row, or puts it off, has nothing to tell the others.
    await Delivery.filter(id=row.id).update(lease_until=NOW, fence=1, owner="somebody")
    await Delivery.filter(id=row.id).update(next_at=NOW + timedelta(hours=1))
    await heard.nothing()
    await Delivery.filter(id=later.id).update(next_at=NOW)
    assert await heard.next() is Topic.DUE


async def test_an_event_a_lifted_halt_an_edit_and_a_handed_over_duty_wake(heard: Heard) -> None:
    await PlatformEvent.create(channel="wechat", kind="PUBLISHJOBFINISH", key="1", body={}, received_at=NOW)
    assert await heard.next() is Topic.DUE
    halt = await Halt.create(kind="red", open_key="red", reason="内容有误", raised_by_name="李", raised_at=NOW)
    await Duty.create(name="alarm", owner="a", lease_until=NOW)
    await Duty.filter(name="alarm").update(lease_until=NOW + timedelta(seconds=5))
    await heard.nothing()
    halt.open_key = None
    await halt.save()
    assert await heard.next() is Topic.DUE
    await KnowledgeState.create(id=STATE_ID, generation=1)
    assert await heard.next() is Topic.KNOWLEDGE
    await KnowledgeState.filter(id=STATE_ID).update(generation=2)
    assert await heard.next() is Topic.KNOWLEDGE
    await Duty.filter(name="alarm").update(owner="", lease_until=None)
    assert await heard.next() is Topic.DUTY


async def test_nothing_is_heard_before_the_commit_and_nothing_of_what_is_rolled_back(heard: Heard) -> None:
    with contextlib.suppress(LookupError):
        async with in_transaction() as connection:
            await KnowledgeState.create(id=STATE_ID, generation=1, using_db=connection)
            raise LookupError
    async with in_transaction() as connection:
        await KnowledgeState.create(id=STATE_ID, generation=1, using_db=connection)
        await heard.nothing()
    assert await heard.next() is Topic.KNOWLEDGE


async def test_it_comes_back_when_its_connection_is_killed(opened: str, heard: Heard) -> None:
    for _ in range(2):
        administrator = await asyncpg.connect(opened)
        killed = await administrator.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'mingbai waking' AND datname = current_database()"
        )
        await administrator.close()
        assert len(killed) == 1
        await heard.all()
        await KnowledgeState.update_or_create({"generation": 1}, id=STATE_ID)
        assert await heard.next() is Topic.KNOWLEDGE


class Wire:
    """A wire to the database that can be cut, or go dead without a word (a firewall that forgot the connection)."""

    def __init__(self, url: str) -> None:
        self._to = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._port = 0
        self.dead = False

    @property
    def url(self) -> str:
        return f"postgres://{self._to.username}@127.0.0.1:{self._port}{self._to.path}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for end in list(self._ends):
            end.transport.abort()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self.dead = False

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._ends |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if not self.dead:
                    sink.write(data)
        sink.close()


async def test_it_comes_back_when_the_database_was_away_or_the_wire_went_dead(opened: str) -> None:
    wire, made = Wire(opened), Heard()
    await wire.open()
    waking = Waking(wire.url, bells=made.bells(), beat=0.3)
    await waking.start()
    await made.all()

    await wire.cut()
    await asyncio.sleep(0.6)
    assert not waking.listening
    await wire.open()
    await made.all()
    await KnowledgeState.create(id=STATE_ID, generation=1)
    assert await made.next() is Topic.KNOWLEDGE

    wire.dead = True
    async with asyncio.timeout(15):
        while waking.listening:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    wire.dead = False
    await made.all()
    await waking.stop()
    await wire.cut()


async def test_the_triggers_are_made_once_and_an_old_one_is_replaced(opened: str) -> None:
    connection = get_connection("default")
    assert await install_triggers(connection) == []
    await connection.execute_script(
        "CREATE TRIGGER mingbai_wake_halt_00000000 AFTER INSERT ON halt FOR EACH ROW EXECUTE FUNCTION mingbai_wake('due')"
    )
    await connection.execute_script("DROP TRIGGER IF EXISTS " + await _trigger("delivery") + " ON delivery")
    assert await migrate(opened) == []
    await connect(opened)
    assert await _trigger("halt") != "mingbai_wake_halt_00000000"
    assert await _trigger("delivery")


async def _trigger(table: str) -> str:
    (row,) = await get_connection("default").execute_query_dict(
        f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
    )
    return str(row["tgname"])
