import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tortoise.backends.base.client import BaseDBAsyncClient

from bot.conversation import Conversation
from bot.inbox import ABANDONED, Inbox, Thought, key_of
from bot.message import Inbound, Kind
from bot.reception import Reception
from bot.records import ConversationState, InboundMessage

MESSAGE = Inbound(
    channel="wechat", account="gh_x", sender="oUser", kind=Kind.TEXT, created="1763861400",
    sent_at=datetime.fromtimestamp(1763861400, UTC), message_id="1234567890123456", text="低保怎么申请",
)  # fmt: skip


class Thinker:
    """Thinks slowly, and counts."""

    def __init__(self, *, seconds: float = 0.1, fail: int = 0) -> None:
        self.thoughts = self.settled = 0
        self._seconds = seconds
        self._fail = fail

    async def __call__(self) -> Thought:
        self.thoughts += 1
        number = self.thoughts
        await asyncio.sleep(self._seconds)
        if number <= self._fail:
            raise RuntimeError("no thought")

        async def settle(connection: BaseDBAsyncClient) -> None:
            self.settled += 1

        return Thought(reply={"text": f"答复{number}"}, settle=settle)


async def test_three_deliveries_at_once_get_one_reply(inbox: Inbox, now: datetime) -> None:
    think = Thinker()
    answers = await asyncio.gather(*(inbox.once(MESSAGE, think, now=now) for _ in range(3)))
    assert {answer.reply["text"] for answer in answers} == {"答复1"}
    assert [answer.ours for answer in answers].count(True) == 1
    assert (think.thoughts, think.settled) == (1, 1)
    assert (await InboundMessage.get()).deliveries == 3
    assert (await inbox.once(MESSAGE, think, now=now)).reply["text"] == "答复1"
    assert think.thoughts == 1


async def test_a_failed_thought_is_thought_again_by_the_next_delivery(inbox: Inbox, now: datetime) -> None:
    think = Thinker(seconds=0, fail=1)
    with pytest.raises(RuntimeError):
        await inbox.once(MESSAGE, think, now=now)
    assert (await inbox.once(MESSAGE, think, now=now)).reply["text"] == "答复2"
    assert think.settled == 1


async def test_the_row_of_a_dead_process_is_taken_over_by_exactly_one(
    inbox: Inbox,
    now: datetime,
    clock: Any,
) -> None:
    await InboundMessage.create(
        key=key_of(MESSAGE), channel="wechat", sender="oUser", kind="text", received_at=now, owner="dead",
        detail={"claimed_at": now.isoformat()},
    )  # fmt: skip
    think = Thinker(seconds=0.05)
    waiting = asyncio.gather(*(inbox.once(MESSAGE, think, now=now) for _ in range(3)))
    await asyncio.sleep(0.1)
    assert think.thoughts == 0
    clock.advance(ABANDONED.total_seconds() + 1)
    assert {answer.reply["text"] for answer in await waiting} == {"答复1"}
    assert think.thoughts == 1


async def test_a_claimant_that_comes_too_late_takes_the_reply_that_stands(
    inbox: Inbox, now: datetime, clock: Any
) -> None:
    slow, quick = Thinker(seconds=0.2), Thinker(seconds=0)
    first = asyncio.create_task(inbox.once(MESSAGE, slow, now=now))
    await asyncio.sleep(0.05)
    clock.advance(ABANDONED.total_seconds() + 1)
    second = await inbox.once(MESSAGE, quick, now=clock.moment)
    assert (await first).reply == second.reply
    assert (slow.settled, quick.settled, (await first).ours) == (0, 1, False)


def test_what_tells_two_messages_apart() -> None:
    text = replace(MESSAGE, channel="weibo", message_id="")
    event = replace(MESSAGE, kind=Kind.EVENT, event="click", event_key="menu-1", message_id="", text="")
    different = [
        MESSAGE, replace(MESSAGE, sender="oOther"), replace(MESSAGE, message_id="1"), replace(MESSAGE, account="gh_y"),
        replace(MESSAGE, created="1763861401"), text, replace(text, text="别的话"), replace(text, kind=Kind.IMAGE, text=""),
        event, replace(event, event="scan"), replace(event, event_key="menu-2"),
    ]  # fmt: skip
    assert len({key_of(message) for message in different}) == len(different)
    assert key_of(replace(MESSAGE, text="同一个编号")) == key_of(MESSAGE)


