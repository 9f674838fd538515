"""The conflict detector finds like questions with unlike answers, and keeps quiet where the same is said in other words."""

from dataclasses import replace
from datetime import date

import pytest

from audit.actor import Actor
from knowledge.conflicts import Conflict, among, between, differing, likeness
from knowledge.curating import Curating
from knowledge.entry import Entry, EntryKind
from knowledge.quantities import number_of, polarity, quantities

TODAY = date(2026, 11, 23)


def entry(entry_id: str, title: str, body: str, **more: object) -> Entry:
    return Entry(id=entry_id, title=title, body=body, **{"kind": EntryKind.faq, **more})  # type: ignore[arg-type]


def found(question: str, answer: str, like: str, other: str) -> Conflict | None:
    return between(entry("a", question, answer), entry("b", like, other), today=TODAY)


UNLIKE = [
    ("冬季供暖补贴是多少", "每户300元。", "冬季供暖补贴有多少", "每户补贴500元，直接发放到卡。", "金额"),
    ("居住证多久能拿到", "15个工作日。", "居住证要多久拿到", "三十个工作日内发放。", "数字（工作日）"),
    ("结婚登记要收费吗", "免费办理。", "结婚登记收费吗", "收费，工本费9元。", "肯定与否定"),
    ("外地户口可以在本区办护照吗", "可以，全国任一窗口都能受理。", "外地户口能在本区办护照吗", "不可以，须回户籍地。", "肯定与否定"),
    ("城乡居民医保缴费截止到什么时候", "截止2026年12月31日。", "城乡居民医保缴费什么时候截止", "11月30日截止。", "日期"),
    ("政务中心周六上班吗", "周六上午照常办理业务。", "政务服务中心周六上班吗", "周六已停止办理。", "肯定与否定"),
    ("婚姻登记窗口在哪里", "在政务中心二楼。", "婚姻登记的窗口在哪", "政务服务中心3楼西侧。", "数字（楼）"),
    ("灵活就业人员社保缴费比例是多少", "按20%缴纳。", "灵活就业人员社保缴费比例多少", "缴费比例为24％。", "比例"),
    ("公租房一个月租金多少", "每平方米8元。", "公租房租金每月多少", "租金为每平方米12元，按月缴纳。", "金额"),
    ("养犬登记证一年审几次", "每年审验1次。", "养犬登记证每年审几次", "每年审验两次，春秋各一。", "数字（次）"),
    ("老旧小区加装电梯补助多少钱", "每台补助10万元。", "老旧小区加装电梯补助是多少钱", "每台补助80000元。", "金额"),
    ("犬只登记在哪里办", "到街道便民服务中心办理，不收费。", "犬只登记在哪里办理", "到公安分局办证大厅办理，办证费200元。", "金额"),
    ("犬只登记多久办好", "街道便民服务中心当场办结。", "犬只登记要多久办好", "街道便民服务中心15个工作日办结。", "数字（工作日）"),
    ("电动车上牌需要预约吗", "不需要预约，随到随办。", "电动车上牌要预约吗", "需要先在网上预约。", "肯定与否定"),
]  # fmt: skip

