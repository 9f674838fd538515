"""Pins answer exactly their questions until their day; rules take sentences before the base is asked."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.canned import Rule, Rules, wrong_with
from knowledge.canned_hits import Hit, count_hits, hits_since
from knowledge.dictionary_changes import Changes, Desk
from knowledge.dictionary_pins import Pin
from knowledge.errors import ImportRefused
from tests.knowledge.people import FENG, WU

TODAY = date(2026, 11, 23)
LAND = Rule(name="征地拆迁个案", act="person", every=("拆迁",), some=("补偿", "多少钱"), unless=("政策文件",))


@pytest.fixture
def changes(clock: Any) -> Changes:
    return Changes(clock=clock, trail=Trail())


def taken(text: str, *rules: Rule, channel: str = "wechat", today: date = TODAY) -> str:
    found = Rules(rules).matching(text, channel=channel, today=today)
    return found.name if found else ""


def test_a_rule_takes_its_words_however_they_are_written() -> None:
    assert taken("我家拆 迁，补-偿给多少？", LAND) == LAND.name
    assert taken("我家拆遷，補償給多少", LAND) == LAND.name
    assert taken("拆迁公告在哪里看", LAND) == ""
    assert taken("拆迁补偿的政策文件", LAND) == ""
    assert taken("退休多少岁", replace(LAND, every=(), some=(), exact=("退休多少岁？",))) == LAND.name
    assert taken("我想问退休多少岁", replace(LAND, every=(), some=(), exact=("退休多少岁？",))) == ""


def test_the_smallest_number_counts_and_of_the_same_number_the_stricter_act() -> None:
    text = replace(LAND, name="甲", act="text", text="请看公告。", unit="区自然资源局", source="公告")
    assert taken("拆迁补偿", text, LAND) == LAND.name
    assert taken("拆迁补偿", replace(text, priority=1), LAND) == "甲"


def test_a_rule_holds_on_its_days_and_in_its_channels() -> None:
    dated = replace(LAND, valid_from=TODAY, valid_to=TODAY, channels=("weibo",))
    for day in (-1, 0, 1):
        found = taken("拆迁补偿", dated, channel="weibo", today=TODAY + timedelta(days=day))
        assert bool(found) is (day == 0)
    assert taken("拆迁补偿", dated, channel="wechat") == ""
    assert taken("拆迁补偿", dated, channel="") == "", "who names no channel meets the rules of all channels alone"


def test_the_test_box_says_which_rule_and_why_not_the_others() -> None:
    other = replace(LAND, name="乙", every=("拆迁", "学校"))
    looked = Rules([LAND, other]).look("拆迁补偿", today=TODAY)
    assert [(one.rule.name, one.takes, one.why) for one in looked] == [
        (LAND.name, True, "含有“拆迁”、“补偿”"), ("乙", False, "没有“学校”"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "名称"),
        ({"every": (), "some": ()}, "没有写任何词语"),
        ({"some": ("同意",)}, "对话用语"),
        ({"exact": ("12",)}, "对话用语"),
        ({"some": ("钱",)}, "不是 2 至"),
        ({"act": "text"}, "固定答复须写明"),
        ({"act": "text", "text": "长" * 1201, "unit": "区政府办", "source": "公告"}, "超过 1200"),
        ({"priority": 0}, "1 至 999"),
        ({"channels": ("fax",)}, "没有这个渠道"),
        ({"source_url": "javascript:alert(1)"}, "不是网址"),
        ({"valid_from": TODAY, "valid_to": TODAY - timedelta(days=1)}, "止日早于起日"),
        ({"some": tuple(f"词语{n}" for n in range(61))}, "超过 60 个"),
    ],
)
def test_a_rule_that_would_do_harm_is_refused_in_words(changed: dict[str, Any], said: str) -> None:
    assert said in "".join(map(str, wrong_with(replace(LAND, **changed))))


def test_a_rule_is_kept_without_loss() -> None:
    full = replace(
        LAND, valid_from=TODAY, valid_to=TODAY, channels=("web",), act="text", text="x", unit="y", source="z"
    )
    assert Rule.from_json(full.to_json()) == full
    assert Rule.from_json(LAND.to_json()) == LAND


async def test_a_pin_answers_exactly_its_questions_through_its_day(
    curating: Any, entries: Any, base: KnowledgeBase, changes: Changes, actor: Any, today: date
) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    await base.load()
    today = await changes.today()
    pin = Pin(questions=("那个证在哪领", "那个证去哪办"), entry_id="passport", review_on=today + timedelta(days=30))
    row = await changes.propose(WU, Desk.pins, await changes.pins([pin]))
    await changes.accept(FENG, row.id, sha256=row.sha256)
    await base.refresh()
    for said in ("那个证在哪领？", "请问那个证去哪办"):
        found = base.ask(said, today=today)
        assert (found.decision, found.pinned, found.hits[0].entry.id) == ("answer", True, "passport")
    assert not base.ask("那个证在哪领，要钱吗", today=today).pinned
    assert not base.ask("那个证在哪领", today=pin.review_on + timedelta(days=1)).pinned
    await curating.curation.stop_entry("passport", "停办", actor=actor)
    await base.refresh()
    assert not base.ask("那个证在哪领", today=today).pinned, "what may not answer is not said, pinned or not"


@pytest.mark.parametrize(
    ("pin", "said"),
    [
        (Pin(questions=("那个证",), entry_id="nowhere", review_on=date(2027, 1, 1)), "没有编号为"),
        (Pin(questions=("证",), entry_id="passport", review_on=date(2027, 1, 1)), "每个问句"),
        (Pin(questions=("那个证",), entry_id="passport", review_on=date(2020, 1, 1)), "今天之后"),
        (Pin(questions=("那个证",), entry_id="passport", review_on=date(2029, 1, 1)), "一年之内"),
    ],
)
async def test_a_pin_needs_an_entry_that_answers_and_a_day_of_review(
    curating: Any, entries: Any, changes: Changes, actor: Any, pin: Pin, said: str
) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    with pytest.raises(ImportRefused, match=said):
        await changes.pins([pin])


async def test_hits_are_counted_by_day_and_channel(any_database: str) -> None:
    from tortoise.transactions import in_transaction

    for _ in range(2):
        async with in_transaction() as connection:
            await count_hits(
                connection,
                [Hit(rule="甲", day=TODAY, channel="wechat")] * 2 + [Hit(rule="甲", day=TODAY, channel="web")],
            )
    async with in_transaction() as connection:
        await count_hits(connection, [Hit(rule="乙", day=TODAY - timedelta(days=40), channel="web")])
    assert await hits_since(TODAY) == {"甲": 6}
