"""Sessions: 256-bit tokens kept as hashes, idle 30 minutes, absolute 8 hours, gone with the account."""

from typing import Any

import pytest

from audit.actor import Actor
from audit.records import AuditRecord
from staff.errors import SignInRefused
from staff.records import Account, StaffSession

BY = Actor.machine("test")
PASSWORD = "correct horse battery"


@pytest.fixture
async def token(house: Any) -> str:
    await house.accounts.add("lisi", display_name="李四", roles=["publisher"], by=BY, password=PASSWORD)
    opened = await house.sessions.sign_in(" LiSi ", PASSWORD, "203.0.113.7")
    result: str = opened.token
    return result


async def test_a_session_knows_its_person_and_its_form_token(house: Any, token: str) -> None:
    signed_in = await house.sessions.resolve(token)
    assert (signed_in.person.label, signed_in.person.may("release.schedule")) == ("李四（lisi）", True)
    assert signed_in.csrf_matches(signed_in.csrf_token)
    assert not signed_in.csrf_matches("")
    assert not signed_in.csrf_matches(signed_in.csrf_token[:-1] + "密")


async def test_only_the_hash_of_a_token_is_kept(house: Any, token: str) -> None:
    row = await StaffSession.get()
    assert token not in (row.token_hash, row.csrf_token)
    assert len(token) >= 43
    assert not [record for record in await AuditRecord.all() if token in str(record.detail)]


async def test_each_sign_in_gives_another_token(house: Any, token: str) -> None:
    assert (await house.sessions.sign_in("lisi", PASSWORD, "")).token != token


async def test_thirty_idle_minutes_end_it(house: Any, token: str) -> None:
    house.clock.advance(29 * 60)
    assert await house.sessions.resolve(token)
    house.clock.advance(29 * 60)
    assert await house.sessions.resolve(token), "using it keeps it open"
    house.clock.advance(30 * 60)
    assert await house.sessions.resolve(token) is None


async def test_eight_hours_end_it_however_busy(house: Any, token: str) -> None:
    for _ in range(23):
        house.clock.advance(20 * 60)
        assert await house.sessions.resolve(token)
    house.clock.advance(20 * 60)
    assert await house.sessions.resolve(token) is None


async def test_disabling_the_account_ends_it_at_once(house: Any, token: str) -> None:
    await house.accounts.disable("lisi", by=BY)
    assert await house.sessions.resolve(token) is None
    await house.accounts.enable("lisi", by=BY)
    assert await house.sessions.resolve(token) is None, "an old session does not come back to life"


async def test_losing_a_role_counts_from_the_next_request(house: Any, token: str) -> None:
    await house.accounts.set_roles("lisi", ["drafter"], by=BY)
    assert not (await house.sessions.resolve(token)).person.may("release.schedule")


async def test_a_new_password_ends_every_session(house: Any, token: str) -> None:
    await house.accounts.set_password("lisi", "another long password", by=BY)
    assert await house.sessions.resolve(token) is None
    with pytest.raises(SignInRefused):
        await house.sessions.sign_in("lisi", PASSWORD, "")


async def test_signing_out_ends_it(house: Any, token: str) -> None:
    await house.sessions.sign_out(token)
    await house.sessions.sign_out(token)
    assert await house.sessions.resolve(token) is None


async def test_a_sensitive_act_needs_a_recent_password(house: Any, token: str) -> None:
    assert (await house.sessions.resolve(token)).fresh
    house.clock.advance(6 * 60)
    assert not (await house.sessions.resolve(token)).fresh
    with pytest.raises(SignInRefused):
        await house.sessions.confirm(token, "wrong password", "")
    renewed = await house.sessions.confirm(token, PASSWORD, "")
    assert (await house.sessions.resolve(renewed.token)).fresh
    assert await house.sessions.resolve(token) is None


@pytest.mark.parametrize("forged", ["", "x", "x" * 43, "x" * 100_000, "令牌"])
async def test_a_forged_token_is_nobody(house: Any, token: str, forged: str) -> None:
    assert await house.sessions.resolve(forged) is None


async def test_old_rows_are_swept(house: Any, token: str) -> None:
    house.clock.advance(2 * 24 * 3600)
    assert await house.sessions.sweep() == 2
    assert await StaffSession.all().count() == 0


async def test_the_account_is_read_anew_with_every_request(house: Any, token: str) -> None:
    bearer = await house.tokens.issue("lisi", by=BY)
    await Account.filter(name="lisi").update(disabled_at=await house.clock.now())
    assert await house.sessions.resolve(token) is None
    assert await house.tokens.resolve(bearer) is None
