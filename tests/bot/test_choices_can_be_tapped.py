"""Choices, the welcome and 有用/没用 as lists that can be tapped: once, inside the allowance, with text wherever that fails."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.allowed import OwnMessages
from bot.conversation import Conversation
from bot.feedback import HINT
from bot.feedback_records import AnswerFeedback
from bot.inbox import Inbox
from bot.listing import Lists
from bot.memory import Memory, Option, Said
from bot.message import Inbound, Kind, read_wechat
from bot.reception import Reception
from bot.records import InboundMessage
from bot.talk_records import OwnMessage
from bot.tapping import TapList, choice_list, mark_at, rate_list, why_list, word_of
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown, PublishError


@dataclass(kw_only=True)
class Phone:
    """A citizen's phone, and the platform between."""

    clock: Any
    inbox: Inbox
    conversation: Conversation
    lists: list[TapList] = field(default_factory=list)
    trouble: PublishError | None = None
    said: int = 0

    def __post_init__(self) -> None:
        self.tapping = Lists(own=OwnMessages(clock=self.clock), send={"wechat": self.send}, after=0.0)
        self.desk = Reception(
            inbox=self.inbox, conversation=self.conversation, keep_event=self.send, lists=self.tapping  # type: ignore[arg-type]
        )  # fmt: skip

    async def send(self, person: str, shown: TapList) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.lists.append(shown)

    async def say(
        self, text: str = "", *, event: str = "", tapped: str = "", channel: str = "wechat", again: bool = False
    ) -> str:
        self.said += not again
        inbound = Inbound(
            channel=channel, account="gh", sender="oUser", kind=Kind.EVENT if event else Kind.TEXT,
            created=str(1_764_000_000 + self.said), sent_at=self.clock.moment, text=text, event=event, tapped=tapped,
            message_id="" if event else str(self.said),
        )  # fmt: skip
        reply = await self.desk.receive(inbound, now=self.clock.moment, budget=60)
        await self.tapping.close()
        return reply

    async def tap(self, place: int, *, of: int = -1) -> str:
        item = self.lists[of].items[place]
        return await self.say(item.label, tapped=item.id)


@pytest.fixture
def phone(inbox: Inbox, conversation: Conversation, clock: Any) -> Phone:
    return Phone(clock=clock, inbox=inbox, conversation=conversation)


async def test_choices_come_as_a_list_and_not_as_text_too(phone: Phone) -> None:
    assert await phone.say("补贴怎么办") == ""
    assert [item.label for item in phone.lists[0].items] == [
        "1. 低保怎么申请",
        "2. 养老金怎么认证",
        "3. 小学入学怎么报名",
        "都不是",
    ]
    assert await phone.say("补贴怎么办", again=True) == ""
    assert len(phone.lists) == 1
    assert (await phone.tap(1)).startswith("每年认证一次")
    assert (await phone.say("3")).startswith("每年六月"), "a number does what a tap does"
    assert (await InboundMessage.filter(kind="msgmenu").get()).text == "2. 养老金怎么认证"


async def test_none_of_these_can_be_tapped_too(phone: Phone) -> None:
    await phone.say("补贴怎么办")
    assert "换一种说法" in await phone.tap(-1)


async def test_an_old_list_says_that_it_has_expired(phone: Phone, clock: Any) -> None:
    await phone.say("补贴怎么办")
    clock.advance(60)
    await phone.say("这种补贴要怎么办才好")
    assert "已过期" in await phone.tap(0, of=0), "an older list never picks from a newer one"
    await phone.say("补贴怎么办")
    clock.advance(15 * 60 + 1)
    assert "已过期" in await phone.tap(0)


@pytest.mark.parametrize("trouble", [ChannelUnavailable("断网"), ChannelRefused("48001")])
async def test_what_cannot_be_sent_is_said_as_text(phone: Phone, trouble: PublishError) -> None:
    phone.trouble = trouble
    said = await phone.say("补贴怎么办")
    assert "请回复数字" in said
    assert await phone.say("补贴怎么办", again=True) == said
    assert (await phone.say("2")).startswith("每年认证一次")


