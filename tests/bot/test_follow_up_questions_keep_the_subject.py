"""A follow-up question is understood with the subject of the last answer, and a question of its own never is (features C21)."""

from typing import Any

import pytest

from bot.conversation import Conversation
from bot.decision import Step
from bot.subject import Carry, Gap, carry, follow_up, shown, together
from bot.turn import Turn
from knowledge.entry import Entry, EntryKind
from knowledge.finding import Finding, Hit
from knowledge.records import UnansweredQuestion
from tests.bot.conftest import ScriptedBase

FOLLOWS = [
    "多少钱",
    "要多少钱",
    "收费吗",
    "要收费吗？",
    "需要多少费用",
    "费用是多少",
    "免费吗",
    "一共要花多少钱啊",
    "手续费多少",
    "贵不贵",
    "在哪办",
    "在哪里办理",
    "去哪办？",
    "那去哪里办呢",
    "到哪儿申请",
    "要去哪个部门",
    "在什么地方办",
    "哪里可以办",
    "地址在哪里",
    "去哪个窗口办",
    "需要什么材料",
    "要带什么",
    "要带哪些证件",
    "带什么材料呢",
    "那要准备哪些资料",
    "需要提供什么材料",
    "材料有哪些",
    "材料清单",
    "要什么手续",
    "还需要什么证明",
    "几天",
    "几天能办好",
    "多久",
    "要多久",
    "多久能办下来",
    "多长时间可以办完",
    "大概要几个工作日",
    "什么时候到账",
    "时限是多久",
    "几天能拿到",
    "电话多少",
    "电话是多少",
    "咨询电话",
    "联系电话是多少",
    "打什么电话",
    "找谁",
    "有没有电话",
    "联系方式",
    "怎么办理",
    "怎么申请",
    "那怎么办理呢",
    "具体怎么办",
    "流程是什么",
    "步骤有哪些",
    "怎么交",
    "如何申请",
    "什么条件",
    "需要什么条件",
    "要符合哪些条件",
    "条件是什么",
    "哪些人可以申请",
    "谁可以办",
    "有什么限制",
    "网上能办吗",
    "可以网上办吗",
    "手机上可以办吗",
    "能在网上申请吗",
    "可以代办吗",
    "能找别人代办吗",
    "要本人去吗",
    "必须本人到场吗",
    "周末上班吗",
    "周六办公吗",
    "几点下班",
    "上班时间",
    "中午有人吗",
    "那外地户口呢",
    "那外地户口呢？",
    "外地户口呢",
    "如果是租房的呢",
    "没有房产证呢",
    "那退休的呢",
    "农村户口也可以吗？",
    "那残疾人怎么办",
    "要是户口在外省呢",
    "那二胎呢",
    "这个怎么办",
    "这个可以代办吗",
    "那这个要多少钱",
    "它多久能办好",
    "这个业务在哪办",
    "这个补贴要什么材料",
    "这个政策什么时候开始",
    "刚才说的材料有哪些",
]
STANDS = [
    "低保怎么申请",
    "低保在哪办",
    "办身份证要多少钱",
    "结婚登记要带什么",
    "公积金提取需要什么材料",
    "养老金什么时候发",
    "社保卡丢了怎么补办",
    "医保电话是多少",
    "区民政局电话",
    "12345是什么电话",
    "新生儿怎么上户口",
    "小学入学怎么报名",
    "外地户口孩子怎么上学",
    "居住证在哪里办理",
    "驾驶证到期换证要多久",
    "生育津贴几天到账",
    "营业执照可以网上办吗",
    "低保可以代办吗",
    "护照办理流程",
    "失业金怎么领",
    "高龄补贴谁可以领",
    "残疾证怎么办",
    "政务大厅周末上班吗",
    "政务大厅几点下班",
    "退役军人优待证怎么申请",
    "独生子女费多少钱",
    "房产证多久能下来",
    "公租房申请条件",
    "经济适用房要什么条件",
    "自来水停水是真的吗",
    "明天停电吗",
    "网传要封路是真的吗",
    "你好",
    "谢谢",
    "转人工",
    "都不是",
    "更多",
    "1",
    "有用",
    "没用",
    "医保断缴了怎么办",
    "灵活就业怎么交社保",
    "孩子打疫苗去哪里",
    "宠物狗怎么办证",
    "垃圾分类怎么分",
    "路灯坏了找谁",
    "下水道堵了打什么电话",
    "邻居噪音扰民怎么办",
    "老人去世怎么报销丧葬费",
    "婚检是免费的吗",
    "结婚证丢了怎么补",
    "离婚要多久",
    "身份证几天能拿到",
    "准生证还要不要办",
    "为什么",
    "怎么回事",
    "你是谁",
    "你呢",
    "我呢",
    "人呢",
    "真的假的",
    "什么意思",
    "哪里不对",
    "我要投诉",
    "那就这样吧",
    "好的知道了",
    "那我明天去",
    "这是什么",
    "这个人是谁",
]
FLOOR_OF_FOLLOWS = 0.95
"""The part of the follow-up questions that is known as such."""