SAME = [
    ("新生儿怎么上户口", "凭出生医学证明、父母户口簿和结婚证到派出所办理。", "新生儿如何上户口", "带上出生证明、父母的户口本、结婚证，去派出所登记。"),
    ("护照丢了怎么补办", "工本费120元，7个工作日取证。", "护照丢失如何补办", "收取120元，七个工作日后领取。"),
    ("居住证怎么办理", "15个工作日内发放。首次申领免费。", "如何办理居住证", "自受理之日起15个工作日内制作发放，首次不收费。"),
    ("小区噪音扰民怎么投诉", "夜间施工噪音可拨打12345反映，由城管部门处理。", "小区噪音扰民如何投诉", "拨打12345热线，城管部门会处理夜间施工噪音。"),
    ("不动产登记费多少钱", "住宅类每件80元，非住宅类每件550元。", "不动产登记费用是多少", "住宅每件收取80元；非住宅每件550元，小微企业免收。"),
    ("失业金能领几个月", "满1年不足5年的最长12个月。", "失业保险金能领几个月", "满一年不足五年最多领12个月；十年以上24个月。"),
    ("结婚登记要收费吗", "结婚登记免费。", "结婚登记收费吗", "不收费，婚姻登记不收取任何费用。"),
    ("大件垃圾怎么处理", "联系社区预约上门收运，不得随意丢弃。", "大件垃圾如何处理", "请打电话给社区预约，由环卫人员上门清运，不能乱扔在路边。"),
    ("公积金贷款最高多少", "最高80万元。", "公积金贷款最高额度多少", "夫妻双方最高可贷800000元。"),
    ("周末能办社保卡吗", "可以，政务中心周六照常受理。", "周末可以办社保卡吗", "能办，周六政务服务中心正常受理社保卡业务。"),
    ("残疾人公交卡多久审一次", "两年年审一次。", "残疾人公交卡多久年审一次", "每2年审核1次，逾期暂停使用。"),
    ("养犬要办什么手续", "到派出所登记，当场办结，不收费。", "养犬需要什么手续", "到派出所登记；是否收费、能否网上办理由本地规定。"),
    ("低保金什么时候发", "每月10日前发放到社保卡。", "低保金几号发放", "每月十日前打入社保卡。"),
]  # fmt: skip

ANOTHER = [
    ("护照怎么办理", "本人到窗口申请。", "护照在哪里办理", "政务中心一楼，上午9点到12点。"),
    ("2025年低保标准是多少", "每月800元。", "2026年低保标准是多少", "每月850元。"),
    ("一孩生育登记怎么办", "3个工作日。", "二孩生育登记怎么办", "5个工作日。"),
    ("城镇职工医保怎么报销", "按80%报销。", "城乡居民医保怎么报销", "按60%报销。"),
    ("营业执照怎么注销", "20个工作日。", "营业执照怎么办理", "1个工作日。"),
    ("身份证办理要多久", "20个工作日。", "身份证办理要多少钱", "20元。"),
    ("结婚登记要什么材料", "免费，身份证和户口簿。", "离婚登记要什么材料", "收费，身份证、离婚协议书。"),
    ("港澳通行证怎么续签", "15元，自助机办理。", "台湾通行证怎么续签", "60元，窗口办理。"),
    ("不符合低保条件怎么办", "申请临时救助，一次800元。", "符合低保条件怎么办", "申请低保，每月850元。"),
    ("小学入学什么时候报名", "7月10日。", "初中入学什么时候报名", "6月20日。"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "answer", "like", "other", "what"), UNLIKE)
def test_another_answer_to_the_same_question_is_found(
    question: str, answer: str, like: str, other: str, what: str
) -> None:
    conflict = found(question, answer, like, other)
    assert conflict is not None
    assert what in [each.what for each in conflict.unlike]


@pytest.mark.parametrize(("question", "answer", "like", "other"), SAME)
def test_the_same_answer_in_other_words_is_none(question: str, answer: str, like: str, other: str) -> None:
    assert found(question, answer, like, other) is None
    assert differing(entry("a", question, answer), entry("b", like, other)) == (), (
        "not only because the questions differ"
    )


@pytest.mark.parametrize(("question", "answer", "like", "other"), ANOTHER)
def test_another_question_is_none(question: str, answer: str, like: str, other: str) -> None:
    assert found(question, answer, like, other) is None


def test_rumours_with_another_verdict() -> None:
    one = entry("a", "加碘盐能防核辐射", "盐里的碘很少。", kind=EntryKind.rumour, verdict="不实")
    other = replace(one, id="b", verdict="属实")
    conflict = between(one, other, today=TODAY)
    assert conflict is not None
    assert [(each.what, each.one, each.other) for each in conflict.unlike] == [("结论", "不实", "属实")]


