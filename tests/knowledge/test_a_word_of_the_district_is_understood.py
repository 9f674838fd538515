"""The district's dictionary: another reading of the question, in force after a second person, on every node, and back again."""

from pathlib import Path
from typing import Any

import pytest

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from knowledge.base import KnowledgeBase
from knowledge.cases import Case
from knowledge.dictionary import MOST_MEANINGS, READ, Dictionary, Word, wrong_together, wrong_with
from knowledge.dictionary_changes import Changes, Desk, State
from knowledge.dictionary_effect import FROM_CITIZENS, Effects
from knowledge.dictionary_records import DictionaryChange, DictionaryItem
from knowledge.dictionary_table import read_words, rows_of
from knowledge.errors import AnotherPersonNeeded, CaseRefused, ImportRefused, NotPermitted
from knowledge.generation import present_generation
from knowledge.layers import Layers
from tests.knowledge.people import FENG, LI, WU

CARD = Word(said="养老红本", means="养老金资格认证", source="12345热线来电")
ASKED = "养老红本怎么弄"


@pytest.fixture
def changes(clock: Any) -> Changes:
    return Changes(clock=clock, trail=Trail())


async def in_force(changes: Changes, *words: Word) -> DictionaryChange:
    row = await changes.propose(WU, Desk.words, await changes.words(words))
    return await changes.accept(FENG, row.id, sha256=row.sha256)


def read(words: list[Word], text: str) -> list[str]:
    return [reading.text for reading in Dictionary(words).readings(text)]


def test_a_word_is_read_as_what_it_means_and_the_longest_counts() -> None:
    fund = Word(said="公积金", means="住房公积金", source="x")
    assert read([fund], "公积金怎么提取") == ["住房公积金怎么提取"]
    assert read([fund], "住房公积金怎么提取") == [], "what is meant stays"
    assert read([fund], "低保怎么申请") == []
    assert read([Word(said="牛卡", means="居民健康卡", both=True, source="x")], "居民健康卡和牛卡") == [
        "牛卡和居民健康卡"
    ]
    assert read([Word(said="ETC", means="电子收费", source="x")], "ｅｔｃ在哪办") == ["电子收费在哪办"], (
        "wide letters, small letters"
    )
    assert read([Word(said="etc", means="电子收费", source="x")], "fetch etcd") == []
    several = [Word(said="东门", means=f"东门{n}号", source="x") for n in range(MOST_MEANINGS)]
    assert read(several, "东门在哪") == [f"东门{n}号在哪" for n in range(MOST_MEANINGS)]
    assert read([fund], "公积金" + "很" * READ) == [], "a story is read as it is"
    assert Dictionary([fund]).readings("公积金")[0].used == (("公积金", "住房公积金"),)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (Word(said="", means="低保", source="x"), "没有填写"),
        (Word(said="卡", means="居民健康卡", source="x"), "只有一个字"),
        (Word(said="低保", means="低 保"[0] + "保", source="x"), "同一个词"),
        (Word(said="字" * 31, means="低保", source="x"), "超过 30 个字"),
        (Word(said="怎么", means="如何", source="x"), "提问用语"),
        (Word(said="12345", means="热线", source="x"), "没有文字"),
        (Word(said="低保户", means="低保", kind="gossip", source="x"), "类别"),
        (Word(said="低保户", means="低保"), "没有写来源"),
        (Word(said="低保户", means="低保", source="长" * 121), "超过 120"),
    ],
)
def test_a_row_that_would_do_harm_is_refused_in_words(word: Word, said: str) -> None:
    assert said in "".join(map(str, wrong_with(word)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([("甲甲", "乙乙", False), ("乙乙", "甲甲", False)], "双向"),
        ([("甲甲", "乙乙", False), ("乙乙", "丙丙", False)], "直接写“丙丙”"),
        ([("甲甲", f"乙乙{n}", False) for n in "一二三四"], "已有 3 个意思"),
        ([(f"甲甲{n}", f"甲甲{n + 1}", True) for n in range(9)], "连在一起"),
    ],
)
def test_rows_that_would_merge_unlike_things_are_refused(words: list[tuple[str, str, bool]], said: str) -> None:
    rows = [Word(said=a, means=b, both=both, source="x") for a, b, both in words]
    assert said in "".join(map(str, wrong_together(rows, [row.key for row in rows])))


async def test_a_pair_is_in_force_after_a_second_person_on_every_node_and_goes_back(
    any_database: str,
    curating: Any,
    entries: Any,
    base: KnowledgeBase,
    keywords: Any,
    clock: Any,
    today: Any,
    changes: Changes,
) -> None:
    await curating.curation.put_entries(entries, actor=Actor.machine("测试"))
    other = KnowledgeBase(keywords=keywords, clock=clock)
    await base.load()
    await other.load()
    before = base.ask(ASKED, today=today)
    row = await changes.propose(WU, Desk.words, await changes.words([CARD]), note="来电多")
    assert (await base.refresh(), base.ask(ASKED, today=today)) == (False, before), "a proposal changes nothing"
    with pytest.raises(AnotherPersonNeeded):
        await changes.accept(WU, row.id, sha256=row.sha256)
    with pytest.raises(NotPermitted):
        await changes.accept(LI, row.id, sha256=row.sha256)
    with pytest.raises(CaseRefused, match="换了内容"):
        await changes.accept(FENG, row.id, sha256="0" * 64)
    assert await DictionaryItem.all().count() == 0
    generation = await present_generation()
    await changes.accept(FENG, row.id, sha256=row.sha256)
    assert await present_generation() == generation + 1, "a refusal raises nothing"
    for node in (base, other):
        assert await node.refresh()
        found = node.ask(ASKED, today=today)
        assert (found.hits[0].entry.id, found.read_as) == ("pension", (("养老红本", "养老金资格认证"),))
        assert found.confidence > before.confidence
    with pytest.raises(CaseRefused, match="已经办理"):
        await changes.accept(FENG, row.id, sha256=row.sha256)
    back = await changes.undo(WU, row.id)
    await changes.accept(FENG, back.id, sha256=back.sha256)
    assert await other.refresh()
    assert other.ask(ASKED, today=today) == before
    assert [one.id for one in await changes.history(Desk.words)] == [back.id, row.id]
    verbs = await AuditRecord.filter(verb__startswith="dictionary").order_by("id").values_list("verb", flat=True)
    assert verbs == ["dictionary.proposed", "dictionary.accepted"] * 2


