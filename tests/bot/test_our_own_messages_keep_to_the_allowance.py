"""Five messages of our own in 48 hours after a message, three in a minute after a tap: for all that send any (wechat.md §4)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from bot.allowed import Granted, NotAllowedNow, OwnMessages
from bot.conversation import Conversation
from bot.inbox import Answered, Inbox
from bot.message import Inbound, Kind
from bot.reception import Reception
from bot.records import InboundMessage
from bot.talk_records import OwnMessage
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError


class Platform:
    """Counts what reaches it."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.trouble: PublishError | None = None

    async def send(self, person: str, text: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(text)


@pytest.fixture
def platform() -> Platform:
    return Platform()


async def acts(clock: Any, kind: str = "text", *, channel: str = "wechat", sender: str = "oUser") -> str:
    number = await InboundMessage.all().count()
    await InboundMessage.create(
        key=f"key-{number}", channel=channel, sender=sender, kind=kind, received_at=clock.moment
    )  # fmt: skip
    return f"key-{number}"


async def sends(own: OwnMessages, platform: Platform, times: int, channel: str = "wechat") -> int:
    send, before = own.guarded(channel, platform.send), len(platform.sent)
    for _ in range(times):
        try:
            await send("oUser", "一句话")
        except ChannelRefused:
            break
    return len(platform.sent) - before


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [("text", 5), ("image", 5), ("click", 3), ("subscribe", 3), ("msgmenu", 3), ("view", 0), ("mention", 0)],
)
async def test_an_act_allows_so_many_and_not_one_more(
    any_database: str, clock: Any, platform: Platform, kind: str, allowed: int
) -> None:
    await acts(clock, kind)
    assert await sends(OwnMessages(clock=clock), platform, 9) == allowed


async def test_without_an_act_nothing_is_sent(database: str, clock: Any, platform: Platform) -> None:
    assert await sends(OwnMessages(clock=clock), platform, 1) == 0
    assert not await OwnMessage.exists()


async def test_the_windows_close_before_the_platforms_do(database: str, clock: Any, platform: Platform) -> None:
    own = OwnMessages(clock=clock)
    await acts(clock, "click")
    clock.advance(51)
    assert await sends(own, platform, 1) == 0
    await acts(clock)
    clock.advance(47 * 3600)
    assert await sends(own, platform, 1) == 1
    clock.advance(1)
    assert await sends(own, platform, 1) == 0


async def test_a_new_message_opens_the_allowance_anew(database: str, clock: Any, platform: Platform) -> None:
    own = OwnMessages(clock=clock)
    await acts(clock)
    assert await sends(own, platform, 9) == 5
    await acts(clock)
    assert await sends(own, platform, 9) == 5


async def test_two_nodes_together_never_send_more(any_database: str, clock: Any, platform: Platform) -> None:
    await acts(clock)
    nodes = [OwnMessages(clock=clock) for _ in range(4)]
    await asyncio.gather(*(sends(nodes[number % 4], platform, 3) for number in range(8)))
    assert len(platform.sent) == 5


async def test_what_was_not_sent_is_not_counted_and_what_may_have_been_is(
    database: str, clock: Any, platform: Platform
) -> None:
    own = OwnMessages(clock=clock)
    await acts(clock)
    for trouble, counted in (
        (ChannelUnavailable("断网"), 0),
        (OutcomeUnknown("超时"), 1),
        (ChannelRefused("45047"), 2),
    ):
        platform.trouble = trouble
        with pytest.raises(type(trouble)):
            await own.guarded("wechat", platform.send)("oUser", "话")
        assert await OwnMessage.all().count() == counted


async def test_what_takes_the_place_of_a_reply_is_begun_once(any_database: str, clock: Any) -> None:
    own, act = OwnMessages(clock=clock), Granted(key="m1", kind="text", at=clock.moment)
    found = await asyncio.gather(*(own.take("wechat", "oUser", reply_to=act) for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["BegunBefore", "BegunBefore", "int"]


async def test_a_channel_without_figures_has_no_limit_here(database: str, clock: Any, platform: Platform) -> None:
    assert await sends(OwnMessages(clock=clock), platform, 9, channel="weibo") == 9


async def test_a_late_answer_outside_the_allowance_waits_for_the_next_contact(
    inbox: Inbox, conversation: Conversation, clock: Any, platform: Platform
) -> None:
    async def keep_event(*_: Any) -> None:
        raise AssertionError

    own = OwnMessages(clock=clock)
    desk = Reception(
        inbox=inbox,
        conversation=conversation,
        keep_event=keep_event,
        send_text={"wechat": own.guarded("wechat", platform.send)},
    )
    message = Inbound(
        channel="wechat",
        account="gh",
        sender="oUser",
        kind=Kind.TEXT,
        created="1764000000",
        sent_at=clock.moment,
        message_id="1",
        text="低保",
    )
    await desk._deliver(Answered(reply={"text": "迟到的答复"}, ours=True), message)
    assert platform.sent == []
    for text, wanted in (("补贴怎么办", True), ("低保怎么申请", False)):
        said = await conversation.answer(channel="wechat", sender="oUser", text=text)
        assert said.text.startswith("【您上次问题的答复】\n迟到的答复\n\n") is wanted


async def test_a_late_answer_that_was_changed_meanwhile_is_not_told(
    conversation: Conversation, clock: Any, teach: Any, base: Any
) -> None:
    await conversation.keep_late(channel="wechat", sender="oUser", text="旧的答复", entry_id="dibao")

    await teach(replace(base.entries["dibao"], body="到街道窗口申请。"))
    said = (await conversation.answer(channel="wechat", sender="oUser", text="补贴怎么办")).text
    assert "旧的答复" not in said
    assert said.startswith("您上次的问题，答复内容刚刚有更新")


async def test_who_leaves_is_forgotten(database: str, clock: Any, platform: Platform) -> None:

    own = OwnMessages(clock=clock)
    await acts(clock)
    await sends(own, platform, 2)
    async with in_transaction() as connection:
        await own.forget(connection, channel="wechat", sender="oUser")
    assert not await OwnMessage.exists()
    assert NotAllowedNow().remedy
