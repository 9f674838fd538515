"""A question in the citizen's own words finds the entry that answers it, with reasons, best first."""

from datetime import date

import pytest

from audit.actor import Actor
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry


@pytest.fixture
async def loaded(curation: Curation, base: KnowledgeBase, entries: list[Entry], actor: Actor) -> KnowledgeBase:
    await curation.put_entries(entries, actor=actor)
    await base.load()
    return base


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("怎么申请低保", "low-income"),
        ("最低生活保障怎样申请", "low-income"),
        ("居民医保几月份缴费", "medical"),
        ("在外地看病怎么备案", "medical-remote"),
        ("刚出生的小孩怎么上户口", "hukou"),
        ("公积金什么情况能提取", "fund"),
        ("小学报名要带什么材料", "school"),
        ("老人坐公交免费吗", "bus"),
        ("大件垃圾怎么扔", "waste"),
        ("听说吃加碘盐可以防核辐射是真的吗", "rumour-salt"),
        (
            "尊敬的领导：您好！我母亲今年六十八岁，前几天坐公交车被要求投币，请问老年人乘坐公交车到底有没有优惠？谢谢！",
            "bus",
        ),
    ],
)
def test_it_is_first(loaded: KnowledgeBase, today: date, text: str, entry_id: str) -> None:
    finding = loaded.ask(text, today=today)
    assert finding.hits[0].entry.id == entry_id
    assert finding.decision in {"answer", "choose"}
    assert any(reason.startswith("共有词：") for reason in finding.hits[0].why)
    scores = [hit.score for hit in finding.hits]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    "text", ["如何申请最低生活保障？", "低保怎么办理", "护照在哪里办理", "加碘盐能防核辐射", "异地就医如何备案"]
)
def test_the_entrys_own_question_is_answered_at_once(loaded: KnowledgeBase, today: date, text: str) -> None:
    finding = loaded.ask(text, today=today)
    assert finding.decision == "answer"
    assert text in {finding.hits[0].entry.title, *finding.hits[0].entry.similar}


def test_full_width_and_capitals_make_no_difference(loaded: KnowledgeBase, today: date) -> None:
    plain, wide = (
        loaded.ask("12345低保ABC怎么申请", today=today),
        loaded.ask("１２３４５低保ａｂｃ怎么申请", today=today),
    )
    assert [hit.score for hit in plain.hits] == [hit.score for hit in wide.hits]
    assert plain.confidence == wide.confidence


def test_a_rumour_under_check_says_so(loaded: KnowledgeBase, today: date) -> None:
    entry = loaded.ask("上游水库今晚要泄洪淹没县城", today=today).hits[0].entry
    assert entry.under_check
    assert entry.verdict == "核实中"


def test_top_limits_the_hits_and_the_choice_is_three_at_most(loaded: KnowledgeBase, today: date) -> None:
    assert len(loaded.ask("怎么办理", today=today, top=2).hits) <= 2
    finding = loaded.ask("在哪里办理", today=today)
    assert len(finding.choices) <= 3
