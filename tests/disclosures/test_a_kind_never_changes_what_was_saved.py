"""Kinds are data that the office edits; texts keep what they said when they were saved (both databases)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from audit.trail import Trail
from disclosures.catalogue import seed as seed_catalogue
from disclosures.desk import Desk
from disclosures.draft import DraftText
from disclosures.errors import Conflict, InvalidContent, NotFound, NotPermitted
from disclosures.kind import Kind, KindField, problems
from disclosures.kinds import Kinds, active_kinds, find_kind, seed
from disclosures.records import Category, DocumentKind
from disclosures.workdays import WorkingDays
from staff.person import Person
from staff.roles import Role
from tests.disclosures.conftest import CREDIT_CODE

KIND = Kind(
    code="zhaopin", name="招聘", category="tongzhi",
    fields=(
        KindField(name="places", label="人数", type="number", unit="人", required=True),
        KindField(name="contact", label="电话"),
    ),
)  # fmt: skip


def person(number: int, role: Role) -> Person:
    return Person(
        account_id=number, name=f"p{number}", display_name=f"第{number}人", roles=frozenset({role}), unit="区民政局"
    )


OFFICER, DRAFTER = person(1, Role.OFFICER), person(2, Role.DRAFTER)


class Tables:
    def __init__(self, clock: Any) -> None:
        self.kinds = Kinds(clock=clock, trail=Trail())
        self.desk = Desk(clock=clock, trail=Trail(), credit_code=CREDIT_CODE, working_days=WorkingDays())

    def draft(self, **changed: Any) -> DraftText:
        values: dict[str, Any] = {
            "title": "招聘公告", "body": "面向社会公开招聘。", "department": "区民政局", "category": "通知公告",
            "formed_on": date(2026, 11, 20), "kind": "zhaopin", "particulars": (("places", "3"),),
        }  # fmt: skip
        return DraftText(**{**values, **changed})


@pytest.fixture
async def tables(any_database: str, clock: Any) -> Tables:
    async with in_transaction() as connection:
        await seed_catalogue(connection)
    return Tables(clock)


async def test_the_shipped_kinds_are_sound_and_seeded_once(tables: Tables) -> None:
    async with in_transaction() as connection:
        assert await seed(connection) >= 12
    kinds = await active_kinds()
    codes = {row.code for row in await Category.all()}
    for kind in kinds:
        assert problems(kind) == (), kind.name
        assert kind.category in codes, kind.name
        assert kind.chain[-1] == "final"
    assert {"规范性文件", "财政预决算", "公示名单"} <= {kind.name for kind in kinds if kind.secrecy}
    await DocumentKind.filter(code="tongzhi").update(name="通知")
    async with in_transaction() as connection:
        assert await seed(connection) == 0
    assert (await find_kind("tongzhi")).name == "通知"


async def test_a_field_that_is_taken_away_stays_with_the_texts_that_have_it(tables: Tables) -> None:
    await tables.kinds.save(OFFICER, KIND, new=True)
    saved = await tables.desk.create(DRAFTER, tables.draft(particulars=(("places", "3"), ("contact", "2345678"))))
    await tables.kinds.save(
        OFFICER, replace(KIND, fields=(replace(KIND.fields[0], label="名额"),), chain=("first", "second", "secrecy", "final")),
        new=False,
    )  # fmt: skip
    again = await tables.desk.sheet(saved.id)
    assert [(each.label, each.value) for each in again.content.particulars] == [("人数", "3人"), ("电话", "2345678")]
    assert again.content_hash == saved.content_hash
    kind = await find_kind("zhaopin")
    assert [each.name for each in kind.present] == ["places"]
    assert kind.chain == ("first", "second", "secrecy", "final")
    # The old text may be changed and keeps the old field; a field once retired can come back.
    changed = await tables.desk.revise(DRAFTER, saved.id, {"title": "招聘公告（二）"})
    assert [each.label for each in changed.content.particulars] == ["名额", "电话"]
    await tables.kinds.save(OFFICER, KIND, new=False)
    assert [each.retired for each in (await find_kind("zhaopin")).fields] == [False, False]


async def test_a_required_field_blocks_the_submission_and_not_the_saving(tables: Tables) -> None:
    await tables.kinds.save(OFFICER, KIND, new=True)
    sheet = await tables.desk.create(DRAFTER, tables.draft(particulars=()))
    with pytest.raises(InvalidContent) as refused:
        await tables.desk.submit(DRAFTER, sheet.id)
    assert [problem.field for problem in refused.value.problems] == ["particulars.places"]
    await tables.desk.revise(DRAFTER, sheet.id, {"particulars": (("places", "12"),)})
    assert (await tables.desk.submit(DRAFTER, sheet.id)).state == "submitted"


async def test_what_was_used_cannot_be_deleted_but_switched_off(tables: Tables) -> None:
    await tables.kinds.save(OFFICER, KIND, new=True)
    await tables.kinds.save(OFFICER, replace(KIND, code="other", name="其他"), new=True)
    sheet = await tables.desk.create(DRAFTER, tables.draft())
    assert await tables.kinds.used() == {"zhaopin": 1}
    with pytest.raises(Conflict):
        await tables.kinds.delete(OFFICER, "zhaopin")
    await tables.kinds.delete(OFFICER, "other")
    with pytest.raises(NotFound):
        await tables.kinds.kind("other")
    await tables.kinds.save(OFFICER, replace(KIND, active=False), new=False)
    assert await active_kinds() == ()
    with pytest.raises(InvalidContent):
        await tables.desk.create(DRAFTER, tables.draft())
    assert (await tables.desk.revise(DRAFTER, sheet.id, {"title": "更正"})).revision == 2


async def test_only_the_office_edits_and_every_edit_is_in_the_trail(tables: Tables) -> None:
    for act in (tables.kinds.save(DRAFTER, KIND, new=True), tables.kinds.delete(DRAFTER, "zhaopin")):
        with pytest.raises(NotPermitted):
            await act
    await tables.kinds.save(OFFICER, KIND, new=True)
    for wrong in (KIND, replace(KIND, code="zhaopin2")):
        with pytest.raises(InvalidContent):
            await tables.kinds.save(OFFICER, wrong, new=True)
    with pytest.raises(NotFound):
        await tables.kinds.save(OFFICER, replace(KIND, code="missing", name="无"), new=False)
    await tables.kinds.save(OFFICER, replace(KIND, template="正文"), new=False)
    records = await AuditRecord.filter(verb="catalogue.kind_saved").order_by("id")
    assert [record.detail["changed"] for record in records] == [[], ["template"]]


async def test_a_kind_may_ask_for_what_every_text_has_unless_a_reason_is_given(tables: Tables) -> None:
    await tables.kinds.save(OFFICER, replace(KIND, asks=("document_number", "summary")), new=True)
    sheet = await tables.desk.create(DRAFTER, tables.draft())
    with pytest.raises(InvalidContent) as refused:
        await tables.desk.submit(DRAFTER, sheet.id)
    assert {problem.field for problem in refused.value.problems} == {"document_number", "summary"}
    assert (await tables.desk.submit(DRAFTER, sheet.id, reason="文号由区政府办统一编发")).state == "submitted"
    with pytest.raises(InvalidContent):
        await tables.kinds.save(OFFICER, replace(KIND, asks=("colour",)), new=False)
