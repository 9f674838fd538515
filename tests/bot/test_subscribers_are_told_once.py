"""订阅 民政局: told of what is new with the next message, or in one message of our own a day; once each; deleted when he leaves."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from bot.conversation import Conversation
from bot.decision import Step
from bot.measure import load_measures
from bot.records import InboundMessage
from bot.subscribing import Subscribing
from bot.subscription_records import Subscription
from bot.wish import Act, Wish, wish_of
from disclosures.catalogue import seed
from disclosures.content import Content
from publishers.errors import ChannelRefused, OutcomeUnknown, PublishError
from publishers.port import Ticket
from publishers.portal.channel import PortalChannel

CONTENT = Content(
    title="",
    body_html="<p>文。</p>",
    department="区民政局",
    category="通知公告",
    formed_on=date(2026, 11, 20),
    index_number="1",
)


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("订阅 民政局", Wish(act=Act.ADD, subject="民政局")),
        ("订阅民政局的通知", Wish(act=Act.ADD, subject="民政局")),
        ("我想订阅一下区教育局。", Wish(act=Act.ADD, subject="区教育局")),
        ("订阅通知公告", Wish(act=Act.ADD, subject="通知公告")),
        ("退订", Wish(act=Act.DROP_ALL)),
        ("退订全部", Wish(act=Act.DROP_ALL)),
        ("取消订阅 民政局", Wish(act=Act.DROP, subject="民政局")),
        ("订阅", Wish(act=Act.LIST)),
        ("我的订阅", Wish(act=Act.LIST)),
        ("民政局最近的通知", None),
        ("报纸订阅的费用能报销吗", None),
        ("", None),
        ("订" * 90, None),
    ],
)
def test_a_wish_is_understood(text: str, wish: Wish | None) -> None:
    assert wish_of(text) == wish


class Town:
    """The conversation, a press, and a platform that may be in trouble."""

    def __init__(self, conversation: Conversation, clock: Any) -> None:
        self.clock, self.chat = clock, conversation
        self.said, self.sent = 0, list[tuple[str, str]]()
        self.trouble: PublishError | None = None
        self.subscribing = Subscribing(
            clock=clock, page_url=lambda number: f"https://p/d/{number}", measures=load_measures(),
            send_text={"wechat": self.send},
        )  # fmt: skip
        conversation._subscribing = self.subscribing
        self.channel = PortalChannel(site_name="区")

    async def send(self, sender: str, text: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append((sender, text))

    async def say(self, text: str, *, channel: str = "wechat", sender: str = "o") -> Any:
        self.said += 1
        await InboundMessage.create(
            key=f"{id(self)}-{self.said}",
            channel=channel,
            sender=sender,
            kind="text",
            received_at=self.clock.moment,
        )
        return await self.chat.answer(channel=channel, sender=sender, text=text)

    async def publish(self, number: int, title: str, **changes: Any) -> None:
        self.clock.advance(60)
        content, url = replace(CONTENT, title=title, **changes), f"https://p/d/{number}"
        ticket = Ticket(
            delivery_id=number, release_id=number, disclosure_id=number, facts={}, page_url=url, due_at=self.clock.moment,
            payload=self.channel.render(content, page_url=url).payload,
        )  # fmt: skip
        async with in_transaction() as connection:
            await self.channel.publish(connection, ticket, now=self.clock.moment)


@pytest.fixture
async def town(conversation: Conversation, clock: Any) -> Town:
    async with in_transaction() as connection:
        await seed(connection)
    return Town(conversation, clock)


async def test_what_is_new_is_told_with_the_next_message_once(town: Town) -> None:
    await town.publish(1, "早就有的通知")
    turn = await town.say("订阅 民政局")
    assert turn.step is Step.SUBSCRIPTION
    assert turn.text.startswith("已订阅单位：区民政局。")
    await town.publish(2, "关于发放补贴的通知")
    await town.publish(3, "别的局的通知", department="区教育局")
    assert "订阅】" not in (await town.say("低保怎么申请", sender="p")).text
    answer = await town.say("低保怎么申请")
    assert answer.text.endswith("【您的订阅】\n区民政局：《关于发放补贴的通知》\nhttps://p/d/2")
    assert "订阅】" not in (await town.say("养老")).text
    async with in_transaction() as connection:
        await town.channel.retract(
            connection, 2, explanation="有误", repealed=False, now=town.clock.moment + timedelta(seconds=9)
        )
    town.clock.advance(60)
    assert "区民政局撤回了《关于发放补贴的通知》" in (await town.say("养老")).text


async def test_he_leaves_what_he_likes_and_nothing_is_kept(town: Town) -> None:
    assert "没有找到“月球局”" in (await town.say("订阅 月球局")).text
    await town.say("订阅 民政局")
    assert "已经订阅" in (await town.say("订阅区民政局")).text
    await town.say("订阅 通知公告")
    assert (await town.say("我的订阅")).text.startswith("您订阅了：区民政局、通知公告。")
    assert "还订阅着：通知公告" in (await town.say("退订民政局")).text
    assert "已经删除" in (await town.say("退订")).text
    assert not await Subscription.all().exists()
    assert "不用退订" in (await town.say("退订")).text
    assert "不能订阅" in (await town.chat.answer(channel="api", sender="", text="订阅 民政局")).text
    await town.say("订阅 民政局")
    async with in_transaction() as connection:
        await town.subscribing.forget(connection, "wechat", "o")
    assert not await Subscription.all().exists()


async def test_one_message_of_our_own_a_day_and_never_twice(town: Town) -> None:
    town.clock.moment = datetime(2026, 11, 23, 2, tzinfo=UTC)
    await town.say("订阅 民政局")
    await town.publish(2, "一号通知")
    assert await town.subscribing.sweep() == 0, "he was told today"
    town.clock.moment = datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert await town.subscribing.sweep() == 0, "it is night"
    town.clock.moment = datetime(2026, 11, 24, 2, tzinfo=UTC)
    town.trouble = ChannelRefused("不让")
    assert await town.subscribing.sweep() == 0
    town.trouble = None
    assert await town.subscribing.sweep() == 1
    assert town.sent == [("o", "【您的订阅】\n区民政局：《一号通知》\nhttps://p/d/2")]
    assert await town.subscribing.sweep() == 0
    await town.publish(3, "二号通知")
    town.clock.moment = datetime(2026, 11, 25, 2, tzinfo=UTC)
    assert await town.subscribing.sweep() == 0, "he wrote more than 47 hours ago"
    assert "二号通知" in (await town.say("低保怎么申请")).text
    await town.publish(4, "三号通知")
    town.clock.moment = datetime(2026, 11, 26, 2, tzinfo=UTC)
    town.trouble = OutcomeUnknown("超时")
    assert await town.subscribing.sweep() == 1
    town.trouble = None
    town.sent.clear()
    assert "三号通知" not in (await town.say("养老")).text, "it may have arrived"


async def test_everybody_reads_it_after_a_restart(town: Town, clock: Any) -> None:
    await town.say("订阅 民政局", channel="web", sender="v")
    await town.publish(2, "一号通知")
    other = Town(town.chat, clock)
    assert "一号通知" not in (await other.say("养老", channel="web", sender="v")).text
    await other.subscribing.refresh()
    assert "一号通知" in (await other.say("养老", channel="web", sender="v")).text
