"""The index number (索引号): credit code of the district + "/" + year + "-" + five-digit serial, as on live portals
(11441700007280420Y/2021-00050). A number is given once and never again."""

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.errors import Conflict
from disclosures.records import IndexSerial


def index_number(credit_code: str, year: int, serial: int) -> str:
    """A serial above 99999 simply grows longer."""
    return f"{credit_code}/{year}-{serial:05d}"


async def take(connection: BaseDBAsyncClient, *, credit_code: str, year: int) -> str:
    """The next index number of the year, taken inside the caller's transaction: rolled back with it."""
    # Two transactions may open a new year at once; "on conflict do nothing" does not break a PostgreSQL transaction.
    await IndexSerial.bulk_create([IndexSerial(year=year, last=0)], ignore_conflicts=True, using_db=connection)
    locked = IndexSerial.filter(year=year).using_db(connection).select_for_update()
    last = int((await locked.values("last"))[0]["last"])
    # SQLite ignores row locks, so the step itself is compare-and-swap.
    taken = await IndexSerial.filter(year=year, last=last).using_db(connection).update(last=last + 1)
    if taken != 1:
        raise Conflict("索引号正在被他人领取，请重试。")
    return index_number(credit_code, year, last + 1)
