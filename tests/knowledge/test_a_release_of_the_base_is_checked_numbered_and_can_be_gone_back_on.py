"""Accepted drafts become a numbered release in one transaction, after the test questions and the conflict detector have seen the
base as it would be; a rollback is a release too, and disclosures' entries are never touched by it."""

from dataclasses import replace
from pathlib import Path

import pytest

from audit.actor import Actor
from audit.clock import Clock
from audit.records import AuditRecord
from audit.trail import Trail
from knowledge import reading
from knowledge.cases import Case
from knowledge.curating import Curating
from knowledge.draft import State
from knowledge.entry import Entry, EntryKind
from knowledge.errors import AnotherPersonNeeded, NotPermitted, ReleaseBlocked, ReleaseRefused, ReleaseUnknown
from knowledge.plan import Mode
from knowledge.records import KnowledgeDraft, KnowledgeEntry, KnowledgeRelease, KnowledgeTrial
from tests.knowledge.people import FENG, SUN, WU, Colleague

HEATING = Entry(
    id="heating", kind=EntryKind.faq, title="冬季供暖补贴是多少", body="每户300元，11月底前发放到卡。", unit="区民政局",
    source="供暖补贴发放办法",
)  # fmt: skip


async def accepted(curating: Curating, entry: Entry, *, by: Colleague = WU) -> int:
    sheet = await curating.drafts.create(by, entry)
    await curating.drafts.submit(by, sheet.row.id, version=1)
    await curating.drafts.accept(SUN, sheet.row.id, sha256=sheet.row.content_sha256)
    return sheet.row.id


async def released(curating: Curating, *entries: Entry) -> KnowledgeRelease:
    for entry in entries:
        await accepted(curating, entry)
    await curating.releases.prepare(WU)
    return await curating.releases.release(WU)


async def state_of(curating: Curating) -> dict[str, Entry]:
    return {entry.id: entry for entry in await curating.curation.entries()}


async def test_a_release_is_numbered_and_says_what_it_changed(
    any_database: str, curating: Curating, entries: list[Entry], actor: Actor
) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    ids = [
        await accepted(curating, HEATING),
        await accepted(curating, replace(entries[7], body="改过的答复", unit="区公安分局", source="须知")),
        await accepted(curating, replace(entries[8], live=False, withdrawn_because="并入他条")),
    ]
    prepared = await curating.releases.prepare(WU, ids, title="供暖季")
    assert (prepared.number, prepared.report.obstacles) == (2, ())
    assert [change.after.id for change in prepared.changes] == ["heating", "passport", "waste"]
    done = await curating.releases.release(FENG, release_id=prepared.row.id)
    assert (done.number, done.origin, done.released_by) == (2, "drafts", "冯知识")
    assert done.counts == {"added": 1, "changed": 1, "stopped": 1}
    now = await state_of(curating)
    assert (now["heating"].body, now["passport"].body, now["waste"].live) == (HEATING.body, "改过的答复", False)
    changes, total = await curating.releases.changes(done)
    assert total == 3
    assert {(one.before.id if one.before else None, one.after.id) for one in changes} == {
        (None, "heating"), ("passport", "passport"), ("waste", "waste"),
    }  # fmt: skip
    assert await KnowledgeDraft.filter(state=State.released, release_id=done.id).count() == 3
    last = await AuditRecord.filter(verb="knowledge.release").order_by("-id").first()
    assert last is not None
    assert (last.actor_name, last.detail["number"]) == ("冯知识", 2)
    await Trail().verify()
    later = await released(curating, replace(now["heating"], body="每户500元，11月底前发放到卡。"))
    (change,), _ = await curating.releases.changes(later)
    assert (change.before, change.after.body[:6]) == (HEATING, "每户500元")
    first, _ = await curating.releases.changes(done)
    assert next(one for one in first if one.after.id == "heating").after == HEATING, (
        "what it was then, not what it is now"
    )