def test_what_asks_of_the_last_answer_is_known_as_that() -> None:
    assert len(FOLLOWS) >= 60
    missed = [text for text in FOLLOWS if follow_up(text) is None]
    assert len(missed) <= (1 - FLOOR_OF_FOLLOWS) * len(FOLLOWS), missed


def test_what_stands_by_itself_is_never_taken_for_a_follow_up() -> None:
    assert len(STANDS) >= 60
    assert [text for text in STANDS if follow_up(text) is not None] == []


@pytest.mark.parametrize(
    ("text", "how", "aspect", "circumstance"),
    [
        ("那多少钱呢", Gap.BARE, "fee", ""),
        ("这个在哪办", Gap.BARE, "place", ""),
        ("那外地户口呢？", Gap.TURNED, "", "外地户口"),
        ("如果是租房的呢", Gap.TURNED, "", "租房"),
        ("这个政策什么时候开始", Gap.BARE, "time", ""),
    ],
)
def test_what_is_asked_and_what_is_new_is_read(text: str, how: Gap, aspect: str, circumstance: str) -> None:
    found = follow_up(text)
    assert found is not None
    assert (found.how, found.aspect, found.circumstance) == (how, aspect, circumstance)


def test_the_subject_is_asked_with_it_and_shown() -> None:
    assert together("低保怎么申请", "那多少钱") == "低保怎么申请，多少钱"
    assert shown("低保怎么申请") == "按〈低保怎么申请〉理解（问别的事，请写全）："
    assert len(shown("很长的标题" * 20)) < 50


async def say(conversation: Conversation, text: str, channel: str = "wechat") -> Turn:
    return await conversation.answer(channel=channel, sender="oUser", text=text)


@pytest.mark.parametrize("channel", ["wechat", "weibo", "web"])
async def test_the_reply_says_how_it_was_understood(conversation: Conversation, channel: str) -> None:
    await say(conversation, "低保怎么申请", channel)
    turn = await say(conversation, "那在哪办", channel)
    assert turn.text.startswith("按〈低保怎么申请〉理解（问别的事，请写全）：\n向户籍所在地的")
    assert turn.entry is not None
    assert turn.entry.id == "dibao"


async def test_what_the_text_does_not_say_is_not_answered_with_it(
    conversation: Conversation, base: ScriptedBase
) -> None:
    await say(conversation, "养老金怎么认证")
    base.when("养老金", "answer", "yanglao")
    await say(conversation, "养老金怎么认证")
    turn = await say(conversation, "多少钱")
    assert turn.step is Step.NOT_SAID
    assert "没有写明费用" in turn.text
    assert "手机上办理" not in turn.text
    kept = await UnansweredQuestion.get(masked="养老金怎么认证，多少钱")
    assert kept.reason == "none"


async def test_after_ten_minutes_the_subject_is_forgotten(conversation: Conversation, clock: Any) -> None:
    await say(conversation, "低保怎么申请")
    clock.advance(10 * 60 + 1)
    assert (await say(conversation, "那在哪办")).entry is None


async def test_a_question_that_failed_in_between_ends_the_subject(conversation: Conversation) -> None:
    await say(conversation, "低保怎么申请")
    await say(conversation, "我家鹦鹉会唱歌")
    assert "低保" not in (await say(conversation, "在哪办")).text


async def test_a_subject_of_its_own_goes_before_the_old_one(conversation: Conversation, base: ScriptedBase) -> None:
    base.script.insert(0, ("^那小学入学呢|^小学入学呢", "answer", ("ruxue",)))
    await say(conversation, "低保怎么申请")
    turn = await say(conversation, "那小学入学呢")
    assert (turn.entry and turn.entry.id, turn.lead) == ("ruxue", "")


def test_a_new_circumstance_must_stand_in_the_text() -> None:
    asked = follow_up("那外地户口呢")
    assert asked is not None
    none = Finding(decision="none", confidence=0.0, hits=(), question="")
    for body, wanted in (("外地户口凭居住证办理。", Carry.WITH), ("向街道提出申请。", Carry.ALONE)):
        entry = Entry(id="a", kind=EntryKind.faq, title="低保怎么申请", body=body)
        found = Finding(decision="answer", confidence=0.9, hits=(Hit(entry=entry, score=1.0),), question="")
        assert carry(asked, topic=entry.title, entry=entry, alone=none, with_subject=found) is wanted
