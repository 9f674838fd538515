"""Deputies (审核代理): somebody signs steps of the review for an absent colleague, from one day to another (features P6).

A deputy is a reviewer himself; whom he stands in for must still have the step and an enabled account on the day of the signature.
The appointment ends by the day. That neither of the two signs twice is decided where signatures are (``disclosures.review``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from staff.accounts import plain_name
from staff.errors import DeputyInvalid, DeputyNotFound, NotAllowed
from staff.person import Person
from staff.records import Account, DeputyRecord
from staff.roles import REVIEW_VERBS, Verb

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LONGEST: Final = timedelta(days=92)
"""A quarter; a longer absence is a matter of roles, not of deputies."""
STEP_OF: Final = {verb.rpartition(".")[2]: verb for verb in REVIEW_VERBS}
"""Step of the review → its verb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputy:
    """One appointment."""

    id: int
    person_id: int
    person_name: str
    deputy_id: int
    deputy_name: str
    steps: tuple[str, ...]
    from_day: date
    to_day: date
    reason: str
    named_by_name: str
    named_at: datetime
    ended_at: datetime | None
    ended_by_name: str

    def state(self, today: date) -> str:
        """now, later, over or ended."""
        if self.ended_at is not None:
            return "ended"
        return "later" if today < self.from_day else "over" if today > self.to_day else "now"


class Deputies:
    """The verbs: each validates, changes and audits in one transaction."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def name(
        self, by: Person, *, person: str, deputy: str, steps: Iterable[str], from_day: date, to_day: date,
        reason: str = "",
    ) -> Deputy:  # fmt: skip
        """``person`` and ``deputy`` are sign-in names. One names a deputy for himself, or manages the staff. Raises
        NotAllowed, DeputyInvalid with every field that is wrong."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            # Two appointments for one person at once are made one after the other.
            absent, standing_in = await _account(connection, person, lock=True), await _account(connection, deputy)
            wanted = tuple(dict.fromkeys(steps))
            if not by.may(Verb.STAFF_MANAGE) and (absent is None or absent.account_id != by.account_id):
                raise NotAllowed(Verb.STAFF_MANAGE)
            problems = _problems(absent, standing_in, wanted, from_day, to_day, now.astimezone(SHANGHAI).date())
            if len(reason) > 200:
                problems["reason"] = "事由不超过 200 个字。"
            if problems or absent is None or standing_in is None:
                raise DeputyInvalid(problems)
            if await _overlapping(connection, absent.account_id, wanted, from_day, to_day):
                raise DeputyInvalid({"from_day": "这段时间里已有人代理同一步骤，请先终止原来的代理。"})
            row = await DeputyRecord.create(
                using_db=connection, person_id=absent.account_id, person_name=absent.display_name,
                deputy_id=standing_in.account_id, deputy_name=standing_in.display_name, steps=list(wanted),
                from_day=from_day, to_day=to_day, reason=reason.strip(), named_by_id=by.account_id,
                named_by_name=by.display_name, named_at=now,
            )  # fmt: skip
            await self._trail.append(
                connection, at=now, actor=by.actor, verb="staff.deputy.named", subject=f"account:{absent.account_id}",
                deputy=row.id, person=absent.label, by_deputy=standing_in.label, steps=list(wanted),
                from_day=from_day.isoformat(), to_day=to_day.isoformat(), reason=reason.strip(),
            )  # fmt: skip
            return _deputy(row)

    async def end(self, by: Person, deputy_id: int) -> Deputy:
        """Ends an appointment at once: who is stood in for, who stands in, or who manages the staff. Ending it twice is
        harmless. Raises NotAllowed, DeputyNotFound."""
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await DeputyRecord.filter(id=deputy_id).using_db(connection).select_for_update().first()
            if row is None:
                raise DeputyNotFound
            if not by.may(Verb.STAFF_MANAGE) and by.account_id not in {row.person_id, row.deputy_id}:
                raise NotAllowed(Verb.STAFF_MANAGE)
            if row.ended_at is None:
                row.ended_at, row.ended_by_name = now, by.display_name
                await row.save(using_db=connection, update_fields=["ended_at", "ended_by_name"])
                await self._trail.append(
                    connection, at=now, actor=by.actor, verb="staff.deputy.ended", subject=f"account:{row.person_id}",
                    deputy=row.id, person=row.person_name, by_deputy=row.deputy_name,
                )  # fmt: skip
            return _deputy(row)

    async def list(self, *, limit: int = 100) -> tuple[Deputy, ...]:
        """The newest first."""
        return tuple(_deputy(row) for row in await DeputyRecord.all().order_by("-id").limit(limit))

    async def of(self, account_id: int, day: date) -> tuple[Deputy, ...]:
        """The appointments under which this account stands in for others on a day."""
        return tuple(_deputy(row) for row in await _current(account_id, day))

    async def reviewers(self) -> tuple[Person, ...]:
        """Enabled accounts that review, by name: who may be stood in for, and who may stand in."""
        people = [Person.of(account) for account in await Account.filter(disabled_at=None).order_by("name")]
        return tuple(person for person in people if _reviews(person))


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingIn:
    """For whom an account may sign, and which steps; as ``disclosures.review.Standing``."""

    for_id: int
    for_name: str
    steps: frozenset[str]


