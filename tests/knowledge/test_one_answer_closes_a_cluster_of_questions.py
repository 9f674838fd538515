"""Unanswered questions are gathered into clusters, and one answer closes a cluster and tells who asked: on both databases."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from disclosures.workdays import WorkingDays
from knowledge.curating import Curating
from knowledge.entry import Entry, EntryKind
from knowledge.errors import ClusterUnknown, EntryUnknown, NotPermitted, QuestionRefused
from knowledge.keywords import Keywords
from knowledge.question_desk import QuestionDesk
from knowledge.question_gathering import QuestionGathering
from knowledge.question_notices import QuestionNotices, Wanted
from knowledge.question_records import QuestionCluster, QuestionLabel, QuestionNotice
from knowledge.question_suggesting import Suggestion
from knowledge.records import KnowledgeDraft, KnowledgeEntry, UnansweredQuestion
from tests.knowledge.people import FENG, LI, WU

BUS = Entry(
    id="bus", kind=EntryKind.service, title="老年人优待乘车证怎么办", body="到社区办理。", unit="区交通局", source="优待办法",
    source_url="https://www.example.gov.cn/d/9",
)  # fmt: skip
SAME = ("老年公交卡在哪里办", "哪里可以办理老年人公交卡", "老年公交卡在哪儿办")
UNITS = (("区交通局", "交通局"), ("区水务局", "水务局"))


def desk_of(curating: Curating, keywords: Keywords, clock: Any) -> QuestionDesk:
    days = WorkingDays()

    def due_on(day: date, working: int) -> tuple[date, bool]:
        deadline = days.add(day, working)
        return deadline.date, deadline.provisional

    async def units() -> Sequence[Sequence[str]]:
        return UNITS

    gathering = QuestionGathering(clock=clock, trail=Trail(), cut=keywords.cut, due_on=due_on, units=units)
    return QuestionDesk(
        clock=clock, trail=Trail(), curation=curating.curation, drafts=curating.drafts, gathering=gathering
    )


@pytest.fixture
async def desk(any_database: str, curating: Curating, keywords: Keywords, clock: Any) -> QuestionDesk:
    await curating.curation.put_entries([BUS], actor=Actor.machine("测试"))
    return desk_of(curating, keywords, clock)


async def ask(curating: Curating, clock: Any, text: str, asker: str, *, wants: bool = False, entry: str = "bus") -> int:
    number = await curating.curation.keep_unanswered(
        text=text, masked=text, channel="wechat", asker_hash=asker, asked_at=clock.moment, decision="none", reason="none",
        candidates=[{"id": entry, "title": "老年人优待乘车证怎么办", "score": 0.3}], confidence=0.1,
    )  # fmt: skip
    if wants:
        wanted = Wanted(channel="wechat", asker_hash=asker, asked=text, at=clock.moment, sender=f"o{asker}")
        async with in_transaction() as connection:
            assert await QuestionNotices().want(connection, wanted)
    return number


async def three_ask(curating: Curating, clock: Any) -> list[int]:
    return [await ask(curating, clock, text, f"p{n}", wants=n != 1) for n, text in enumerate(SAME)]


async def released(curating: Curating) -> None:
    """The second person accepts what waits, and releases it."""
    for draft in await KnowledgeDraft.filter(state="submitted"):
        await curating.drafts.accept(FENG, draft.id, sha256=draft.content_sha256)
    prepared = await curating.releases.prepare(WU)
    await curating.releases.release(FENG, release_id=prepared.row.id)


async def test_the_same_question_of_three_is_one_cluster_with_its_owner_and_its_day(
    desk: QuestionDesk, curating: Curating, clock: Any
) -> None:
    await three_ask(curating, clock)
    clock.advance(60)
    await ask(curating, clock, SAME[0], "p0")
    await ask(curating, clock, "自来水发黄怎么回事，水务局管吗", "p9", entry="none")
    assert await desk.sweep() == 5
    assert await desk.sweep() == 0
    bus, water = await QuestionCluster.all().order_by("id")
    assert (bus.title, bus.askers, bus.volume, bus.state) == (SAME[0], 3, 4, "open")
    assert (bus.unit, bus.unit_by, bus.due_on) == ("区交通局", "machine", date(2026, 11, 30)), "five working days"
    assert bus.last_at - bus.first_at == timedelta(seconds=60)
    assert (water.unit, water.askers) == ("区水务局", 1), "the unit that is named comes before the candidates' unit"


async def test_another_node_gathers_into_the_same_clusters(
    desk: QuestionDesk, curating: Curating, keywords: Keywords, clock: Any
) -> None:
    other = desk_of(curating, keywords, clock)
    await ask(curating, clock, SAME[0], "a")
    await desk.sweep()
    await ask(curating, clock, SAME[1], "b")
    await other.sweep()
    await ask(curating, clock, SAME[2], "c")
    await desk.sweep()
    assert (await QuestionCluster.get()).askers == 3


async def test_attaching_waits_for_the_second_person_and_then_closes_and_tells(
    desk: QuestionDesk, curating: Curating, clock: Any
) -> None:
    questions = await three_ask(curating, clock)
    await desk.sweep()
    cluster = await QuestionCluster.get()
    machine = Suggestion(
        entry_id="bus", title=BUS.title, unit=BUS.unit, kind="service", why=("共有词：老年",), confidence=0.61
    )
    attached = await desk.attach(WU, cluster.id, "bus", wordings=questions, suggestion=machine)
    assert attached.submitted
    assert await desk.sweep() == 0
    assert (await QuestionCluster.get()).state == "drafting"
    assert {row.state for row in await QuestionNotice.all()} == {"wanted"}, "nothing is promised before it is released"
    assert (await KnowledgeEntry.get(entry_id="bus")).similar == []

    await released(curating)
    assert await desk.sweep() == 1
    cluster = await QuestionCluster.get()
    assert (cluster.state, cluster.entry_id, cluster.closed_by) == ("answered", "bus", "未解答问题归集")
    assert set((await KnowledgeEntry.get(entry_id="bus")).similar) == set(SAME)
    assert {row.state for row in await UnansweredQuestion.all()} == {"closed"}
    notices = await QuestionNotice.all()
    assert [(row.state, row.entry_id) for row in notices] == [("waiting", "bus")] * 2
    label = await QuestionLabel.all().first()
    assert label is not None
    assert (label.suggested_by, label.confidence, label.accepted_by) == ("machine", 0.61, "吴知识")
    verbs = [row.verb for row in await AuditRecord.all().order_by("id") if row.verb.startswith("question.")]
    assert verbs == ["question.attached", "question.answered"]


async def test_an_entry_that_answers_already_closes_at_once(desk: QuestionDesk, curating: Curating, clock: Any) -> None:
    await three_ask(curating, clock)
    await desk.sweep()
    cluster = await QuestionCluster.get()
    assert (await desk.attach(WU, cluster.id, "bus")).draft_id is None
    assert (await QuestionCluster.get()).state == "answered"
    assert await QuestionNotice.filter(state="waiting").count() == 2

    await desk.reopen(WU, cluster.id)
    assert (await QuestionCluster.get()).state == "open"
    assert await QuestionNotice.filter(state="wanted").count() == 2, "who was not told yet waits for the next answer"
    assert await UnansweredQuestion.filter(state="open").count() == 3


async def test_a_new_entry_begins_with_the_wordings_and_closes_when_it_is_released(
    desk: QuestionDesk, curating: Curating, clock: Any
) -> None:
    await three_ask(curating, clock)
    await desk.sweep()
    cluster = await QuestionCluster.get()
    draft_id = await desk.write(WU, cluster.id)
    sheet = await curating.drafts.sheet(draft_id)
    assert sheet.entry.title == SAME[0]
    assert set(sheet.entry.similar) == set(SAME[1:])
    assert sheet.entry.unit == "区交通局"
    with pytest.raises(QuestionRefused):
        await desk.close(WU, cluster.id, "test")

    await curating.drafts.discard(WU, draft_id, version=1)
    await desk.sweep()
    cluster = await QuestionCluster.get()
    assert (cluster.state, cluster.draft_id) == ("open", None)
    assert "草稿没有发布" in cluster.remark

    sheet = await curating.drafts.sheet(await desk.write(WU, cluster.id))
    whole = Entry(**{
        name: getattr(sheet.entry, name) for name in ("id", "kind", "title", "similar", "unit")
    }, body="到社区办理。", source="优待办法")  # fmt: skip
    sheet = await curating.drafts.save(WU, sheet.row.id, whole, version=1)
    await curating.drafts.submit(WU, sheet.row.id, version=2)
    await released(curating)
    await desk.sweep()
    assert (await QuestionCluster.get()).entry_id == sheet.row.entry_id
    assert await QuestionNotice.filter(state="waiting", entry_id=sheet.row.entry_id).count() == 2


async def test_what_was_closed_stays_closed_and_what_was_answered_and_asked_again_is_open_again(
    desk: QuestionDesk, curating: Curating, clock: Any
) -> None:
    await ask(curating, clock, "贷款加微信秒批秒放款", "ad")
    await ask(curating, clock, SAME[0], "a")
    await desk.sweep()
    advertisement, bus = await QuestionCluster.all().order_by("id")
    await desk.close(WU, advertisement.id, "advertisement", remark="群发")
    await desk.attach(WU, bus.id, "bus")
    clock.advance(3600)
    await ask(curating, clock, "贷款加微信，秒批秒放款！", "ad2")
    await ask(curating, clock, SAME[0], "b")
    await desk.sweep()
    advertisement, bus = await QuestionCluster.all().order_by("id")
    assert (advertisement.state, advertisement.askers) == ("closed", 2)
    assert (bus.state, bus.askers) == ("open", 2)
    assert "仍有群众问到" in bus.remark
    assert await UnansweredQuestion.filter(cluster_id=advertisement.id, state="open").count() == 0


async def test_what_a_person_joined_or_parted_the_machine_leaves(
    desk: QuestionDesk, curating: Curating, clock: Any
) -> None:
    for number, text in enumerate((*SAME[:2], "公租房怎么申请")):
        await ask(curating, clock, text, f"p{number}")
    await desk.sweep()
    bus, house = await QuestionCluster.all().order_by("id")
    second = await UnansweredQuestion.get(masked=SAME[1])
    parted = await desk.split(WU, bus.id, [second.id])
    await ask(curating, clock, SAME[1] + "？", "q1")
    await desk.sweep()
    assert (await QuestionCluster.get(id=parted)).askers == 2
    assert (await QuestionCluster.get(id=bus.id)).askers == 1
    with pytest.raises(QuestionRefused):
        await desk.split(WU, bus.id, [(await UnansweredQuestion.get(masked=SAME[0])).id])

    await desk.merge(WU, house.id, bus.id)
    await ask(curating, clock, "公租房怎么申请", "q2")
    await desk.sweep()
    assert (await QuestionCluster.get(id=house.id)).state == "merged"
    assert (await QuestionCluster.get(id=bus.id)).askers == 3
    for wrong in (house.id, bus.id):
        with pytest.raises(QuestionRefused):
            await desk.merge(WU, house.id, wrong)


async def test_what_cannot_be_done_is_refused_and_nothing_changes(
    desk: QuestionDesk, curating: Curating, clock: Any
) -> None:
    await ask(curating, clock, SAME[0], "a")
    await desk.sweep()
    cluster = await QuestionCluster.get()
    with pytest.raises(NotPermitted):
        await desk.close(LI, cluster.id, "test")
    with pytest.raises(ClusterUnknown):
        await desk.close(WU, 999, "test")
    with pytest.raises(EntryUnknown):
        await desk.attach(WU, cluster.id, "no-such")
    with pytest.raises(QuestionRefused):
        await desk.close(WU, cluster.id, "because")
    with pytest.raises(QuestionRefused):
        await desk.hand(WU, cluster.id, unit=" ")
    with pytest.raises(QuestionRefused):
        await desk.hand(WU, cluster.id, unit="区交通局", due_on=date(2020, 1, 1))
    await desk.hand(WU, cluster.id, unit="区水务局", remark="请于周五前答复")
    await desk.take(WU, cluster.id)
    cluster = await QuestionCluster.get()
    assert (cluster.state, cluster.unit, cluster.unit_by, cluster.taken_by) == ("open", "区水务局", "person", "吴知识")
    await desk.take(WU, cluster.id, back=True)
    assert (await QuestionCluster.get()).taken_by_id is None


async def test_who_waits_for_an_answer_that_does_not_come_is_not_kept(
    desk: QuestionDesk, curating: Curating, clock: Any
) -> None:
    await ask(curating, clock, SAME[0], "a", wants=True)
    await desk.sweep()
    await desk.close(WU, 1, "not_ours")
    row = await QuestionNotice.get()
    assert (row.state, row.sender) == ("lapsed", "")
    await desk.reopen(WU, 1)
    assert (await QuestionNotice.get()).state == "wanted", "he is told with his next message"
    await QuestionNotice.all().update(sender="oa")
    clock.advance(61 * 86_400)
    await QuestionNotices().lapse(now=clock.moment)
    row = await QuestionNotice.get()
    assert (row.state, row.sender) == ("wanted", "")


async def test_a_person_who_leaves_is_forgotten(desk: QuestionDesk, curating: Curating, clock: Any) -> None:
    await ask(curating, clock, SAME[0], "a", wants=True)
    async with in_transaction() as connection:
        await QuestionNotices().forget(connection, asker_hash="a")
    assert await QuestionNotice.all().count() == 0
