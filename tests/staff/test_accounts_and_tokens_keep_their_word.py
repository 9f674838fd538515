"""Accounts and bearer tokens: the policy, the audit trail, and that a disabled account is out everywhere."""

from typing import Any

import pytest

from audit.actor import Actor
from audit.records import AuditRecord
from staff.errors import AccountInvalid, AccountNotFound
from staff.records import Account, ApiToken

BY = Actor.machine("test")
PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "zhang san"}, "name"),
        ({"name": "x" * 31}, "name"),
        ({"name": "<script>"}, "name"),
        ({"roles": []}, "roles"),
        ({"roles": ["boss"]}, "roles"),
        ({"password": "elevenchars"}, "password"),
        ({"password": "zhangsan20261"}, "password"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "password"),
        ({"password": "x1y2z3" * 50}, "password"),
        ({"display_name": "张" * 31}, "display_name"),
        ({"unit": "区" * 65}, "unit"),
    ],
)
async def test_what_is_wrong_is_named_by_field(house: Any, changed: dict[str, Any], field: str) -> None:
    values = {"name": "zhangsan", "roles": ["drafter"], "password": PASSWORD, **changed}
    with pytest.raises(AccountInvalid) as invalid:
        await house.accounts.add(values.pop("name"), by=BY, **values)
    assert list(invalid.value.problems) == [field]
    assert await Account.all().count() == 0


async def test_a_name_is_taken_once(house: Any) -> None:
    await house.accounts.add("zhangsan", roles=["drafter"], by=BY, password=PASSWORD)
    with pytest.raises(AccountInvalid, match="已经存在"):
        await house.accounts.add("ＺhangSan", roles=["drafter"], by=BY, password=PASSWORD)


async def test_every_act_stands_in_the_trail_without_secrets(house: Any) -> None:
    await house.accounts.add("zhangsan", roles=["drafter"], by=BY, password=PASSWORD)
    await house.accounts.set_roles("zhangsan", ["publisher", "drafter"], by=BY)
    await house.accounts.set_password("zhangsan", "another long password", by=BY)
    token = await house.tokens.issue("zhangsan", by=BY)
    assert await house.tokens.revoke(token, by=BY)
    await house.accounts.disable("zhangsan", by=BY)
    await house.accounts.disable("zhangsan", by=BY)
    records = await AuditRecord.all().order_by("id")
    assert [record.verb for record in records] == [
        "staff.added", "staff.roles_changed", "staff.password_changed", "staff.token_issued", "staff.token_revoked",
        "staff.disabled",
    ]  # fmt: skip
    written = str([record.detail for record in records])
    assert not any(secret in written for secret in (PASSWORD, "another long password", token, "argon2"))
    assert (await house.trail.verify()).records == 6


async def test_the_stored_password_is_argon2id(house: Any) -> None:
    await house.accounts.add("zhangsan", roles=["drafter"], by=BY, password=PASSWORD)
    stored = (await Account.get()).password_hash
    assert stored is not None
    assert stored.startswith("$argon2id$")


async def test_nobody_changes_his_own_roles(house: Any) -> None:
    boss = await house.accounts.add("boss", roles=["operator"], by=BY, password=PASSWORD)
    with pytest.raises(AccountInvalid, match="本人"):
        await house.accounts.set_roles("boss", ["operator", "publisher"], by=boss.actor)
    assert (await house.accounts.get("boss")).roles == {"operator"}


async def test_a_token_is_its_account(house: Any) -> None:
    await house.accounts.add("api", roles=["drafter"], unit="区民政局", by=BY)
    token = await house.tokens.issue("api", by=BY)
    assert token.startswith("mb_")
    person = await house.tokens.resolve(token)
    assert (person.name, person.unit, person.may("disclosure.write")) == ("api", "区民政局", True)
    assert (await ApiToken.get()).token_hash != token


@pytest.mark.parametrize("forged", ["", "mb_", "mb_" + "x" * 43, "mb_" + "x" * 10_000, "xx"])
async def test_a_forged_bearer_token_is_nobody(house: Any, forged: str) -> None:
    await house.accounts.add("api", roles=["drafter"], by=BY)
    await house.tokens.issue("api", by=BY)
    assert await house.tokens.resolve(forged) is None


async def test_revoked_tokens_and_disabled_accounts_are_out(house: Any) -> None:
    await house.accounts.add("api", roles=["drafter"], by=BY)
    first, second = await house.tokens.issue("api", by=BY), await house.tokens.issue("api", by=BY)
    assert await house.tokens.revoke(first, by=BY)
    assert not await house.tokens.revoke(first, by=BY)
    assert (await house.tokens.resolve(first), (await house.tokens.resolve(second)).name) == (None, "api")
    await house.accounts.disable("api", by=BY)
    assert await house.tokens.resolve(second) is None
    with pytest.raises(AccountNotFound):
        await house.tokens.issue("api", by=BY)
    with pytest.raises(AccountNotFound):
        await house.accounts.get("api")
    await house.accounts.enable("api", by=BY)
    assert await house.tokens.resolve(second) is None


async def test_all_tokens_of_an_account_can_be_ended_at_once(house: Any) -> None:
    await house.accounts.add("api", roles=["drafter"], by=BY)
    tokens = [await house.tokens.issue("api", by=BY) for _ in range(3)]
    assert await house.tokens.revoke_all("api", by=BY) == 3
    assert [await house.tokens.resolve(token) for token in tokens] == [None] * 3
