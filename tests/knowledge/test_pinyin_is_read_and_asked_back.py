"""Who types in Latin letters is understood, and asked back (features C32)."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audit.actor import Actor
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.keywords import Keywords
from knowledge.spelling import LONGEST, Spelling

TODAY = date(2026, 11, 27)


@pytest.fixture(scope="module")
def keywords(tmp_path_factory: pytest.TempPathFactory) -> Keywords:
    return Keywords(tmp_path_factory.mktemp("jieba"))


@pytest.fixture(scope="module")
def spelling(keywords: Keywords) -> Spelling:
    return Spelling(keywords.frequencies(), own={"低保", "登记", "公租房", "停水", "小区", "要", "带"})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dibao zenme shenqing", "低保怎么申请"),
        ("dibaozenmeshenqing", "低保怎么申请"),
        ("Jiehun Dengji yao dai shenme?", "结婚登记要带什么"),
        ("shenfenzheng diule zenme ban", "身份证丢了怎么办"),
        ("xi'an", "西安"),
        ("gongzufang", "公租房"),
        ("women de xiaoqu tingshui le", "我们的小区停水了"),
        ("nihao", "你好"),
    ],
)
def test_syllables_become_the_words_that_are_meant(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.read(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "", "ok", "hello", "wifi password", "thank you", "how are you", "asdfgh", "iphone", "China", "game", "data",
        "低保 dibao", "dibao 2026", "https://example.gov.cn", "a" * 4, "d" * 200, "dibao" * (LONGEST // 5 + 1),
    ],
)  # fmt: skip
def test_what_is_no_pinyin_is_left_alone(spelling: Spelling, typed: str) -> None:
    assert spelling.read(typed) == ""


async def test_a_guess_is_asked_back_and_never_answered_at_once(database: str, tmp_path: Path, clock: Any) -> None:
    curation = Curation(clock=clock, trail=Trail())
    entries = [
        Entry(id="dibao", kind=EntryKind.faq, title="低保怎么申请", body="向乡镇人民政府、街道办事处提出。"),
        Entry(id="jiehun", kind=EntryKind.faq, title="结婚登记要带什么", body="带身份证和户口簿。"),
    ]
    await curation.put_entries(entries, actor=Actor.machine("测试"))
    base = KnowledgeBase(keywords=Keywords(tmp_path), clock=clock)
    await base.load()
    written = base.ask("低保怎么申请", today=TODAY)
    typed = base.ask("dibao zenme shenqing", today=TODAY)
    assert written.decision == "answer"
    assert (typed.decision, typed.hits[0].entry.id, typed.question) == ("choose", "dibao", "低保怎么申请")
    assert base.ask("hello world", today=TODAY).decision == "none"