async def test_a_regression_blocks_and_two_persons_may_answer_for_it(
    curating: Curating, entries: list[Entry], actor: Actor
) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    await curating.refresh()
    cases = [
        Case(line=2, question="护照在哪里办理", entries=("passport",), decision="answer"),
        Case(line=3, question="异地就医如何备案", entries=("medical-remote",)),
    ]
    assert not (await curating.trials.run("常问", cases, actor=actor)).failed
    await accepted(curating, replace(entries[7], live=False, withdrawn_because="试试"))
    prepared = await curating.releases.prepare(WU)
    (turned,) = prepared.report.regressed
    assert (turned.suite, turned.question, turned.was) == ("常问", "护照在哪里办理", "护照在哪里办理（passport）")
    assert turned.now == "没有答复"
    assert turned.why == "应当直接回答，实际转人工"
    before = await state_of(curating)
    with pytest.raises(ReleaseBlocked, match="1 个测试问句退步"):
        await curating.releases.release(FENG)
    with pytest.raises(ReleaseRefused, match="没有写理由"):
        await curating.releases.ask(WU, reason="")
    await curating.releases.ask(WU, reason="护照业务移交省厅")
    with pytest.raises(AnotherPersonNeeded):
        await curating.releases.release(WU)
    assert await state_of(curating) == before
    done = await curating.releases.release(SUN)
    assert (done.asked_by, done.released_by, done.reason) == ("吴知识", "孙终审", "护照业务移交省厅")
    runs = await KnowledgeTrial.filter(suite="常问").order_by("id")
    assert [run.figures["passed"] for run in runs] == [2, 1], "the run of the release is in the suite's history"
    record = await AuditRecord.filter(verb="knowledge.release.asked").first()
    assert record is not None
    assert record.detail["questions"] == ["护照在哪里办理"]


async def test_an_answer_for_one_regression_is_none_for_another(
    curating: Curating, entries: list[Entry], actor: Actor
) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    await curating.refresh()
    await curating.trials.run("甲", [Case(line=2, question="护照在哪里办理", entries=("passport",))], actor=actor)
    await accepted(curating, replace(entries[7], live=False, withdrawn_because="试试"))
    await curating.releases.prepare(WU)
    await curating.releases.ask(WU, reason="业务移交")
    question = "护照到哪里办理"
    assert not (
        await curating.trials.run("乙", [Case(line=2, question=question, entries=("passport",))], actor=actor)
    ).failed
    with pytest.raises(ReleaseBlocked):
        await curating.releases.release(SUN)


async def test_a_conflict_blocks_and_nobody_can_answer_for_it(
    curating: Curating, entries: list[Entry], actor: Actor
) -> None:
    await curating.curation.put_entries([*entries, HEATING], actor=actor)
    other = replace(HEATING, id="heating-2", title="冬季供暖补贴有多少", body="每户500元，直接发放。")
    draft = await accepted(curating, other)
    prepared = await curating.releases.prepare(WU)
    (clash,) = prepared.report.conflicts
    assert {clash.one, clash.other} == {"heating", "heating-2"}
    assert clash.unlike == (("金额", "500元", "300元"),)
    with pytest.raises(ReleaseBlocked, match="1 处与其他条目矛盾"):
        await curating.releases.release(FENG)
    with pytest.raises(ReleaseRefused, match="不能例外放行"):
        await curating.releases.ask(WU, reason="没关系")
    sheet = await curating.drafts.save(
        WU, draft, replace(other, checked=("heating：一个是城镇标准，一个是农村标准",)), version=1
    )
    with pytest.raises(ReleaseBlocked, match="1 份草稿没有通过审核"):
        await curating.releases.release(FENG)
    await curating.drafts.submit(WU, draft, version=2)
    await curating.drafts.accept(SUN, draft, sha256=sheet.row.content_sha256)
    prepared = await curating.releases.prepare(WU)
    assert (prepared.report.conflicts, len(prepared.report.excused)) == ((), 1)
    assert (await curating.releases.release(FENG)).number == 2


async def test_a_conflict_with_a_published_disclosure_is_found(curating: Curating, actor: Actor) -> None:
    await curating.curation.upsert_from_disclosure(3, replace(HEATING, body="每户600元。"), actor=actor)
    await accepted(curating, HEATING)
    prepared = await curating.releases.prepare(WU)
    assert [(one.one, one.other) for one in prepared.report.conflicts] == [("heating", "disclosure:3")]


async def test_an_entry_that_moved_meanwhile_is_not_overwritten(curating: Curating, actor: Actor) -> None:
    await curating.curation.put_entries([HEATING], actor=actor)
    draft = await accepted(curating, replace(HEATING, body="每户500元。"))
    await curating.curation.put_entries([replace(HEATING, phone="12345")], actor=actor)
    prepared = await curating.releases.prepare(WU)
    assert [one.draft for one in prepared.report.moved] == [draft]
    with pytest.raises(ReleaseBlocked, match="起草之后又有改动"):
        await curating.releases.release(FENG)


