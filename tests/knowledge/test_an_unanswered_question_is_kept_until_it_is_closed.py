"""A question without an answer is kept with what was offered, and closed once, with the entry that answers it."""

from datetime import UTC, datetime

import pytest

from audit.actor import Actor
from audit.records import AuditRecord
from knowledge.curation import Curation
from knowledge.entry import Entry
from knowledge.errors import EntryUnknown
from knowledge.records import UnansweredQuestion

ASKED_AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


async def kept(curation: Curation) -> int:
    return await curation.keep_unanswered(
        text="身份证号430101199001011234，低保怎么还没批",
        masked="身份证号430***********1234，低保怎么还没批",
        channel="wechat",
        asker_hash="a" * 64,
        asked_at=ASKED_AT,
        decision="choose",
        reason="rejected_choice",
        candidates=[{"id": "low-income", "title": "如何申请最低生活保障？", "score": 1.5}],
        confidence=0.4,
    )


async def test_it_is_kept_as_asked(curation: Curation) -> None:
    row = await UnansweredQuestion.get(id=await kept(curation))
    assert (row.state, row.reason, row.asked_at, row.entry_id) == ("open", "rejected_choice", ASKED_AT, None)
    assert row.candidates == [{"id": "low-income", "title": "如何申请最低生活保障？", "score": 1.5}]


async def test_it_is_closed_once_and_noted(curation: Curation, entries: list[Entry], actor: Actor) -> None:
    await curation.put_entries(entries[:1], actor=actor)
    number = await kept(curation)
    assert await curation.close_unanswered(number, actor=actor, entry_id="low-income")
    assert not await curation.close_unanswered(number, actor=actor)
    row = await UnansweredQuestion.get(id=number)
    assert (row.state, row.entry_id, row.closed_by) == ("closed", "low-income", actor.name)
    assert [record.verb for record in await AuditRecord.all().order_by("id")] == [
        "knowledge.put",
        "knowledge.close_question",
    ]


async def test_it_cannot_be_closed_with_an_entry_that_is_not_there(curation: Curation, actor: Actor) -> None:
    number = await kept(curation)
    with pytest.raises(EntryUnknown, match="no-such"):
        await curation.close_unanswered(number, actor=actor, entry_id="no-such")
    assert (await UnansweredQuestion.get(id=number)).state == "open"
