"""The chain of reviews is data of the kind, frozen when a text is submitted, never shorter than the three reviews."""

import asyncio
from typing import Any

import pytest

from disclosures.errors import InvalidContent, ReviewRefused
from disclosures.records import Disclosure, DocumentKind
from disclosures.review import STEPS, Step, chain_of, with_secrecy
from disclosures.states import State
from staff.person import Person
from staff.roles import Role

LONG = ("first", "countersign", "second", "secrecy", "final")
SECRECY = Person(account_id=20, name="baomi", display_name="保密员", unit="", roles=frozenset({Role.FIRST_REVIEWER}))
OFFICER = Person(account_id=21, name="gongkai", display_name="公开办", unit="", roles=frozenset({Role.OFFICER}))


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        (("first", "second"), "依次包含"),
        (("second", "first", "final"), "依次包含"),
        (("first", "second", "final", "secrecy"), "以终审结束"),
        (("first", "first", "second", "final"), "两次"),
        (("first", "second", "boss", "final"), "boss"),
        ((), "依次包含"),
    ],
)
def test_a_chain_without_the_three_reviews_is_none(names: tuple[str, ...], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        chain_of(names)


def test_a_chain_may_be_longer() -> None:
    assert chain_of(LONG) == tuple(Step(name) for name in LONG)
    assert with_secrecy(STEPS) == (Step.FIRST, Step.SECOND, Step.SECRECY, Step.FINAL)
    assert with_secrecy(with_secrecy(STEPS)) == with_secrecy(STEPS)


async def kind(chain: tuple[str, ...], code: str = "rules") -> None:
    await DocumentKind.update_or_create(code=code, defaults={"name": "规范性文件", "facts": {"chain": list(chain)}})


async def signed(office: Any, number: int, *people: Person) -> Any:
    sheet = None
    for person in people:
        opinion = "open" if (await office.desk.sheet(number)).next_step is Step.SECRECY else ""
        sheet = await office.desk.approve(person, number, opinion=opinion)
    return sheet


async def test_each_step_of_a_long_chain_is_another_person(office: Any) -> None:
    await kind(LONG)
    number = await office.submitted(kind="rules")
    assert (await office.desk.sheet(number)).chain == chain_of(LONG)
    await signed(office, number, office.first, OFFICER, office.second)
    with pytest.raises(ReviewRefused, match="您已办理"):
        await office.desk.approve(office.second, number, opinion="open")
    sheet = await signed(office, number, SECRECY, office.final)
    assert sheet.state is State.APPROVED
    assert [signature.step for signature in sheet.signatures] == list(chain_of(LONG))
    assert sheet.signatures[3].opinion == "open"
    assert (await office.desk.approved_content(number))[1] == sheet.content_hash


async def test_the_chain_of_a_submission_stays_when_the_kind_changes(office: Any) -> None:
    await kind(LONG)
    number = await office.submitted(kind="rules")
    await kind(tuple(STEPS))
    await signed(office, number, office.first)
    assert (await office.desk.sheet(number)).next_step is Step.COUNTERSIGN
    await office.desk.reject(OFFICER, number, "请补充依据")
    assert (await office.desk.submit(office.drafter, number)).chain == STEPS


async def test_the_plain_chain_is_not_written_down(office: Any) -> None:
    await kind(tuple(STEPS))
    for number in (await office.submitted(), await office.submitted(kind="rules", document_number="")):
        assert (await Disclosure.get(id=number)).chain is None


async def test_a_kind_whose_chain_was_broken_stops_at_the_submission(office: Any) -> None:
    await kind(("first", "final"))
    sheet = await office.desk.create(office.drafter, office.draft(kind="rules"))
    with pytest.raises(InvalidContent, match="审核流程设置不正确"):
        await office.desk.submit(office.drafter, sheet.id)


async def before_secrecy(office: Any) -> int:
    await kind(("first", "second", "secrecy", "final"))
    number = await office.submitted(kind="rules")
    await signed(office, number, office.first, office.second)
    return int(number)


@pytest.mark.parametrize(
    ("opinion", "wrong"), [("", "选择一项"), ("part", "应当退回"), ("secret", "应当退回"), ("x", "选择一项")]
)
async def test_a_secrecy_review_passes_with_one_opinion_only(office: Any, opinion: str, wrong: str) -> None:
    number = await before_secrecy(office)
    with pytest.raises(InvalidContent, match=wrong):
        await office.desk.approve(SECRECY, number, opinion=opinion)
    with pytest.raises(InvalidContent, match="不必退回"):
        await office.desk.reject(SECRECY, number, "理由", opinion="open")


async def test_a_secret_text_is_never_submitted_again(office: Any) -> None:
    number = await before_secrecy(office)
    sheet = await office.desk.reject(SECRECY, number, "含未公开的数据", opinion="secret")
    assert (sheet.state, sheet.signatures[-1].opinion) == (State.DRAFT, "secret")
    with pytest.raises(InvalidContent, match="认定涉密"):
        await office.desk.submit(office.drafter, number)
    # Another kind does not lead around the secrecy review.
    await office.desk.revise(office.drafter, number, {"kind": "", "body": "补贴标准另行公布，请各单位做好准备。"})
    assert Step.SECRECY in (await office.desk.submit(office.drafter, number)).chain


async def test_two_signatures_at_once_on_a_long_chain_are_one(office: Any) -> None:
    await kind(("first", "second", "secrecy", "final"))
    number = await office.submitted(kind="rules")
    twin = Person(account_id=31, name="t", display_name="另一位", unit="", roles=frozenset({Role.FIRST_REVIEWER}))
    done = await asyncio.gather(
        *(office.desk.approve(person, number) for person in (office.first, twin)), return_exceptions=True
    )
    assert sum(not isinstance(each, Exception) for each in done) == 1


async def test_every_submission_ends_a_proofreading(office: Any) -> None:
    colleague = Person(account_id=9, name="c", display_name="同事", unit="", roles=frozenset({Role.DRAFTER}))
    number = (await office.desk.create(office.drafter, office.draft())).id
    await office.desk.revise(colleague, number, {"title": "关于发放2026年冬季供暖补贴的通知"})
    await office.desk.submit(office.drafter, number)
    await office.desk.reject(office.first, number, "请核对金额")
    await office.desk.revise(office.drafter, number, {"body": "补贴每户350元。"})
    await office.desk.revise(office.drafter, number, {"body": "补贴每户350元，逐户发放。"})
    await office.desk.submit(office.drafter, number)
    first, second = (await office.desk.history(number)).passes
    assert (first.name, first.from_revision, first.to_revision) == ("一校", 1, 2)
    assert [(each.by_name, each.fields, each.places) for each in first.corrections] == [("同事", ("标题",), 2)]
    assert (second.name, second.from_revision, second.to_revision) == ("二校", 2, 4)
    assert [(each.by_name, each.from_revision, each.to_revision) for each in second.corrections] == [("撰稿人", 2, 4)]
    told = [
        record.detail
        for record in await office.trail.about(f"disclosure:{number}")
        if record.verb == "disclosure.proofread"
    ]
    assert [detail["name"] for detail in told] == ["一校", "二校"]


async def test_who_opened_the_text_when_is_on_the_signature(office: Any) -> None:
    number = await office.submitted()
    sheet = await office.desk.sheet(number)
    await office.desk.reviewing.opened(office.first, sheet)
    office.clock.advance(200)
    await office.desk.reviewing.opened(office.first, sheet)
    sheet = await office.desk.approve(office.first, number)
    assert sheet.signatures[0].seconds_read == 200
    sheet = await office.desk.approve(office.second, number)
    assert sheet.signatures[1].seconds_read is None
