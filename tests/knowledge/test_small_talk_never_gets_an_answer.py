"""Short, empty, rude, greeting and nonsense messages never get an answer, whatever the base holds."""

from datetime import date

import pytest

from audit.actor import Actor
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.decision import is_small_talk
from knowledge.entry import Entry


@pytest.mark.parametrize(
    "text",
    ["", "  ", "\n", "？", "。。。", "哈哈", "哈哈哈哈哈", "你好", "您好！", "在吗？", "😀😀", "👍", "1", "12345", "嗯", "谢谢", "谢谢您啊", "好的",
     "Hello", "呵呵", "傻逼", "滚", "aaaaaa", "！！！", "你好，请问", "66666", "测试", "啊啊啊啊",
     "你真是个垃圾", "asdfghjkl", "好的谢谢您", "你好啊亲", "哈哈哈真好", "你们这些骗子", "早上好！😀", "ＨＥＬＬＯ", "謝謝", "……？！", "qwertyuiop"],
)  # fmt: skip
async def test_it_is_none_without_hits(
    text: str, curation: Curation, base: KnowledgeBase, entries: list[Entry], actor: Actor, today: date
) -> None:
    await curation.put_entries(entries, actor=actor)
    await base.load()
    finding = base.ask(text, today=today)
    assert (finding.decision, finding.confidence, finding.hits) == ("none", 0.0, ())


@pytest.mark.parametrize(
    "text", ["asdfghjkl qwerty", "今天晚上吃什么好呢", "给我讲一个关于兔子的故事", "锟斤拷烫烫烫", "股票明天会涨停吗"]
)
async def test_what_the_base_does_not_hold_is_not_answered(
    text: str, curation: Curation, base: KnowledgeBase, entries: list[Entry], actor: Actor, today: date
) -> None:
    await curation.put_entries(entries, actor=actor)
    await base.load()
    assert base.ask(text, today=today).decision != "answer"


@pytest.mark.parametrize(
    "text",
    ["垃圾怎么分类", "怎么办理护照", "没有工作了能申请低保吗", "停水", "低保", "公积金", "你好，护照在哪里办理，谢谢"],
)
def test_a_topic_or_a_polite_question_is_not_small_talk(text: str) -> None:
    assert not is_small_talk(text)


async def test_an_empty_base_answers_nothing(curation: Curation, base: KnowledgeBase, today: date) -> None:
    assert base.ask("怎么申请低保", today=today).decision == "none"
    await base.load()
    assert base.ask("怎么申请低保", today=today).hits == ()
