"""I6: what nobody can prove is decided by two different persons, after the machine looked once more; what the machine finds
meanwhile counts more than what people think."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from audit.records import AuditRecord
from publishers.choices import Choice
from publishers.errors import ChannelRefused, ChannelUnavailable, DecisionRefused, OutcomeUnknown, SecondPersonNeeded
from publishers.port import Live, Liveness, Sighting, Verdict
from publishers.records import Attempt, Delivery, Proposal
from publishers.states import State
from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Role

OUT = Sighting(verdict=Verdict.PUBLISHED, external_id="A1", url="https://mp/1")
WHY = "已在平台核对，没有这条内容"


def person(number: int, *roles: Role) -> Person:
    return Person(account_id=number, name=f"p{number}", display_name=f"第{number}人", unit="", roles=frozenset(roles))


FIRST, SECOND, THIRD = person(9, Role.PUBLISHER), person(10, Role.FINAL_REVIEWER), person(11, Role.PUBLISHER)


async def unknown(desk: Any, *, wait: int = 300) -> Delivery:
    """A delivery whose answer was lost, after the settling time."""
    desk.platform.script["send"] = [OutcomeUnknown("连接中断"), OUT]
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    desk.clock.advance(wait)
    row: Delivery = await desk.row(release, "wechat")
    return row


async def propose(desk: Any, row: Delivery, choice: Choice, by: Person = FIRST, **more: str) -> Proposal:
    await desk.proposals.look_before(row.id, choice)
    proposal: Proposal = await desk.proposals.propose(by, row.id, choice, reason=WHY, **more)
    return proposal


async def confirm(desk: Any, row: Delivery, by: Person = SECOND) -> None:
    await desk.proposals.look_after(by, row.id)
    await desk.proposals.confirm(by, row.id, remark="我也看过")


async def test_one_person_alone_moves_nothing_and_cannot_be_his_own_second(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.SEND_AGAIN)
    with pytest.raises(SecondPersonNeeded):
        await confirm(desk, row, FIRST)
    with pytest.raises(SecondPersonNeeded):
        await desk.proposals.confirm(FIRST, row.id)
    await desk.dispatcher.settle_down()
    assert (await Delivery.get(id=row.id)).state == State.UNKNOWN
    assert desk.platform.calls.count("send") == 1
    await confirm(desk, row)
    await desk.dispatcher.settle_down()
    assert (await Delivery.get(id=row.id)).state == State.PUBLISHED
    assert desk.platform.calls.count("send") == 2


@pytest.mark.parametrize("roles", [(Role.OPERATOR,), (Role.OPERATOR, Role.PUBLISHER), (Role.DRAFTER,)])
async def test_whoever_may_not_decide_can_do_neither(weibo_like: Any, roles: tuple[Role, ...]) -> None:
    desk = weibo_like
    row = await unknown(desk)
    stranger = person(12, *roles)
    with pytest.raises(NotAllowed):
        await propose(desk, row, Choice.IT_IS_OUT, stranger)
    await propose(desk, row, Choice.IT_IS_OUT)
    for act in (desk.proposals.confirm, desk.proposals.refuse, desk.proposals.take_back):
        with pytest.raises(NotAllowed):
            await act(stranger, row.id, **({"remark": "不"} if act == desk.proposals.refuse else {}))
    assert (await Proposal.get()).state == "open"


async def test_the_move_and_its_records_are_one(weibo_like: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.IT_IS_OUT)
    honest = desk.trail.append

    async def broken(*arguments: Any, **named: Any) -> None:
        if named["verb"].startswith("delivery.decide"):
            raise ConnectionError("the database is away")
        await honest(*arguments, **named)

    monkeypatch.setattr(desk.trail, "append", broken)
    with pytest.raises(ConnectionError):
        await desk.proposals.confirm(SECOND, row.id)
    assert ((await Delivery.get(id=row.id)).state, (await Proposal.get()).state) == (State.UNKNOWN, "open")
    monkeypatch.setattr(desk.trail, "append", honest)
    await desk.proposals.confirm(SECOND, row.id)
    records = await AuditRecord.filter(subject=f"delivery:{row.id}").order_by("id")
    acts = [(record.verb, record.actor_name) for record in records]
    assert acts[-3:] == [
        ("delivery.proposal.open", FIRST.label),
        ("delivery.proposal.confirmed", SECOND.label),
        ("delivery.decide.published", SECOND.label),
    ]
    assert (records[-1].detail["reason"], records[-1].detail["proposed_by"]) == (WHY, FIRST.label)
    assert (await desk.trail.verify()).records >= 3


async def test_it_is_out_is_read_back_at_once_and_keeps_the_address(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.IT_IS_OUT, url="https://mp.weixin.qq.com/s/abc")
    await confirm(desk, row)
    moved = await Delivery.get(id=row.id)
    assert (moved.state, moved.url, moved.next_at) == (State.PUBLISHED, "https://mp.weixin.qq.com/s/abc", None)
    assert moved.facts["article_url"] == moved.url
    assert moved.proof_at == desk.clock.moment
    assert desk.published[-1] == row.id, "the disclosure counts as released"


async def test_the_machines_own_find_overtakes_a_proposal(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.SEND_AGAIN)
    desk.platform.script["look"] = [OUT]
    desk.clock.advance(700)
    await desk.dispatcher.settle_down()
    assert await desk.proposals.sweep() == 1
    proposal = await Proposal.get()
    assert (proposal.state, proposal.open_key, proposal.decided_by_id) == ("overtaken", None, None)
    assert "已在平台上找到" in proposal.remark
    assert await desk.proposals.sweep() == 0
    with pytest.raises(DecisionRefused):
        await desk.proposals.confirm(SECOND, row.id)
    assert desk.platform.calls.count("send") == 1


async def test_the_look_before_the_confirmation_makes_it_moot(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.SEND_AGAIN)
    desk.clock.advance(600)
    desk.platform.script["look"] = [OUT]
    with pytest.raises(DecisionRefused, match="已在平台上找到"):
        await confirm(desk, row)
    await desk.dispatcher.settle_down()
    assert (await Delivery.get(id=row.id)).state == State.PUBLISHED
    assert (await Proposal.get()).state == "overtaken"
    assert desk.platform.calls.count("send") == 1


async def test_looking_again_does_not_overtake_what_was_proposed(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    proposal = await propose(desk, row, Choice.IT_IS_OUT)
    for _ in range(4):
        desk.clock.advance(700)
        await desk.dispatcher.settle_down()
    looked = await Delivery.get(id=row.id)
    assert looked.fence > proposal.fence
    assert looked.state == State.HELD
    assert await desk.proposals.sweep() == 0
    await confirm(desk, row)
    assert (await Delivery.get(id=row.id)).state == State.PUBLISHED


async def test_nothing_is_sent_again_without_a_look_that_saw_the_platform(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    desk.platform.script["look"] = [ChannelUnavailable("连接被拒绝")] * 3
    with pytest.raises(DecisionRefused, match="没有读到平台"):
        await propose(desk, row, Choice.SEND_AGAIN)
    desk.platform.script["look"] = []
    await propose(desk, row, Choice.SEND_AGAIN)
    desk.clock.advance(150)
    desk.platform.script["look"] = [ChannelUnavailable("连接被拒绝")] * 3
    with pytest.raises(DecisionRefused, match="没有读到平台"):
        await confirm(desk, row)
    with pytest.raises(DecisionRefused, match="没有读到平台"):
        await desk.proposals.confirm(SECOND, row.id)
    assert (await Proposal.get()).state == "open"
    assert desk.platform.calls.count("send") == 1
    looks = desk.platform.calls.count("look")
    desk.platform.script["look"] = []
    await confirm(desk, row)
    assert desk.platform.calls.count("look") == looks + 1


async def test_a_late_commit_is_waited_for(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk, wait=30)
    with pytest.raises(DecisionRefused, match="延迟"):
        await propose(desk, row, Choice.SEND_AGAIN)
    await propose(desk, row, Choice.IT_IS_OUT)


async def test_while_a_worker_looks_nothing_is_sent_again(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.SEND_AGAIN)
    claim = await desk.ledger.claim_one(row.id)
    assert claim is not None
    with pytest.raises(DecisionRefused, match="正在向平台核对"):
        await desk.proposals.confirm(SECOND, row.id)


async def test_a_refusal_needs_its_reason_and_clears_the_way(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.SEND_AGAIN)
    with pytest.raises(DecisionRefused, match="正在等待另一人确认"):
        await propose(desk, row, Choice.IT_IS_OUT, THIRD)
    with pytest.raises(DecisionRefused, match="理由"):
        await desk.proposals.refuse(SECOND, row.id, remark=" ")
    with pytest.raises(SecondPersonNeeded):
        await desk.proposals.refuse(FIRST, row.id, remark="我改主意了")
    with pytest.raises(DecisionRefused, match="只有提出的人"):
        await desk.proposals.take_back(SECOND, row.id)
    await desk.proposals.refuse(SECOND, row.id, remark="我看到了")
    await propose(desk, row, Choice.IT_IS_OUT, SECOND)
    await desk.proposals.take_back(SECOND, row.id)
    await propose(desk, row, Choice.IT_IS_OUT, THIRD)
    assert [each.state for each in await Proposal.all().order_by("id")] == ["refused", "taken_back", "open"]
    assert (await Delivery.get(id=row.id)).state == State.UNKNOWN


async def test_the_second_person_confirms_what_he_read_and_nothing_newer(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    read = await propose(desk, row, Choice.IT_IS_OUT)
    await desk.proposals.take_back(FIRST, row.id)
    await propose(desk, row, Choice.SEND_AGAIN)
    with pytest.raises(DecisionRefused, match="新的提议"):
        await desk.proposals.confirm(SECOND, row.id, proposal_id=read.id)
    assert (await Delivery.get(id=row.id)).state == State.UNKNOWN


async def test_of_two_confirmations_at_once_one_counts(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.SEND_AGAIN)
    await desk.proposals.look_after(SECOND, row.id)
    both = (desk.proposals.confirm(SECOND, row.id), desk.proposals.confirm(THIRD, row.id))
    found = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(isinstance(each, DecisionRefused) for each in found) == [False, True], found
    await desk.dispatcher.settle_down()
    assert desk.platform.calls.count("send") == 2


async def test_cancelling_proposes_to_give_up_and_a_second_person_makes_it_so(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    assert await desk.proposals.give_up(FIRST, row.release_id, reason="不再需要") == 1
    assert await desk.proposals.give_up(FIRST, row.release_id, reason="不再需要") == 0
    with pytest.raises(SecondPersonNeeded):
        await confirm(desk, row, FIRST)
    await confirm(desk, row)
    desk.clock.advance(3600)
    await desk.dispatcher.settle_down()
    assert (await Delivery.get(id=row.id)).state == State.CANCELLED
    assert desk.platform.calls.count("send") == 1


async def test_after_a_withdrawal_sending_again_is_no_choice_any_more(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.SEND_AGAIN)
    facts = {**(await Delivery.get(id=row.id)).facts, "withdrawn_meanwhile": True}
    await Delivery.filter(id=row.id).update(facts=facts)
    assert await desk.proposals.sweep() == 1
    with pytest.raises(DecisionRefused, match="已经撤回"):
        await propose(desk, row, Choice.SEND_AGAIN)
    await propose(desk, row, Choice.IT_IS_OUT)
    await confirm(desk, row)
    assert (await Delivery.get(id=row.id)).state == State.WITHDRAWING, "what is out after a withdrawal is taken down"


async def withdrawing(desk: Any, refusal: Exception) -> Delivery:
    desk.platform.script["withdraw"] = [refusal] * 50
    release = await desk.release("portal", "wechat")
    await desk.dispatcher.settle_down()
    row: Delivery = await desk.row(release, "wechat")
    await Delivery.filter(id=row.id).update(state=State.WITHDRAWING, next_at=desk.clock.moment)
    await desk.dispatcher.settle_down()
    return row


async def test_a_post_removed_by_hand_is_proved_by_the_machine(desk: Any) -> None:
    row = await withdrawing(desk, ChannelRefused("没有权限删除"))
    said = await Delivery.get(id=row.id)
    assert said.state == State.WITHDRAWING
    assert said.next_at is not None
    assert said.next_at > desk.clock.moment
    await desk.decisions.it_is_gone(FIRST, row.id, reason="已在后台删除")
    said = await Delivery.get(id=row.id)
    assert (said.state, said.facts["said_gone_by"], said.next_at) == (State.WITHDRAWING, 9, desk.clock.moment)
    desk.platform.script["withdraw"] = []
    await desk.dispatcher.settle_down()
    assert (await Delivery.get(id=row.id)).state == State.WITHDRAWN
    assert await desk.proposals.sweep() == 1
    assert "已核实平台上没有" in (await Proposal.get()).remark


async def test_where_the_platform_cannot_be_read_two_persons_say_that_it_is_gone(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await withdrawing(desk, ChannelRefused("没有记录编号"))
    await desk.decisions.it_is_gone(FIRST, row.id, reason="已在后台删除")
    await desk.dispatcher.settle_down()
    with pytest.raises(SecondPersonNeeded):
        await confirm(desk, row, FIRST)

    async def still_there(ticket: Any) -> Live:
        return Live(liveness=Liveness.LIVE, text="还在")

    with monkeypatch.context() as patched:
        patched.setattr(desk.platform, "read_back", still_there)
        with pytest.raises(DecisionRefused, match="仍能看到"):
            await confirm(desk, row)
    assert (await Delivery.get(id=row.id)).state == State.WITHDRAWING
    await confirm(desk, row)
    assert (await Delivery.get(id=row.id)).state == State.WITHDRAWN


async def test_a_proposal_of_an_earlier_sending_does_not_stand_for_a_later_one(weibo_like: Any) -> None:
    desk = weibo_like
    row = await unknown(desk)
    await propose(desk, row, Choice.IT_IS_OUT)
    later = desk.clock.moment + timedelta(seconds=1)
    await Delivery.filter(id=row.id).update(intent_at=later)
    desk.clock.advance(300)
    with pytest.raises(DecisionRefused):
        await desk.proposals.confirm(SECOND, row.id)
    assert (await Delivery.get(id=row.id)).state == State.UNKNOWN
    await propose(desk, row, Choice.IT_IS_OUT, THIRD)
    assert await Attempt.filter(delivery_id=row.id, verb="send").count() == 1
