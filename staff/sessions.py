"""Signed-in browsers: sign-in with lock-out, 256-bit tokens of which only the hash is kept, idle and absolute ends."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from staff.accounts import plain_name
from staff.errors import SignInLocked, SignInRefused
from staff.passwords import Passwords
from staff.person import Person
from staff.records import Account, SignInAttempt, StaffSession
from staff.tokens import token_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """How long a session lives and how often one may try (ASVS 5.0, 7.3 and 2.4; the figures are this house's)."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=8)
    fresh: timedelta = timedelta(minutes=5)
    """How recent the password must be for publish-now, withdrawal and role changes (ASVS 7.5.3)."""
    failures: int = 5
    failure_window: timedelta = timedelta(minutes=15)
    address_attempts: int = 20
    address_window: timedelta = timedelta(minutes=1)
    touch: timedelta = timedelta(seconds=30)
    """The last use is written at most this often, so that reading a page does not always write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A browser whose token was good at this moment."""

    person: Person
    csrf_token: str
    signed_in_at: datetime
    fresh: bool
    """True: the password was given within the last five minutes."""

    def csrf_matches(self, given: str) -> bool:
        """Compares in constant time."""
        return hmac.compare_digest(self.csrf_token.encode(), given.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """What a sign-in gives: the token goes into the cookie and is never shown again."""

    token: str
    csrf_token: str
    person: Person


class Sessions:
    """Signs people in and out and tells whose browser it is."""

    def __init__(
        self, *, clock: Clock, trail: Trail, passwords: Passwords, policy: SessionPolicy | None = None
    ) -> None:
        self._clock, self._trail, self._passwords = clock, trail, passwords
        self._policy = policy or SessionPolicy()

    async def sign_in(self, name: str, password: str, address: str) -> NewSession:
        """Checks name and password. Raises SignInRefused (the same answer, after the same time, for an unknown name,
        a wrong password and a disabled account) or SignInLocked (likewise for names that do not exist)."""
        name, address = plain_name(name)[:64], address[:64]
        attempt = await self._open_attempt(name, address)
        account = await Account.get_or_none(name=name)
        usable = account.password_hash if account is not None and account.disabled_at is None else None
        if not await self._passwords.matches(password, usable) or account is None:
            await self._note_failure(account, address)
            raise SignInRefused
        await self._refresh_hash(account, password)
        return await self._open(account, attempt, address)

    async def confirm(self, token: str, password: str, address: str) -> NewSession:
        """Asks for the password again before a sensitive act: the old token dies, a new one takes its place. Raises
        SignInRefused; counts towards the lock-out like any other try."""
        signed_in = await self.resolve(token)
        if signed_in is None:
            raise SignInRefused
        renewed = await self.sign_in(signed_in.person.name, password, address)
        await self.sign_out(token)
        return renewed

    async def resolve(self, token: str, *, touch: bool = True) -> SignedIn | None:
        """Whose browser this is; None when the token is unknown, ended, too old, idle too long, or the account is
        disabled. The account is read anew every time, so that a disabled one is out with its next request.
        ``touch=False``: this request is no sign of a person, and the idle time runs on."""
        if not token or len(token) > 128:
            return None
        row = await StaffSession.filter(token_hash=token_hash(token), ended_at=None).select_related("account").first()
        if row is None or row.account.disabled_at is not None:
            return None
        now = await self._clock.now()
        if now - row.created_at >= self._policy.absolute or now - row.last_seen_at >= self._policy.idle:
            return None
        if touch and now - row.last_seen_at >= self._policy.touch:
            await StaffSession.filter(id=row.id, ended_at=None, last_seen_at__lt=now).update(last_seen_at=now)
        return SignedIn(
            person=Person.of(row.account),
            csrf_token=row.csrf_token,
            signed_in_at=row.created_at,
            fresh=now - row.created_at < self._policy.fresh,
        )

    async def sign_out(self, token: str) -> None:
        """Ends the session; an unknown token is no error."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            row = (
                await StaffSession.filter(token_hash=token_hash(token), ended_at=None)
                .using_db(connection)
                .select_related("account")
                .first()
            )
            if row is None:
                return
            row.ended_at = now
            await row.save(using_db=connection, update_fields=["ended_at"])
            await self._trail.append(
                connection, at=now, actor=Person.of(row.account).actor, verb="staff.signed_out",
                subject=f"account:{row.account.id}",
            )  # fmt: skip

    async def sweep(self) -> int:
        """Removes sessions that ended or expired and attempts that no longer count; returns how many rows went."""
        now = await self._clock.now()
        old = now - self._policy.absolute
        gone = await StaffSession.filter(created_at__lt=old).delete()
        return gone + await SignInAttempt.filter(at__lt=now - timedelta(days=1)).delete()

    async def _open_attempt(self, name: str, address: str) -> int:
        """Counts first and writes the try down as failed before the password is looked at, so that parallel tries
        cannot slip past the limit."""
        now = await self._clock.now()
        policy = self._policy
        async with in_transaction() as connection:
            # The account's row is the queue in which parallel tries wait for each other's count.
            await Account.filter(name=name).using_db(connection).select_for_update().first()
            if address:
                recent = SignInAttempt.filter(address=address, at__gt=now - policy.address_window)
                if await recent.using_db(connection).count() >= policy.address_attempts:
                    raise SignInLocked(minutes=_minutes(policy.address_window))
            if await self._failures(connection, name, now) >= policy.failures:
                raise SignInLocked(minutes=_minutes(policy.failure_window))
            attempt = await SignInAttempt.create(
                using_db=connection, name=name, address=address, at=now, succeeded=False
            )
        return attempt.id

    async def _failures(self, connection: BaseDBAsyncClient, name: str, now: datetime) -> int:
        window = SignInAttempt.filter(name=name, at__gt=now - self._policy.failure_window).using_db(connection)
        last_success = await window.filter(succeeded=True).order_by("-id").first()
        failures = window.filter(succeeded=False)
        return await (failures.filter(id__gt=last_success.id) if last_success else failures).count()

    async def _note_failure(self, account: Account | None, address: str) -> None:
        # Only names that exist are written to the trail: people type passwords into the name field.
        if account is None:
            return
        now = await self._clock.now()
        async with in_transaction() as connection:
            await self._trail.append(
                connection, at=now, actor=Person.of(account).actor, verb="staff.sign_in_failed",
                subject=f"account:{account.id}", address=address,
            )  # fmt: skip

    async def _refresh_hash(self, account: Account, password: str) -> None:
        stored = account.password_hash
        if stored and self._passwords.outdated(stored):
            fresh = await self._passwords.hash(password)
            await Account.filter(id=account.id, password_hash=stored).update(password_hash=fresh)

    async def _open(self, account: Account, attempt: int, address: str) -> NewSession:
        token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        now = await self._clock.now()
        async with in_transaction() as connection:
            # Read again: the account may have been disabled while the password was being checked.
            current = await Account.filter(id=account.id, disabled_at=None).using_db(connection).first()
            if current is None:
                raise SignInRefused
            await SignInAttempt.filter(id=attempt).using_db(connection).update(succeeded=True)
            await StaffSession.create(
                using_db=connection, token_hash=token_hash(token), account_id=current.id, csrf_token=csrf_token,
                created_at=now, last_seen_at=now, address=address,
            )  # fmt: skip
            await self._trail.append(
                connection, at=now, actor=Person.of(current).actor, verb="staff.signed_in",
                subject=f"account:{current.id}", address=address,
            )  # fmt: skip
        return NewSession(token=token, csrf_token=csrf_token, person=Person.of(current))


def _minutes(window: timedelta) -> int:
    return max(1, round(window.total_seconds() / 60))
