"""三审: three signatures of three people, none of them the author, in order, under one content hash (invariant 1)."""

import asyncio
from typing import Any

import pytest
from tortoise.exceptions import IntegrityError

from disclosures.errors import Conflict, InvalidContent, NotFound, ReviewRefused, StateRefused
from disclosures.member import SUBMIT, WRITE
from disclosures.records import Disclosure, Review
from disclosures.review import STEP_VERBS, STEPS, Refusal, Step, Turn
from disclosures.states import State
from staff.person import Person
from staff.roles import REVIEW_STEP_ROLE, Role, Verb

REVIEWERS = {Role.FIRST_REVIEWER, Role.SECOND_REVIEWER, Role.FINAL_REVIEWER}


def somebody(account_id: int, *roles: Role) -> Person:
    return Person(account_id=account_id, name=f"u{account_id}", display_name=f"某{account_id}", unit="",
                  roles=frozenset(roles))  # fmt: skip


async def test_three_signatures_approve_exactly_this_text(office: Any) -> None:
    disclosure_id = await office.submitted()
    states = []
    for reviewer in (office.first, office.second, office.final):
        sheet = await office.desk.approve(reviewer, disclosure_id)
        states.append(sheet.state)
    assert states == [State.IN_REVIEW, State.IN_REVIEW, State.APPROVED]
    content, content_hash = await office.desk.approved_content(disclosure_id)
    assert content_hash == content.digest() == sheet.approved_hash
    assert [signature.step for signature in sheet.signatures] == list(STEPS)
    assert {signature.content_hash for signature in sheet.signatures} == {content_hash}
    assert len({signature.reviewer_id for signature in sheet.signatures} | {sheet.author_id}) == 4


WRONG = [
    (signed, who)
    for signed, right in enumerate(("first", "second", "final"))
    for who in ("drafter", "first", "second", "final", "publisher", "operator", "the author", "who signed before")
    if who != right and (signed or who != "who signed before")
]


@pytest.mark.parametrize(("signed", "wrong"), WRONG)
async def test_only_the_right_chair_signs_each_step(office: Any, signed: int, wrong: str) -> None:
    chairs = [office.first, office.second, office.final]
    # The author, and whoever signed before, stay who they are even with every reviewing role.
    if wrong == "the author":
        who = somebody(office.drafter.account_id, *REVIEWERS)
    elif wrong == "who signed before":
        who = somebody(chairs[signed - 1].account_id, *REVIEWERS)
    else:
        who = getattr(office, wrong)
    disclosure_id = await office.submitted()
    for chair in chairs[:signed]:
        await office.desk.approve(chair, disclosure_id)
    with pytest.raises(ReviewRefused):
        await office.desk.approve(who, disclosure_id)
    with pytest.raises(ReviewRefused):
        await office.desk.reject(who, disclosure_id, "理由")
    assert isinstance(await office.desk.may_sign(who, disclosure_id), Refusal)
    assert await office.desk.may_sign(chairs[signed], disclosure_id) == Turn(step=STEPS[signed], last=signed == 2)
    assert await Review.all().count() == signed


async def test_the_operator_signs_nothing_even_with_every_role(office: Any) -> None:
    disclosure_id = await office.submitted()
    with pytest.raises(ReviewRefused):
        await office.desk.approve(somebody(9, *Role), disclosure_id)


async def test_whoever_mends_a_comma_is_an_author_too(office: Any) -> None:
    disclosure_id = await office.submitted()
    colleague = somebody(2, Role.DRAFTER, *REVIEWERS)
    await office.desk.revise(colleague, disclosure_id, {"title": "关于发放供暖补贴的通知"})
    await office.desk.submit(office.drafter, disclosure_id)
    with pytest.raises(ReviewRefused, match="撰稿人"):
        await office.desk.approve(colleague, disclosure_id)


async def test_an_author_of_a_text_long_approved_may_sign_its_correction(office: Any) -> None:
    colleague = somebody(7, Role.DRAFTER, Role.FIRST_REVIEWER)
    disclosure_id = (await office.desk.create(office.drafter, office.draft())).id
    await office.desk.revise(colleague, disclosure_id, {"summary": "供暖补贴"})
    await office.desk.submit(office.drafter, disclosure_id)
    for reviewer in (office.first, office.second, office.final):
        await office.desk.approve(reviewer, disclosure_id)
    await office.desk.revise(office.drafter, disclosure_id, {"summary": "冬季供暖补贴"})
    await office.desk.submit(office.drafter, disclosure_id)
    assert (await office.desk.approve(colleague, disclosure_id)).next_step == Step.SECOND


