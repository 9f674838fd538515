"""审核代理: named for oneself or by who manages the staff, for steps one has, from day to day; never for oneself."""

from datetime import date, timedelta
from typing import Any

import pytest

from audit.actor import Actor
from audit.trail import Trail
from staff.accounts import Accounts
from staff.deputies import Deputies, Deputy, standing_in
from staff.errors import DeputyInvalid, DeputyNotFound, NotAllowed
from staff.passwords import Passwords
from staff.person import Person

TODAY = date(2026, 11, 23)
SYSTEM = Actor.machine("安装程序")


@pytest.fixture
async def people(database: str, clock: Any) -> dict[str, Person]:
    accounts = Accounts(clock=clock, trail=Trail(), passwords=Passwords(time_cost=1, memory_cost=64, parallelism=1))
    roles = {
        "wang": "first_reviewer", "zhao": "second_reviewer", "sun": "final_reviewer", "li": "drafter",
        "zheng": "operator", "both": "operator,first_reviewer", "gone": "first_reviewer",
    }  # fmt: skip
    found = {name: await accounts.add(name, roles=role.split(","), by=SYSTEM) for name, role in roles.items()}
    await accounts.disable("gone", by=SYSTEM)
    return found


@pytest.fixture
def deputies(clock: Any) -> Deputies:
    return Deputies(clock=clock, trail=Trail())


async def named(deputies: Deputies, by: Person, **changed: Any) -> Deputy:
    values: dict[str, Any] = {
        "person": "wang", "deputy": "zhao", "steps": ["first"], "from_day": TODAY,
        "to_day": TODAY + timedelta(days=3), **changed,
    }  # fmt: skip
    return await deputies.name(by, **values)


async def test_a_deputy_stands_in_from_the_first_day_to_the_last(people: Any, deputies: Deputies) -> None:
    await named(deputies, people["wang"], from_day=TODAY + timedelta(days=1))
    zhao = people["zhao"].account_id
    days = [bool(await standing_in(zhao, TODAY + timedelta(days=number))) for number in range(6)]
    assert days == [False, True, True, True, False, False]
    (found,) = await standing_in(zhao, TODAY + timedelta(days=2))
    assert (found.for_id, found.steps) == (people["wang"].account_id, {"first"})
    assert await standing_in(people["sun"].account_id, TODAY + timedelta(days=2)) == ()


WRONG = [
    ({"deputy": "wang"}, "deputy"),
    ({"deputy": "li"}, "deputy"),
    ({"deputy": "zheng"}, "deputy"),
    ({"deputy": "both"}, "deputy"),
    ({"deputy": "gone"}, "deputy"),
    ({"deputy": "nobody"}, "deputy"),
    ({"steps": []}, "steps"),
    ({"steps": ["boss"]}, "steps"),
    ({"steps": ["final"]}, "steps"),
    ({"to_day": TODAY - timedelta(days=1), "from_day": TODAY - timedelta(days=2)}, "to_day"),
    ({"from_day": TODAY + timedelta(days=9)}, "to_day"),
    ({"to_day": TODAY + timedelta(days=93)}, "to_day"),
    ({"reason": "长" * 201}, "reason"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
async def test_what_is_wrong_is_said_at_its_field(people: Any, deputies: Deputies, wrong: Any, field: str) -> None:
    with pytest.raises(DeputyInvalid) as refused:
        await named(deputies, people["wang"], **wrong)
    assert list(refused.value.problems) == [field]
    assert await deputies.list() == ()


async def test_nobody_names_a_deputy_for_a_colleague_but_who_manages_the_staff(people: Any, deputies: Deputies) -> None:
    for name in ("zhao", "sun", "li"):
        with pytest.raises(NotAllowed):
            await named(deputies, people[name])
    made = await named(deputies, people["zheng"])
    assert (made.person_name, made.deputy_name) == ("wang", "zhao")
    with pytest.raises(NotAllowed):
        await deputies.end(people["sun"], made.id)
    with pytest.raises(DeputyNotFound):
        await deputies.end(people["zheng"], 4711)


async def test_two_deputies_for_one_step_at_one_time_are_one_too_many(people: Any, deputies: Deputies) -> None:
    made = await named(deputies, people["wang"])
    with pytest.raises(DeputyInvalid, match="已有人代理"):
        await named(deputies, people["wang"], deputy="sun")
    await named(
        deputies, people["wang"], deputy="sun", from_day=TODAY + timedelta(days=4), to_day=TODAY + timedelta(days=5)
    )
    await deputies.end(people["zhao"], made.id)
    await deputies.end(people["zhao"], made.id)
    await named(deputies, people["wang"], deputy="sun")
    assert await standing_in(people["zhao"].account_id, TODAY) == ()


@pytest.mark.parametrize("who", ["wang", "zhao"])
async def test_a_disabled_account_is_neither_stood_in_for_nor_stands_in(
    people: Any, deputies: Deputies, clock: Any, who: str
) -> None:
    await named(deputies, people["wang"])
    accounts = Accounts(clock=clock, trail=Trail(), passwords=Passwords(time_cost=1, memory_cost=64, parallelism=1))
    await accounts.disable(who, by=SYSTEM)
    assert await standing_in(people["zhao"].account_id, TODAY) == ()


async def test_appointments_are_in_the_trail(people: Any, deputies: Deputies) -> None:
    made = await named(deputies, people["wang"], reason="出差")
    await deputies.end(people["wang"], made.id)
    records = await Trail().about(f"account:{people['wang'].account_id}")
    assert [record.verb for record in records][-2:] == ["staff.deputy.named", "staff.deputy.ended"]
    assert records[-2].detail["reason"] == "出差"
