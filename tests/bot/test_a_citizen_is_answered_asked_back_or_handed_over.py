from dataclasses import replace
from typing import Any

import pytest
from tortoise.transactions import in_transaction

from bot.conversation import Conversation
from bot.correcting import Corrections
from bot.curating import forgetting
from bot.decision import Step, nonsense
from bot.memory import Memory, Option, Page
from bot.office import Office, named
from bot.records import ConversationState
from bot.reporting import Reports
from bot.turn import Turn
from knowledge.records import UnansweredQuestion


async def say(conversation: Conversation, text: str, sender: str = "oUser", channel: str = "wechat") -> Turn:
    return await conversation.answer(channel=channel, sender=sender, text=text)


async def test_a_certain_question_is_answered_with_its_source(conversation: Conversation) -> None:
    turn = await say(conversation, "低保怎么申请")
    assert (turn.step, turn.decision) == (Step.ANSWER, "answer")
    assert turn.text == (
        "向户籍所在地的乡镇人民政府、街道办事处提出申请。\n\n依据：最低生活保障审核确认办法 民发〔2021〕57号\n发文机关：民政部\n"
        "成文日期：2021年6月11日\n有效性：有效\n链接：https://portal.example.gov.cn/d/1\n（这条答复有帮助吗？请回复“有用”或“没用”）"
    )
    assert turn.sources[0].document_number == "民发〔2021〕57号"
    assert (await ConversationState.get()).state["said"]["topic"] == "低保怎么申请"


async def test_a_rumour_begins_with_its_verdict(conversation: Conversation) -> None:
    lines = (await say(conversation, "听说要停水七天")).text.split("\n")
    assert lines[0] == "【不实】网传自来水下周停水七天"
    assert lines[1] == "依据：区水务局2026年11月20日通报　发布单位：区水务局　时间：2026年11月20日"
    assert lines[2] == "经核实，自来水供应正常，没有停水计划。"
    assert lines[-3:] == ["链接：https://portal.example.gov.cn/d/2", "", "回复“转发”，可得到适合发到家庭群的短文。"]


async def test_two_close_candidates_are_offered_by_number(conversation: Conversation) -> None:
    turn = await say(conversation, "补贴怎么办")
    assert turn.decision == "choose"
    assert turn.text == (
        "您想了解的是哪一项？请回复数字：\n1. 低保怎么申请\n2. 养老金怎么认证\n3. 小学入学怎么报名\n4. 都不是\n（选项 15 分钟内有效）"
    )


@pytest.mark.parametrize("number", ["2", "２", "二", "选2", "第二个", "2.", " 2 。"])
async def test_a_number_picks_the_entry(conversation: Conversation, number: str) -> None:
    await say(conversation, "补贴怎么办")
    turn = await say(conversation, number)
    assert (turn.step, turn.entry and turn.entry.id) == (Step.ANSWER, "yanglao")
    assert turn.text.startswith("每年认证一次")
    other = await say(conversation, "3")
    assert other.entry is not None
    assert other.entry.id == "ruxue"


async def test_a_new_question_needs_no_number(conversation: Conversation) -> None:
    await say(conversation, "补贴怎么办")
    assert (await say(conversation, "低保怎么申请")).step is Step.ANSWER


async def test_one_citizens_choice_is_not_anothers(conversation: Conversation) -> None:
    await say(conversation, "补贴怎么办")
    assert (await say(conversation, "1", sender="oOther")).step is Step.HELP
    assert (await say(conversation, "1", channel="weibo")).step is Step.HELP
    assert (await say(conversation, "1")).step is Step.ANSWER


async def test_an_expired_choice_is_explained(conversation: Conversation, clock: Any) -> None:
    await say(conversation, "补贴怎么办")
    clock.advance(15 * 60)
    assert (await say(conversation, "1")).step is Step.ANSWER
    await say(conversation, "补贴怎么办")
    clock.advance(15 * 60 + 1)
    assert (await say(conversation, "你好")).step is Step.HELP
    turn = await say(conversation, "1")
    assert turn.step is Step.EXPIRED
    assert "已过期" in turn.text
    assert (await say(conversation, "1")).step is Step.HELP


@pytest.mark.parametrize("words", ["都不是", "4", "以上都不是", "没有"])
async def test_none_of_these_is_counted_with_the_candidates(
    conversation: Conversation,
    words: str,
) -> None:
    await say(conversation, "补贴怎么办，电话13812345678")
    turn = await say(conversation, words)
    assert turn.step is Step.REPHRASE
    kept = await UnansweredQuestion.get()
    assert (kept.reason, kept.decision, [c["id"] for c in kept.candidates]) == (
        "rejected_choice",
        "choose",
        ["dibao", "yanglao", "ruxue"],
    )
    assert kept.masked == "补贴怎么办，电话138****5678"