async def test_a_draft_waits_for_nobody(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft())
    with pytest.raises(ReviewRefused, match="草稿"):
        await office.desk.approve(office.first, sheet.id)
    with pytest.raises(StateRefused):
        await office.desk.approved_content(sheet.id)
    with pytest.raises(NotFound):
        await office.desk.approve(office.first, 4711)


async def test_a_fourth_signature_is_refused(office: Any) -> None:
    disclosure_id = await office.approved()
    with pytest.raises(ReviewRefused, match="已审定"):
        await office.desk.approve(somebody(8, *REVIEWERS), disclosure_id)


async def test_a_reviewer_who_read_another_text_signs_nothing(office: Any) -> None:
    disclosure_id = await office.submitted()
    seen = (await office.desk.sheet(disclosure_id)).content_hash
    await office.desk.revise(office.drafter, disclosure_id, {"body": "补贴每户3000元。"})
    await office.desk.submit(office.drafter, disclosure_id)
    with pytest.raises(Conflict, match="重新审阅"):
        await office.desk.approve(office.first, disclosure_id, seen_hash=seen)
    now_seen = (await office.desk.sheet(disclosure_id)).content_hash
    assert (await office.desk.approve(office.first, disclosure_id, seen_hash=now_seen)).next_step == Step.SECOND


async def test_a_rejection_sends_the_text_back_with_its_remark(office: Any) -> None:
    disclosure_id = await office.submitted()
    await office.desk.approve(office.first, disclosure_id)
    with pytest.raises(InvalidContent):
        await office.desk.reject(office.second, disclosure_id, "  ")
    sheet = await office.desk.reject(office.second, disclosure_id, "第二段金额请核对。")
    assert (sheet.state, sheet.signatures[-1].remark) == (State.DRAFT, "第二段金额请核对。")
    with pytest.raises(ReviewRefused):
        await office.desk.approve(office.final, disclosure_id)
    again = await office.desk.submit(office.drafter, disclosure_id)
    assert (again.submission, again.signatures, again.next_step) == (2, (), Step.FIRST)
    assert len((await office.desk.history(disclosure_id)).signatures) == 2


async def test_two_people_at_the_same_step_leave_one_signature(office: Any) -> None:
    disclosure_id = await office.submitted()
    rivals = [somebody(20 + n, Role.FIRST_REVIEWER) for n in range(6)]
    outcomes = await asyncio.gather(
        *(office.desk.approve(rival, disclosure_id) for rival in rivals), return_exceptions=True
    )
    assert sum(1 for outcome in outcomes if not isinstance(outcome, BaseException)) == 1
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)} <= {ReviewRefused, Conflict}
    assert await Review.filter(disclosure_id=disclosure_id).count() == 1


@pytest.mark.parametrize("twice", [{"step": "first", "reviewer_id": 99}, {"step": "second", "reviewer_id": 2}])
async def test_the_table_itself_refuses_a_second_signature(office: Any, twice: dict[str, Any]) -> None:
    disclosure_id = await office.submitted()
    sheet = await office.desk.approve(office.first, disclosure_id)
    with pytest.raises(IntegrityError):
        await Review.create(
            disclosure_id=disclosure_id, submission=1, decision="approved", reviewer_name="某", at=sheet.updated_at,
            content_hash=sheet.content_hash, **twice,
        )  # fmt: skip


async def test_a_signature_under_another_hash_stops_the_reviews(office: Any) -> None:
    disclosure_id = await office.submitted()
    await office.desk.approve(office.first, disclosure_id)
    await Review.all().update(content_hash="0" * 64)
    with pytest.raises(ReviewRefused, match="不一致"):
        await office.desk.approve(office.second, disclosure_id)


async def test_an_approval_set_by_hand_does_not_pass(office: Any) -> None:
    disclosure_id = await office.approved()
    await office.desk.revise(office.drafter, disclosure_id, {"title": "偷换的标题"})
    await Disclosure.filter(id=disclosure_id).update(state="approved", approved_hash="0" * 64)
    with pytest.raises(StateRefused, match="未经三审"):
        await office.desk.approved_content(disclosure_id)


def test_this_package_and_the_roles_speak_of_the_same_verbs() -> None:
    assert {*STEP_VERBS.values(), WRITE, SUBMIT} <= {str(verb) for verb in Verb}
    assert [str(step) for step in STEPS] == list(REVIEW_STEP_ROLE)
