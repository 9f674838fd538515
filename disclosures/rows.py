"""The disclosure's row inside a transaction: take it, change it, write the act down."""

from datetime import datetime
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.actor import Actor
from audit.trail import Trail
from disclosures.errors import Conflict, NotFound, NotPermitted
from disclosures.member import Member
from disclosures.records import Disclosure


def require(person: Member, verb: str) -> None:
    """Raises NotPermitted unless the person may."""
    if not person.may(verb):
        raise NotPermitted


async def locked(connection: BaseDBAsyncClient, disclosure_id: int) -> Disclosure:
    """The row with its lock. Raises NotFound."""
    row = await Disclosure.filter(id=disclosure_id).using_db(connection).select_for_update().first()
    if row is None:
        raise NotFound(f"没有编号为 {disclosure_id} 的公开信息。")
    return row


async def change(connection: BaseDBAsyncClient, row: Disclosure, **values: Any) -> None:
    """Compare-and-swap: SQLite knows no row locks, so the change itself proves that nobody came between."""
    unchanged = Disclosure.filter(
        id=row.id, state=row.state, current_revision=row.current_revision, submission=row.submission,
        updated_at=row.updated_at,
    )  # fmt: skip
    if await unchanged.using_db(connection).update(**values) != 1:
        raise Conflict


async def record(
    trail: Trail, connection: BaseDBAsyncClient, now: datetime, actor: Actor, verb: str, disclosure_id: int,
    **detail: object,
) -> None:  # fmt: skip
    """One act on a disclosure, in the trail."""
    await trail.append(connection, at=now, actor=actor, verb=verb, subject=f"disclosure:{disclosure_id}", **detail)
