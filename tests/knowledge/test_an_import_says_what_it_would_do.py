"""A dry run tells for every row what would happen; the three ways of meeting an entry that is there already; wrong rows are named by
row and column."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from audit.actor import Actor
from audit.clock import Clock
from audit.records import AuditRecord
from audit.trail import Trail
from knowledge import reading
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.errors import ImportRefused
from knowledge.given import EVERY_FIELD, Given, Reading
from knowledge.intake import Intake
from knowledge.plan import Act, Mode, planned


@pytest.fixture
def intake(curation: Curation, clock: Clock) -> Intake:
    return Intake(clock=clock, trail=Trail(), curation=curation)


def csv_of(folder: Path, text: str) -> Reading:
    file = folder / "entries.csv"
    file.write_text(text, encoding="utf8")
    return reading.read_entries(file)


HELD = Entry(
    id="a", kind=EntryKind.service, title="旧问题", body="旧答复", similar=("旧问法",), keywords=("低保",), unit="区民政局",
    valid_from=date(2026, 1, 1),
)  # fmt: skip
TABLE = "编号,问题,答复,相似问法,文号\na,新问题,,新问法,\nb,另一个问题,另一个答复,,\n"


def test_the_three_ways(tmp_path: Path) -> None:
    rows = csv_of(tmp_path, TABLE).rows
    held = {"a": HELD}
    new = Entry(id="b", kind=EntryKind.faq, title="另一个问题", body="另一个答复")

    (first, second) = planned(rows, held, Mode.REPLACE).steps
    assert first.entry == replace(HELD, title="新问题", body="", similar=("新问法",)), (
        "an empty cell empties, no column keeps"
    )
    assert (first.act, first.fields, first.line) == (Act.changed, ("title", "body", "similar"), 2)
    assert (second.act, second.entry) == (Act.new, new)

    (first, second) = planned(rows, held, Mode.MERGE).steps
    assert first.entry == replace(HELD, title="新问题", similar=("旧问法", "新问法"))
    assert second.entry == new

    (first, second) = planned(rows, held, Mode.SKIP).steps
    assert (first.act, first.entry) == (Act.skipped, HELD)
    assert second.act is Act.new


def test_a_merge_that_does_not_fit_is_refused_with_its_row() -> None:
    entry = Entry(id="a", kind=EntryKind.service, title="题", valid_to=date(2025, 1, 1))
    row = Given(line=7, entry=entry, filled=frozenset({"id", "valid_to"}))
    (error,) = planned([row], {"a": HELD}, Mode.MERGE).errors
    assert (error.line, error.field) == (7, "valid_to")
    assert planned([row], {"a": replace(HELD, valid_from=None)}, Mode.MERGE).errors == ()


def test_what_was_published_is_not_changed_by_a_file() -> None:
    published = replace(HELD, id="disclosure:3", origin="disclosure:3")
    row = Given(line=2, entry=replace(published, body="改过"), filled=EVERY_FIELD)
    (step,) = planned([row], {published.id: published}, Mode.REPLACE).steps
    assert (step.act, step.entry, step.fields) == (Act.kept, published, ("body",))
    (error,) = planned([Given(line=3, entry=replace(HELD, id="disclosure:4"))], {}, Mode.REPLACE).errors
    assert (error.line, error.field) == (3, "id")


async def test_a_dry_run_writes_nothing_and_the_import_does_what_it_said(
    intake: Intake, curation: Curation, base: KnowledgeBase, actor: Actor, tmp_path: Path
) -> None:
    await curation.put_entries([HELD], actor=actor)
    found = csv_of(tmp_path, TABLE)
    acts_before = await AuditRecord.all().count()
    plan = await intake.plan(found, Mode.MERGE)
    assert plan.counts() == {"new": 1, "changed": 1, "same": 0, "skipped": 0, "kept": 0, "refused": 0}
    assert await curation.entries() == [HELD]
    assert await intake.batches() == []
    assert await AuditRecord.all().count() == acts_before

    taken = await intake.take(found, Mode.MERGE, actor=actor)
    assert taken.plan == plan
    assert await curation.entries() == [step.entry for step in plan.steps]
    (batch,) = await intake.batches()
    assert (batch.id, batch.file, batch.mode, batch.by) == (taken.batch, "entries.csv", "merge", actor.name)
    assert (await AuditRecord.all().order_by("-id").first()).verb == "knowledge.import"  # type: ignore[union-attr]
    assert (await Trail().verify()).records == acts_before + 2
    await base.load()
    assert base.ask("另一个问题", today=date(2026, 11, 23)).hits[0].entry.id == "b"

    again = await intake.take(found, Mode.MERGE, actor=actor)
    assert (again.batch, again.plan.counts()["same"]) == (None, 2)
    assert len(await intake.batches()) == 1


async def test_a_change_between_plan_and_import_is_seen(
    intake: Intake, curation: Curation, actor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else adds the same entry after the plan was made and before the transaction began."""
    found, plan = csv_of(tmp_path, TABLE), intake.plan

    async def overtaken(rows: Reading, mode: Mode) -> object:
        made = await plan(rows, mode)
        await curation.put_entries([HELD], actor=actor)
        return made

    monkeypatch.setattr(intake, "plan", overtaken)
    taken = await intake.take(found, Mode.SKIP, actor=actor)
    assert [step.act for step in taken.plan.steps] == [Act.skipped, Act.new]
    assert await curation.stored("a") == HELD


