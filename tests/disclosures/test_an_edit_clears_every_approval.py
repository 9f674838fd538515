"""Any edit clears approval, nothing is overwritten unseen, and what was saved is what is read."""

import asyncio
from datetime import date
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from disclosures.content import WeChatVersion, WeiboVersion
from disclosures.errors import Conflict, DisclosureError, InvalidContent, NotFound, NotPermitted, StateRefused
from disclosures.records import Disclosure, Revision
from disclosures.states import State

EDITS: dict[str, Any] = {
    "title": "另一个标题",
    "body": "另一段正文。",
    "department": "区教育局",
    "category": "工作动态",
    "formed_on": date(2026, 11, 19),
    "document_number": "区民发〔2026〕19号",
    "summary": "另一段概述",
    "keywords": ("供暖", "补贴"),
    "stage": "执行",
    "source": "区财政局",
    "wechat": WeChatVersion(title="微信标题"),
    "weibo": WeiboVersion(text="微博文字"),
}


@pytest.mark.parametrize("field", EDITS)
async def test_every_field_counts(office: Any, field: str) -> None:
    disclosure_id = await office.approved()
    before = await office.desk.sheet(disclosure_id)
    sheet = await office.desk.revise(office.drafter, disclosure_id, {field: EDITS[field]})
    assert (sheet.state, sheet.revision, sheet.approved_hash, sheet.approved) == (State.DRAFT, 2, None, False)
    assert sheet.content_hash != before.content_hash
    with pytest.raises(StateRefused):
        await office.desk.approved_content(disclosure_id)
    resubmitted = await office.desk.submit(office.drafter, disclosure_id)
    assert resubmitted.signatures == (), "the old signatures do not count for the new text"


async def test_saving_the_same_text_again_changes_nothing(office: Any) -> None:
    disclosure_id = await office.approved()
    before = await office.desk.sheet(disclosure_id)
    after = await office.desk.revise(office.drafter, disclosure_id, {"title": before.title})
    assert (after.state, after.revision, after.approved) == (State.APPROVED, 1, True)


async def test_an_edit_in_the_middle_of_the_reviews_begins_again(office: Any) -> None:
    disclosure_id = await office.submitted()
    await office.desk.approve(office.first, disclosure_id)
    sheet = await office.desk.revise(office.drafter, disclosure_id, {"title": "新标题"})
    assert (sheet.state, sheet.next_step) == (State.DRAFT, None)


async def test_an_older_text_in_the_form_is_a_conflict_and_names_the_other(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft())
    await office.desk.revise(office.drafter, sheet.id, {"title": "甲改的标题"}, expected_revision=1)
    with pytest.raises(Conflict, match="撰稿人 已保存第 2 版"):
        await office.desk.revise(office.drafter, sheet.id, {"title": "乙改的标题"}, expected_revision=1)
    assert (await office.desk.sheet(sheet.id)).title == "甲改的标题"


async def test_of_many_edits_at_once_each_is_kept_or_refused(office: Any) -> None:
    sheet = await office.desk.create(office.drafter, office.draft())
    edits = [office.desk.revise(office.drafter, sheet.id, {"title": f"标题{n}"}, expected_revision=1) for n in range(8)]
    outcomes = await asyncio.gather(*edits, return_exceptions=True)
    assert sum(1 for outcome in outcomes if not isinstance(outcome, BaseException)) == 1
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)} == {Conflict}
    assert await Revision.filter(disclosure_id=sheet.id).count() == 2


async def test_a_released_text_is_corrected_by_the_same_road(office: Any) -> None:
    disclosure_id = await office.released()
    first = await office.desk.sheet(disclosure_id)
    assert (first.state, first.live) == (State.RELEASED, True)
    sheet = await office.desk.revise(office.drafter, disclosure_id, {"body": "补贴自2026年12月2日起发放。"})
    assert (sheet.state, sheet.live, sheet.released_at) == (State.DRAFT, True, first.released_at)
    await office.desk.submit(office.drafter, disclosure_id)
    for reviewer in (office.first, office.second, office.final):
        await office.desk.approve(reviewer, disclosure_id)
    office.clock.advance(3600)
    await office.release(disclosure_id)
    corrected = await office.desk.sheet(disclosure_id)
    assert (corrected.state, corrected.approved_revision) == (State.RELEASED, 2)
    assert corrected.released_at == first.released_at, "the day of publication is not moved by a correction"


