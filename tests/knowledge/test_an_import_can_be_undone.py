"""An undo puts back exactly what the import changed, refuses where somebody worked on since, and can be followed by a new import."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from audit.actor import Actor
from audit.clock import Clock
from audit.records import AuditRecord
from audit.trail import Trail
from knowledge import reading
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.errors import BatchUnknown, UndoRefused
from knowledge.given import Reading
from knowledge.intake import Intake
from knowledge.plan import Act, Mode

TODAY = date(2026, 11, 23)


def made_intake(clock: Clock) -> Intake:
    return Intake(clock=clock, trail=Trail(), curation=Curation(clock=clock, trail=Trail()))


def file_of(folder: Path, entries: list[Entry]) -> Reading:
    reading.write_entries(folder / "file.xlsx", entries)
    return reading.read_entries(folder / "file.xlsx")


def changed(entries: list[Entry]) -> list[Entry]:
    """Four entries as a file would change them, and three that are new, one of them from a disclosure."""
    new = [replace(entries[5], id="new-1"), replace(entries[6], id="new-2")]
    published = replace(entries[7], id="disclosure:5", origin="disclosure:5", valid_to=date(2027, 1, 1))
    return [*(replace(entry, body="改过", valid_from=None) for entry in entries[:4]), *new, published]


async def test_the_export_is_the_same_before_and_after(
    any_database: str, clock: Clock, base: KnowledgeBase, entries: list[Entry], actor: Actor, tmp_path: Path
) -> None:
    intake, curation = made_intake(clock), Curation(clock=clock, trail=Trail())
    await curation.put_entries(entries[:8], actor=actor)
    await curation.stop_entry("fund", "不再答复", actor=actor)
    before = await intake.entries()
    reading.write_entries(tmp_path / "before.jsonl", before)

    taken = await intake.take(file_of(tmp_path, changed(entries)), Mode.REPLACE, actor=actor)
    assert taken.batch is not None
    assert await intake.entries() != before
    await base.load()
    assert base.entry("new-1") is not None
    undone = await intake.undo(taken.batch, actor=actor)

    assert (undone.restored, undone.stopped) == (4, 3)
    assert await intake.entries() == before
    reading.write_entries(tmp_path / "after.jsonl", await intake.entries())
    assert (tmp_path / "after.jsonl").read_bytes() == (tmp_path / "before.jsonl").read_bytes()
    assert await base.refresh()
    assert [base.entry(entry_id) for entry_id in ("new-1", "new-2", "disclosure:5")] == [None, None, None]
    assert base.ask(entries[5].title, today=TODAY).hits[0].entry.id == "school"
    last = await AuditRecord.all().order_by("-id").first()
    assert last is not None
    assert (last.verb, last.subject) == ("knowledge.import.undone", f"knowledge.import:{taken.batch}")
    await Trail().verify()
    (batch,) = await intake.batches()
    assert (batch.undone_at, batch.undone_by) == (clock.moment, actor.name)  # type: ignore[attr-defined]


async def test_what_was_changed_since_is_listed_and_nothing_is_undone(
    database: str, clock: Clock, entries: list[Entry], actor: Actor, tmp_path: Path
) -> None:
    intake, curation = made_intake(clock), Curation(clock=clock, trail=Trail())
    await curation.put_entries(entries[:8], actor=actor)
    taken = await intake.take(file_of(tmp_path, changed(entries)), Mode.REPLACE, actor=actor)
    await curation.put_entries([replace(entries[1], body="后来又改")], actor=actor)
    await curation.stop_entry("new-1", "说错了", actor=actor)
    after = await curation.entries()
    with pytest.raises(UndoRefused) as refused:
        await intake.undo(taken.batch or 0, actor=actor)
    assert refused.value.changed == ("medical", "new-1")
    assert "medical、new-1" in str(refused.value)
    assert await curation.entries() == after
    assert (await intake.batches())[0].undone_at is None


async def test_an_undone_import_can_be_made_again_and_undone_again(
    database: str, clock: Clock, entries: list[Entry], actor: Actor, tmp_path: Path
) -> None:
    intake = made_intake(clock)
    found = file_of(tmp_path, entries)
    first = await intake.take(found, Mode.SKIP, actor=actor)
    await intake.undo(first.batch or 0, actor=actor)
    assert await intake.entries() == []
    with pytest.raises(UndoRefused, match="已经撤销过"):
        await intake.undo(first.batch or 0, actor=actor)
    second = await intake.take(found, Mode.SKIP, actor=actor)
    assert {step.act for step in second.plan.steps} == {Act.new}, "what an undone import had added is new once more"
    assert await intake.entries() == entries
    await intake.undo(second.batch or 0, actor=actor)
    assert await intake.entries() == []


async def test_an_unknown_batch(database: str, clock: Clock, actor: Actor) -> None:
    with pytest.raises(BatchUnknown, match="第 4 批"):
        await made_intake(clock).undo(4, actor=actor)
