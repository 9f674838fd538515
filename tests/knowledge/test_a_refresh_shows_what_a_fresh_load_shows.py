"""After any changes, a base that refreshed and a base that loaded anew find the same."""

from dataclasses import replace
from datetime import date

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.keywords import Keywords

QUESTIONS = ("怎么申请低保", "公积金什么情况能提取", "大件垃圾怎么扔", "护照丢了怎么补办", "异地就医备案")


async def test_same_findings(
    curation: Curation,
    base: KnowledgeBase,
    keywords: Keywords,
    clock: Clock,
    entries: list[Entry],
    actor: Actor,
    today: date,
) -> None:
    await curation.put_entries(entries[:6], actor=actor)
    await base.load()
    await curation.put_entries(entries[6:], actor=actor)
    await curation.stop_entry("fund", "另行发布", actor=actor)
    await curation.put_entries([replace(entries[0], body="改过的正文。")], actor=actor)
    await curation.upsert_from_disclosure(3, entries[2], actor=actor)
    assert await base.refresh()
    assert not await base.refresh()

    fresh = KnowledgeBase(keywords=keywords, clock=clock)
    await fresh.load()
    assert len(fresh) == len(base) == len(entries)
    for question in QUESTIONS:
        mine, other = base.ask(question, today=today), fresh.ask(question, today=today)
        assert mine.decision == other.decision
        assert abs(mine.confidence - other.confidence) < 1e-9
        assert {hit.entry.id: round(hit.score, 6) for hit in mine.hits} == {
            hit.entry.id: round(hit.score, 6) for hit in other.hits
        }


async def test_an_unfinished_change_is_not_shown(
    curation: Curation, base: KnowledgeBase, entries: list[Entry], actor: Actor
) -> None:
    await curation.put_entries(entries[:6], actor=actor)
    await base.load()
    generation = base.generation
    try:
        async with in_transaction() as connection:
            await curation.put_entries(entries[6:], actor=actor, using_db=connection)
            raise LookupError
    except LookupError:
        pass
    assert not await base.refresh()
    assert (base.generation, len(base)) == (generation, 6)
