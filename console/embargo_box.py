"""What the sheet shows of an embargo: who may see the text, who could be named, and which steps nobody named can do."""

from dataclasses import dataclass
from typing import Final

from disclosures.embargo import EmbargoState, embargo_of
from disclosures.states import State
from staff.person import Person
from staff.records import Account
from staff.roles import ROLE_NAMES, Verb

MOST_LISTED: Final = 200
_STEPS: Final = {
    Verb.DISCLOSURE_REVIEW_FIRST: "初审", Verb.DISCLOSURE_REVIEW_SECOND: "复审", Verb.DISCLOSURE_REVIEW_FINAL: "终审",
    Verb.RELEASE_SCHEDULE: "发布",
}  # fmt: skip
"""The steps that somebody named must be able to do, or the text cannot go its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody who can be named."""

    account_id: int
    name: str
    about: str
    """His roles and unit, in words."""
    named: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbargoBox:
    """What the sheet shows of the embargo. ``lacking``: the steps that nobody of the named can do."""

    state: EmbargoState
    colleagues: tuple[Colleague, ...]
    lacking: tuple[str, ...]
    possible: bool


async def embargo_box(disclosure_id: int, state: State, author_id: int, person: Person) -> EmbargoBox:
    """For whoever may set it; others see only that there is one."""
    embargo = await embargo_of(disclosure_id)
    possible = state not in {State.RELEASED, State.REPEALED} and person.may(Verb.DISCLOSURE_SHOW)
    people = [each for each in await colleagues() if each.account_id != author_id] if possible or embargo.since else []
    named = [each for each in people if each.account_id in embargo.readers]
    lacking = [step for verb, step in _STEPS.items() if not any(each.may(verb) for each in named)]
    return EmbargoBox(
        state=embargo, possible=possible, lacking=tuple(lacking) if embargo.since else (),
        colleagues=tuple(
            Colleague(
                account_id=each.account_id, name=each.display_name, named=each.account_id in embargo.readers,
                about="、".join(ROLE_NAMES[role] for role in sorted(each.roles)) + (f" · {each.unit}" if each.unit else ""),
            )
            for each in people
            if any(each.may(verb) for verb in (*_STEPS, Verb.DISCLOSURE_WRITE, Verb.DISCLOSURE_REVIEW_SECRECY))
        ),
    )  # fmt: skip


async def colleagues() -> list[Person]:
    """Everybody with an account that is not disabled, by name."""
    rows = await Account.filter(disabled_at=None).order_by("display_name").limit(MOST_LISTED)
    return [Person.of(row) for row in rows]