async def test_what_was_approved_before_an_edit_is_not_marked_released(office: Any) -> None:
    disclosure_id = await office.approved()
    old_hash = (await office.desk.sheet(disclosure_id)).content_hash
    await office.desk.revise(office.drafter, disclosure_id, {"title": "新标题"})
    with pytest.raises(StateRefused, match="已变更"):
        async with in_transaction() as connection:
            await office.desk.mark_released(
                connection, disclosure_id, content_hash=old_hash, by=office.publisher.actor,
                now=await office.clock.now(),
            )  # fmt: skip
    assert (await office.desk.sheet(disclosure_id)).released_at is None


async def test_withdrawing_and_repealing(office: Any) -> None:
    now = await office.clock.now()
    draft = await office.submitted()
    with pytest.raises(StateRefused, match="尚未公开"):
        async with in_transaction() as connection:
            await office.desk.withdraw_state(connection, office.publisher, draft, explanation="说明", now=now)
    live = await office.released(document_number="区民发〔2026〕20号")
    with pytest.raises(NotPermitted):
        async with in_transaction() as connection:
            await office.desk.withdraw_state(connection, office.drafter, live, explanation="说明", now=now)
    with pytest.raises(InvalidContent):
        async with in_transaction() as connection:
            await office.desk.withdraw_state(connection, office.publisher, live, explanation=" ", now=now)
    async with in_transaction() as connection:
        await office.desk.withdraw_state(connection, office.publisher, live, explanation="数据有误。", now=now)
    sheet = await office.desk.sheet(live)
    assert (sheet.state, sheet.live, sheet.approved_hash, sheet.explanation) == (
        State.WITHDRAWN, False, None, "数据有误。",
    )  # fmt: skip
    again = await office.desk.submit(office.drafter, live)
    assert again.next_step is not None, "a withdrawn text needs three new signatures"

    repealed = await office.released(document_number="区民发〔2026〕21号")
    async with in_transaction() as connection:
        await office.desk.repeal_state(connection, office.publisher, repealed, explanation="被新文件代替。", now=now)
    with pytest.raises(StateRefused, match="已废止"):
        await office.desk.revise(office.drafter, repealed, {"title": "新标题"})


async def test_a_live_text_can_be_withdrawn_while_its_correction_is_written(office: Any) -> None:
    disclosure_id = await office.released()
    await office.desk.revise(office.drafter, disclosure_id, {"title": "更正稿"})
    async with in_transaction() as connection:
        await office.desk.withdraw_state(
            connection, office.publisher, disclosure_id, explanation="数据有误。", now=await office.clock.now()
        )
    assert (await office.desk.sheet(disclosure_id)).state == State.WITHDRAWN


async def test_a_row_altered_behind_our_back_is_not_read_as_content(office: Any) -> None:
    disclosure_id = await office.approved()
    row = await Revision.get(disclosure_id=disclosure_id)
    row.content = {**row.content, "title": "被篡改的标题"}
    await row.save()
    with pytest.raises(DisclosureError, match="改动"):
        await office.desk.approved_content(disclosure_id)


async def test_only_drafters_write(office: Any) -> None:
    with pytest.raises(NotPermitted):
        await office.desk.create(office.publisher, office.draft())
    sheet = await office.desk.create(office.drafter, office.draft())
    for act in (
        office.desk.revise(office.first, sheet.id, {"title": "新标题"}),
        office.desk.submit(office.operator, sheet.id),
    ):
        with pytest.raises(NotPermitted):
            await act
    with pytest.raises(NotFound):
        await office.desk.revise(office.drafter, 4711, {"title": "新标题"})


async def test_every_act_stands_in_the_trail_with_its_hash(office: Any) -> None:
    disclosure_id = await office.released()
    records = await office.trail.about(f"disclosure:{disclosure_id}")
    assert [record.verb for record in records] == [
        "disclosure.created", "disclosure.proofread", "disclosure.submitted", "disclosure.approved",
        "disclosure.approved", "disclosure.approved", "disclosure.released",
    ]  # fmt: skip
    content_hash = (await office.desk.sheet(disclosure_id)).content_hash
    assert {record.detail["content_hash"] for record in records} == {content_hash}
    assert [record.actor_name for record in records][3:6] == ["初审员（user2）", "复审员（user3）", "终审员（user4）"]


async def test_a_refused_act_leaves_nothing(office: Any) -> None:
    with pytest.raises(InvalidContent):
        await office.desk.create(office.drafter, office.draft(title="", department="没有的局"))
    assert (await Disclosure.all().count(), await AuditRecord.all().count()) == (0, 0)
