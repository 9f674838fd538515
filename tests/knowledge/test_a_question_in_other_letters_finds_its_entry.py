"""A question in Traditional characters, typed by its sound, or in everyday words finds the entry that is written otherwise."""

from datetime import date

import numpy as np
import pytest

from audit.actor import Actor
from knowledge.base import KnowledgeBase
from knowledge.closeness import NAMES, look
from knowledge.curation import Curation
from knowledge.entry import Entry, EntryKind
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.synonyms import shipped_synonyms


@pytest.fixture
async def loaded(curation: Curation, base: KnowledgeBase, entries: list[Entry], actor: Actor) -> KnowledgeBase:
    more = [
        Entry(id="debtors", kind=EntryKind.faq, title="失信被执行人名单在哪里查询", body="到中国执行信息公开网查询。"),
        Entry(id="wages", kind=EntryKind.faq, title="拖欠工资向哪个部门举报", body="向劳动监察大队举报。"),
    ]
    await curation.put_entries([*entries, *more], actor=actor)
    await base.load()
    return base


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [("護照在哪裏辦理", "passport"), ("如何申請最低生活保障？", "low-income"), ("異地就醫如何備案", "medical-remote")],
)
def test_traditional_characters_are_the_same_question(
    loaded: KnowledgeBase, today: date, text: str, entry_id: str
) -> None:
    finding = loaded.ask(text, today=today)
    assert finding.hits[0].entry.id == entry_id
    assert finding.decision == "answer"


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [("养老金自格认正怎么做", "pension"), ("护赵在哪里办里", "passport"), ("公鸡金怎么提取", "fund")],
)
def test_wrong_characters_of_the_same_sound_do_not_hide_it(
    loaded: KnowledgeBase, today: date, text: str, entry_id: str
) -> None:
    assert loaded.ask(text, today=today).hits[0].entry.id == entry_id


def test_the_sound_is_measured(keywords: Keywords, entries: list[Entry]) -> None:
    index = Index.build(entries, keywords)
    number = next(place for place, entry in enumerate(entries) if entry.id == "pension")
    asked = index.cut("腿修人圆养老今资个认证怎么作", keywords)
    measured = np.zeros((1, len(NAMES)))
    look(index, asked, np.array([number], np.int32), measured, 0)
    assert measured[0, NAMES.index("sound dice")] > 0.9
    assert measured[0, NAMES.index("bigrams dice")] < 0.5


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("在哪查老赖", "debtors"),
        ("老板欠薪找谁", "wages"),
        ("娃娃报名上学要啥材料", "school"),
        ("咋办低保", "low-income"),
    ],
)
def test_everyday_words_find_the_official_ones(loaded: KnowledgeBase, today: date, text: str, entry_id: str) -> None:
    assert loaded.ask(text, today=today).hits[0].entry.id == entry_id


def test_every_row_of_the_synonyms_has_words_to_exchange() -> None:
    assert all(len(set(group)) == len(group) >= 2 for group in shipped_synonyms().groups)
    assert "失信被执行人" in shipped_synonyms().others("老赖怎么查")
