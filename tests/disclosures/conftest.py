"""The disclosures package over the real database, with people as the staff package makes them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import pytest
from tortoise.transactions import in_transaction

from audit.trail import Trail
from disclosures.catalogue import Catalogue, seed
from disclosures.desk import Desk
from disclosures.draft import DraftText
from disclosures.files import Files
from disclosures.workdays import WorkingDays
from staff.person import Person
from staff.roles import Role

CREDIT_CODE = "11441700007280420Y"


class MovingClock(Protocol):
    moment: datetime

    async def now(self) -> datetime: ...

    def advance(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The desk, and one person for each chair."""

    clock: MovingClock
    trail: Trail
    desk: Desk
    files: Files
    catalogue: Catalogue
    drafter: Person
    first: Person
    second: Person
    final: Person
    publisher: Person
    operator: Person

    def draft(self, **changed: Any) -> DraftText:
        values: dict[str, Any] = {
            "title": "关于开展2026年冬季供暖补贴发放工作的通知",
            "body": "各镇人民政府，各街道办事处：\n\n补贴自2026年12月1日起发放，每户300元。",
            "department": "区民政局",
            "category": "通知公告",
            "formed_on": date(2026, 11, 20),
            "document_number": "区民发〔2026〕18号",
        }
        return DraftText(**{**values, **changed})

    async def submitted(self, **changed: Any) -> int:
        """The id of a new disclosure that waits for 初审."""
        sheet = await self.desk.create(self.drafter, self.draft(**changed))
        await self.desk.submit(self.drafter, sheet.id)
        return sheet.id

    async def approved(self, **changed: Any) -> int:
        """The id of a new disclosure that three people signed."""
        disclosure_id = await self.submitted(**changed)
        for reviewer in (self.first, self.second, self.final):
            await self.desk.approve(reviewer, disclosure_id)
        return disclosure_id

    async def released(self, **changed: Any) -> int:
        """The id of a new disclosure that the public can read."""
        disclosure_id = await self.approved(**changed)
        await self.release(disclosure_id)
        return disclosure_id

    async def release(self, disclosure_id: int) -> None:
        now = await self.clock.now()
        async with in_transaction() as connection:
            _, content_hash = await self.desk.approved_content(disclosure_id, connection)
            await self.desk.mark_released(
                connection, disclosure_id, content_hash=content_hash, by=self.publisher.actor, now=now
            )


def person(account_id: int, name: str, *roles: Role) -> Person:
    return Person(account_id=account_id, name=f"user{account_id}", display_name=name, unit="", roles=frozenset(roles))


@pytest.fixture
async def office(database: str, clock: MovingClock) -> AsyncIterator[Office]:
    async with in_transaction() as connection:
        await seed(connection)
    trail = Trail()
    yield Office(
        clock=clock,
        trail=trail,
        desk=Desk(clock=clock, trail=trail, credit_code=CREDIT_CODE, working_days=WorkingDays()),
        files=Files(clock=clock, trail=trail),
        catalogue=Catalogue(clock=clock, trail=trail),
        drafter=person(1, "撰稿人", Role.DRAFTER),
        first=person(2, "初审员", Role.FIRST_REVIEWER),
        second=person(3, "复审员", Role.SECOND_REVIEWER),
        final=person(4, "终审员", Role.FINAL_REVIEWER),
        publisher=person(5, "发布员", Role.PUBLISHER),
        operator=person(6, "管理员", Role.OPERATOR),
    )
    await trail.verify()
