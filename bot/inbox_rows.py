"""The inbox's rows as plain SQL: the few statements that every message meets, without an object for each row.

They mean what the same calls of the records would mean, and cost a tenth of them (docs/adr/0040). Both databases understand
them: only the sign for a value differs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection

Reply = dict[str, Any]
"""What was answered, as it is stored; ``text`` is empty when nothing is to be said."""

COLUMNS: Final = (
    "key", "channel", "sender", "kind", "text", "detail", "received_at", "deliveries", "owner", "answered_at", "reply",
    "entry_id", "entry_mark",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the table says of a key. ``reply`` is None while the message is not answered."""

    reply: Reply | None
    received_at: datetime


def signs(connection: BaseDBAsyncClient, count: int, *, first: int = 1) -> str:
    """So many signs for values, as this database writes them."""
    if connection.capabilities.dialect == "sqlite":
        return ",".join("?" * count)
    return ",".join(f"${number}" for number in range(first, first + count))


async def standing(keys: Sequence[str], connection: BaseDBAsyncClient | None = None) -> Mapping[str, Standing]:
    """What stands under some keys; without a connection outside of any transaction."""
    connection = connection or get_connection("default")
    query = f"SELECT key, reply, received_at FROM inbound_message WHERE key IN ({signs(connection, len(keys))})"
    rows = await connection.execute_query_dict(query, list(keys))
    return {row["key"]: Standing(reply=_read(row["reply"]), received_at=_moment(row["received_at"])) for row in rows}


async def count_again(met: Mapping[str, int]) -> None:
    """Counts further deliveries of messages that are stored."""
    connection = get_connection("default")
    for times in sorted(set(met.values())):
        keys = sorted(key for key, count in met.items() if count == times)
        values = signs(connection, len(keys))
        await connection.execute_query(
            f"UPDATE inbound_message SET deliveries = deliveries + {times:d} WHERE key IN ({values})", keys
        )


async def insert(connection: BaseDBAsyncClient, rows: Sequence[Sequence[Any]]) -> set[str]:
    """Inserts rows of COLUMNS, in one statement; the keys of those that were not there yet. A row that another node is
    about to commit is waited for."""
    width = len(COLUMNS)
    values = ",".join(f"({signs(connection, width, first=1 + number * width)})" for number in range(len(rows)))
    query = (
        f"INSERT INTO inbound_message ({','.join(COLUMNS)}) VALUES {values} ON CONFLICT (key) DO NOTHING RETURNING key"
    )
    made = await connection.execute_query_dict(query, [value for row in rows for value in row])
    return {row["key"] for row in made}


def written(reply: Mapping[str, Any]) -> str:
    """A value of a JSON column."""
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))


def _read(stored: Any) -> Reply | None:
    if stored is None:
        return None
    found: Reply = json.loads(stored) if isinstance(stored, str | bytes) else stored
    return found


def _moment(stored: Any) -> datetime:
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
