"""A case goes from the citizen's words to its end by the allowed steps only, every step by whoever may, with its line in the
trail; two people never hold one case, and what a citizen says is never lost."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.records import AuditRecord
from casework.case import Act, Heard, Side, Spoken, State, follows
from casework.desk import LONGEST_REPLY, CaseDesk
from casework.errors import CaseRefused, CaseTaken, CaseUnknown, FieldWrong, NotYours
from casework.intake import Intake
from casework.records import CaseMessage, CitizenCase
from staff.errors import NotAllowed
from tests.casework.conftest import DRAFTER, LI, OFFICER, WANG, Opens


async def hear(intake: Intake, case_id: int, text: str, at: Any, **more: Any) -> None:
    async with in_transaction() as connection:
        await intake.hear(connection, [Heard(case_id=case_id, text=text, at=at, **more)])


async def test_from_the_citizens_words_to_the_end(desk: CaseDesk, opens: Opens, clock: Any, intake: Intake) -> None:
    before = Spoken(side=Side.BOT, at=clock.moment - timedelta(minutes=1), text="没有查到", entry_id="dibao")
    number = await opens(transcript=(before,))
    case = await desk.one(number)
    assert (case.state, case.unit, case.subject) == (State.WAITING, "区住建局", "楼道灯坏了，电话138****5678")
    await desk.take(number, by=WANG)
    await desk.note(number, "已联系物业", by=WANG)
    await desk.reply(number, "您住几号楼？", by=WANG, final=False)
    assert (await desk.one(number)).state is State.OPEN
    await hear(intake, case.id, "三号楼，13812345678", clock.moment)
    assert (await desk.one(number)).unread == 1
    await desk.reply(number, "已报修，今天修好。", by=WANG, entry_id="xiuli")
    answered = await desk.one(number)
    assert (answered.state, answered.unread, answered.handler_name) == (State.ANSWERED, 0, "王承办（p1）")
    await desk.close(number, outcome="done", by=WANG)
    assert (await desk.one(number)).outcome_name == "已办结"
    said = [(line.side, line.text, line.masked) for line in await desk.transcript(number)]
    assert said[0] == ("bot", "没有查到", False)
    assert ("citizen", "三号楼，138****5678", True) in said
    assert [side for side, _, _ in said] == ["bot", "note", "handler", "citizen", "handler", "bot"]
    verbs = [record.verb for record in await AuditRecord.filter(subject=f"case:{number}").order_by("id")]
    assert verbs == ["case.opened", "case.taken", "case.noted", "case.replied", "case.replied", "case.closed"]


async def test_two_handlers_take_one_case_and_one_is_told_who_has_it(desk: CaseDesk, opens: Opens) -> None:
    number = await opens()
    results = await asyncio.gather(desk.take(number, by=WANG), desk.take(number, by=LI), return_exceptions=True)
    (refused,) = [result for result in results if result is not None]
    assert isinstance(refused, CaseTaken)
    assert refused.handler == (await desk.one(number)).handler_name
    assert refused.handler in str(refused)


async def test_only_its_handler_answers_and_it_can_be_passed_on(desk: CaseDesk, opens: Opens) -> None:
    number = await opens()
    await desk.take(number, by=WANG)
    with pytest.raises(NotYours, match="王承办"):
        await desk.reply(number, "我来答", by=LI)
    with pytest.raises(NotAllowed):
        await desk.assign(number, to=LI, by=LI)
    with pytest.raises(FieldWrong, match="没有承办诉求的权限"):
        await desk.assign(number, to=DRAFTER, by=OFFICER)
    await desk.assign(number, to=LI, by=OFFICER)
    await desk.reply(number, "我来答", by=LI)
    await desk.assign(number, to=WANG, by=LI)
    assert (await desk.one(number)).handler_id == WANG.account_id


async def test_who_may_not_changes_nothing(desk: CaseDesk, opens: Opens) -> None:
    number = await opens()
    for act in (
        desk.take(number, by=DRAFTER), desk.reply(number, "话", by=OFFICER), desk.note(number, "话", by=DRAFTER),
        desk.set_unit(number, "区水务局", by=DRAFTER), desk.close(number, outcome="done", by=DRAFTER),
        desk.reopen(number, by=DRAFTER), desk.whole(number, by=DRAFTER), desk.assign(number, to=WANG, by=DRAFTER),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            await act
    assert (await desk.one(number)).version == 0


async def test_a_case_is_not_done_before_anybody_answered_and_another_end_is_explained(
    desk: CaseDesk, opens: Opens
) -> None:
    number = await opens()
    await desk.take(number, by=WANG)
    with pytest.raises(CaseRefused, match="还没有答复过群众"):
        await desk.close(number, outcome="done", by=WANG)
    with pytest.raises(FieldWrong, match="说明为什么"):
        await desk.close(number, outcome="elsewhere", by=WANG)
    with pytest.raises(FieldWrong):
        await desk.close(number, outcome="quiet", by=WANG)
    await desk.close(number, outcome="elsewhere", words="请向市住建局反映。", by=OFFICER)
    assert (await desk.transcript(number))[-1].text == "请向市住建局反映。"
    with pytest.raises(CaseRefused, match="已经办结"):
        await desk.reply(number, "再说一句", by=WANG)


async def test_words_are_measured_and_empty_ones_refused(desk: CaseDesk, opens: Opens) -> None:
    number = await opens()
    for text, told in (("  ", "请写明"), ("字" * (LONGEST_REPLY + 1), f"最多 {LONGEST_REPLY} 字")):
        with pytest.raises(FieldWrong, match=told):
            await desk.reply(number, text, by=WANG)
    with pytest.raises(CaseUnknown):
        await desk.take("20260101-0001-0", by=WANG)


async def test_words_after_the_answer_open_it_and_thanks_do_not(
    desk: CaseDesk, opens: Opens, intake: Intake, clock: Any
) -> None:
    number = await opens()
    await desk.reply(number, "已报修。", by=WANG)
    case = await desk.one(number)
    await hear(intake, case.id, "谢谢", clock.moment, asks=False)
    assert ((await desk.one(number)).state, (await desk.one(number)).unread) == (State.ANSWERED, 0)
    await hear(intake, case.id, "还没人来", clock.moment)
    assert ((await desk.one(number)).state, (await desk.one(number)).unread) == (State.OPEN, 1)
    await desk.seen(number, by=LI)
    assert (await desk.one(number)).unread == 1
    await desk.seen(number, by=WANG)
    assert (await desk.one(number)).unread == 0


async def test_words_that_meet_a_closed_case_are_kept(desk: CaseDesk, opens: Opens, intake: Intake, clock: Any) -> None:
    number = await opens()
    await desk.reply(number, "已报修。", by=WANG)
    await desk.close(number, outcome="done", by=WANG)
    await hear(intake, (await desk.one(number)).id, "等一下", clock.moment)
    assert "等一下" in [line.text for line in await desk.transcript(number)]
    assert ((await desk.one(number)).state, (await desk.one(number)).unread) == (State.CLOSED, 1)


async def test_a_case_is_opened_once_and_a_number_given_once(
    desk: CaseDesk, opens: Opens, intake: Intake, clock: Any
) -> None:
    first = await opens()
    assert await opens() == first
    assert await CitizenCase.all().count() == 1
    numbers = await asyncio.gather(*(
        intake.reserve(channel="wechat", sender=f"o{n}", offered_at=clock.moment, now=clock.moment) for n in range(8)
    ))  # fmt: skip
    assert len({first, *numbers}) == 9


async def test_it_is_opened_again_with_a_new_promise(desk: CaseDesk, opens: Opens, intake: Intake, clock: Any) -> None:
    number = await opens()
    await desk.reply(number, "已报修。", by=WANG)
    await desk.close(number, outcome="done", by=WANG)
    before = await desk.one(number)
    clock.advance(86400)
    async with in_transaction() as connection:
        await intake.reopen(connection, before.id, text="还没解决", now=clock.moment)
    after = await desk.one(number)
    assert (after.state, after.times_reopened, after.handler_id) == (State.OPEN, 1, WANG.account_id)
    assert after.answer_due > before.answer_due
    await desk.reply(number, "再派人。", by=WANG)
    await desk.close(number, outcome="done", by=WANG)
    await desk.reopen(number, by=OFFICER)
    assert (await desk.one(number)).times_reopened == 2


async def test_satisfaction_is_kept_for_a_closed_case_only(
    desk: CaseDesk, opens: Opens, intake: Intake, clock: Any
) -> None:
    number = await opens()
    case = await desk.one(number)
    async with in_transaction() as connection:
        await intake.rate(connection, case.id, now=clock.moment, score=1)
    assert (await desk.one(number)).score is None
    await desk.reply(number, "已报修。", by=WANG)
    await desk.close(number, outcome="done", by=WANG)
    async with in_transaction() as connection:
        await intake.rate(connection, case.id, now=clock.moment, score=3)
        await intake.rate(connection, case.id, now=clock.moment, reason="slow")
        for wrong in ({"score": 4}, {"reason": "weather"}):
            with pytest.raises(FieldWrong):
                await intake.rate(connection, case.id, now=clock.moment, **wrong)  # type: ignore[arg-type]
    rated = await desk.one(number)
    assert (rated.score_name, rated.score_reason) == ("不满意", "slow")


async def test_whole_words_are_for_few_and_every_look_is_in_the_trail(
    desk: CaseDesk, opens: Opens, intake: Intake, clock: Any
) -> None:
    number = await opens()
    await hear(intake, (await desk.one(number)).id, "打13812345678", clock.moment)
    (row,) = await CaseMessage.all()
    assert "13812345678" not in row.text
    assert "13812345678" not in (row.sealed or "")
    assert [line.text for line in await desk.transcript(number)] == ["打138****5678"]
    assert [line.text for line in await desk.whole(number, by=WANG)] == ["打13812345678"]
    assert await AuditRecord.filter(verb="case.looked_whole", actor_name=WANG.label).count() == 1


async def test_who_leaves_is_forgotten_and_the_count_stays(
    desk: CaseDesk, opens: Opens, intake: Intake, clock: Any
) -> None:
    number, other = await opens(), await opens(sender="oOther")
    await desk.take(number, by=WANG)
    await hear(intake, (await desk.one(number)).id, "我住三号楼", clock.moment)
    await desk.note(number, "他姓陈", by=WANG)
    async with in_transaction() as connection:
        await intake.forget(connection, channel="wechat", sender="oUser", now=clock.moment)
    gone = await desk.one(number)
    assert (gone.sender, gone.subject, gone.state, gone.outcome) == ("", "", State.CLOSED, "left")
    assert (gone.unit, gone.number) == ("区住建局", number)
    assert await desk.transcript(number) == ()
    assert (await desk.one(other)).sender == "oOther"
    with pytest.raises(CaseRefused, match="取消关注"):
        await desk.reopen(number, by=OFFICER)


async def test_lists_and_counts(desk: CaseDesk, opens: Opens, intake: Intake, clock: Any) -> None:
    first, second, third = await opens(), await opens(sender="oB"), await opens(sender="oC", question="路灯")
    await desk.take(second, by=WANG)
    await hear(intake, (await desk.one(second)).id, "快些", clock.moment)
    assert [case.number for case in await desk.waiting()] == [first, third]
    assert [case.number for case in await desk.mine(WANG.account_id)] == [second]
    counts = await desk.counts(WANG.account_id)
    assert (counts.waiting, counts.open, counts.mine, counts.unread) == (2, 1, 1, 1)
    assert [case.number for case in await desk.listed(words=second.replace("-", ""))] == [second]
    assert [case.number for case in await desk.listed(words="路灯")] == [third]
    assert await desk.count(states=[State.WAITING], unit="区住建局") == 2
    assert await desk.units() == ["区住建局"]
    assert (await desk.counts(99)).mine == 0


async def test_what_was_answered_and_stays_quiet_is_closed_after_working_days(
    desk: CaseDesk, opens: Opens, clock: Any
) -> None:
    number = await opens()
    await desk.reply(number, "已报修。", by=WANG)
    clock.advance(2 * 86400)
    assert await desk.close_quiet() == 0
    clock.advance(86400)  # From Monday to Thursday.
    assert await desk.close_quiet() == 1
    assert (await desk.one(number)).outcome == "quiet"


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", list(Act))
def test_only_a_closed_case_is_opened_again_and_only_an_active_one_worked_on(act: Act, state: State) -> None:
    try:
        after = follows(act, state)
    except CaseRefused:
        assert act not in (Act.HEAR, Act.THANK, Act.NOTE)
        return
    assert (after is State.CLOSED) == (act is Act.CLOSE or (state is State.CLOSED and act is not Act.REOPEN))
    if state is State.CLOSED:
        assert act in (Act.HEAR, Act.THANK, Act.NOTE, Act.REOPEN)
