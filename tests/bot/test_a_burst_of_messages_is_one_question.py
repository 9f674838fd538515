"""Several messages in a row are one question: one answer, no word lost, whatever the order, the redeliveries and the nodes."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from bot.burst import Bursts, joined, stands_alone, unfinished
from bot.decision import Step
from bot.inbox import Inbox
from bot.message import Inbound, Kind
from bot.reception import Reception
from bot.records import InboundMessage
from bot.talk_records import BurstPart
from bot.turn import Turn
from disclosures.personal import mask

UNFINISHED = [
    "你好",
    "您好，",
    "请问",
    "在吗",
    "我想问一下",
    "我想咨询一下，",
    "有个事",
    "我爸今年72了",
    "农村户口的",
    "我是外地户口",
    "孩子今年六岁",
    "昨天刚交了",
    "然后",
    "但是",
    "我家住三楼，",
    "还有",
    "打扰了",
    "帮我看一下",
    "我妈已经退休了…",
    "就是",
]
FINISHED = [
    "低保怎么申请",
    "公积金",
    "身份证丢了怎么办",
    "我想办低保",
    "我要投诉",
    "能领高龄补贴吗",
    "多少钱",
    "网传要停水七天",
    "结婚登记要带什么？",
    "养老金",
    "我爸能领高龄补贴吗",
    "12345",
    "转人工",
    "谢谢",
    "更多",
    "帮我查一下社保",
    "医保断缴了怎么办",
    "老人优待证",
    "居住证办理流程",
]


@pytest.mark.parametrize("text", UNFINISHED)
def test_what_only_opens_breaks_off_or_tells_waits_for_more(text: str) -> None:
    assert unfinished(text)


@pytest.mark.parametrize("text", FINISHED)
def test_what_asks_is_answered_at_once(text: str) -> None:
    assert not unfinished(text)


@pytest.mark.parametrize("text", ["1", "第二个", "都不是", "更多", "没用", "答非所问", "同意", "转人工"])
def test_an_answer_to_what_we_offered_is_no_part_of_a_sentence(text: str) -> None:
    assert stands_alone(text)


def test_the_parts_are_one_sentence_without_what_only_opens() -> None:
    assert (
        joined(["你好", "我爸今年72了", "农村户口的，", "能领高龄补贴吗"]) == "我爸今年72了，农村户口的，能领高龄补贴吗"
    )
    assert joined(["你好", "请问"]) == "请问"


@dataclass(kw_only=True)
class Echo:
    """A conversation that answers with what it was asked, and notes it."""

    asked: list[str] = field(default_factory=list)

    async def consider(self, *, channel: str, sender: str, text: str, **_: Any) -> Turn:
        self.asked.append(text)
        await asyncio.sleep(random.random() * 0.02)
        return Turn(step=Step.ANSWER, text=f"答：{text}", channel=channel, sender=sender)

    async def settle_all(self, *_: Any) -> None:
        return None


async def keep_event(*_: Any) -> None:
    raise AssertionError("nothing of this is an event")


def node(echo: Echo, clock: Any, *, window: float = 1.2) -> Reception:
    """One process, with an inbox and bursts of its own over the shared database."""
    return Reception(
        inbox=Inbox(clock=clock, mask=mask), conversation=echo, keep_event=keep_event,  # type: ignore[arg-type]
        bursts=Bursts(clock=clock, mask=mask, window=window),
    )  # fmt: skip


def message(number: int, text: str, clock: Any, *, sender: str = "oUser", channel: str = "wechat") -> Inbound:
    return Inbound(
        channel=channel, account="gh", sender=sender, kind=Kind.TEXT, created="1764000000", sent_at=clock.moment,
        message_id=str(number), text=text,
    )  # fmt: skip


async def until_noted(text: str) -> None:
    async with asyncio.timeout(60):
        while not await BurstPart.filter(text=text).exists():  # noqa: ASYNC110 - the row may come from any process
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
async def test_the_last_message_carries_the_answer_to_all(database: str, clock: Any, channel: str) -> None:
    echo = Echo()
    desk = node(echo, clock)
    said = ["你好", "我爸今年72了", "能领高龄补贴吗"]
    messages = [message(number, text, clock, channel=channel) for number, text in enumerate(said)]
    waiting = []
    for each in messages:  # One after the other, so that the last one is known.
        waiting.append(asyncio.create_task(desk.receive(each, now=clock.moment, budget=60)))
        await until_noted(each.text)
    replies = await asyncio.gather(*waiting)
    assert replies == ["", "", "答：我爸今年72了，能领高龄补贴吗"]
    again = [await desk.receive(each, now=clock.moment, budget=60) for each in messages]
    assert again == replies
    assert len(echo.asked) == 1


async def test_a_finished_message_waits_for_nothing(database: str, clock: Any, monkeypatch: Any) -> None:
    async def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it waited")

    monkeypatch.setattr(Bursts, "_quiet", never)
    assert (
        await node(Echo(), clock).receive(message(1, "低保怎么申请", clock), now=clock.moment, budget=60)
        == "答：低保怎么申请"
    )
    assert not await BurstPart.exists()


async def test_danger_in_a_burst_is_answered_at_once(database: str, clock: Any, monkeypatch: Any) -> None:
    gate = asyncio.Event()

    async def quiet(*_: Any, **__: Any) -> None:
        await gate.wait()

    monkeypatch.setattr(Bursts, "_quiet", quiet)
    echo = Echo()
    desk = node(echo, clock)
    first = asyncio.create_task(desk.receive(message(1, "你好", clock), now=clock.moment, budget=60))
    await until_noted("你好")
    urgent = await desk.receive(message(2, "孩子不见了怎么办", clock), now=clock.moment, budget=60)
    gate.set()
    assert (urgent, await first) == ("答：孩子不见了怎么办", "")


@pytest.mark.parametrize("seed", range(3))
async def test_every_word_is_answered_once_whatever_happens(any_database: str, clock: Any, seed: int) -> None:
    chance, echo = random.Random(seed), Echo()
    nodes = [node(echo, clock, window=0.2) for _ in range(2)]
    words = [f"我{place}号家里人" for place in range(5)]
    messages = [message(place, text, clock, sender=f"o{place % 2}") for place, text in enumerate(words)]

    async def delivered(each: Inbound) -> tuple[str, str]:
        await asyncio.sleep(chance.random() * 0.6)
        return each.message_id, await chance.choice(nodes).receive(each, now=clock.moment, budget=60)

    deliveries = [each for each in messages for _ in range(3)]
    chance.shuffle(deliveries)
    replies = await asyncio.gather(*(delivered(each) for each in deliveries))
    asked = list(
        dict.fromkeys(echo.asked)
    )  # Two nodes may think of one message at once; what one of them stores is said.
    assert len({reply for reply in replies if reply[1]}) == len(asked)
    assert len(set(replies)) == len(messages), "every delivery of a message gets the same reply"
    assert sorted("，".join(asked).split("，")) == sorted(words)
    for said in asked:  # Nobody's words are put together with another person's.
        assert len({int(part[1]) % 2 for part in said.split("，")}) == 1


async def test_what_a_dead_process_took_is_answered_by_the_redelivery(database: str, clock: Any) -> None:
    echo, last = Echo(), message(2, "农村户口的", clock)
    desk = node(echo, clock, window=0.05)
    bursts = Bursts(clock=clock, mask=mask, window=0.05)
    await bursts._noted(message(1, "我爸今年72了", clock), clock.moment)
    assert await bursts.whole(last, now=clock.moment) == "我爸今年72了，农村户口的"  # … and then the process dies.
    assert await desk.receive(last, now=clock.moment, budget=60) == "答：我爸今年72了，农村户口的"
    assert await desk.receive(message(1, "我爸今年72了", clock), now=clock.moment, budget=60) == ""


async def test_who_was_taken_takes_nobody_else(database: str, clock: Any) -> None:
    """A part that comes in between would be answered by nobody."""
    bursts = Bursts(clock=clock, mask=mask, window=0.05)
    first = await bursts._noted(message(1, "我爸今年72了", clock), clock.moment)
    last = await bursts._noted(message(2, "农村户口的", clock), clock.moment)
    assert await bursts._taken(message(2, "农村户口的", clock), last) == "我爸今年72了，农村户口的"
    between = await bursts._noted(message(3, "我妈也是", clock), clock.moment)
    assert await bursts._taken(message(1, "我爸今年72了", clock), first) is None
    assert await bursts._taken(message(3, "我妈也是", clock), between) == "我妈也是"


async def test_what_waited_for_the_database_is_not_made_to_wait_again(database: str, clock: Any) -> None:
    desk = node(Echo(), clock)
    answered = await desk._once(message(1, "你好", clock), clock.moment, said_at=clock.moment - timedelta(minutes=1))
    assert answered.reply["text"] == "答：你好"


async def test_personal_data_is_masked_and_who_leaves_is_forgotten(database: str, clock: Any) -> None:
    bursts = Bursts(clock=clock, mask=mask, window=0.05)
    assert await bursts.whole(message(1, "我的电话13812345678，", clock), now=clock.moment) == "我的电话13812345678，"
    assert (await BurstPart.get()).text == "我的电话138****5678，"
    async with in_transaction() as connection:
        await bursts.forget(connection, channel="wechat", sender="oUser")
    assert not await BurstPart.exists()
    assert await InboundMessage.all().count() == 0
