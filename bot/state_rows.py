"""What is remembered of citizens, read and written as plain SQL for many of them at once: every message needs it twice
(docs/adr/0040)."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection

from bot.inbox_rows import signs, written
from bot.memory import Memory

Person = tuple[str, str]
"""Channel and sender."""


async def states_of(people: Sequence[Person]) -> Sequence[dict[str, Any] | None]:
    """What is remembered of some people; None of whom nothing is."""
    connection, named = get_connection("default"), list({sender for _, sender in people})
    rows = await connection.execute_query_dict(
        f"SELECT channel, sender, state FROM conversation_state WHERE sender IN ({signs(connection, len(named))})",
        named,
    )
    found = {(row["channel"], row["sender"]): row["state"] for row in rows}
    return [_read(found.get(person)) for person in people]


async def remember(connection: BaseDBAsyncClient, left: Mapping[Person, Memory], *, now: datetime) -> None:
    """Writes some memories in the caller's transaction, always in the same order: two nodes never wait for each other."""
    values = [
        [channel, sender, written(memory.dump()), now]
        for (channel, sender), memory in sorted(left.items(), key=itemgetter(0))
    ]
    await connection.execute_many(
        f"INSERT INTO conversation_state (channel, sender, state, updated_at) VALUES ({signs(connection, 4)}) "
        "ON CONFLICT (channel, sender) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
        values,
    )


def _read(stored: Any) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(stored) if isinstance(stored, str | bytes) else stored
    return found