async def test_a_rollback_puts_back_and_is_a_release_of_its_own(
    any_database: str, curating: Curating, entries: list[Entry], actor: Actor
) -> None:
    await curating.curation.put_entries(entries[:6], actor=actor)
    first = await state_of(curating)
    second = await released(curating, HEATING, replace(entries[0], body="改过一次"))
    await curating.curation.upsert_from_disclosure(9, replace(HEATING, title="公开信息生成的条目"), actor=actor)
    third = await released(
        curating,
        replace(HEATING, body="每户500元。"),
        replace(entries[1], live=False, withdrawn_because="停", unit="局", source="文"),
    )
    latest = await state_of(curating)

    prepared = await curating.releases.prepare_rollback(WU, 1, reason="金额有误")
    assert prepared.asked
    with pytest.raises(AnotherPersonNeeded, match="须由另一位同志确认"):
        await curating.releases.release(WU)
    assert await state_of(curating) == latest
    back = await curating.releases.release(SUN)
    assert (back.number, back.origin, back.target, back.asked_by) == (4, "rollback", 1, "吴知识")
    now = await state_of(curating)
    assert {name: now[name] for name in first} == first
    assert not now["heating"].live, "what the release did not have answers no more"
    assert now["disclosure:9"] == latest["disclosure:9"], "a disclosure's entry is never rolled back"
    assert "heating" not in {entry.id for entry in await curating.intake.entries()}

    await curating.releases.prepare_rollback(WU, third.number or 0, reason="回退错了")
    again = await curating.releases.release(SUN)
    assert again.number == 5
    assert await state_of(curating) == latest, "and forward again"
    numbers = [row.number for row in (await curating.releases.history())[0]]
    assert numbers == [5, 4, 3, 2, 1], "history is never rewritten"
    assert second.number == 2
    await Trail().verify()


async def test_a_withdrawn_disclosure_stays_withdrawn_whatever_is_rolled_back(curating: Curating, actor: Actor) -> None:
    await curating.curation.put_entries([HEATING], actor=actor)
    await curating.curation.upsert_from_disclosure(9, replace(HEATING, title="公告"), actor=actor)
    await released(curating, replace(HEATING, body="每户300元，12月发放。"))
    await curating.curation.withdraw_disclosure(9, "内容有误", actor=actor)
    await curating.releases.roll_back_now(1, reason="试", actor=actor)
    row = await KnowledgeEntry.get(entry_id="disclosure:9")
    assert not row.live
    with pytest.raises(ReleaseRefused, match="没有差别"):
        await curating.releases.roll_back_now(1, reason="试", actor=actor)
    with pytest.raises(ReleaseUnknown, match="没有第 99 版"):
        await curating.releases.roll_back_now(99, reason="试", actor=actor)


async def test_an_import_is_a_release_and_its_undo_is_one(
    curating: Curating, entries: list[Entry], actor: Actor, tmp_path: Path
) -> None:
    reading.write_entries(tmp_path / "a.jsonl", entries[:4])
    taken = await curating.intake.take(reading.read_entries(tmp_path / "a.jsonl"), Mode.REPLACE, actor=actor)
    reading.write_entries(tmp_path / "b.jsonl", [replace(entries[0], body="改"), *entries[4:]])
    other = await curating.intake.take(reading.read_entries(tmp_path / "b.jsonl"), Mode.REPLACE, actor=actor)
    assert (taken.release, other.release) == (1, 2)
    await curating.intake.undo(other.batch or 0, actor=actor)
    rows, _ = await curating.releases.history()
    assert [(row.number, row.origin, row.target) for row in rows] == [
        (3, "undo", 2),
        (2, "import", 2),
        (1, "import", 1),
    ]
    assert await curating.intake.entries() == entries[:4]
    await curating.releases.roll_back_now(2, reason="还是要", actor=actor)
    assert {entry.id for entry in await curating.intake.entries()} == {entry.id for entry in entries}


async def test_one_release_is_prepared_at_a_time_and_what_was_read_is_what_is_released(curating: Curating) -> None:
    await accepted(curating, HEATING)
    first = await curating.releases.prepare(WU)
    await accepted(curating, replace(HEATING, id="h2", title="另一个问题怎么办", body="按另一种办法办理。"))
    second = await curating.releases.prepare(FENG)
    assert len(second.changes) == 2
    with pytest.raises(ReleaseRefused, match="换了一份"):
        await curating.releases.release(SUN, release_id=first.row.id)
    with pytest.raises(NotPermitted):
        await curating.releases.prepare(SUN)
    await curating.releases.drop(WU)
    assert await curating.releases.prepared() is None
    with pytest.raises(ReleaseRefused, match="没有准备发布"):
        await curating.releases.release(SUN)


async def test_a_rollback_that_waits_is_not_pushed_aside(curating: Curating, clock: Clock, actor: Actor) -> None:
    await curating.curation.put_entries([HEATING], actor=actor)
    await curating.curation.put_entries([replace(HEATING, body="改了")], actor=actor)
    await curating.releases.prepare_rollback(WU, 1, reason="有误")
    await accepted(curating, replace(HEATING, id="h2", title="另一个问题怎么办"))
    with pytest.raises(ReleaseRefused, match="正在等待另一人确认"):
        await curating.releases.prepare(FENG)
