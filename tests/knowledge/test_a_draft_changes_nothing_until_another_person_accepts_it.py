"""What a curator writes is a draft: the bot goes on saying what it said, until another person has accepted it and it is released."""

import asyncio
from dataclasses import replace

import pytest
from tortoise.exceptions import IntegrityError

from audit.actor import Actor
from audit.records import AuditRecord
from knowledge.curating import Curating
from knowledge.draft import State
from knowledge.entry import Entry, EntryKind
from knowledge.errors import (
    AnotherPersonNeeded,
    DraftMoved,
    DraftOpen,
    DraftRefused,
    EntryIncomplete,
    EntryInvalid,
    EntryUnknown,
    NotPermitted,
)
from knowledge.records import KnowledgeDraftHand
from tests.knowledge.people import FENG, LI, SUN, WU

HEATING = Entry(
    id="heating", kind=EntryKind.faq, title="冬季供暖补贴怎么领", body="每户300元，11月底前发放到卡。", unit="区民政局",
    source="供暖补贴发放办法",
)  # fmt: skip


async def test_the_base_is_as_it_was_until_the_release(curating: Curating, entries: list[Entry], actor: Actor) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    before = await curating.curation.entries()
    changed = replace(entries[7], body="改过的答复", unit="区公安分局", source="出入境须知")
    new, old = await curating.drafts.create(WU, HEATING), await curating.drafts.create(WU, changed, note="窗口搬迁")
    stop = await curating.drafts.stop(WU, "waste", "已并入垃圾分类条目")
    for sheet in (new, old, stop):
        sheet = await curating.drafts.submit(WU, sheet.row.id, version=sheet.row.version)
        sheet = await curating.drafts.accept(FENG, sheet.row.id, sha256=sheet.row.content_sha256)
        assert sheet.state is State.accepted
    assert await curating.curation.entries() == before, "nothing of it is in the base"
    assert (old.row.note, old.now) == ("窗口搬迁", entries[7])
    verbs = [record.verb for record in await AuditRecord.filter(subject=f"knowledge.draft:{new.row.id}").order_by("id")]
    assert verbs == ["knowledge.draft.created", "knowledge.draft.submitted", "knowledge.draft.accepted"]


async def test_the_author_never_accepts_and_the_database_itself_refuses(any_database: str, curating: Curating) -> None:
    sheet = await curating.drafts.create(WU, HEATING)
    sheet = await curating.drafts.save(FENG, sheet.row.id, replace(HEATING, phone="12345"), version=1)
    sheet = await curating.drafts.submit(FENG, sheet.row.id, version=2)
    for author in (WU, FENG):
        with pytest.raises(AnotherPersonNeeded, match="须由另一位同志审核"):
            await curating.drafts.accept(author, sheet.row.id, sha256=sheet.row.content_sha256)
        with pytest.raises(AnotherPersonNeeded, match="一份也没有通过"):
            await curating.drafts.accept_all(author, [(sheet.row.id, sheet.row.content_sha256)])
    assert (await curating.drafts.sheet(sheet.row.id)).state is State.submitted
    with pytest.raises(IntegrityError):
        await KnowledgeDraftHand.create(draft_id=sheet.row.id, account_id=WU.account_id, hand="accepted")
    accepted = await curating.drafts.accept(SUN, sheet.row.id, sha256=sheet.row.content_sha256, remark="已核对")
    assert (accepted.row.reviewer, accepted.row.remark) == ("孙终审", "已核对")


async def test_an_edit_takes_the_acceptance_away(curating: Curating) -> None:
    sheet = await curating.drafts.create(WU, HEATING)
    sheet = await curating.drafts.submit(WU, sheet.row.id, version=1)
    await curating.drafts.accept(SUN, sheet.row.id, sha256=sheet.row.content_sha256)
    edited = await curating.drafts.save(WU, sheet.row.id, replace(HEATING, body="每户500元。"), version=1)
    assert (edited.state, edited.row.reviewer_id) == (State.draft, None)
    again = await curating.drafts.submit(WU, sheet.row.id, version=2)
    assert (await curating.drafts.accept(SUN, again.row.id, sha256=again.row.content_sha256)).state is State.accepted


async def test_what_was_read_is_what_is_accepted(curating: Curating) -> None:
    sheet = await curating.drafts.create(WU, HEATING)
    read = sheet.row.content_sha256
    await curating.drafts.save(WU, sheet.row.id, replace(HEATING, body="每户500元。"), version=1)
    await curating.drafts.submit(WU, sheet.row.id, version=2)
    with pytest.raises(DraftMoved, match="吴知识保存过这份草稿"):
        await curating.drafts.accept(FENG, sheet.row.id, sha256=read)


