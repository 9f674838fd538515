"""What the pages and calls of the reviews need, as one value: remarks, deputies, emergency releases, differences."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from disclosures import emergencies
from disclosures.desk import Desk
from disclosures.differing import Difference, differences
from disclosures.emergencies import Debt
from disclosures.errors import InvalidContent
from disclosures.findings import block
from disclosures.records import Disclosure, Review, Revision
from disclosures.remarks import OPEN, Remark, Remarks, anchored, remarks_of
from disclosures.review import STEPS, Decision, Step, Turn
from disclosures.reviewing_records import ReviewRemark
from disclosures.rows import record
from disclosures.secrecy import Rules, rules
from disclosures.sentences import Anchor
from disclosures.sheet import Sheet, Version
from disclosures.wording import Words
from publishers.slot import SHANGHAI
from scheduler.emergency import Emergency
from scheduler.timetable import Timetable
from staff.deputies import Deputies, Deputy
from staff.person import Person
from staff.roles import Verb

HASTY = 10
"""Seconds of reading below which a signature is marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two versions of a disclosure and what differs."""

    old: Version
    new: Version
    difference: Difference
    since: str
    """上次审定稿, 上次送审稿 or 第 n 版: what the old one is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A remark and the sentence of the newest text that it belongs to."""

    remark: Remark
    anchor: Anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBox:
    """What the review box of a disclosure's page shows besides the signatures."""

    remarks: tuple[Placed, ...]
    compared: Compared | None
    debts: tuple[Debt, ...]
    secrecy: Rules
    now: datetime

    @property
    def open_debt(self) -> Debt | None:
        return next((debt for debt in self.debts if debt.open), None)

    @property
    def unanswered(self) -> tuple[Placed, ...]:
        return tuple(each for each in self.remarks if each.remark.open)

    @property
    def standing(self) -> tuple[Placed, ...]:
        """Those that nobody accepted yet."""
        return tuple(each for each in self.remarks if each.remark.state != "accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToAnswer:
    """A text of one's own with remarks that wait for an answer."""

    disclosure_id: int
    title: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewToday:
    """What the reviews want of one person today, besides the texts to sign."""

    deputies: tuple[Deputy, ...]
    answers: tuple[ToAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewingDesk:
    """``words`` gives the words of a text, so that differences are read in words."""

    clock: Clock
    trail: Trail
    desk: Desk
    remarks: Remarks
    deputies: Deputies
    emergency: Emergency
    words: Words | None

    @classmethod
    def of(
        cls,
        *,
        clock: Clock,
        trail: Trail,
        desk: Desk,
        timetable: Timetable,
        words: Words | None = None,
        hours: int = 24,
    ) -> "ReviewingDesk":
        return cls(
            clock=clock, trail=trail, desk=desk, remarks=Remarks(clock=clock, trail=trail),
            deputies=Deputies(clock=clock, trail=trail), words=words,
            emergency=Emergency(clock=clock, trail=trail, desk=desk, timetable=timetable, hours=hours),
        )  # fmt: skip

    async def box(self, person: Person, sheet: Sheet, turn: object) -> ReviewBox:
        """For the page of a disclosure. That the person whose turn it is has it before him is written down."""
        if isinstance(turn, Turn):
            await self.desk.reviewing.opened(person, sheet)
        compared = await self.compare(sheet) if sheet.revision > 1 else None
        return ReviewBox(
            remarks=await self.placed(sheet), compared=compared, debts=await emergencies.debts_of(sheet.id),
            secrecy=rules(), now=await self.clock.now(),
        )  # fmt: skip

    async def placed(self, sheet: Sheet) -> tuple[Placed, ...]:
        return tuple(Placed(remark=each, anchor=anchored(each, sheet)) for each in await remarks_of(sheet.id))

    async def compare(
        self, sheet: Sheet, *, old: int | None = None, new: int | None = None
    ) -> Compared:  # fmt: skip
        """Two versions by their numbers; by default the newest against the last one that was approved, else the last that
        was submitted, else the one before. Raises NotFound."""
        number = new if new is not None else sheet.revision
        since = "" if old is None else f"第 {old} 版"
        if old is None:
            old, since = await _last_settled(sheet.id, number)
        before, after = await self.desk.version(sheet.id, old), await self.desk.version(sheet.id, number)
        found = await asyncio.to_thread(differences, before.content, after.content, self.words)
        return Compared(old=before, new=after, difference=found, since=since)

    async def declare(self, person: Person, disclosure_id: int, *, declared: bool) -> None:
        """Where no 保密审查 is signed, the author declares that he looked himself; it is in the trail, bound to the text.
        Raises InvalidContent without the declaration, NotFound."""
        sheet = await self.desk.sheet(disclosure_id)
        if Step.SECRECY in sheet.chain:
            return
        if not declared:
            message, remedy = "送审前须确认已进行保密自查。", "请自查后勾选“已按规定进行保密自查”。"
            raise InvalidContent([block("declared", message, remedy)])
        async with in_transaction() as connection:
            await record(
                self.trail, connection, await self.clock.now(), person.actor, "disclosure.declared", disclosure_id,
                revision=sheet.revision, content_hash=sheet.content_hash, declaration=rules().declaration,
            )  # fmt: skip

    async def today_is(self) -> date:
        """The day in Shanghai."""
        return (await self.clock.now()).astimezone(SHANGHAI).date()

    async def today(self, person: Person) -> ReviewToday:
        """What the first page shows of it; the debts stand in the banner of every page (``console.debts``)."""
        return ReviewToday(
            deputies=await self.deputies.of(person.account_id, await self.today_is()), answers=await _to_answer(person)
        )


async def _to_answer(person: Person) -> tuple[ToAnswer, ...]:
    if not person.may(Verb.DISCLOSURE_WRITE):
        return ()
    counted: Counter[int] = Counter(
        row.disclosure_id for row in await ReviewRemark.filter(state=OPEN).only("id", "disclosure_id")
    )
    rows = (
        await Disclosure.filter(id__in=list(counted), author_id=person.account_id).order_by("-updated_at").limit(50)
        if counted
        else []
    )
    return tuple(ToAnswer(disclosure_id=row.id, title=row.title, count=counted[row.id]) for row in rows)


async def _last_settled(disclosure_id: int, number: int) -> tuple[int, str]:
    """The version before ``number`` that a reader compares with, and what it is."""
    reviews = Review.filter(disclosure_id=disclosure_id).order_by("-id")
    approved = await reviews.filter(step=STEPS[-1], decision=Decision.APPROVED).limit(20)
    for review in approved:
        if (found := await _version_before(disclosure_id, number, review)) is not None:
            return found, "上次审定稿"
    for review in await reviews.limit(20):
        if (found := await _version_before(disclosure_id, number, review)) is not None:
            return found, "上次送审稿"
    return max(1, number - 1), f"第 {max(1, number - 1)} 版"


async def _version_before(disclosure_id: int, number: int, review: Review) -> int | None:
    rows = Revision.filter(
        disclosure_id=disclosure_id, content_hash=review.content_hash, number__lt=number, created_at__lte=review.at
    )
    row = await rows.order_by("-number").first().only("id", "number")
    return None if row is None else row.number
