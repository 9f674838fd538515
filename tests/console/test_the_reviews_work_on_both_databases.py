"""Chains, remarks, deputies and emergency releases on SQLite and on PostgreSQL: the same words, the same locks."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from disclosures.catalogue import seed
from disclosures.draft import DraftText
from disclosures.emergencies import open_debts
from disclosures.errors import DisclosureError
from disclosures.records import DocumentKind
from disclosures.reviewing_records import EmergencyRelease
from publishers.records import Incident
from tests.console.conftest import BODY, House

DAY = date(2026, 11, 23)
REASON = "台风橙色预警，须立即告知沿海群众"


@pytest.fixture
async def both(any_database: str, clock: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with in_transaction() as connection:
        await seed(connection)
    house = House(clock, tmp_path_factory.getbasetemp() / "jieba")
    for name, role in (("li", "drafter"), ("wang", "first_reviewer"), ("zhao", "second_reviewer"), ("sun", "final_reviewer"),
                       ("qian", "final_reviewer"), ("he", "officer")):  # fmt: skip
        await house.staff(name, role)
    yield house
    await house.curating.survey.close()
    house.passwords.close()


def text(**changed: Any) -> DraftText:
    values: dict[str, Any] = {
        "title": "关于发放供暖补贴的通知", "body": BODY, "department": "区民政局", "category": "通知公告",
        "formed_on": date(2026, 11, 20), **changed,
    }  # fmt: skip
    return DraftText(**values)


async def test_a_long_chain_with_a_remark_and_a_deputy(both: House) -> None:
    people, desk, reviewing = both.people, both.desk, both.press().reviewing
    await DocumentKind.create(code="k", name="规范性文件", facts={"chain": ["first", "second", "secrecy", "final"]})
    number = (await desk.create(people["li"], text(kind="k"))).id
    await desk.revise(people["li"], number, {"title": "关于发放冬季供暖补贴的通知"})
    await desk.submit(people["li"], number)
    remark = await reviewing.remarks.place(people["wang"], number, field="body", quote="每户300元", text="请核对")
    await desk.reject(people["wang"], number, "")
    await reviewing.remarks.answer(people["li"], remark.id, kind="kept", text="与文件一致")
    await desk.submit(people["li"], number)
    await reviewing.deputies.name(
        people["wang"], person="wang", deputy="qian", steps=["first"], from_day=DAY, to_day=DAY
    )
    sheet = await desk.sheet(number)
    await reviewing.box(people["qian"], sheet, await desk.may_sign(people["qian"], number))
    signed = await desk.approve(people["qian"], number)
    assert (signed.signatures[0].for_name, signed.signatures[0].seconds_read) == ("wang", 0)
    await desk.approve(people["zhao"], number)
    await desk.approve(people["he"], number, opinion="open")
    assert (await desk.approve(people["sun"], number)).approved
    history = await desk.history(number)
    assert [each.name for each in history.passes] == ["一校", "二校"]
    assert [each.state for each in history.remarks] == ["answered"]
    assert (await reviewing.compare(await desk.sheet(number), old=1)).difference.words == "新增 1 处"
    assert (await reviewing.today(people["qian"])).deputies[0].person_name == "wang"


async def test_an_emergency_is_let_out_once_told_late_and_paid(both: House, clock: Any) -> None:
    people, desk, emergency = both.people, both.desk, both.press().reviewing.emergency
    number = (await desk.create(people["li"], text())).id

    async def let_out(name: str) -> Any:
        return await emergency.release(people[name], number, reason=REASON, channels=["portal"], secrecy_checked=True)

    done = await asyncio.gather(let_out("sun"), let_out("qian"), return_exceptions=True)
    refused = [each for each in done if isinstance(each, BaseException)]
    assert len(refused) == 1, done
    assert isinstance(refused[0], DisclosureError), refused
    await both.dispatcher.settle_down()
    assert (await desk.sheet(number)).live
    clock.advance(25 * 3600)
    await emergency.sweep()
    assert await Incident.filter(kind="emergency").exclude(open_key=None).count() == 1
    other = "qian" if (await open_debts())[0].authorised_by_name == "sun" else "sun"
    for name in ("wang", "zhao", other):
        sheet = await desk.approve(people[name], number)
    assert (sheet.state, await open_debts()) == ("released", ())
    await emergency.sweep()
    assert await Incident.exclude(open_key=None).count() == 0
    row = await EmergencyRelease.get(disclosure_id=number)
    assert (row.settled_by, row.overdue_at is not None) == ("signed", True)
    await both.trail.verify()


async def test_a_signature_and_an_edit_at_once_end_in_one_of_the_two(both: House) -> None:
    people, desk = both.people, both.desk
    number = (await desk.create(people["li"], text())).id
    await desk.submit(people["li"], number)
    done = await asyncio.gather(
        desk.approve(people["wang"], number),
        desk.revise(people["li"], number, {"body": "每户350元。"}),
        return_exceptions=True,
    )
    sheet = await desk.sheet(number)
    assert sheet.state == "draft" or isinstance(done[1], DisclosureError)
    assert {each.content_hash for each in sheet.signatures} <= {sheet.content_hash} or sheet.state == "draft"
