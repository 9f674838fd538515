"""A withdrawal stops the answer in the caller's own transaction: with its commit, and not without it."""

from datetime import date

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind

TAUGHT = Entry(
    id="any", kind=EntryKind.policy, title="关于发放春节消费券的通知", body="消费券于腊月二十起在手机上领取。"
)


async def test_it_is_gone_with_the_commit(curation: Curation, base: KnowledgeBase, actor: Actor, today: date) -> None:
    stored = await curation.upsert_from_disclosure(5, TAUGHT, actor=actor)
    await base.refresh()
    assert base.ask("春节消费券什么时候发放", today=today).hits[0].entry.origin == "disclosure:5"

    async with in_transaction() as connection:
        stopped = await curation.withdraw_disclosure(5, "数字有误，另行发布", actor=actor, using_db=connection)
    assert stopped == 1
    assert await curation.entry(stored.id, today=today) is None
    assert await base.refresh()
    assert base.ask("春节消费券什么时候发放", today=today).hits == ()
    trail = await AuditRecord.all().order_by("id")
    assert [record.verb for record in trail] == ["knowledge.put", "knowledge.withdraw"]


async def test_it_stays_if_the_transaction_fails(
    curation: Curation, base: KnowledgeBase, actor: Actor, today: date
) -> None:
    stored = await curation.upsert_from_disclosure(5, TAUGHT, actor=actor)
    await base.refresh()

    async def fail_after_withdrawing() -> None:
        async with in_transaction() as connection:
            await curation.withdraw_disclosure(5, "数字有误", actor=actor, using_db=connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_withdrawing()
    assert await curation.entry(stored.id, today=today) == stored
    assert not await base.refresh()


async def test_the_second_withdrawal_changes_nothing(curation: Curation, actor: Actor) -> None:
    await curation.upsert_from_disclosure(5, TAUGHT, actor=actor)
    assert await curation.withdraw_disclosure(5, "有误", actor=actor) == 1
    assert await curation.withdraw_disclosure(5, "有误", actor=actor) == 0


async def test_a_corrected_disclosure_answers_again(
    curation: Curation, base: KnowledgeBase, actor: Actor, today: date
) -> None:
    await curation.upsert_from_disclosure(5, TAUGHT, actor=actor)
    await curation.withdraw_disclosure(5, "有误", actor=actor)
    await curation.upsert_from_disclosure(5, TAUGHT, actor=actor)
    await base.load()
    assert base.ask("春节消费券什么时候发放", today=today).hits[0].entry.body == TAUGHT.body
