"""Who advertises, insults or floods is answered politely on every channel, noted under a name that leads to nobody, and limited
by a person alone; whoever speaks of danger is answered in any case."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from bot.conversation import Conversation
from bot.guard import EXAMPLES, MOST_WAITING, SAME, Guard
from bot.guarding import ADVERTISEMENT_TEXT, Guarding
from bot.inbox import Inbox
from bot.message import Inbound, Kind
from bot.office import Office
from bot.reception import MOST_A_MINUTE, Reception
from bot.web import WebChat
from casework.guard_desk import INSULTS, GuardDesk, GuardRefused, sweep, waiting
from casework.guard_records import Limit, Nuisance
from disclosures.personal import mask
from knowledge.records import UnansweredQuestion

AD = "无抵押贷款，当天放款，电话13800138000，加微信 dk6789"
PERSON = Actor.machine("承办员 王")
Say = Callable[..., Awaitable[str]]


@pytest.fixture
def guard() -> Guard:
    return Guard(key="k", mask=mask, steady=lambda: 0.0)


@pytest.fixture
def desk(clock: Any) -> GuardDesk:
    return GuardDesk(clock=clock, trail=Trail())


@pytest.fixture(params=["wechat", "weibo", "web"])
def channel(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def say(conversation: Conversation, inbox: Inbox, guard: Guard, clock: Any, channel: str) -> Say:
    """One citizen's words on a channel, and the reply."""
    conversation.guarding = Guarding(
        guard=guard, office=Office(name="区政务公开办公室", phone="0730-0000000", hours="")
    )
    guard._believed_until = -1.0

    async def keep_event(*_: Any) -> None:
        raise AssertionError("no event of the platform comes here")

    reception, web, count = (
        Reception(inbox=inbox, conversation=conversation, keep_event=keep_event),
        WebChat(conversation=conversation),
        0,
    )

    async def speak(text: str, sender: str = "oLoud") -> str:
        nonlocal count
        count += 1
        guard._believed_until = -1.0  # What was decided a moment ago counts within two seconds; here at once.
        if channel == "web":
            return (await web.answer(sender, text)).text
        inbound = Inbound(
            channel=channel, account="gh", sender=sender, kind=Kind.TEXT, created=str(1_764_000_000 + count),
            sent_at=datetime.now(UTC), message_id=str(count), text=text,
        )  # fmt: skip
        return await reception.receive(inbound, now=clock.moment, budget=60)

    return speak


async def test_an_advertisement_is_answered_once_a_time_and_is_no_question(say: Say, channel: str) -> None:
    assert await say(AD) == ADVERTISEMENT_TEXT
    assert await say("代开发票，正规可验，联系13912345678") == ADVERTISEMENT_TEXT
    assert await UnansweredQuestion.all().count() == 0
    row = await Nuisance.get()
    assert (row.kind, row.channel, row.times, len(row.examples)) == ("advertisement", channel, 2, 2)
    assert "oLoud" not in f"{row.person}{row.examples}"
    assert "13800138000" not in str(row.examples), "the examples are masked"
    assert "街道办事处" in await say("低保怎么申请"), "a question of the same person is answered"


async def test_insults_are_answered_calmly_each_time_and_several_of_them_are_shown(
    say: Say, desk: GuardDesk, clock: Any
) -> None:
    for number in range(1, INSULTS + 1):
        assert "您的心情我们理解" in await say("你们这帮废物")
        assert len(await desk.offenders()) == (number == INSULTS)
    for number in range(EXAMPLES + 2):
        await say("傻逼政府" + "!" * number)
    (one,) = await desk.offenders()
    assert one.deeds[0].times == INSULTS + EXAMPLES + 2
    assert len(one.deeds[0].examples) == EXAMPLES
    assert await waiting(clock.moment) == 1


async def test_the_same_words_once_too_often_are_told_so_and_other_words_are_answered(say: Say) -> None:
    for _ in range(SAME):
        assert "街道办事处" in await say("低保怎么申请呀")
    assert "已经发送了多次" in await say("低保怎么申请呀")
    assert "街道办事处" in await say("请问低保怎么申请")
    assert (await Nuisance.get()).kind == "repeat"
    assert "街道办事处" in await say("低保怎么申请呀", sender="oOther")