async def test_with_one_wrong_row_nothing_is_imported(
    intake: Intake, curation: Curation, actor: Actor, tmp_path: Path
) -> None:
    found = csv_of(tmp_path, TABLE)
    wrong = replace(found, rows=(*found.rows, Given(line=9, entry=replace(HELD, id="disclosure:9"))))
    with pytest.raises(ImportRefused, match="第 9 行"):
        await intake.take(wrong, Mode.REPLACE, actor=actor)
    assert await curation.entries() == []


WRONG = """区知识库,,,,
编号,类别,问题（必填）,成文日期,启用,有效性,未知列
a,诗歌,问,,,,
b,政策文件,问,昨天,,,
c,政策文件,,,,,
d,,问,,也许,,
e,,问,,,大概,
e,,问,,,,
f,,问,2026年2月30日,,,
g,常见问题,问,2026/2/3,否,失效,x
"""


def test_every_wrong_row_is_named_by_row_and_column(tmp_path: Path) -> None:
    file = tmp_path / "entries.csv"
    file.write_text(WRONG, encoding="gb18030")
    with pytest.raises(ImportRefused) as refused:
        reading.read_entries(file)
    assert [(error.line, error.field) for error in refused.value.errors] == [
        (3, "类别"), (4, "成文日期"), (5, "问题（必填）"), (6, "启用"), (7, "有效性"), (9, "成文日期")
    ]  # fmt: skip
    assert all(error.what and error.remedy for error in refused.value.errors)
    lines = WRONG.splitlines()
    file.write_text("\n".join([*lines[:2], lines[-1]]), encoding="utf8")
    found = reading.read_entries(file)
    (row,) = found.rows
    assert found.ignored == ("未知列",)
    assert row.entry == Entry(
        id="g", kind=EntryKind.faq, title="问", made_on=date(2026, 2, 3), live=False, validity="失效"
    )
    assert row.columns == {"id", "kind", "title", "made_on", "live", "validity"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("姓名,电话\n张三,1\n", "没有找到表头"),
        ("问题,问题\na,b\n", "有两个"),
        ("编号,问题\na,问\na,另问\n", "与第 2 行重复"),
        ("编号,问题\na,问,多的\n", "多出内容"),
        ('编号,问题\na,"没有结束\n', "引号没有成对"),
        ("编号,问题\na," + "长" * 1_100_000 + "\n", "超过 1 MB"),
    ],
)
def test_a_table_that_cannot_be_understood(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ImportRefused, match=words):
        csv_of(tmp_path, text)


def test_what_people_type_into_a_workbook_is_understood(tmp_path: Path) -> None:
    """Days as days, numbers as numbers, a tick as TRUE; a row without a number of its own gets one that stays."""
    file = tmp_path / "typed.xlsx"
    with xlsxwriter.Workbook(str(file)) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["问题", "答案", "成文日期", "电话", "启用", "相似问", "关键词"])
        page.write_row(1, 0, ["怎么申请低保", "到街道办事处。"])
        page.write_datetime(1, 2, date(2026, 1, 31), book.add_format({"num_format": "yyyy/m/d"}))
        page.write_number(1, 3, 7300000)
        page.write_boolean(1, 4, True)
        page.write_string(1, 5, "低保怎么办\n\n 低保条件 ")
        page.write_string(1, 6, "低保，救助")
        page.write_string(1_000, 0, "下面很远的一行")
    first, second = reading.read_entries(file).rows
    assert first.entry == Entry(
        id=first.entry.id, kind=EntryKind.faq, title="怎么申请低保", body="到街道办事处。", made_on=date(2026, 1, 31),
        phone="7300000", similar=("低保怎么办", "低保条件"), keywords=("低保", "救助"),
    )  # fmt: skip
    assert first.entry.id.startswith("q-")
    assert second.line == 1_001
    assert [row.entry.id for row in reading.read_entries(file).rows] == [first.entry.id, second.entry.id]
