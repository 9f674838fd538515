"""The database's clock: the one clock that decides when something is due (invariant 2)."""

from datetime import UTC, datetime

from tortoise.connection import get_connection


class DatabaseClock:
    """Asks the database for the present moment, also inside a transaction."""

    async def now(self) -> datetime:
        connection = get_connection("default")
        if connection.capabilities.dialect == "sqlite":
            # SQLite has no clock of its own: it would ask this machine's, one journey to its thread later.
            return datetime.now(UTC)
        rows = await connection.execute_query_dict("SELECT clock_timestamp() AS moment")
        moment: datetime = rows[0]["moment"]
        return moment.astimezone(UTC)
