"""Private addresses of the calendar: who holds one reads the plan in his calendar program. It can be taken back at any time;
only its hash is kept, and it dies with the account."""

import hashlib
import secrets
from datetime import datetime
from typing import Final

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from scheduler.calendar_records import CalendarAddress
from staff.person import Person
from staff.records import Account
from staff.roles import Verb

LENGTH: Final = 43
"""Characters of a key: 256 bits in the alphabet of addresses."""


class PrivateAddresses:
    """One address a person; a new one ends the old one."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def issue(self, person: Person) -> str:
        """A new key; it is shown once. Raises NotAllowed."""
        person.require(Verb.RELEASE_READ)
        key = secrets.token_urlsafe(32)
        async with in_transaction() as connection:
            now = await self._clock.now()
            mine = CalendarAddress.filter(account_id=person.account_id, revoked_at=None).using_db(connection)
            await mine.update(revoked_at=now)
            row = await CalendarAddress.create(
                using_db=connection, account_id=person.account_id, key_hash=_hash(key), created_at=now
            )
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="calendar.address", subject=f"account:{person.account_id}",
                address=row.id,
            )  # fmt: skip
        return key

    async def revoke(self, person: Person) -> bool:
        """Ends the person's address; False when there was none."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            mine = CalendarAddress.filter(account_id=person.account_id, revoked_at=None).using_db(connection)
            if await mine.update(revoked_at=now) == 0:
                return False
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="calendar.address_revoked",
                subject=f"account:{person.account_id}",
            )  # fmt: skip
        return True

    async def standing(self, person: Person) -> CalendarAddress | None:
        """The person's address, without its key."""
        return await CalendarAddress.filter(account_id=person.account_id, revoked_at=None).order_by("-id").first()

    async def resolve(self, key: str) -> Person | None:
        """Whose address it is; None when it is unknown or revoked, or the account is disabled or may not read."""
        if len(key) != LENGTH or not key.isascii():
            return None
        row = await CalendarAddress.get_or_none(key_hash=_hash(key), revoked_at=None)
        if row is None:
            return None
        account = await Account.get_or_none(id=row.account_id, disabled_at=None)
        if account is None:
            return None
        person = Person.of(account)
        if not person.may(Verb.RELEASE_READ):
            return None
        await self._used(row, await self._clock.now())
        return person

    async def _used(self, row: CalendarAddress, now: datetime) -> None:
        """Once an hour at most: a calendar program asks often, and a read must not become a stream of writes."""
        if row.used_at is None or (now - row.used_at).total_seconds() >= 3600:
            await CalendarAddress.filter(id=row.id).update(used_at=now)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
