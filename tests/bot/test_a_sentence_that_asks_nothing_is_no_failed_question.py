from dataclasses import replace
from typing import Any

import pytest

from bot.conversation import Conversation
from bot.courtesy import is_abuse, is_greeting, is_thanks
from bot.decision import Step
from bot.turn import Turn
from bot.urgent import urgent_text
from knowledge.finding import Finding, Hit
from knowledge.records import UnansweredQuestion
from knowledge.rumour_records import RumourReport


async def say(conversation: Conversation, text: str) -> Turn:
    return await conversation.answer(channel="wechat", sender="oUser", text=text)


@pytest.mark.parametrize(("text", "step"), [
    ("你好呀", Step.HELP), ("您好，请问在吗", Step.HELP), ("有没有人啊", Step.HELP), ("你能干什么", Step.HELP), ("[微笑]", Step.HELP), ("早上好！😀", Step.HELP),
    ("谢谢🙏", Step.THANKS), ("好的👌", Step.THANKS), ("谢谢[玫瑰]", Step.THANKS), ("好的，谢谢您啦", Step.THANKS), ("知道了/:rose", Step.THANKS),
    ("傻逼", Step.ABUSE), ("垃圾政府", Step.ABUSE), ("你们这些废物", Step.ABUSE), ("滚", Step.ABUSE), ("滚蛋吧你", Step.ABUSE),
    ("更多", Step.NO_MORE), ("转人工", Step.HAND_OVER),
])  # fmt: skip
async def test_courtesy_and_abuse_are_not_kept_as_questions(
    conversation: Conversation, base: Any, text: str, step: Step
) -> None:
    turn = await say(conversation, text)
    assert (turn.step, turn.decision) == (step, "none")
    assert (base.asked, await UnansweredQuestion.all().count()) == ([], 0)


def test_a_long_row_of_thanks_costs_no_time() -> None:
    assert not is_thanks("谢谢" * 2000 + "滨")
    assert not is_abuse("你们" * 2000 + "滨")
    assert not is_greeting("你好啊" * 1300 + "滨")


@pytest.mark.parametrize(
    "text", ["垃圾怎么分类", "垃圾", "操场什么时候开放", "好的低保呢", "你们局几点上班", "谢师宴能办吗", "开始供暖了吗"]
)
async def test_a_question_with_such_a_word_is_asked_of_the_base(
    conversation: Conversation, base: Any, text: str
) -> None:
    await say(conversation, text)
    assert base.asked == [text]


@pytest.mark.parametrize(("text", "number"), [
    ("想死，活不下去了", "12356"), ("有人要跳楼", "110"), ("我老公打我怎么办", "12338"), ("孩子不见了！！！", "110"), ("我妈妈走丢了怎么办，老人走丢了", "24 小时"),
])  # fmt: skip
async def test_danger_is_answered_with_the_number_to_call(conversation: Conversation, text: str, number: str) -> None:
    turn = await say(conversation, text)
    assert turn.step is Step.URGENT
    assert number in turn.text
    assert await UnansweredQuestion.all().count() == 0


@pytest.mark.parametrize(
    "text",
    [
        "听说有人要跳楼是真的吗",
        "孩子身份证丢了",
        "老人卡丢了",
        "打孩子疫苗去哪里",
        "要死亡证明吗",
        "老公打工受伤了",
        "城东孩子不见了，转发扩散",
    ],
)
def test_an_ordinary_question_is_not_danger(text: str) -> None:
    assert urgent_text(text) == ""


async def test_a_rumours_title_is_never_offered_without_its_verdict(conversation: Conversation, base: Any) -> None:
    base.when("水", "choose", "yaoyan", "dibao")
    turn = await say(conversation, "水的事")
    assert "1. 【不实】网传自来水下周停水七天\n2. 低保怎么申请\n3. 都不是" in turn.text


async def test_a_weak_candidate_is_not_offered(conversation: Conversation, base: Any) -> None:
    hits = tuple(Hit(entry=base.entries[name], score=score) for name, score in (("dibao", 10.0), ("ruxue", 4.0)))
    base.ask = lambda text, **_: Finding(decision="choose", confidence=0.5, hits=hits, question=text)
    assert (await say(conversation, "困难家庭怎么申请")).text.startswith(
        "您想了解的是这一项吗？请回复数字：\n1. 低保怎么申请\n2. 都不是\n"
    )


async def test_a_bare_topic_with_two_entries_is_asked_back(conversation: Conversation, base: Any) -> None:
    base.when("补贴", "answer", "dibao", "ruxue")
    assert (await say(conversation, "补贴")).step is Step.CHOOSE
    assert (await say(conversation, "补贴怎么申请")).step is Step.ANSWER


async def test_a_number_that_is_not_on_the_list_shows_the_list_again(conversation: Conversation) -> None:
    first = await say(conversation, "这个怎么办")
    assert (await say(conversation, "9")).text == first.text
    turn = await say(conversation, "我选2吧")
    assert turn.entry is not None
    assert turn.entry.id == "yanglao"


async def test_a_message_that_was_handed_on_is_not_asked_for_other_words(conversation: Conversation) -> None:
    turn = await say(conversation, "听说区里要并到市里去了")
    assert turn.text.startswith("暂时没有查到这条消息的核实结论，已记下有人询问（不含您的身份信息）。")
    assert (await RumourReport.get()).text == "听说区里要并到市里去了"
    assert await UnansweredQuestion.all().count() == 0, "one list, one worker"


async def test_the_basis_names_a_number_once_and_who_picks_up_the_telephone(
    conversation: Conversation, base: Any, teach: Any
) -> None:
    await teach(
        replace(
            base.entries["dibao"], source="《审核确认办法》（民发〔2021〕57号）", unit="区民政局", phone="0730-1234567"
        )
    )
    text = (await say(conversation, "低保怎么申请")).text
    assert "依据：《审核确认办法》（民发〔2021〕57号）\n发文机关：民政部\n" in text
    assert "咨询电话：区民政局 0730-1234567" in text
