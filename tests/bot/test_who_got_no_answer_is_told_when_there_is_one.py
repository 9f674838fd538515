"""告诉我: who got no answer agrees in two steps, is told once when there is one, with his own question, on every channel; and is
forgotten when he leaves."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from audit.actor import Actor
from bot.asker import asker_hash
from bot.awaiting import HINT, Awaiting, consent_text, notice_text, short_notice_text
from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.curating import forgetting, reading
from bot.decision import Step
from bot.measure import load_measures
from bot.records import InboundMessage
from bot.reporting import Reports
from bot.telling import Telling
from bot.turn import Turn
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.question_gathering import answer_notices
from knowledge.question_notices import QuestionNotices
from knowledge.question_records import QuestionNotice
from knowledge.records import UnansweredQuestion
from knowledge.reporting import Notice
from publishers.errors import ChannelRefused, ChannelUnavailable, OutcomeUnknown

ASKED = "鹦鹉会背唐诗怎么登记，电话13812345678"
MASKED = ASKED.replace("13812345678", "138****5678")
PARROT = Entry(
    id="parrot", kind=EntryKind.service, title="鹦鹉登记怎么办", body="到区林业局窗口登记。", unit="区林业局", source="办事指南",
    source_url="https://portal.example.gov.cn/d/7",
)  # fmt: skip
MEASURES = load_measures()


async def say(conversation: Conversation, text: str, sender: str = "oUser", channel: str = "wechat") -> Turn:
    return await conversation.answer(channel=channel, sender=sender, text=text)


async def agreed(conversation: Conversation, *, sender: str = "oUser", channel: str = "wechat") -> None:
    await say(conversation, ASKED, sender, channel)
    assert (await say(conversation, "告诉我", sender, channel)).step is Step.AWAIT_CONSENT
    assert (await say(conversation, "同意", sender, channel)).step is Step.AWAITED


async def answered(clock: Any) -> None:
    """What the desk does when the answering entry is released."""
    ids = [int(str(number)) for number in await UnansweredQuestion.all().values_list("id", flat=True)]
    async with in_transaction() as connection:
        await answer_notices(connection, ids, "parrot", now=clock.moment)


@pytest.fixture
async def released(teach: Callable[[Entry], Awaitable[None]], clock: Any) -> Callable[[], Awaitable[None]]:
    async def release() -> None:
        await teach(PARROT)
        await answered(clock)

    return release


class Platform:
    """Takes messages of our own, or fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.fails: Exception | None = None

    async def send(self, sender: str, text: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.sent.append((sender, text))


def telling_of(platform: Platform, curation: Curation, awaiting: Awaiting, clock: Any) -> Telling:
    return Telling(
        reporting=QuestionNotices(), clock=clock, entry_of=reading(curation, clock=clock), send_text={"wechat": platform.send},
        worded=lambda notice, entry: awaiting.worded(notice, entry, notice.channel),
    )  # fmt: skip


async def wrote(clock: Any, sender: str = "oUser") -> None:
    await InboundMessage.create(
        channel="wechat", key=f"k{clock.moment}{sender}", sender=sender, kind="text", body={}, received_at=clock.moment
    )


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
async def test_who_got_no_answer_may_wait_for_one_in_two_steps(conversation: Conversation, channel: str) -> None:
    first = await say(conversation, ASKED, channel=channel)
    assert "告诉我" in first.replies
    assert (HINT in first.text) is (channel != "web"), "the web chat has a button"
    asked = await say(conversation, "告诉我", channel=channel)
    assert asked.step is Step.AWAIT_CONSENT
    for words in ("“鹦鹉会背唐诗怎么登记，电话138****", "谁会看到：区政务公开办公室", "只通知一次", "回复“同意”"):
        assert words in asked.text
    assert await QuestionNotice.all().count() == 0, "wanting it is not yet consent"
    assert (await say(conversation, "同意", channel=channel)).step is Step.AWAITED
    row = await QuestionNotice.get()
    assert (row.asked, row.state, row.channel) == (MASKED, "wanted", channel)
    assert row.sender == ("oUser" if channel == "wechat" else ""), "an address is kept only where we may write"
    assert (await say(conversation, "同意", channel=channel)).step is Step.HELP


async def test_who_declines_asks_on_or_waits_too_long_is_not_kept(conversation: Conversation, clock: Any) -> None:
    await say(conversation, ASKED)
    await say(conversation, "告诉我")
    assert (await say(conversation, "不用")).step is Step.NOT_AWAITED
    await say(conversation, ASKED)
    assert (await say(conversation, "低保怎么申请")).step is Step.ANSWER
    assert (await say(conversation, "告诉我")).step is not Step.AWAIT_CONSENT
    await say(conversation, ASKED, "oLate")
    await say(conversation, "告诉我", "oLate")
    clock.advance(16 * 60)
    assert (await say(conversation, "同意", "oLate")).step is not Step.AWAITED
    assert await QuestionNotice.all().count() == 0


async def test_nobody_in_particular_is_not_offered_it(conversation: Conversation) -> None:
    assert "告诉我" not in (await say(conversation, ASKED, sender="")).replies


@pytest.mark.parametrize("channel", ["weibo", "web", "wechat"])
async def test_he_is_told_before_the_next_reply_once(
    conversation: Conversation, released: Callable[[], Awaitable[None]], channel: str
) -> None:
    await agreed(conversation, channel=channel)
    await released()
    told = await say(conversation, "低保怎么申请", channel=channel)
    assert told.text.startswith("您11月23日问的“鹦鹉会背唐诗怎么登记，电话138****")
    assert PARROT.title in told.text or PARROT.body in told.text
    assert "向户籍所在地的乡镇人民政府" in told.text
    row = await QuestionNotice.get()
    assert (row.state, row.sender) == ("told", "")
    again = await say(conversation, "低保怎么申请", channel=channel)
    assert "现在有了答复" not in again.text


async def test_he_is_told_in_a_message_of_our_own_inside_the_window_and_never_twice(
    conversation: Conversation,
    curation: Curation,
    awaiting: Awaiting,
    released: Callable[[], Awaitable[None]],
    clock: Any,
) -> None:
    await agreed(conversation)
    await wrote(clock)
    platform = Platform()
    telling = telling_of(platform, curation, awaiting, clock)
    assert await telling.sweep() == 0
    await released()
    platform.fails = ChannelUnavailable("later")
    assert await telling.sweep() == 0
    platform.fails = None
    assert await telling.sweep() == 1
    assert await telling.sweep() == 0
    ((sender, text),) = platform.sent
    assert sender == "oUser"
    assert text.startswith("您11月23日问的“鹦鹉")
    assert "到区林业局窗口登记。" in text
    assert "现在有了答复" not in (await say(conversation, "低保怎么申请")).text


@pytest.mark.parametrize(("failure", "state"), [(OutcomeUnknown("?"), "told"), (ChannelRefused("45015"), "waiting")])
async def test_what_may_have_arrived_is_not_sent_again_and_what_was_refused_waits(
    conversation: Conversation, curation: Curation, awaiting: Awaiting, released: Callable[[], Awaitable[None]], clock: Any,
    failure: Exception, state: str,
) -> None:  # fmt: skip
    await agreed(conversation)
    await wrote(clock)
    await released()
    platform = Platform()
    platform.fails = failure
    await telling_of(platform, curation, awaiting, clock).sweep()
    row = await QuestionNotice.get()
    assert (row.state, row.sender) == (state, "")


async def test_outside_the_window_he_is_told_when_he_comes_back(
    conversation: Conversation,
    curation: Curation,
    awaiting: Awaiting,
    released: Callable[[], Awaitable[None]],
    clock: Any,
) -> None:
    await agreed(conversation)
    await wrote(clock)
    clock.advance(50 * 3600)
    await released()
    platform = Platform()
    assert await telling_of(platform, curation, awaiting, clock).sweep() == 0
    assert platform.sent == []
    assert "现在有了答复" in (await say(conversation, "你好")).text


async def test_a_withdrawn_answer_is_not_told(
    conversation: Conversation,
    curation: Curation,
    awaiting: Awaiting,
    released: Callable[[], Awaitable[None]],
    clock: Any,
) -> None:
    await agreed(conversation)
    await wrote(clock)
    await released()
    await curation.stop_entry("parrot", "有误", actor=Actor.machine("测试"))
    platform = Platform()
    assert await telling_of(platform, curation, awaiting, clock).sweep() == 0
    assert "现在有了答复" not in (await say(conversation, "你好")).text
    clock.advance(61 * 86_400)
    await QuestionNotices().lapse(now=clock.moment)
    assert (await QuestionNotice.get()).state == "lapsed"


async def test_who_is_just_asking_it_again_is_not_told_twice(
    conversation: Conversation, base: Any, released: Callable[[], Awaitable[None]]
) -> None:
    await agreed(conversation)
    await released()
    base.when("鹦鹉", "answer", "parrot")
    turn = await say(conversation, ASKED)
    assert turn.text.count("到区林业局窗口登记。") == 1
    assert (await QuestionNotice.get()).state == "told"


async def test_who_unfollows_is_forgotten(
    conversation: Conversation, awaiting: Awaiting, reports: Reports, clock: Any
) -> None:
    await agreed(conversation)
    forget = forgetting(key="k", reports=reports, corrections=Corrections(clock=clock), others=(awaiting,))
    async with in_transaction() as connection:
        await forget(connection, "wechat", "oUser")
    assert await QuestionNotice.all().count() == 0
    assert (await UnansweredQuestion.all().first() or UnansweredQuestion()).asker_hash == ""
    assert asker_hash("k", channel="wechat", sender="oUser") not in str(await UnansweredQuestion.all().values())


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
@pytest.mark.parametrize("body", ["短。", "每户三百元，由各镇街发放。" * 300])
def test_every_text_fits(channel: str, body: str, clock: Any) -> None:
    entry = replace(PARROT, body=body, title="字" * 80)
    notice = Notice(id=1, entry_id="parrot", asked="问" * 300, asked_at=clock.moment - timedelta(days=3))
    for text in (
        notice_text(notice, entry, MEASURES[channel]), short_notice_text(notice, entry),
        consent_text("区政务公开办公室", "问" * 300, first=True),
    ):  # fmt: skip
        assert MEASURES[channel].fits(text)
