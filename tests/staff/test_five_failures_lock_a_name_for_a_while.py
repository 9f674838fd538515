"""Lock-out: five failures in 15 minutes for a name, twenty tries a minute for an address, the same for unknown names."""

import asyncio
import time
from statistics import median
from typing import Any

import pytest

from audit.records import AuditRecord
from staff.errors import SignInLocked, SignInRefused
from staff.passwords import Passwords

PASSWORD = "correct horse battery"


@pytest.fixture
async def zhang(house: Any) -> str:
    from audit.actor import Actor

    await house.accounts.add("zhangsan", roles=["drafter"], by=Actor.machine("test"), password=PASSWORD)
    return "zhangsan"


async def fail(house: Any, name: str, times: int, *, address: str = "") -> list[SignInRefused]:
    refusals = []
    for _ in range(times):
        with pytest.raises(SignInRefused) as refused:
            await house.sessions.sign_in(name, "wrong password", address)
        refusals.append(refused.value)
    return refusals


async def test_the_sixth_try_is_refused_even_with_the_right_password(house: Any, zhang: str) -> None:
    refusals = await fail(house, zhang, 5)
    assert not any(isinstance(refusal, SignInLocked) for refusal in refusals)
    with pytest.raises(SignInLocked, match="15 分钟"):
        await house.sessions.sign_in(zhang, PASSWORD, "")


async def test_the_lock_opens_after_fifteen_minutes(house: Any, zhang: str) -> None:
    await fail(house, zhang, 5)
    house.clock.advance(15 * 60 + 1)
    assert (await house.sessions.sign_in(zhang, PASSWORD, "")).person.name == zhang


async def test_a_success_wipes_the_slate(house: Any, zhang: str) -> None:
    for _ in range(3):
        await fail(house, zhang, 4)
        await house.sessions.sign_in(zhang, PASSWORD, "")


async def test_an_unknown_name_gets_the_same_answers(house: Any, zhang: str) -> None:
    known, unknown = await fail(house, zhang, 6), await fail(house, "nobody", 6)
    assert [str(refusal) for refusal in known] == [str(refusal) for refusal in unknown]
    assert [type(refusal) for refusal in known] == [type(refusal) for refusal in unknown]


async def test_a_disabled_account_gets_the_same_answer_as_a_wrong_password(house: Any, zhang: str) -> None:
    from audit.actor import Actor

    (wrong,) = await fail(house, zhang, 1)
    await house.accounts.disable(zhang, by=Actor.machine("test"))
    with pytest.raises(SignInRefused) as refused:
        await house.sessions.sign_in(zhang, PASSWORD, "")
    assert str(refused.value) == str(wrong)


async def test_an_unknown_name_takes_as_long_as_a_known_one() -> None:
    passwords = Passwords(time_cost=2, memory_cost=8192, parallelism=1)
    stored = await passwords.hash(PASSWORD)
    spent: dict[str | None, list[float]] = {stored: [], None: []}
    for _ in range(15):
        for hashed, times in spent.items():
            start = time.perf_counter()
            assert not await passwords.matches("wrong password", hashed)
            times.append(time.perf_counter() - start)
    passwords.close()
    assert median(spent[None]) == pytest.approx(median(spent[stored]), rel=0.8)
    assert median(spent[None]) > 0.002


async def test_twenty_tries_a_minute_from_one_address(house: Any, zhang: str) -> None:
    for guess in range(20):
        await fail(house, f"name{guess}", 1, address="203.0.113.7")
    with pytest.raises(SignInLocked, match="1 分钟"):
        await house.sessions.sign_in(zhang, PASSWORD, "203.0.113.7")
    await house.sessions.sign_in(zhang, PASSWORD, "203.0.113.8")
    house.clock.advance(61)
    await house.sessions.sign_in(zhang, PASSWORD, "203.0.113.7")


async def test_parallel_guesses_do_not_slip_past_the_limit(house: Any, zhang: str) -> None:
    guesses = [house.sessions.sign_in(zhang, f"wrong guess {n}", "") for n in range(30)]
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(1 for outcome in outcomes if type(outcome) is SignInRefused) == 5
    assert sum(1 for outcome in outcomes if isinstance(outcome, SignInLocked)) == 25


async def test_a_password_typed_into_the_name_field_is_not_written_down(house: Any, zhang: str) -> None:
    await fail(house, "my-secret-password", 1)
    await fail(house, zhang, 1)
    records = await AuditRecord.filter(verb="staff.sign_in_failed")
    assert [record.actor_name for record in records] == [zhang]
    assert not [r for r in await AuditRecord.all() if "my-secret-password" in f"{r.detail}{r.actor_name}{r.subject}"]
