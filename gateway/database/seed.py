"""What every new database holds: the ordinary units of a district and the statutory categories, as data to be edited."""

from tortoise.transactions import in_transaction

from disclosures import catalogue, kinds
from gateway.database.clock import DatabaseClock
from knowledge.records import STATE_ID, KnowledgeState
from scheduler import quiet_desk


async def seed() -> None:
    """Fills empty tables only; what an office has edited stays."""
    async with in_transaction() as connection:
        await catalogue.seed(connection)
        await kinds.seed(connection)
        await quiet_desk.seed(connection, DatabaseClock())
        # The row that every change of the base raises; two first changes at once must not both try to make it.
        await KnowledgeState.bulk_create([KnowledgeState(id=STATE_ID)], ignore_conflicts=True, using_db=connection)
