"""The numbers that others know: after a restore they jump ahead, so that no new disclosure gets the public address, and no
new delivery the platform's key, of one that was lost."""

from collections.abc import Mapping
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.records import IndexSerial

STEP: Final = 100_000
SERIAL_STEP: Final = 1_000
"""The index numbers (索引号) of a year have five digits before they grow longer."""
TABLES: Final = ("disclosure", "release", "delivery", "delivery_attempt")


async def jump(connection: BaseDBAsyncClient, *, remembered: Mapping[str, int], always: bool) -> dict[str, int]:
    """Sets the next numbers to the next full step above what the database and ``remembered`` know (see
    ``gateway.anchor.Anchor.numbers``). Without ``always`` only where the memory is ahead. Returns the new floors."""
    floors: dict[str, int] = {}
    for table in TABLES:
        known, told = await _present(connection, table), remembered.get(table, 0)
        if always or told > known:
            floors[table] = _above(max(known, told), STEP)
            await _set(connection, table, floors[table])
    serials = {row.year: row.last_serial for row in await IndexSerial.all().using_db(connection)}
    told_serials = {int(name.split(":")[1]): n for name, n in remembered.items() if name.startswith("index:")}
    for year in sorted(serials.keys() | told_serials.keys()):
        known, told = serials.get(year, 0), told_serials.get(year, 0)
        if always or told > known:
            floors[f"index:{year}"] = serial = _above(max(known, told), SERIAL_STEP)
            row = IndexSerial.filter(year=year).using_db(connection)
            if await row.update(last_serial=serial) == 0:
                await IndexSerial.create(using_db=connection, year=year, last_serial=serial)
    return floors


def _above(number: int, step: int) -> int:
    return (number // step + 1) * step


async def _present(connection: BaseDBAsyncClient, table: str) -> int:
    if connection.capabilities.dialect == "sqlite":
        rows = await connection.execute_query_dict("SELECT seq FROM sqlite_sequence WHERE name = ?", [table])
        return int(rows[0]["seq"]) if rows else 0
    sequence = await _sequence(connection, table)
    rows = await connection.execute_query_dict(f"SELECT last_value, is_called FROM {sequence}")
    return int(rows[0]["last_value"]) if rows[0]["is_called"] else 0


async def _set(connection: BaseDBAsyncClient, table: str, floor: int) -> None:
    if connection.capabilities.dialect == "sqlite":
        await connection.execute_query("DELETE FROM sqlite_sequence WHERE name = ?", [table])
        await connection.execute_query("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, floor])
        return
    await connection.execute_query("SELECT setval($1::regclass, $2)", [await _sequence(connection, table), floor])


async def _sequence(connection: BaseDBAsyncClient, table: str) -> str:
    rows = await connection.execute_query_dict("SELECT pg_get_serial_sequence($1, 'id') AS name", [f'"{table}"'])
    return str(rows[0]["name"])