async def test_an_account_that_may_not_send_is_not_asked_at_every_message(phone: Phone) -> None:
    phone.trouble = ChannelRefused("48001")
    await phone.say("补贴怎么办")
    phone.trouble = None
    assert "请回复数字" in await phone.say("补贴怎么办")
    assert phone.lists == []


async def test_a_list_that_may_have_arrived_is_not_said_again(phone: Phone) -> None:
    phone.trouble = OutcomeUnknown("超时")
    assert await phone.say("补贴怎么办") == ""
    assert await OwnMessage.all().count() == 1
    await InboundMessage.all().update(
        reply=None, answered_at=None, owner=""
    )  # The process died before it stored the reply.
    phone.trouble = None
    assert await phone.say("补贴怎么办", again=True) == ""
    assert phone.lists == []


async def test_the_welcome_shows_three_questions_to_tap(phone: Phone) -> None:
    assert await phone.say(event="subscribe") == ""
    assert [item.label for item in phone.lists[0].items] == ["低保怎么申请？", "养老金怎么认证？", "网传停水是真的吗？"]
    assert (await phone.tap(0)).startswith("向户籍所在地")


async def test_an_answer_is_marked_with_one_tap_and_a_reason_with_another(phone: Phone) -> None:
    answer = await phone.say("低保怎么申请")
    assert answer.endswith("/d/1")
    assert HINT not in answer
    assert [item.label for item in phone.lists[0].items] == ["有用", "没用"]
    assert await phone.tap(1) == ""
    assert "已经记下" in await phone.tap(2)
    row = await AnswerFeedback.get()
    assert (row.useful, row.reason) == (False, "过时或有误")
    await phone.say("低保怎么申请")
    assert len(phone.lists) == 2, "not below every answer"


async def test_an_earlier_answer_can_still_be_marked(phone: Phone, clock: Any) -> None:
    await phone.say("低保怎么申请")
    clock.advance(60)
    await phone.say("听说要停水七天")
    assert "谢谢" in await phone.tap(0)
    assert (await AnswerFeedback.get()).entry_id == "dibao"
    clock.advance(25 * 3600)
    assert "已过期" in await phone.tap(1, of=0)


async def test_other_channels_have_text(phone: Phone) -> None:
    assert "请回复数字" in await phone.say("补贴怎么办", channel="weibo")
    assert phone.lists == []


def test_a_tap_is_read_and_what_is_no_id_is_text() -> None:
    xml = (
        "<xml><ToUserName>gh</ToUserName><FromUserName>oU</FromUserName><CreateTime>1764000000</CreateTime>"
        "<MsgType>text</MsgType><Content>很长的一项</Content><bizmsgmenuid>{}</bizmsgmenuid><MsgId>1</MsgId></xml>"
    )
    assert read_wechat(xml.format("117640000001")).tapped == "117640000001"
    assert read_wechat(xml.format("两个 字")).tapped == ""


def test_the_id_names_the_list_and_the_place() -> None:
    now = datetime.fromisoformat("2026-11-27T10:00:00+08:00")
    said = Said(entry_id="a", mark="m", unit="", topic="t", at=now)
    memory = Memory(
        at=now, options=(Option(id="a", title="甲" * 99), Option(id="b", title="乙")), menu=mark_at(now), said=said
    )
    shown = choice_list("", [option.title for option in memory.options], memory.menu, 15)
    assert [word_of(item.id, memory, now) for item in shown.items] == ["第1个", "第2个", "都不是"]
    assert all(len(item.label) <= 60 for item in shown.items)
    assert [word_of(item.id, memory, now) for item in rate_list(said).items] == ["有用", "没用"]
    assert {word_of(item.id, memory, now) for item in why_list(said).items} == {""}
    asked = replace(memory, asked_why=True)
    assert word_of(why_list(said).items[0].id, asked, now) == "答非所问"
    later = now + timedelta(minutes=16)
    assert [word_of(item.id, memory, later) for item in shown.items] == ["", "", ""]
    assert word_of(f"1{memory.menu}9", memory, now) == ""
    assert word_of("41", memory, now) is None
