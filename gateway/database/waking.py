"""Waking: on PostgreSQL a commit that makes something due, or changes the knowledge base, wakes every node at once.

The commits notify by triggers, not by a call in the code that writes: a statement that somebody adds later, a person at
the database's own prompt and a restore all pass through the same trigger, so nothing can forget to notify (ADR 0017).
PostgreSQL delivers a notification when its transaction commits and never when it rolls back. Polling stays as the net:
without a single notification everything still happens, one second later. On SQLite nothing of this runs.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from enum import StrEnum

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient

from gateway.database.connection import tortoise_config

log = logging.getLogger(__name__)
CHANNEL = "mingbai"
BEAT = 10.0
"""Seconds between two proofs of life: a connection that died unseen (a firewall that forgot it) must not look healthy."""
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
TROUBLE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Topic(StrEnum):
    """What a notification says; the rows themselves are read from the tables."""

    DUE = "due"
    """A delivery may be due, an event came in, or a halt was lifted."""
    KNOWLEDGE = "knowledge"
    """The knowledge base has a new generation."""
    DUTY = "duty"
    """A node gave up a duty."""


TRIGGERS = (
    # clock_timestamp, as everywhere: the moment of the statement, not the one at which its transaction began.
    ("delivery", Topic.DUE, "INSERT OR UPDATE OF next_at", "NEW.next_at <= clock_timestamp()"),
    ("platform_event", Topic.DUE, "INSERT", ""),
    ("halt", Topic.DUE, "UPDATE", "NEW.open_key IS NULL"),
    ("knowledge_state", Topic.KNOWLEDGE, "INSERT OR UPDATE", ""),
    ("duty", Topic.DUTY, "UPDATE", "NEW.lease_until IS NULL"),
)
"""Table, topic, events, condition."""

FUNCTION = f"""
CREATE OR REPLACE FUNCTION mingbai_wake() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM pg_notify('{CHANNEL}', TG_ARGV[0]);
  RETURN NULL;
END
$body$
"""


def _named_triggers() -> dict[str, tuple[str, str]]:
    """Name → table and statement. The name carries a digest of the statement, so that a changed one replaces the old."""
    found = {}
    for table, topic, events, condition in TRIGGERS:
        when = f"WHEN ({condition}) " if condition else ""
        definition = f"AFTER {events} ON {table} FOR EACH ROW {when}EXECUTE FUNCTION mingbai_wake('{topic}')"
        name = f"mingbai_wake_{table}_{hashlib.sha256(definition.encode()).hexdigest()[:8]}"
        found[name] = table, f"CREATE TRIGGER {name} {definition}"
    return found


async def install_triggers(connection: BaseDBAsyncClient) -> list[str]:
    """Brings the triggers up to date; returns what was made now. Run under the migration's lock; touches no table whose
    trigger stands already, so that nodes at work are not stopped by it. Does nothing on SQLite."""
    if connection.capabilities.dialect != "postgres":
        return []
    wanted = _named_triggers()
    rows = await connection.execute_query_dict(
        "SELECT t.tgname AS name, c.relname AS place FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace AND t.tgname LIKE 'mingbai\\_wake\\_%'"
    )
    standing = {row["name"]: row["place"] for row in rows}
    missing = [name for name in wanted if name not in standing]
    if missing:
        await connection.execute_script(FUNCTION)
    for name in missing:
        await connection.execute_script(wanted[name][1])
    for name, place in standing.items():
        if name not in wanted:
            await connection.execute_script(f"DROP TRIGGER {name} ON {place}")
    return missing


class Waking:
    """One connection of its own that listens. It comes back by itself, and rings every bell when it does: whatever was
    said while it was away is then looked for in the tables."""

    def __init__(self, url: str, *, bells: Mapping[str, Callable[[], None]], beat: float = BEAT) -> None:
        """``bells``: topic → what to ring; called in the event loop, must not block."""
        credentials = tortoise_config(url)["connections"]["default"]["credentials"]
        self._where = {name: credentials[name] for name in ("host", "port", "user", "password", "database")}
        self._bells = bells
        self._beat = beat
        self._task: asyncio.Task[None] | None = None
        self._listening = False

    @property
    def listening(self) -> bool:
        """Whether commits of other nodes are heard now; if not, polling finds them."""
        return self._listening

    async def start(self) -> None:
        """Begins to listen. A database that is away is no error: it is tried again."""
        self._task = asyncio.create_task(self._run(), name="waking")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._connected() as connection:
                    pause = FIRST_PAUSE
                    await self._stay(connection)
            except TROUBLE as trouble:
                log.warning("not listening to the database (%s); polling goes on, trying again in %.1f s",
                            type(trouble).__name__, pause)  # fmt: skip
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator["asyncpg.Connection"]:
        connection = await asyncpg.connect(
            **self._where, timeout=5, command_timeout=5,
            # Waiting is this connection's work: a limit of the role or the server must not end it.
            server_settings={"application_name": "mingbai waking", "statement_timeout": "0", "tcp_keepalives_idle": "30"},
        )  # fmt: skip
        try:
            # PostgreSQL 14 and later; an unknown name in server_settings would refuse the connection.
            await connection.execute(
                "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"
            )
            await connection.add_listener(CHANNEL, self._heard)
            self._listening = True
            yield connection
        finally:
            self._listening = False
            with contextlib.suppress(*TROUBLE):
                await connection.close(timeout=1)

    async def _stay(self, connection: "asyncpg.Connection") -> None:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _connection: ended.set())
        for ring in self._bells.values():
            ring()
        while not connection.is_closed():
            try:
                async with asyncio.timeout(self._beat):
                    await ended.wait()
            except TimeoutError:
                await connection.execute("SELECT 1")
            else:
                raise ConnectionResetError("the listening connection ended")

    def _heard(self, _connection: object, _pid: int, _channel: str, topic: str) -> None:
        ring = self._bells.get(topic)
        if ring is not None:
            ring()
