"""What is exported and imported again is the identical base: every field, both layers, what does not answer included."""

from dataclasses import fields, replace
from pathlib import Path

from audit.actor import Actor
from knowledge import exchange
from knowledge.curation import Curation, Stored
from knowledge.entry import Entry
from knowledge.records import KnowledgeEntry


async def test_through_the_database_and_a_file(
    curation: Curation, entries: list[Entry], actor: Actor, tmp_path: Path
) -> None:
    entries.append(replace(entries[1], id="stopped", live=False, title='引号"、换行\n和逗号,'))
    await curation.put_entries(entries, actor=actor)
    await curation.upsert_from_disclosure(7, entries[2], actor=actor)
    before = await curation.entries()
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert exchange.write(first, before) == len(entries) + 1

    again = exchange.read(first)
    assert again == before
    assert await curation.put_entries(again, actor=actor) == Stored(added=0, changed=0, unchanged=len(before))

    await KnowledgeEntry.all().delete()
    await curation.put_entries(again, actor=actor)
    assert await curation.entries() == before
    exchange.write(second, await curation.entries())
    assert first.read_bytes() == second.read_bytes()


def test_every_field_survives() -> None:
    """A field that is added to Entry and forgotten in the exchange fails here."""
    full = exchange.from_json(
        {
            "id": "a", "kind": "policy", "title": "题", "body": "文", "similar": ["问"], "keywords": ["词"], "verdict": "谣言",
            "unit": "区民政局", "source": "源", "source_url": "https://www.example.gov.cn/", "document_number": "国办发〔2026〕1号",
            "issuer": "国务院办公厅", "made_on": "2026-01-01", "published_on": "2026-01-02", "validity": "废止", "evidence": "据",
            "phone": "12345", "responsible": "张三", "next_review_on": "2026-06-30", "checked": ["b：问的是另一件事"], "valid_from": "2026-01-03",
            "valid_to": "2026-12-31", "origin": "disclosure:3", "live": False, "withdrawn_because": "数据有误", "claimed_on": "2026-01-04",
            "links": ["https://t.cn/A6abcD"], "places": ["清溪镇"], "figures": ["3天"],
        }
    )  # fmt: skip
    assert set(exchange.to_json(full)) == {field.name for field in fields(Entry)}
    assert exchange.from_json(exchange.to_json(full)) == full
