"""What a publication means for its disclosure, in the transaction that records it."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from disclosures.records import Disclosure
from publishers.records import Delivery
from publishers.states import State

WITHDRAWN_MEANWHILE = "withdrawn_meanwhile"
"""The fact that the disclosure was withdrawn while nobody knew what had become of this delivery."""

AfterPublish = Callable[[BaseDBAsyncClient, Delivery, datetime], Awaitable[None]]


async def lock_disclosure(connection: BaseDBAsyncClient, disclosure_id: int) -> Disclosure | None:
    """Takes the disclosure's row. Everyone takes locks in the same order, or PostgreSQL must break a deadlock: first the
    disclosure, then its deliveries, then what a local channel keeps, the head of the audit trail last."""
    return await Disclosure.filter(id=disclosure_id).using_db(connection).select_for_update().first()


async def conclude(connection: BaseDBAsyncClient, row: Delivery, now: datetime, after: AfterPublish) -> None:
    """What follows from a publication: the disclosure counts as released; one that was withdrawn meanwhile is taken
    down again at once, whatever has become of its text since. A correction that is still under review changes nothing."""
    disclosure = await Disclosure.filter(id=row.disclosure_id).using_db(connection).first()
    if disclosure is None:
        return
    if disclosure.state == "withdrawn" or row.facts.get(WITHDRAWN_MEANWHILE):
        await (
            Delivery.filter(id=row.id, state=State.PUBLISHED)
            .using_db(connection)
            .update(state=State.WITHDRAWING, next_at=now, tries=0)
        )
    elif disclosure.approved_hash == row.content_hash:
        await after(connection, row, now)