async def test_a_person_limits_for_a_while_and_danger_is_answered_in_any_case(
    say: Say, desk: GuardDesk, clock: Any
) -> None:
    await say(AD)
    (one,) = await desk.offenders()
    for hours, reason in ((1, "广告"), (24, " "), (24, "长" * 201)):
        with pytest.raises(GuardRefused):
            await desk.limit(one.person, hours=hours, reason=reason, actor=PERSON)
    assert "街道办事处" in await say("低保怎么申请"), "a refused decision changes nothing"
    until = await desk.limit(one.person, hours=24, reason="一天内多次发送贷款广告", actor=PERSON)
    assert until == clock.moment + timedelta(hours=24)
    limited = await say("低保怎么申请")
    for words in ("暂停自动答复", "0730-0000000", "12345", "异议", "自动恢复"):
        assert words in limited
    assert "119" in await say("我家着火了，救命")
    assert "街道办事处" in await say("低保怎么申请", sender="oOther")
    assert await waiting(clock.moment) == 0
    clock.advance(24 * 3600 + 1)
    assert "街道办事处" in await say("低保怎么申请"), "it ends by itself"


async def test_a_limit_is_lifted_at_any_time_and_every_decision_is_in_the_trail(
    say: Say, desk: GuardDesk, clock: Any
) -> None:
    await say(AD)
    person = (await desk.offenders())[0].person
    await desk.limit(person, hours=168, reason="广告", actor=PERSON)
    await desk.lift(person, reason="申诉属实", actor=PERSON)
    assert "街道办事处" in await say("低保怎么申请")
    with pytest.raises(GuardRefused):
        await desk.lift(person, reason="再来一次", actor=PERSON)
    await say(AD)
    assert await waiting(clock.moment) == 1, "what came after the decision waits anew"
    await desk.leave(person, actor=PERSON)
    assert await waiting(clock.moment) == 0
    verbs = [row.verb for row in await AuditRecord.filter(verb__startswith="conversation.").order_by("id")]
    assert verbs == ["conversation.limit", "conversation.unlimit", "conversation.leave"]
    assert not await AuditRecord.filter(subject__contains="oLoud").exists()


async def test_who_leaves_is_forgotten_and_what_is_old_is_deleted(
    say: Say, desk: GuardDesk, guard: Guard, clock: Any, channel: str
) -> None:
    await say(AD)
    await say(AD, sender="oOther")
    for one in await desk.offenders():
        await desk.limit(one.person, hours=24, reason="广告", actor=PERSON)
    async with in_transaction() as connection:
        await guard.forget(connection, channel=channel, sender="oLoud")
    assert await Nuisance.all().count() == await Limit.all().count() == 1
    assert "街道办事处" in await say("低保怎么申请")
    assert await sweep(clock.moment) == 0
    clock.advance(40 * 24 * 3600)
    assert await sweep(clock.moment) == 2


async def test_a_crowd_is_told_so_and_danger_is_answered(
    say: Say, conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.guarding._searching = MOST_WAITING
    assert "咨询的人较多" in await say("低保怎么申请")
    assert "119" in await say("我家着火了，救命")
    conversation.guarding._searching = 0
    assert "街道办事处" in await say("低保怎么申请")


@pytest.mark.parametrize("channel", ["wechat", "weibo"], indirect=True)
async def test_a_flood_is_noted(say: Say) -> None:
    for number in range(MOST_A_MINUTE + 2):
        await say(f"低保怎么申请{number}")
    row = await Nuisance.get()
    assert (row.kind, row.times) == ("flood", 2)
    assert await UnansweredQuestion.all().count() == 0


async def test_it_is_counted_on_both_databases(any_database: str, clock: Any) -> None:
    guard = Guard(key="k", mask=mask)
    noted = [
        guard.noted("flood", channel="wechat", sender=f"o{number % 3}", text=f"第 {number} 句", now=clock.moment)
        for number in range(9)
    ]
    async with in_transaction() as connection:
        await guard.settle(connection, noted)
    async with in_transaction() as connection:
        await guard.settle(connection, noted[:1])
    assert sorted(row.times for row in await Nuisance.all()) == [3, 3, 4]
    desk = GuardDesk(clock=clock, trail=Trail())
    person = (await desk.offenders())[0].person
    await desk.limit(person, hours=24, reason="刷屏", actor=PERSON)
    assert sum(one.until is not None for one in await desk.offenders()) == 1