async def test_after_two_tries_a_person_is_named_with_phone_and_hours(conversation: Conversation) -> None:
    first = await say(conversation, "外星人补贴标准")
    assert (first.step, first.decision) == (Step.REPHRASE, "none")
    assert "0730-0000000" in first.text
    second = await say(conversation, "火星人补贴标准")
    assert second.step is Step.HAND_OVER
    assert "区政务公开办公室（电话 0730-0000000，工作日 9:00–17:00）" in second.text
    assert "12345" in second.text
    kept = await UnansweredQuestion.all().order_by("id")
    assert [(question.text, question.reason) for question in kept] == [
        ("外星人补贴标准", "none"),
        ("火星人补贴标准", "none"),
    ]
    assert (await say(conversation, "土星人补贴标准")).step is Step.REPHRASE


async def test_a_refused_choice_and_an_unknown_question_are_two_tries(conversation: Conversation) -> None:
    await say(conversation, "补贴怎么办")
    await say(conversation, "都不是")
    assert (await say(conversation, "外星人补贴标准")).step is Step.HAND_OVER
    await say(conversation, "补贴怎么办")
    await say(conversation, "都不是")
    await say(conversation, "那怎么办")
    assert (await say(conversation, "都不是")).step is Step.HAND_OVER


async def test_tries_of_yesterday_do_not_count(conversation: Conversation, clock: Any) -> None:
    await say(conversation, "外星人补贴标准")
    clock.advance(3600)
    assert (await say(conversation, "火星人补贴标准")).step is Step.REPHRASE


async def test_the_unit_that_is_named_is_the_one_handed_over_to(conversation: Conversation) -> None:
    await say(conversation, "外星人补贴标准")
    turn = await say(conversation, "民政局的火星人补贴")
    assert "区民政局（电话 0730-0000001，工作日 8:30–12:00）" in turn.text


async def test_who_asks_for_a_person_gets_one_at_once(conversation: Conversation) -> None:
    for words in ("人工", "转人工", "我要人工客服", "帮我转接人工服务"):
        assert (await say(conversation, words)).step is Step.HAND_OVER
    assert await UnansweredQuestion.all().count() == 0


@pytest.mark.parametrize("text", [
    "哈哈", "哈哈哈哈", "你好", "您好！", "在吗？", "。。。", "？？？", "😀😀", "嗯嗯额", "的的的的", "锟斤拷锟斤拷", "\ufffd\ufffd", "a", "呵呵哒"[:2], "Hello!",
    "1", "", "   ", "asdfghjkl", "qwerty uiop",
])  # fmt: skip
async def test_a_greeting_or_nonsense_never_yields_a_policy_answer(
    conversation: Conversation,
    base: Any,
    text: str,
) -> None:
    base.when("[哈你好额嗯的锟呵]", "answer", "dibao")
    turn = await say(conversation, text)
    assert (turn.step, turn.decision, turn.entry) == (Step.HELP, "none", None)
    assert "· 低保怎么申请？\n· 养老金怎么认证？\n· 网传停水是真的吗？" in turn.text
    assert await UnansweredQuestion.all().count() == 0


def test_real_questions_are_not_nonsense() -> None:
    for text in ("低保", "医保怎么交", "12345", "公积金啊", "好的低保呢", "是真的吗", "110"):
        assert not nonsense(text)


async def test_thanks_are_answered_shortly_and_forget_nothing(conversation: Conversation) -> None:
    await say(conversation, "补贴怎么办")
    assert (await say(conversation, "谢谢")).step is Step.THANKS
    assert (await say(conversation, "3")).entry is not None


async def test_what_was_withdrawn_since_it_was_indexed_is_not_said(
    conversation: Conversation, base: Any, teach: Any
) -> None:
    await say(conversation, "补贴怎么办")
    await teach(replace(base.entries["yanglao"], live=False))
    turn = await say(conversation, "2")
    assert (turn.step, turn.decision, turn.sources, base.refreshed) == (Step.EXPIRED, "none", (), 0)
    await teach(replace(base.entries["dibao"], live=False))
    assert "街道办事处" not in (await say(conversation, "低保怎么申请")).text
    assert base.refreshed == 1


async def test_a_repealed_document_says_so_first(conversation: Conversation, base: Any, teach: Any) -> None:
    await teach(replace(base.entries["dibao"], validity="废止"))
    turn = await say(conversation, "低保怎么申请")
    assert turn.text.startswith("【废止】本文件已废止")
    assert "有效性：废止" in turn.text


