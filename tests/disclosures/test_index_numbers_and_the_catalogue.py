"""Index numbers are never given twice; the catalogue is data that a new database already holds."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from disclosures.catalogue import CategoryFacts, UnitFacts, find_category, find_unit, seed
from disclosures.errors import InvalidContent, NotPermitted
from disclosures.records import Category, Disclosure, Unit
from staff.person import Person
from staff.roles import Role

OFFICER = Person(account_id=9, name="officer", display_name="公开办", unit="", roles=frozenset({Role.OFFICER}))


async def test_index_numbers_are_unique_when_many_draft_at_once(office: Any) -> None:
    sheets = await asyncio.gather(*(office.desk.create(office.drafter, office.draft()) for _ in range(40)))
    numbers = sorted(sheet.index_number for sheet in sheets)
    assert numbers == [f"11441700007280420Y/2026-{serial:05d}" for serial in range(1, 41)]


async def test_a_refused_draft_does_not_use_up_a_number(office: Any) -> None:
    with pytest.raises(InvalidContent):
        await office.desk.create(office.drafter, office.draft(body=f"![图](/files/{'0' * 64}/x.png)"))
    assert (await office.desk.create(office.drafter, office.draft())).index_number.endswith("-00001")


async def test_the_year_is_that_of_shanghai(office: Any) -> None:
    await office.desk.create(office.drafter, office.draft())
    office.clock.moment = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    sheet = await office.desk.create(office.drafter, office.draft())
    assert sheet.index_number == "11441700007280420Y/2027-00001"
    revised = await office.desk.revise(office.drafter, sheet.id, {"department": "区教育局"})
    assert revised.index_number == revised.content.index_number == sheet.index_number


async def test_a_new_database_holds_the_ordinary_units_and_categories(database: str) -> None:
    async with in_transaction() as connection:
        units, categories = await seed(connection)
    assert units >= 20
    assert categories >= 20
    assert (await find_unit("区民政局")).name == "区民政局"
    assert (await find_category("通知公告")).deadline_statutory == 20
    parents = {row.parent for row in await Category.all() if row.parent}
    assert parents <= {row.code for row in await Category.all()}
    async with in_transaction() as connection:
        assert await seed(connection) == (0, 0)


async def test_what_the_office_changed_is_not_seeded_over(office: Any) -> None:
    await Unit.exclude(code="minzheng").delete()
    await Category.all().delete()
    async with in_transaction() as connection:
        units, categories = await seed(connection)
    assert units == 0
    assert categories > 0


async def test_a_unit_is_found_by_name_code_or_short_name(office: Any) -> None:
    by = [await find_unit(text) for text in ("区人力资源和社会保障局", "renshe", " 区人社局 ")]
    assert len({unit.id for unit in by}) == 1
    with pytest.raises(InvalidContent) as invalid:
        await find_unit("人社局")
    assert "区人力资源和社会保障局" in invalid.value.problems[0].remedy
    with pytest.raises(InvalidContent, match="没有名为"):
        await find_unit("")


async def test_the_office_edits_the_catalogue_and_it_is_audited(office: Any) -> None:
    facts = UnitFacts(code="xinju", name="区新设局", phone="0571-12345")
    with pytest.raises(NotPermitted):
        await office.catalogue.save_unit(office.drafter, facts)
    await office.catalogue.save_unit(OFFICER, facts)
    sheet = await office.desk.create(office.drafter, office.draft(department="区新设局"))
    renamed = UnitFacts(code="xinju", name="区改名局", active=False)
    assert (await office.catalogue.save_unit(OFFICER, renamed)).name == "区改名局"
    assert [record.verb for record in await AuditRecord.filter(subject__startswith="unit:")] == [
        "catalogue.unit_saved", "catalogue.unit_saved",
    ]  # fmt: skip
    with pytest.raises(InvalidContent):
        await office.desk.create(office.drafter, office.draft(department="区改名局"))
    kept = await office.desk.revise(office.drafter, sheet.id, {"title": "旧名下的文件仍可修改"})
    assert kept.content.department == "区新设局"
    with pytest.raises(InvalidContent, match="已被使用"):
        await office.catalogue.save_unit(OFFICER, UnitFacts(code="other", name="区民政局"))


@pytest.mark.parametrize(("local", "statutory"), [(0, 20), (21, 20), (10, 999)])
async def test_limits_that_break_the_law_are_refused(office: Any, local: int, statutory: int) -> None:
    with pytest.raises(InvalidContent, match="期限"):
        await office.catalogue.save_category(
            OFFICER, CategoryFacts(code="x", name="新栏目", deadline_local=local, deadline_statutory=statutory)
        )


async def test_lists_are_paged_and_searched(office: Any) -> None:
    ids = [(await office.desk.create(office.drafter, office.draft(title=f"第{n}号通知"))).id for n in range(5)]
    await office.desk.submit(office.drafter, ids[0])
    page = await office.desk.lines(limit=2)
    assert [line.id for line in page] == ids[:2:-1]
    assert [line.id for line in await office.desk.lines(before_id=page[-1].id, limit=2)] == [ids[2], ids[1]]
    assert [line.title for line in await office.desk.lines(text="第3号")] == ["第3号通知"]
    (waiting,) = await office.desk.lines(states=frozenset({"submitted"}))
    assert (waiting.id, waiting.next_step, waiting.department) == (ids[0], "first", "区民政局")
    assert await Disclosure.all().count() == 5
