"""有用 or 没用 is said in one word, once a person and answer, with a reason that nobody has to write (features C16)."""

from typing import Any

import pytest
from tortoise.transactions import in_transaction

from bot.asker import asker_hash
from bot.conversation import Conversation
from bot.correcting import mark_of
from bot.decision import Step
from bot.feedback import EVERY, HINT, Feedback
from bot.feedback_records import AnswerFeedback
from bot.rating import REASONS, reason_of
from bot.turn import Turn
from tests.bot.conftest import LOW


async def say(conversation: Conversation, text: str, sender: str = "oUser", channel: str = "wechat") -> Turn:
    return await conversation.answer(channel=channel, sender=sender, text=text)


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
async def test_a_mark_is_kept_with_its_answer_and_without_its_person(conversation: Conversation, channel: str) -> None:
    await say(conversation, "低保怎么申请", channel=channel)
    assert (await say(conversation, "有用", channel=channel)).step is Step.USEFUL
    row = await AnswerFeedback.get()
    assert (row.channel, row.entry_id, row.useful, row.reason, row.mark) == (channel, "dibao", True, "", mark_of(LOW))
    assert row.asker_hash == asker_hash("k", channel=channel, sender="oUser")


async def test_no_use_asks_for_one_of_four_reasons_and_a_mark_may_be_changed(conversation: Conversation) -> None:
    await say(conversation, "低保怎么申请")
    why = await say(conversation, "没用")
    assert [f"{number}. {reason}" in why.text for number, reason in enumerate(REASONS, 1)] == [True] * 4
    assert (await AnswerFeedback.get()).reason == ""
    assert (await say(conversation, "3")).step is Step.REASON
    row = await AnswerFeedback.get()
    assert (row.useful, row.reason) == (False, "过时或有误")
    await say(conversation, "有用")
    row = await AnswerFeedback.get()
    assert (row.useful, row.reason) == (True, "")


async def test_who_does_not_want_to_give_a_reason_just_asks_on(conversation: Conversation) -> None:
    await say(conversation, "低保怎么申请")
    await say(conversation, "没用")
    assert (await say(conversation, "补贴怎么办")).step is Step.CHOOSE
    assert (await say(conversation, "1")).step is Step.ANSWER


async def test_the_question_stands_below_few_answers_and_buttons_below_all(conversation: Conversation) -> None:
    said = [(await say(conversation, "低保怎么申请")).text for _ in range(EVERY + 1)]
    assert [HINT in text for text in said] == [True, *[False] * (EVERY - 1), True]
    web = [await say(conversation, "低保怎么申请", channel="web") for _ in range(2)]
    assert [turn.replies[-2:] for turn in web] == [("有用", "没用")] * 2
    assert all(HINT not in turn.text for turn in web)


async def test_without_an_answer_there_is_nothing_to_mark(conversation: Conversation, clock: Any) -> None:
    assert (await say(conversation, "没用")).step is Step.HELP
    await say(conversation, "低保怎么申请")
    clock.advance(24 * 3600 + 1)
    assert (await say(conversation, "有用")).step is Step.HELP
    assert not await AnswerFeedback.exists()


async def test_two_persons_are_two_and_nobody_in_particular_is_none(conversation: Conversation) -> None:
    for sender in ("oUser", "oOther", ""):
        await say(conversation, "低保怎么申请", sender=sender)
        await say(conversation, "有用", sender=sender)
    assert await AnswerFeedback.all().count() == 2


async def test_who_leaves_is_let_go(conversation: Conversation) -> None:
    await say(conversation, "低保怎么申请")
    await say(conversation, "有用")
    async with in_transaction() as connection:
        await Feedback(key="k").forget(connection, channel="wechat", sender="oUser")
    assert (await AnswerFeedback.get()).asker_hash is None


def test_a_reason_is_a_number_or_its_own_words() -> None:
    assert [reason_of(words) for words in ("1", "二", "不完整", "5", "你好")] == [
        "答非所问", "看不懂", "不完整", "", ""
    ]  # fmt: skip
