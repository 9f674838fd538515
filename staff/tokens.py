"""Bearer tokens of staff accounts for the API. Only their SHA-256 is kept: a token is shown once."""

import hashlib
import secrets

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from staff.accounts import plain_name
from staff.errors import AccountNotFound
from staff.person import Person
from staff.records import Account, ApiToken

PREFIX = "mb_"
_LONGEST = 128


def token_hash(token: str) -> str:
    """How a 256-bit token is stored: plain SHA-256 suffices, because there is nothing to guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class ApiTokens:
    """Issues, resolves and revokes bearer tokens."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock, self._trail = clock, trail

    async def issue(self, name: str, *, by: Actor) -> str:
        """A new token of an enabled account, as ``mb_…``; earlier ones stay valid. Raises AccountNotFound."""
        token = PREFIX + secrets.token_urlsafe(32)
        now = await self._clock.now()
        async with in_transaction() as connection:
            account = await Account.filter(name=plain_name(name), disabled_at=None).using_db(connection).first()
            if account is None:
                raise AccountNotFound(plain_name(name))
            row = await ApiToken.create(
                using_db=connection, token_hash=token_hash(token), account_id=account.id, created_at=now
            )
            await self._trail.append(
                connection, at=now, actor=by, verb="staff.token_issued", subject=f"account:{account.id}",
                name=account.name, token_id=row.id,
            )  # fmt: skip
        return token

    async def resolve(self, token: str) -> Person | None:
        """Whose token it is; None when it is unknown or revoked, or its account is disabled."""
        if not token.startswith(PREFIX) or len(token) > _LONGEST:
            return None
        row = await ApiToken.filter(token_hash=token_hash(token), revoked_at=None).select_related("account").first()
        if row is None or row.account.disabled_at is not None:
            return None
        return Person.of(row.account)

    async def revoke(self, token: str, *, by: Actor) -> bool:
        """Ends one token; False when it was not valid anyway."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = await ApiToken.filter(token_hash=token_hash(token), revoked_at=None).using_db(connection).first()
            if row is None:
                return False
            row.revoked_at = now
            await row.save(using_db=connection, update_fields=["revoked_at"])
            await self._trail.append(
                connection, at=now, actor=by, verb="staff.token_revoked",
                subject=f"account:{row.account_id}", token_id=row.id,  # type: ignore[attr-defined]
            )  # fmt: skip
        return True

    async def revoke_all(self, name: str, *, by: Actor) -> int:
        """Ends every token of an account; returns how many there were. Raises AccountNotFound."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            account = await Account.filter(name=plain_name(name)).using_db(connection).first()
            if account is None:
                raise AccountNotFound(plain_name(name))
            rows = ApiToken.filter(account_id=account.id, revoked_at=None).using_db(connection)
            ended = await rows.update(revoked_at=now)
            if ended:
                await self._trail.append(
                    connection, at=now, actor=by, verb="staff.token_revoked", subject=f"account:{account.id}",
                    tokens=ended,
                )  # fmt: skip
        return ended