async def test_a_fresh_load_shows_what_a_refresh_shows(
    curating: Any, entries: Any, base: KnowledgeBase, keywords: Any, clock: Any, today: Any, changes: Changes
) -> None:
    await curating.curation.put_entries(entries, actor=Actor.machine("测试"))
    await base.load()
    await in_force(changes, CARD)
    await base.refresh()
    fresh = KnowledgeBase(keywords=keywords, clock=clock)
    await fresh.load()
    assert fresh.ask(ASKED, today=today) == base.ask(ASKED, today=today)
    candidate = await curating.checking.candidate({})
    assert candidate.ask(ASKED, today=today).hits[0].entry.id == "pension", "the check of a release asks the same way"


async def test_two_proposals_on_one_row_do_not_overwrite_each_other(database: str, changes: Changes) -> None:
    first = await changes.propose(WU, Desk.words, await changes.words([CARD]))
    second = await changes.propose(
        WU, Desk.words, await changes.words([Word(said=CARD.said, means=CARD.means, source="另一来源")])
    )
    await changes.accept(FENG, first.id, sha256=first.sha256)
    with pytest.raises(CaseRefused, match="又有改动"):
        await changes.accept(FENG, second.id, sha256=second.sha256)
    with pytest.raises(CaseRefused, match="只有提出的人"):
        await changes.take_back(FENG, second.id)
    await changes.refuse(FENG, second.id, remark="已有这一行")
    assert (await changes.find(second.id)).state == State.refused  # type: ignore[union-attr]
    with pytest.raises(CaseRefused, match="没有变化"):
        await changes.propose(WU, Desk.words, await changes.words([CARD]))
    gone = await changes.propose(WU, Desk.words, await changes.words(remove=[CARD.key]))
    await changes.accept(FENG, gone.id, sha256=gone.sha256)
    with pytest.raises(CaseRefused, match="又有改动"):
        await changes.undo(WU, first.id)


async def test_what_was_sound_alone_is_looked_at_again_when_it_comes_into_force(
    database: str, changes: Changes
) -> None:
    rows = [Word(said="红本本", means="结婚证", source="x"), Word(said="结婚证", means="红本本", source="x")]
    proposed = [await changes.propose(WU, Desk.words, await changes.words([row])) for row in rows]
    await changes.accept(FENG, proposed[0].id, sha256=proposed[0].sha256)
    with pytest.raises(ImportRefused, match="双向"):
        await changes.accept(FENG, proposed[1].id, sha256=proposed[1].sha256)


async def test_the_effect_is_shown_before_anything_is_in_force(
    curating: Any, entries: Any, base: KnowledgeBase, today: Any, changes: Changes, actor: Any
) -> None:
    await curating.curation.put_entries(entries, actor=actor)
    await base.load()
    cases = [
        Case(line=1, question=ASKED, entries=("pension",)),
        Case(line=2, question="护照在哪里办理", entries=("passport",)),
    ]
    await curating.trials.run("常问", cases, actor=actor)

    async def logged(most: int) -> list[str]:
        return ["养老红本到期了咋办", "大件垃圾如何处理", "养老红本到期了咋办"][:most]

    layers = await changes.layers_with(Desk.words, await changes.words([CARD]))
    effect = await Effects(base=base, logged=logged).of(layers, today=today)
    assert (effect.looked, effect.asked) == (4, 2), "only what the row touches is asked; a question twice is one"
    (turned,) = [one for one in effect.turned if one.suite == "常问"]
    assert (turned.question, turned.better, turned.was) == (ASKED, True, "没有答复")
    assert "资格认证" in turned.now
    assert all(one.better is None for one in effect.turned if one.suite == FROM_CITIZENS)
    assert base.layers == Layers() or not len(base.layers.words)


def test_the_table_gives_back_every_row_and_names_every_fault(tmp_path: Path) -> None:
    from knowledge import delimited

    words = [CARD, Word(said="东关", means="东关街道", kind="place", both=True, source="区划", note="旧名")]
    path = tmp_path / "词典.csv"
    delimited.write(path, rows_of(words))
    assert read_words(path) == words
    path.write_text(
        "群众的说法,知识库的说法,类别,方向,来源\n卡,居民健康卡,俗称,单向,x\n红本,结婚证,黑话,斜向,x\n", encoding="utf-8"
    )
    with pytest.raises(ImportRefused) as refused:
        read_words(path)
    assert [(one.line, one.field) for one in refused.value.errors] == [(2, "群众的说法"), (3, "方向"), (3, "类别")]
    path.write_text("甲,乙\n", encoding="utf-8")
    with pytest.raises(ImportRefused, match="第一行没有"):
        read_words(path)