async def standing_in(account_id: int, day: date) -> tuple[StandingIn, ...]:
    """For whom this account may sign on a day in Shanghai: the appointment runs, both accounts are enabled, the deputy still
    reviews, and whom he stands in for still has the step."""
    rows = await _current(account_id, day)
    if not rows:
        return ()
    ids = {account_id, *(row.person_id for row in rows)}
    people = {account.id: Person.of(account) for account in await Account.filter(id__in=ids, disabled_at=None)}
    if account_id not in people or not _reviews(people[account_id]):
        return ()
    found = []
    for row in rows:
        absent = people.get(row.person_id)
        steps = frozenset(step for step in row.steps if absent is not None and absent.may(STEP_OF[step]))
        if absent is not None and steps:
            found.append(StandingIn(for_id=absent.account_id, for_name=absent.display_name, steps=steps))
    return tuple(found)


async def _current(account_id: int, day: date) -> list[DeputyRecord]:
    running = DeputyRecord.filter(deputy_id=account_id, ended_at=None, from_day__lte=day, to_day__gte=day)
    return await running.order_by("id")


async def _account(connection: BaseDBAsyncClient, name: str, *, lock: bool = False) -> Person | None:
    rows = Account.filter(name=plain_name(name), disabled_at=None).using_db(connection)
    account = await (rows.select_for_update().first() if lock else rows.first())
    return None if account is None else Person.of(account)


async def _overlapping(
    connection: BaseDBAsyncClient, person_id: int, steps: tuple[str, ...], from_day: date, to_day: date
) -> bool:
    rows = DeputyRecord.filter(person_id=person_id, ended_at=None, from_day__lte=to_day, to_day__gte=from_day)
    return any(set(row.steps) & set(steps) for row in await rows.using_db(connection))


def _reviews(person: Person) -> bool:
    return any(person.may(verb) for verb in REVIEW_VERBS)


def _problems(
    absent: Person | None, deputy: Person | None, steps: tuple[str, ...], from_day: date, to_day: date, today: date
) -> dict[str, str]:
    problems: dict[str, str] = {}
    if absent is None:
        problems["person"] = "请选择由谁委托代理。"
    if deputy is None:
        problems["deputy"] = "请选择代理人。"
    elif absent is not None and deputy.account_id == absent.account_id:
        problems["deputy"] = "本人不能代理本人，请选择另一位同志。"
    elif not _reviews(deputy):
        problems["deputy"] = "代理人须是审核人员（有任一审核步骤的权限），且不是系统管理员。"
    if not steps or any(step not in STEP_OF for step in steps):
        problems["steps"] = "请至少选择一个审核步骤。"
    elif absent is not None and not all(absent.may(STEP_OF[step]) for step in steps):
        problems["steps"] = f"{absent.display_name}没有所选步骤的权限，不能委托他人代理。"
    if to_day < from_day:
        problems["to_day"] = "结束日期早于开始日期。"
    elif to_day < today:
        problems["to_day"] = "结束日期已经过去。"
    elif to_day - from_day > LONGEST:
        problems["to_day"] = f"代理期最长 {LONGEST.days} 天；长期离岗请系统管理员调整角色。"
    return problems


def _deputy(row: DeputyRecord) -> Deputy:
    return Deputy(
        id=row.id, person_id=row.person_id, person_name=row.person_name, deputy_id=row.deputy_id,
        deputy_name=row.deputy_name, steps=tuple(row.steps), from_day=row.from_day, to_day=row.to_day, reason=row.reason,
        named_by_name=row.named_by_name, named_at=row.named_at, ended_at=row.ended_at, ended_by_name=row.ended_by_name,
    )  # fmt: skip
