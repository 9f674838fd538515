"""The index number (索引号): credit code of the district + "/" + year + "-" + five-digit serial, as on live portals
(11441700007280420Y/2021-00050). A number is given once and never again."""

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F

from disclosures.records import IndexSerial


def index_number(credit_code: str, year: int, serial: int) -> str:
    """A serial above 99999 simply grows longer."""
    return f"{credit_code}/{year}-{serial:05d}"


async def take(connection: BaseDBAsyncClient, *, credit_code: str, year: int) -> str:
    """The next index number of the year, taken inside the caller's transaction: rolled back with it."""
    # Two transactions may open a new year at once; "on conflict do nothing" does not break a PostgreSQL transaction.
    await IndexSerial.bulk_create([IndexSerial(year=year, last_serial=0)], ignore_conflicts=True, using_db=connection)
    # The write comes first: it takes the row's lock (SQLite: the database's), and the transaction then reads its own
    # number, which nobody else can have.
    serials = IndexSerial.filter(year=year).using_db(connection)
    await serials.update(last_serial=F("last_serial") + 1)
    row = await serials.get()
    return index_number(credit_code, year, row.last_serial)