def test_who_never_speaks_at_the_same_time_does_not_contradict() -> None:
    one = entry("a", "低保标准是多少", "每月800元。", valid_to=date(2026, 12, 31))
    other = replace(one, id="b", body="每月850元。", valid_from=date(2027, 1, 1), valid_to=None)
    assert between(one, other, today=TODAY) is None
    assert between(one, replace(other, valid_from=date(2026, 12, 31)), today=TODAY) is not None
    for silent in ({"live": False}, {"validity": "废止"}, {"valid_to": date(2026, 1, 1), "valid_from": None}):
        assert between(one, replace(other, **{"valid_from": None, **silent}), today=TODAY) is None  # type: ignore[arg-type]


def test_people_who_have_checked_are_believed() -> None:
    one = entry("a", "低保标准是多少", "每月800元。", checked=("disclosure:3：一个是城镇，一个是农村",))
    other = replace(one, id="disclosure:3", origin="disclosure:3", body="每月850元。", checked=())
    for pair in ((one, other), (other, one)):
        conflict = between(*pair, today=TODAY)
        assert conflict is not None
        assert conflict.checked == "一个是城镇，一个是农村"
    without_reason = replace(one, checked=("disclosure:3",))
    again = between(without_reason, other, today=TODAY)
    assert again is not None
    assert again.checked == "", "a check without a reason is none"


def test_a_similar_question_counts_like_the_title() -> None:
    one = entry("a", "供暖补贴", "每户300元。", similar=("冬季取暖补贴能领多少",))
    other = entry("b", "冬季取暖补贴能领多少钱", "每户500元。")
    conflict = between(one, other, today=TODAY)
    assert conflict is not None
    assert conflict.question == "冬季取暖补贴能领多少"


def test_each_pair_is_told_once() -> None:
    entries = [entry(name, "低保标准是多少", f"每月{number}元。") for name, number in (("a", 1), ("b", 2), ("c", 3))]
    conflicts = among(entries, lambda _question, _day: entries, today=TODAY)
    assert sorted(each.key for each in conflicts) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_numbers_are_read_as_people_write_them() -> None:
    assert [number_of(text) for text in ("15", "1,200.5", "十五", "三百二十", "两", "一千零五")] == [
        15,
        1200.5,
        15,
        320,
        2,
        1005,
    ]
    said = quantities("2026年12月31日前，三百元或1.5万元，十五个工作日，满60周岁，9：30，3月至5月")
    assert said["日期"] == {"12-31"}
    assert said["元"] == {"300", "15000"}
    assert (said["工作日"], said["周岁"], said["月份"]) == ({"15"}, {"60"}, {"3", "5"})
    assert polarity("不可以代办") == {"可以": False}
    assert polarity("可以代办，但不得转让") == {}
    assert likeness("", "") == 1.0


@pytest.mark.parametrize("text", ["", "？", "😀", "9" * 5000, "一" * 5000, "年月日" * 1000, "\0"])
def test_any_text_is_taken(text: str) -> None:
    quantities(text)
    polarity(text)
    likeness(text, "低保怎么办")
    found(text or "x", text, "低保怎么办", text)


async def test_the_whole_base_is_surveyed_by_its_own_search(
    curating: Curating, entries: list[Entry], actor: Actor
) -> None:
    twin = entry("waste-2", "大件垃圾如何处理", "大件垃圾须自行运到转运站，每件收费30元。")
    priced = replace(entries[8], body=f"{entries[8].body}每件收费10元。")
    await curating.curation.put_entries([*entries[:8], priced, *entries[9:], twin], actor=actor)
    done: list[tuple[int, int]] = []
    conflicts = await curating.checking.conflicts(lambda number, total: done.append((number, total)))
    assert [each.key for each in conflicts] == [("waste", "waste-2")]
    assert done[-1] == (13, 13)
    curating.survey.start()
    await curating.survey.wait()
    assert curating.survey.found is not None
    assert [each.key for each in curating.survey.found.conflicts] == [("waste", "waste-2")]
    assert curating.survey.progress is None
