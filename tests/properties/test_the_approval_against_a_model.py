"""Stateful properties of approval (invariant 1): nothing can be planned, and nothing goes out, unless three different people,
none of whom wrote it, signed exactly this text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import OperationalError

from audit.actor import Actor
from disclosures.desk import Desk
from disclosures.draft import DraftText
from disclosures.errors import DisclosureError
from disclosures.records import Category, Unit
from disclosures.workdays import WorkingDays
from publishers.errors import PublishError
from publishers.port import ChannelName
from publishers.records import Delivery
from scheduler.errors import ScheduleError
from staff.errors import StaffError
from staff.person import Person
from staff.roles import Role
from tests.properties.fast_database import FastDatabase, opened_database
from tests.properties.how_many import SHARDS, STEPS, how
from tests.properties.newsroom import KEEP, Newsroom, watch_moves

REVIEWING = (Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER)
STAFF = [
    Person(account_id=number, name=f"user{number}", display_name=f"某{number}", unit="", roles=frozenset(roles))
    for number, roles in enumerate(
        [
            (Role.DRAFTER,),
            (Role.DRAFTER, Role.FIRST_REVIEWER),
            (Role.FIRST_REVIEWER,),
            (Role.SECOND_REVIEWER,),
            (Role.FINAL_REVIEWER,),
            REVIEWING,
            (Role.SECOND_REVIEWER, Role.FINAL_REVIEWER),
            (Role.OPERATOR, *REVIEWING),
            (Role.PUBLISHER,),
            (Role.PUBLISHER, Role.DRAFTER, Role.FINAL_REVIEWER),
        ],
        start=1,
    )
]
people = st.integers(min_value=0, max_value=len(STAFF) - 1)
which = st.integers(min_value=0, max_value=1)
texts = st.sampled_from("甲乙丙")
REFUSED = (DisclosureError, PublishError, ScheduleError, StaffError, OperationalError)


@dataclass(slots=True)
class Paper:
    """One disclosure as the model knows it: a sheet of paper with signatures on it."""

    text: str
    author: int
    state: str = "draft"
    signed: list[int] = field(default_factory=list)
    """Who signed this very text, in order, since it was last submitted."""
    writers: set[int] = field(default_factory=set)
    """Who wrote any of it since three people last approved it."""
    live: bool = False

    @property
    def approved(self) -> bool:
        return len(self.signed) == 3

    def may_sign(self, person: Person) -> bool:
        if self.state not in {"submitted", "in_review"} or self.approved:
            return False
        stranger = person.account_id not in self.writers | {self.author} | set(self.signed)
        return stranger and Role.OPERATOR not in person.roles and REVIEWING[len(self.signed)] in person.roles


class ReviewingRoom(Newsroom):
    """The newsroom with the real desk instead of a model of it."""

    def __init__(self, database: FastDatabase) -> None:
        super().__init__(database)
        self.desk = Desk(
            clock=self.truth, trail=self.trail, credit_code="11441700007280420Y", working_days=WorkingDays()
        )

    async def after_publish(self, connection: BaseDBAsyncClient, row: Delivery, now: datetime) -> None:
        by = Actor.machine("发布系统")
        await self.desk.mark_released(connection, row.disclosure_id, content_hash=row.content_hash, by=by, now=now)

    async def _mark_withdrawn(
        self, connection: BaseDBAsyncClient, person: Person, disclosure: int, explanation: str, now: datetime
    ) -> None:
        await self.desk.withdraw_state(connection, person, disclosure, explanation=explanation, now=now)

    def attempt(self, work: Any) -> Any:
        """What came of it; None when the house refused."""
        try:
            return self.database.run(work)
        except REFUSED:
            return None


def draft(text: str) -> DraftText:
    return DraftText(
        title=f"关于发放供暖补贴的通知（{text}）", body=f"补贴自2026年12月1日起发放，每户{ord(text) % 900}元。",
        department="区民政局", category="通知公告", formed_on=date(2026, 11, 20),
    )  # fmt: skip


class ApprovalMachine(RuleBasedStateMachine):
    """Every act is done by the desk and on paper; then both must say the same."""

    database: FastDatabase

    def __init__(self) -> None:
        super().__init__()
        self.database.reset(keep=KEEP)
        self.room = ReviewingRoom(self.database)
        self._opened = self.room.open()
        self._opened.__enter__()
        self.papers: dict[int, Paper] = {}
        self.published: set[int] = set()

    def _pick(self, number: int) -> tuple[int, Paper]:
        numbers = list(self.papers)
        return numbers[number % len(numbers)], self.papers[numbers[number % len(numbers)]]

    # Writing

    @initialize(text=texts)
    def a_first_text(self, text: str) -> None:
        self._write(STAFF[0], text)

    @precondition(lambda self: len(self.papers) < 2)
    @rule(person=people, text=texts)
    def write(self, person: int, text: str) -> None:
        self._write(STAFF[person], text)

    def _write(self, person: Person, text: str) -> None:
        sheet = self.room.attempt(self.room.desk.create(person, draft(text)))
        assert (sheet is not None) is (Role.DRAFTER in person.roles)
        if sheet is not None:
            self.papers[sheet.id] = Paper(text=text, author=person.account_id, writers={person.account_id})

    @rule(person=st.sampled_from([0, 1, 9, 2, 7]), number=which, text=texts)
    def edit(self, person: int, number: int, text: str) -> None:
        disclosure, paper = self._pick(number)
        writer = STAFF[person]
        sheet = self.room.attempt(self.room.desk.revise(writer, disclosure, draft(text)))
        assert (sheet is not None) is (Role.DRAFTER in writer.roles)
        if sheet is not None and text != paper.text:
            paper.text, paper.state, paper.signed = text, "draft", []
            paper.writers.add(writer.account_id)

    @rule(person=st.sampled_from([0, 0, 0, 1, 2, 8, 9]), number=which)
    def submit(self, person: int, number: int) -> None:
        disclosure, paper = self._pick(number)
        sheet = self.room.attempt(self.room.desk.submit(STAFF[person], disclosure))
        allowed = Role.DRAFTER in STAFF[person].roles and paper.state in {"draft", "withdrawn"}
        assert (sheet is not None) is allowed
        if allowed:
            paper.state, paper.signed = "submitted", []

    # Reviewing

    @rule(person=people, number=which, seen=st.sampled_from(["nothing", "this", "another"]))
    def sign(self, person: int, number: int, seen: str) -> None:
        self._sign(STAFF[person], number, seen)

    @rule(number=which)
    def one_thing_takes_its_course(self, number: int) -> None:
        """What people do on a good day: submit, sign, plan, publish."""
        _, paper = self._pick(number)
        if paper.state in {"draft", "withdrawn"}:
            self.submit(0, number)
        elif paper.state in {"submitted", "in_review"}:
            right = [person for person in STAFF if paper.may_sign(person)]
            self._sign(right[0], number, "this")
        else:
            self.plan(8, number, 0)

    @rule(number=which, steps=st.integers(min_value=2, max_value=6))
    def things_take_their_course(self, number: int, steps: int) -> None:
        for _ in range(steps):
            self.one_thing_takes_its_course(number)
        self.work(0)

    def _sign(self, person: Person, number: int, seen: str) -> None:
        disclosure, paper = self._pick(number)
        this = self.database.rows(
            "SELECT content_hash FROM disclosure_revision WHERE disclosure_id = ? ORDER BY number DESC", [disclosure]
        )[0][0]
        seen_hash = {"nothing": None, "this": this, "another": "0" * 64}[seen]
        allowed = paper.may_sign(person) and seen != "another"
        sheet = self.room.attempt(self.room.desk.approve(person, disclosure, seen_hash=seen_hash))
        assert (sheet is not None) is allowed
        if allowed:
            paper.signed.append(person.account_id)
            paper.state = "approved" if paper.approved else "in_review"
            if paper.approved:
                paper.writers = set()

    @rule(person=people, number=which, remark=st.sampled_from(["请核对金额", " "]))
    def reject(self, person: int, number: int, remark: str) -> None:
        disclosure, paper = self._pick(number)
        allowed = paper.may_sign(STAFF[person]) and bool(remark.strip())
        sheet = self.room.attempt(self.room.desk.reject(STAFF[person], disclosure, remark))
        assert (sheet is not None) is allowed
        if allowed:
            paper.state, paper.signed = "draft", []

    # Publishing

    @rule(person=st.sampled_from([8, 8, 9, 0, 7]), number=which, in_seconds=st.sampled_from([0, 0, 60, 600]))
    def plan(self, person: int, number: int, in_seconds: int) -> None:
        disclosure, paper = self._pick(number)
        at = datetime.fromtimestamp(self.room.truth.moment.timestamp() + in_seconds, self.room.truth.moment.tzinfo)
        planned = self.room.attempt(
            self.room.timetable.schedule(STAFF[person], disclosure, at=at.isoformat(), channels=[ChannelName.PORTAL])
        )
        if planned is not None:
            assert paper.approved, "planned without three signatures under this text"
            assert Role.PUBLISHER in STAFF[person].roles

    @rule(seconds=st.sampled_from([0, 5, 61, 600]))
    def work(self, seconds: int) -> None:
        self.room.truth.advance(seconds)
        for disclosure, paper in self.papers.items():
            self.room.truth.approved[disclosure] = self._hash(disclosure) if paper.approved else None
        self.room._note_moments()
        self.room.sweeps(0)
        for row in self.database.rows("SELECT id, disclosure_id FROM delivery WHERE state = 'published'"):
            if row[0] not in self.published:
                self.published.add(row[0])
                self.papers[row[1]].state, self.papers[row[1]].live = "released", True

    @rule(person=st.sampled_from([8, 4, 9, 0]), number=which)
    def withdraw(self, person: int, number: int) -> None:
        disclosure, paper = self._pick(number)
        who = STAFF[person]
        self.room.attempt(self.room.withdrawal.withdraw(who, disclosure, explanation="数据有误"))
        withdrawn = self._state(disclosure) == "withdrawn" and paper.state != "withdrawn"
        may = bool({Role.PUBLISHER, Role.FINAL_REVIEWER} & who.roles) and paper.live
        assert withdrawn is (may and paper.state != "withdrawn")
        if withdrawn:
            paper.state, paper.signed, paper.live = "withdrawn", [], False

    # Always

    @invariant()
    def the_desk_says_what_the_paper_says(self) -> None:
        self.room.truth.advance(1)
        for row in self.database.rows("SELECT id, state, approved_hash, submission, author_id FROM disclosure"):
            paper = self.papers[row["id"]]
            assert row["state"] == paper.state
            assert (row["approved_hash"] is not None) is paper.approved
            if paper.approved:
                assert row["approved_hash"] == self._hash(row["id"])
                self._three_signatures(row, paper)
        self.room.check()

    def _three_signatures(self, row: Any, paper: Paper) -> None:
        signatures = self.database.rows(
            "SELECT step, reviewer_id, content_hash FROM disclosure_review"
            " WHERE disclosure_id = ? AND submission = ? AND decision = 'approved' ORDER BY id", [row["id"], row["submission"]],
        )  # fmt: skip
        assert [signature["step"] for signature in signatures] == ["first", "second", "final"]
        assert {signature["content_hash"] for signature in signatures} == {row["approved_hash"]}
        signers = [signature["reviewer_id"] for signature in signatures]
        assert len({*signers, row["author_id"]}) == 4, "three people, and none of them the author"
        assert signers == paper.signed

    def _hash(self, disclosure: int) -> str:
        newest = "SELECT content_hash FROM disclosure_revision WHERE disclosure_id = ? ORDER BY number DESC LIMIT 1"
        return str(self.database.rows(newest, [disclosure])[0][0])

    def _state(self, disclosure: int) -> str:
        return str(self.database.rows("SELECT state FROM disclosure WHERE id = ?", [disclosure])[0][0])

    def teardown(self) -> None:
        self.room.end()
        self._opened.__exit__(None, None, None)


@pytest.fixture
def database() -> Iterator[FastDatabase]:
    with opened_database() as database:
        watch_moves(database)
        database.run(catalogue())
        yield database


async def catalogue() -> None:
    await Unit.create(code="mzj", name="区民政局")
    await Category.create(code="tzgg", name="通知公告")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_nothing_goes_out_without_three_signatures(database: FastDatabase, shard: int) -> None:
    machine = seed(100 + shard)(type("ApprovalMachine", (ApprovalMachine,), {"database": database}))
    run_state_machine_as_test(machine, settings=how(), _min_steps=STEPS)
