"""Accounts: one person, one account. Every act is audited in its own transaction."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from staff.errors import AccountInvalid, AccountNotFound
from staff.passwords import Passwords, policy_problem
from staff.person import Person
from staff.records import Account, ApiToken, StaffSession
from staff.roles import Role, parse_roles

_NAME = re.compile(r"[\w.@-]{1,30}")


def plain_name(name: str) -> str:
    """The one spelling of a sign-in name: NFKC, lower case, no blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class Accounts:
    """Creates, changes, disables and lists accounts. ``by`` is who does it."""

    def __init__(self, *, clock: Clock, trail: Trail, passwords: Passwords) -> None:
        self._clock, self._trail, self._passwords = clock, trail, passwords

    async def add(
        self,
        name: str,
        *,
        roles: Iterable[str],
        by: Actor,
        display_name: str = "",
        unit: str = "",
        password: str | None = None,
    ) -> Person:
        """A new account. Without a password it can only use tokens. Raises AccountInvalid."""
        name = plain_name(name)
        display_name = _one_line(display_name) or name
        wanted = _checked(name=name, display_name=display_name, unit=_one_line(unit), roles=roles, password=password)
        secret = await self._passwords.hash(password) if password is not None else None
        now = await self._clock.now()
        try:
            async with in_transaction() as connection:
                account = await Account.create(
                    using_db=connection, name=name, display_name=display_name, unit=_one_line(unit),
                    roles=sorted(wanted), password_hash=secret, created_at=now,
                )  # fmt: skip
                await self._record(connection, now, by, "staff.added", account, roles=sorted(wanted), unit=account.unit)
        except IntegrityError as clash:
            raise AccountInvalid({"name": f"用户名“{name}”已经存在。"}) from clash
        return Person.of(account)

    async def set_roles(self, name: str, roles: Iterable[str], *, by: Actor) -> Person:
        """Replaces the roles. Nobody changes his own (AccountInvalid); AccountNotFound when there is no such name."""
        wanted = _known_roles(roles)
        now = await self._clock.now()
        async with in_transaction() as connection:
            account = await _locked(connection, name)
            if by.account_id == account.id:
                raise AccountInvalid({"roles": "不能修改本人账号的角色，请由另一名系统管理员办理。"})
            before = sorted(account.roles)
            account.roles = sorted(wanted)
            await account.save(using_db=connection, update_fields=["roles"])
            await self._record(connection, now, by, "staff.roles_changed", account, before=before, after=account.roles)
        return Person.of(account)

    async def set_password(self, name: str, password: str, *, by: Actor) -> None:
        """A new password; every session of the account ends. Raises AccountInvalid, AccountNotFound."""
        account = await _found(name)
        if problem := policy_problem(password, name=account.name, display_name=account.display_name):
            raise AccountInvalid({"password": problem})
        secret = await self._passwords.hash(password)
        now = await self._clock.now()
        async with in_transaction() as connection:
            account = await _locked(connection, name)
            account.password_hash = secret
            await account.save(using_db=connection, update_fields=["password_hash"])
            await _end_sessions(connection, account, now)
            await self._record(connection, now, by, "staff.password_changed", account)

    async def disable(self, name: str, *, by: Actor) -> None:
        """The account can do nothing from now on: sessions end, tokens are revoked. Repeating is harmless."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            account = await _locked(connection, name)
            if account.disabled_at is not None:
                return
            account.disabled_at = now
            await account.save(using_db=connection, update_fields=["disabled_at"])
            await _end_sessions(connection, account, now)
            await ApiToken.filter(account_id=account.id, revoked_at=None).using_db(connection).update(revoked_at=now)
            await self._record(connection, now, by, "staff.disabled", account)

    async def enable(self, name: str, *, by: Actor) -> Person:
        """Lets a disabled account sign in again; its old tokens stay revoked."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            account = await _locked(connection, name)
            if account.disabled_at is not None:
                account.disabled_at = None
                await account.save(using_db=connection, update_fields=["disabled_at"])
                await self._record(connection, now, by, "staff.enabled", account)
        return Person.of(account)

    async def get(self, name: str) -> Person:
        """The person behind an enabled account; AccountNotFound when there is none or it is disabled."""
        account = await _found(name)
        if account.disabled_at is not None:
            raise AccountNotFound(account.name)
        return Person.of(account)

    async def list(self) -> tuple[Account, ...]:
        """All accounts by name, disabled ones too (the row says so)."""
        return tuple(await Account.all().order_by("name"))

    async def _record(
        self, connection: BaseDBAsyncClient, now: datetime, by: Actor, verb: str, account: Account, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=now, actor=by, verb=verb, subject=f"account:{account.id}", name=account.name, **detail
        )


async def _found(name: str) -> Account:
    account = await Account.get_or_none(name=plain_name(name))
    if account is None:
        raise AccountNotFound(plain_name(name))
    return account


async def _locked(connection: BaseDBAsyncClient, name: str) -> Account:
    account = await Account.filter(name=plain_name(name)).using_db(connection).select_for_update().first()
    if account is None:
        raise AccountNotFound(plain_name(name))
    return account


async def _end_sessions(connection: BaseDBAsyncClient, account: Account, now: datetime) -> None:
    await StaffSession.filter(account_id=account.id, ended_at=None).using_db(connection).update(ended_at=now)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _known_roles(roles: Iterable[str]) -> frozenset[Role]:
    try:
        wanted = parse_roles(roles)
    except ValueError as unknown:
        known = "、".join(Role)
        raise AccountInvalid({"roles": f"角色不存在。可用的角色：{known}。"}) from unknown
    if not wanted:
        raise AccountInvalid({"roles": "请至少指定一个角色。"})
    return wanted


def _checked(*, name: str, display_name: str, unit: str, roles: Iterable[str], password: str | None) -> frozenset[Role]:
    problems: dict[str, str] = {}
    if not _NAME.fullmatch(name):
        problems["name"] = "用户名为 1 至 30 个字符，可用汉字、字母、数字和 . _ - @。"
    if display_name != name and (len(display_name) > 30 or not display_name.isprintable()):
        problems["display_name"] = "姓名不超过 30 个字符。"
    if len(unit) > 64 or not unit.isprintable():
        problems["unit"] = "单位名称不超过 64 个字符。"
    if password is not None and (problem := policy_problem(password, name=name, display_name=display_name)):
        problems["password"] = problem
    wanted: frozenset[Role] = frozenset()
    try:
        wanted = _known_roles(roles)
    except AccountInvalid as invalid:
        problems.update(invalid.problems)
    if problems:
        raise AccountInvalid(problems)
    return wanted
