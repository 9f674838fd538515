"""What every new database holds: the ordinary units of a district and the statutory categories, as data to be edited."""

from tortoise.transactions import in_transaction

from disclosures import catalogue


async def seed() -> None:
    """Fills empty tables only; what an office has edited stays."""
    async with in_transaction() as connection:
        await catalogue.seed(connection)