async def test_a_long_answer_is_read_page_by_page_to_its_last_word(
    conversation: Conversation, base: Any, teach: Any
) -> None:
    body = "".join(f"第{number}条　申请人应当如实提供家庭收入和财产状况的证明材料。" for number in range(1, 120))
    await teach(replace(base.entries["dibao"], body=body))
    for channel, fits in (("wechat", lambda text: len(text.encode()) <= 2000), ("weibo", lambda text: len(text) < 300)):
        turn, said = await say(conversation, "低保怎么申请", channel=channel), ""
        assert "有效性：有效" in turn.text
        assert "链接：https://portal.example.gov.cn/d/1" in turn.text
        for _ in range(100):
            assert fits(turn.text)
            said += turn.text.split("\n……")[0] if turn.quotation is None else ""
            if not turn.more:
                break
            turn = await say(conversation, "更多", channel=channel)
        assert said == body
        assert (await say(conversation, "更多", channel=channel)).step is not Step.MORE


async def test_a_text_that_changed_between_two_pages_is_not_continued(
    conversation: Conversation, base: Any, teach: Any
) -> None:
    await teach(replace(base.entries["dibao"], body="旧的规定。" * 300))
    assert (await say(conversation, "低保怎么申请")).more
    await teach(replace(base.entries["dibao"], body="新的规定。" * 300))
    turn = await say(conversation, "更多")
    assert (turn.step, "规定" in turn.text) == (Step.EXPIRED, False)


async def test_nobody_is_not_remembered(conversation: Conversation) -> None:
    assert (await say(conversation, "补贴怎么办", sender="")).step is Step.CHOOSE
    assert await ConversationState.all().count() == 0


async def test_letters_that_no_database_can_hold_are_dropped(conversation: Conversation) -> None:
    await say(conversation, "外星人\x00补贴\ud800标准")
    assert (await UnansweredQuestion.get()).text == "外星人补贴标准"


async def test_a_very_long_message_is_answered_too(conversation: Conversation, base: Any) -> None:
    await say(conversation, "请问低保" + "很长的话" * 5000)
    assert len(base.asked[-1]) == 4000


def test_a_memory_survives_its_stored_form(now: Any) -> None:
    memory = Memory(
        at=now, options=(Option(id="a", title="甲", score=1.5),), question="问", confidence=0.5,
        page=Page(entry_id="a", next=2, digest="x"), tries=1, late="迟",
    )  # fmt: skip
    assert Memory.parse(memory.dump()) == memory
    assert Memory.parse({}) == Memory()


def test_the_longest_name_of_a_unit_wins() -> None:
    one, other = Office(name="区人力资源和社会保障局"), Office(name="区社会保障局")
    units = [(("区人力资源和社会保障局", "区人社局"), one), (("区社会保障局", ""), other)]
    assert named("人力资源和社会保障局在哪", units) is one
    assert named("人社局电话", units) is one
    assert named("今天天气", units) is None


async def test_the_part_of_a_long_document_that_is_asked_about_comes_first(
    conversation: Conversation,
    base: Any,
    teach: Any,
) -> None:
    filler = "为做好有关工作，各单位要提高认识、加强领导、明确责任，认真抓好贯彻落实，并及时报送工作进展情况。"
    wanted = "城市低保标准为每人每月935元，农村低保标准为每人每年7200元，自2026年12月1日起执行。"
    await teach(replace(base.entries["dibao"], body=filler * 12 + wanted + filler * 12))
    turn = await say(conversation, "低保标准每人每月多少元")
    assert wanted in turn.text
    assert turn.text.startswith(f"「{wanted}")
    assert turn.more
    assert len(turn.text.encode()) <= 2000
    assert (await say(conversation, "更多")).text.startswith(filler)


async def test_the_questions_of_who_leaves_belong_to_nobody(
    conversation: Conversation, reports: Reports, clock: Any
) -> None:
    corrections = Corrections(clock=clock)
    await say(conversation, "外星人补贴标准，电话13812345678")
    async with in_transaction() as connection:
        await forgetting(key="k", reports=reports, corrections=corrections)(connection, "wechat", "oOther")
    assert (await UnansweredQuestion.get()).text.endswith("13812345678")
    async with in_transaction() as connection:
        await forgetting(key="k", reports=reports, corrections=corrections)(connection, "wechat", "oUser")
    kept = await UnansweredQuestion.get()
    assert (kept.text, kept.asker_hash) == ("外星人补贴标准，电话138****5678", "")
