"""An entry answers from its first day to its last, by the local day, without any reload."""

from dataclasses import replace
from datetime import date

import pytest

from audit.actor import Actor
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry


@pytest.mark.parametrize(
    ("day", "answers"),
    [(date(2026, 5, 31), False), (date(2026, 6, 1), True), (date(2026, 6, 30), True), (date(2026, 7, 1), False)],
)
async def test_by_the_day(
    curation: Curation, base: KnowledgeBase, entries: list[Entry], actor: Actor, day: date, answers: bool
) -> None:
    bounded = replace(entries[5], valid_from=date(2026, 6, 1), valid_to=date(2026, 6, 30))
    await curation.put_entries([bounded, *entries[6:]], actor=actor)
    await base.load()
    found = [hit.entry.id for hit in base.ask("小学入学报名需要哪些材料", today=day).hits]
    assert ("school" in found) is answers
    assert (await curation.entry("school", today=day) is not None) is answers


async def test_a_stopped_entry_is_not_found(
    curation: Curation, base: KnowledgeBase, entries: list[Entry], actor: Actor, today: date
) -> None:
    await curation.put_entries(entries, actor=actor)
    await base.load()
    await curation.stop_entry("school", "材料有变", actor=actor)
    await base.refresh()
    assert "school" not in [hit.entry.id for hit in base.ask("小学入学报名需要哪些材料", today=today).hits]
