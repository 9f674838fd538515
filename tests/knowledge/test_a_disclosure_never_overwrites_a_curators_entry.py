"""Curators' entries and those built from disclosures are two layers; neither overwrites the other."""

from dataclasses import replace

import pytest

from audit.actor import Actor
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.errors import EntryInvalid, LayerConflict


async def test_the_curators_entry_of_the_same_id_stays(curation: Curation, entries: list[Entry], actor: Actor) -> None:
    curated = entries[0]
    await curation.put_entries([curated], actor=actor)
    taught = await curation.upsert_from_disclosure(1, replace(curated, body="另一段文字"), actor=actor)
    assert await curation.entries() == [curated, taught]
    await curation.withdraw_disclosure(1, "撤回", actor=actor)
    assert await curation.entries(live_only=True) == [curated]


async def test_a_curator_cannot_take_a_disclosures_id(curation: Curation, entries: list[Entry], actor: Actor) -> None:
    with pytest.raises(EntryInvalid, match="disclosure:1"):
        await curation.put_entries([replace(entries[0], id="disclosure:1")], actor=actor)
    with pytest.raises(EntryInvalid, match="low-income"):
        await curation.put_entries([replace(entries[0], origin="disclosure:1")], actor=actor)


async def test_another_disclosure_cannot_take_it_either(curation: Curation, entries: list[Entry], actor: Actor) -> None:
    taught = await curation.upsert_from_disclosure(1, entries[0], actor=actor)
    with pytest.raises(LayerConflict):
        await curation.put_entries([replace(taught, origin="disclosure:2", body="别的文字")], actor=actor)
    assert await curation.entries() == [taught]


async def test_one_bad_entry_leaves_the_base_as_it_was(curation: Curation, entries: list[Entry], actor: Actor) -> None:
    await curation.upsert_from_disclosure(1, entries[0], actor=actor)
    before = await curation.entries()
    bad = replace(before[0], origin="disclosure:2", body="别的文字")
    with pytest.raises(LayerConflict):
        await curation.put_entries([*entries, bad], actor=actor)
    assert await curation.entries() == before