async def test_personal_data_is_masked_before_it_is_stored(inbox: Inbox, now: datetime) -> None:
    await inbox.once(replace(MESSAGE, text="我的电话13812345678"), Thinker(seconds=0), now=now)
    assert (await InboundMessage.get()).text == "我的电话138****5678"


def reception(inbox: Inbox, conversation: Conversation, **more: Any) -> Reception:
    async def keep_event(channel: str, kind: str, key: str, body: dict[str, Any]) -> None:
        raise AssertionError("no event was sent")

    return Reception(inbox=inbox, conversation=conversation, keep_event=keep_event, **more)


async def test_who_leaves_is_forgotten(inbox: Inbox, conversation: Conversation, now: datetime) -> None:
    forgotten: list[tuple[str, str]] = []

    async def forget(connection: BaseDBAsyncClient, channel: str, sender: str) -> None:
        forgotten.append((channel, sender))

    desk = reception(inbox, conversation, forget=forget)
    await desk.receive(replace(MESSAGE, text="这个怎么办"), now=now, budget=4)
    await desk.receive(replace(MESSAGE, sender="oOther", text="这个怎么办"), now=now, budget=4)
    leaving = replace(MESSAGE, kind=Kind.EVENT, event="unsubscribe", message_id="", text="")
    assert await desk.receive(leaving, now=now, budget=4) == ""
    assert await desk.receive(leaving, now=now, budget=4) == ""
    assert await InboundMessage.filter(sender="oUser").count() == 0
    assert await ConversationState.filter(sender="oUser").count() == 0
    assert await InboundMessage.filter(sender="oOther").count() == 1
    assert await ConversationState.filter(sender="oOther").count() == 1
    assert forgotten == [("wechat", "oUser")]


async def test_an_answer_over_budget_comes_later_by_a_message_of_our_own(
    inbox: Inbox,
    conversation: Conversation,
    base: Any,
    now: datetime,
) -> None:
    sent: list[tuple[str, str]] = []

    async def send(sender: str, text: str) -> None:
        sent.append((sender, text))

    slow = Slow(conversation, 0.2)
    desk = reception(inbox, slow, send_text={"wechat": send})  # type: ignore[arg-type]
    replies = await asyncio.gather(*(desk.receive(MESSAGE, now=now, budget=0.05) for _ in range(3)))
    assert replies == ["", "", ""]
    await desk.close()
    assert len(sent) == 1
    assert sent[0][1].startswith("向户籍所在地")


async def test_an_answer_over_budget_is_fetched_where_we_may_not_write(
    inbox: Inbox,
    conversation: Conversation,
    now: datetime,
    clock: Any,
) -> None:
    desk = reception(inbox, Slow(conversation, 0.2))  # type: ignore[arg-type]
    assert "回复“1”" in await desk.receive(MESSAGE, now=now, budget=0.05)
    await desk.close()
    later = replace(MESSAGE, text="1", message_id="2")
    assert (await reception(inbox, conversation).receive(later, now=now, budget=4)).startswith("向户籍所在地")
    assert not (await conversation.answer(channel="wechat", sender="oUser", text="1")).text.startswith("向户籍所在地")
    await conversation.keep_late(channel="wechat", sender="oUser", text="迟到的答复")
    clock.advance(timedelta(minutes=11).total_seconds())
    told = await conversation.answer(channel="wechat", sender="oUser", text="低保怎么申请")
    assert told.text.startswith("【您上次问题的答复】\n迟到的答复\n\n向户籍所在地")
    assert "迟到" not in (await conversation.answer(channel="wechat", sender="oUser", text="1")).text


class Slow:
    """The conversation on a bad day."""

    def __init__(self, conversation: Conversation, seconds: float) -> None:
        self._conversation = conversation
        self._seconds = seconds

    async def consider(self, **question: Any) -> Any:
        await asyncio.sleep(self._seconds)
        return await self._conversation.consider(**question)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conversation, name)