async def test_two_who_edit_one_draft_do_not_overwrite_each_other(any_database: str, curating: Curating) -> None:
    sheet = await curating.drafts.create(WU, HEATING)
    await curating.drafts.save(WU, sheet.row.id, replace(HEATING, body="吴写的"), version=1)
    with pytest.raises(DraftMoved) as moved:
        await curating.drafts.save(FENG, sheet.row.id, replace(HEATING, body="冯写的"), version=1)
    assert (moved.value.by, moved.value.version) == ("吴知识", 2)
    assert (await curating.drafts.sheet(sheet.row.id)).entry.body == "吴写的"
    saves = [
        curating.drafts.save(person, sheet.row.id, replace(HEATING, body=person.label), version=2)
        for person in (WU, FENG)
    ]
    done = await asyncio.gather(*saves, return_exceptions=True)
    assert sum(isinstance(one, DraftMoved) for one in done) == 1, "of two at once, one is told"


async def test_an_entry_has_one_open_draft(any_database: str, curating: Curating) -> None:
    first = await curating.drafts.create(WU, HEATING)
    with pytest.raises(DraftOpen, match=f"第 {first.row.id} 号，吴知识"):
        await curating.drafts.create(FENG, HEATING)
    await curating.drafts.discard(FENG, first.row.id, version=1)
    tries = await asyncio.gather(*(curating.drafts.create(p, HEATING) for p in (WU, FENG)), return_exceptions=True)
    assert sum(isinstance(one, DraftOpen) for one in tries) == 1, "of two at once, one is told"


async def test_it_is_sent_back_with_a_remark(curating: Curating) -> None:
    sheet = await curating.drafts.create(WU, HEATING)
    await curating.drafts.submit(WU, sheet.row.id, version=1)
    with pytest.raises(DraftRefused, match="没有写退回意见"):
        await curating.drafts.send_back(FENG, sheet.row.id, remark=" ")
    back = await curating.drafts.send_back(FENG, sheet.row.id, remark="金额与文件不符")
    assert (back.state, back.row.remark, back.row.reviewer) == (State.draft, "金额与文件不符", "冯知识")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"unit": ""}, "没有责任单位"),
        ({"source": ""}, "没有出处"),
        ({"body": " "}, "没有答复"),
        ({"kind": EntryKind.rumour}, "没有结论"),
        ({"kind": EntryKind.rumour, "verdict": "不实"}, "没有核实依据"),
        ({"live": False}, "没有写停用原因"),
    ],
)
async def test_an_incomplete_entry_is_not_submitted(curating: Curating, missing: dict[str, object], words: str) -> None:
    sheet = await curating.drafts.create(WU, replace(HEATING, **missing))  # type: ignore[arg-type]
    with pytest.raises(EntryIncomplete, match=words):
        await curating.drafts.submit(WU, sheet.row.id, version=1)


async def test_a_rumour_under_check_needs_no_evidence(curating: Curating) -> None:
    rumour = replace(HEATING, kind=EntryKind.rumour, verdict="核实中")
    sheet = await curating.drafts.create(WU, rumour)
    assert (await curating.drafts.submit(WU, sheet.row.id, version=1)).state is State.submitted


async def test_disclosures_are_not_drafted_over(curating: Curating, actor: Actor) -> None:
    await curating.curation.upsert_from_disclosure(7, HEATING, actor=actor)
    for wrong in (replace(HEATING, id="disclosure:7"), replace(HEATING, origin="disclosure:7")):
        with pytest.raises(EntryInvalid, match="留给公开信息"):
            await curating.drafts.create(WU, wrong)
    with pytest.raises(EntryInvalid, match="留给公开信息"):
        await curating.drafts.stop(WU, "disclosure:7", "有误")
    with pytest.raises(EntryUnknown):
        await curating.drafts.stop(WU, "nowhere", "有误")


async def test_who_may_what(curating: Curating) -> None:
    sheet = await curating.drafts.create(WU, HEATING)
    await curating.drafts.submit(WU, sheet.row.id, version=1)
    for refused in (
        curating.drafts.create(SUN, replace(HEATING, id="b")),
        curating.drafts.save(LI, sheet.row.id, HEATING, version=1),
        curating.drafts.accept(LI, sheet.row.id, sha256=sheet.row.content_sha256),
        curating.drafts.discard(SUN, sheet.row.id, version=1),
    ):
        with pytest.raises(NotPermitted):
            await refused
