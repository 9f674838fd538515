"""Dialect, Traditional characters, letters among characters and wrong characters (features C32)."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audit.actor import Actor
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.colloquial import LONGEST, pairs, standard
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.keywords import Keywords
from knowledge.spelling import Spelling

TODAY = date(2026, 11, 27)
SPOKEN = [
    ("低保要么子材料", "低保要什么材料"), ("身份证啷个补办", "身份证怎么补办"), ("社保卡咋个办", "社保卡怎么办"), ("办证要好多钱", "办证要多少钱"),
    ("医保交好多年", "医保交多少年"), ("啥子时候发补贴", "什么时候发补贴"), ("护照弄丢了咋整", "护照丢失怎么办"), ("俺娘的医保咋弄", "我母亲的医保怎么办"),
    ("户口点解迁唔得", "户口为什么迁不行"), ("点樣申請低保", "怎样申请低保"), ("邊度可以辦社保", "哪里可以办社保"), ("要几多钱", "要多少钱"),
    ("有冇补贴", "有没有补贴"), ("结婚要带乜嘢", "结婚要带什么"), ("娃儿上学要么子手续", "孩子上学要什么手续"), ("细伢子读书报名", "孩子入学报名"),
    ("老倌生病睇病报销", "丈夫生病看病报销"), ("堂客生娃儿有钱拿冇", "妻子生育有钱拿没有"), ("阿婆的养老金", "奶奶的养老金"), ("囡囡打预防针", "女儿接种疫苗"),
    ("俺想扯证", "我想领结婚证"), ("屋里头断炊了能吃低保不", "家里断炊了能享受低保不"), ("社保几钿一个月", "社保多少钱一个月"), ("啥辰光发钱", "什么时候发钱"),
    ("老板跑路了", "拖欠工资了"), ("想在老家起屋", "想在老家建房"), ("屋基怎么批", "宅基地怎么批"), ("政务大厅搁哪儿", "政务大厅在哪里"),
    ("咱爸的养老金", "我父亲的养老金"), ("侬晓得伐", "你晓得伐"), ("街办电话", "街道办事处电话"), ("楼下吵死人", "楼下噪声扰民"),
]  # fmt: skip
LEFT_ALONE = [
    "什么子女可以落户", "这么事情怎么办", "地点解决了吗", "服务点解释一下", "采点样本", "伊拉克签证", "街办事处电话", "办过身份证", "按摩的执照", "老人证明怎么开",
    "国家公务员考试", "办公家具采购", "交警大队部署", "残疾本人申请", "请勿转发", "阮女士咨询", "周边度假村", "身边个体户", "网上户口迁移", "降落了吗", "人家婆婆的社保",
]  # fmt: skip


@pytest.mark.parametrize(("spoken", "meant"), SPOKEN)
def test_words_of_home_are_read_as_the_words_of_an_office(spoken: str, meant: str) -> None:
    assert standard(spoken) == meant


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_only_looks_like_them_is_left_alone(text: str) -> None:
    assert standard(text) == text


def test_the_list_is_long_enough_and_no_word_stands_for_itself() -> None:
    assert len(pairs()) >= 150
    assert not [word for word, meant in pairs().items() if word == meant or len(word) > 12]
    long = "么子" * LONGEST
    assert standard(long) == long


@pytest.fixture(scope="module")
def keywords(tmp_path_factory: pytest.TempPathFactory) -> Keywords:
    return Keywords(tmp_path_factory.mktemp("jieba"))


@pytest.fixture(scope="module")
def spelling(keywords: Keywords) -> Spelling:
    return Spelling(
        keywords.frequencies(), own={"低保", "社保卡", "公积金", "结婚证", "护照", "居住证", "医保", "养老", "怎么"}
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("di保怎么申请", "低保怎么申请"), ("低bao怎么申请", "低保怎么申请"), ("gongjijin怎么提取", "公积金怎么提取"), ("she保卡丢了", "社保卡丢了"),
        ("结hun证丢了", "结婚证丢了"), ("护zhao办理", "护照办理"), ("居住zheng", "居住证"), ("医bao报销", "医保报销"), ("低保zenme申请", "低保怎么申请"),
        ("yanglao金怎么领", "养老金怎么领"),
    ],
)  # fmt: skip
def test_letters_among_characters_are_read(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.mixed(typed) == meant


@pytest.mark.parametrize(
    "typed",
    ["wifi密码", "app怎么下载", "hpv疫苗", "etc怎么办", "pos机", "ca证书", "vip通道", "excel表格", "wechat怎么用", "低保", "dibao", "A股",
     "看这个 https://example.cn/dibao/jiehun 是真的吗", "发到 dibao@example.cn 行吗", "低bao" + "a" * 200],
)  # fmt: skip
def test_letters_that_are_no_pinyin_are_left_alone(spelling: Spelling, typed: str) -> None:
    assert spelling.mixed(typed) == ""


async def test_the_base_finds_it_and_a_guess_at_letters_is_asked_back(
    database: str, clock: Any, keywords: Keywords, tmp_path: Path
) -> None:
    curation = Curation(clock=clock, trail=Trail())
    texts = (
        ("yibao", "新生儿怎么参加居民医保", "出生后90天内持出生医学证明和户口簿参保。"), ("dibao", "低保怎么申请", "向乡镇人民政府、街道办事处提出申请。"),
        ("shenfenzheng", "身份证丢失怎么补办", "到户籍派出所或者就近的派出所补领。"), ("gongjijin", "住房公积金怎么提取", "购房、租房可以提取。"),
        ("jiehun", "结婚登记要带什么材料", "带身份证、户口簿和三张合影。"), ("zaoyin", "夜间施工噪声扰民怎么投诉", "拨打12345或12369。"),
    )  # fmt: skip
    entries = [Entry(id=number, kind=EntryKind.faq, title=title, body=body) for number, title, body in texts]
    await curation.put_entries(entries, actor=Actor.machine("测试"))
    base = KnowledgeBase(keywords=keywords, clock=clock)
    await base.load()
    wanted = {
        "身份证弄丢了咋整": "shenfenzheng", "低保啷个申请": "dibao", "點樣申請低保": "dibao", "領結婚證要帶咩料": "jiehun", "扯结婚证要带么子": "jiehun",
        "di保怎么申请": "dibao", "gongjijin怎么提取": "gongjijin", "身份证掉了怎么补办": "shenfenzheng", "底保怎么申请": "dibao",
        "夜里施工吵死人找哪个投诉": "zaoyin",
    }  # fmt: skip
    found = {text: [hit.entry.id for hit in base.ask(text, today=TODAY).hits[:1]] for text in wanted}
    assert found == {text: [entry] for text, entry in wanted.items()}
    assert base.ask("di保怎么申请", today=TODAY).decision != "answer"
