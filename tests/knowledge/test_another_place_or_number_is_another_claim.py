"""The same words about another town, or with other numbers, are offered and not answered."""

from dataclasses import replace
from datetime import date

import pytest

from audit.actor import Actor
from knowledge.base import KnowledgeBase
from knowledge.claims import fit
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.figures import figures_in, others, shown
from knowledge.places import shipped

CANTEEN = Entry(
    id="canteen", kind=EntryKind.rumour, title="河口镇中学食堂几十名学生食物中毒", body="经核查，没有食物中毒。", verdict="不实",
    unit="区市场监督管理局", evidence="现场检查", places=("河口镇",),
)  # fmt: skip
WATER = Entry(
    id="water", kind=EntryKind.rumour, title="全区自来水停水三天", body="没有停水计划。", verdict="不实", unit="区供水公司",
    similar=("自来水要停72小时",),
)  # fmt: skip
WUHAN = Entry(
    id="wuhan", kind=EntryKind.rumour, title="武汉地铁下周全部停运", body="没有此事。", verdict="不实", unit="市交通局"
)
NANJING = replace(WUHAN, id="nanjing", title="南京地铁下周全部停运")


def test_a_place_that_the_claim_does_not_have_differs() -> None:
    assert fit(CANTEEN, "青山镇中学食堂几十名学生食物中毒").differ == ("地点不同：来文是青山镇",)
    assert fit(CANTEEN, "听说长沙的中学食堂食物中毒").differ == ("地点不同：来文是长沙",)
    assert fit(CANTEEN, "河口镇的学生食物中毒了").agree == ("地点相同：河口镇",)
    assert fit(CANTEEN, "我们镇中学食堂中毒了吗").differ == ()
    assert fit(CANTEEN, "中学食堂食物中毒").differ == ()


def test_a_city_lies_in_its_province_and_a_street_is_no_city() -> None:
    assert fit(WUHAN, "湖北地铁下周停运").differ == ()
    assert fit(WUHAN, "江苏地铁下周停运").differ == ("地点不同：来文是江苏",)
    named = shipped().named
    assert named("上海南站到南京东路") == {"上海"}
    assert named("朝阳产业、日照时间") == frozenset()
    assert named("辽宁朝阳市") == {"辽宁", "朝阳"}


def test_a_number_that_the_claim_was_never_met_with_differs() -> None:
    assert fit(WATER, "自来水停水3天").agree == ("数字相同：3天",)
    assert fit(WATER, "自来水停水五天").differ == ("数字不同：来文是5天",)
    assert fit(WATER, "自来水停水72小时").differ == ()
    assert fit(replace(WATER, figures=("7天",)), "停水三天").differ == (), "the title's own number is known too"
    assert fit(WATER, "自来水停水").differ == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("三万块一平", ["3万元"]), ("30000元", ["3万元"]), ("一千二百元", ["1200元"]), ("6.8级地震", ["6.8级"]), ("1.2万元", ["1.2万元"]),
        ("２０％", ["20%"]), ("两万余人", []), ("2025年12月31日", []), ("一天", []), ("二十多个", []), ("", []),
    ],
)  # fmt: skip
def test_figures_are_read_as_people_write_them(text: str, said: list[str]) -> None:
    from knowledge.keywords import normalise

    assert [shown(figure) for figure in figures_in(normalise(text))] == said


def test_other_figures_are_those_of_the_same_unit() -> None:
    three, five, men = (3.0, "天"), (5.0, "天"), (5.0, "人")
    assert others({five, men}, {three}, among={three}) == (five,)
    assert others({three, five}, {three}, among={three}) == ()


@pytest.fixture
async def known(base: KnowledgeBase, curation: Curation, entries: list[Entry], actor: Actor) -> KnowledgeBase:
    await curation.put_entries([*entries, CANTEEN, WATER, WUHAN, NANJING], actor=actor)
    await base.load()
    return base


async def test_the_right_claim_is_answered_and_the_other_one_offered(known: KnowledgeBase, today: date) -> None:
    same = known.ask("河口镇中学食堂几十名学生食物中毒", today=today)
    assert (same.decision, same.hits[0].entry.id) == ("answer", "canteen")
    other = known.ask("青山镇中学食堂几十名学生食物中毒", today=today)
    assert (other.decision, other.hits[0].entry.id) == ("choose", "canteen")
    assert other.hits[0].why[0] == "地点不同：来文是青山镇"
    assert other.confidence <= 0.5
    assert known.ask("全区自来水停水五天", today=today).decision == "choose"


async def test_the_claim_of_the_right_place_comes_first(known: KnowledgeBase, today: date) -> None:
    for city, entry in (("武汉", "wuhan"), ("南京", "nanjing")):
        assert known.ask(f"{city}地铁下周全部停运", today=today).hits[0].entry.id == entry


async def test_what_is_no_rumour_is_left_as_it_was_found(known: KnowledgeBase, today: date) -> None:
    found = known.ask("长沙的老年人乘坐公交车有优惠吗", today=today)
    assert found.hits[0].entry.id == "bus"
    assert not any("不同" in why for why in found.hits[0].why)
