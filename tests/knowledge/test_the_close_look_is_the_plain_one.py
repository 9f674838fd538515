"""The kernel's close look, its phrases and its shortlist give what plain Python gives, and refuse what does not fit together."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import kernel
from knowledge.closeness import NAMES, look, shipped_close
from knowledge.entry import Entry, EntryKind
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.kinds import WORDS
from knowledge.postings import Floats
from knowledge.synonyms import phrases
from tests.knowledge import plain_closeness

PARTS = (
    "低保", "最低生活保障", "怎么申请", "如何办理", "青州镇", "北京市", "2024", "a-1", "多少钱", "没有", "？", "。", "，", "养老金", "退休金",
    "认证", "在哪里", "噪音", "扰民", "小区", "吗", "么", " ", "\U00020000", "禁止", "补贴", "什么时候", "发放", "残疾证", "腿修",
)  # fmt: skip
text = st.lists(st.sampled_from(PARTS), max_size=14).map("".join)
titled = st.tuples(text, st.lists(text, max_size=2), st.lists(text, max_size=9).map("。".join), text)
base = st.lists(titled, min_size=1, max_size=6)


def entries_of(given: list[tuple[str, list[str], str, str]]) -> list[Entry]:
    return [
        Entry(
            id=str(n), kind=EntryKind.faq, title=title, similar=tuple(similar), body=body, keywords=tuple(words.split())
        )
        for n, (title, similar, body, words) in enumerate(given)
    ]


def looked(index: Index, question: str, keywords: Keywords) -> tuple[Floats, Floats]:
    asked, every = index.cut(question, keywords), np.arange(len(index.entries), dtype=np.int32)[::-1].copy()
    rows = np.full((len(every), len(NAMES) + 2), 7.0)
    look(index, asked, every, rows, 1)
    assert (rows[:, [0, -1]] == 7).all()  # nothing is written beside its place
    return rows[:, 1:-1], plain_closeness.look(index, asked, every)


@settings(max_examples=120, deadline=None)
@given(given=base, question=text)
def test_each_number_is_the_plain_one(
    given: list[tuple[str, list[str], str, str]], question: str, keywords: Keywords
) -> None:
    found, plain = looked(Index.build(entries_of(given), keywords), question, keywords)
    for column, name in enumerate(NAMES):
        assert found[:, column] == pytest.approx(plain[:, column], abs=1e-4), name


def test_long_texts_are_the_plain_ones_too(keywords: Keywords) -> None:
    lot = np.random.default_rng(3)
    drawn = ["".join(lot.choice(PARTS, 400)) for _ in range(6)]
    entries = entries_of([(text[:300], [text[200:290]], text, "") for text in drawn])
    for question in ("".join(lot.choice(PARTS, size)) for size in (5, 60, 900)):
        found, plain = looked(Index.build(entries, keywords), question, keywords)
        assert found == pytest.approx(plain, abs=1e-4)


def test_an_entry_that_was_put_in_later_is_seen_as_in_a_fresh_index(keywords: Keywords) -> None:
    lot = np.random.default_rng(4)
    entries = entries_of([("".join(lot.choice(PARTS, 6)), [], "".join(lot.choice(PARTS, 12)), "") for _ in range(40)])
    put = [replace(entry, title=f"{entry.title}夜间施工的举报电话") for entry in entries[::9]]
    late = Index.build(entries, keywords).changed(put, [], keywords)
    assert len(late.segments) == 2
    fresh = Index.build(late.merged().entries, keywords)
    question = "夜间施工怎么申请低保"
    asked, number = late.cut(question, keywords), {entry.id: n for n, entry in enumerate(fresh.entries)}
    chosen = np.flatnonzero([late.find(entry.id) is entry for entry in late.entries]).astype(np.int32)
    found, expected = np.zeros((2, len(chosen), len(NAMES)))
    look(late, asked, chosen, found, 0)
    same = np.array([number[late.entries[entry].id] for entry in chosen], np.int32)
    look(fresh, fresh.cut(question, keywords), same, expected, 0)
    assert found == pytest.approx(expected, abs=1e-6)


@given(said=text)
def test_phrases_are_found_as_by_a_regular_expression(said: str) -> None:
    given = {"低保": 0, "低保金": 1, "补贴": 2, "退休": 3, "退休金": 1, "吗": 4, "金": 5}
    longest = re.compile("|".join(sorted(map(re.escape, given), key=len, reverse=True)))
    known = phrases(given.items())
    assert np.frombuffer(known.longest(said), np.int32).tolist() == [given[word] for word in longest.findall(said)]
    assert known.any(said) == sum({1 << number for word, number in given.items() if word in said})
    assert phrases([("么$", 3)]).any(said) == (8 if said.endswith("么") else 0)


@pytest.mark.parametrize(
    ("words", "values"),
    [(("一", ""), [1, 2]), (("一", "二", "一"), [1, 2, 3]), (("一",), [1, 2]), (("一",), [-1]), ((1,), [1])],
)
def test_phrases_that_do_not_fit_are_refused(words: Any, values: list[int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        kernel.Phrases(words, np.array(values, np.int32), np.zeros(len(values), np.uint8))


def test_a_look_that_does_not_fit_is_refused(keywords: Keywords) -> None:
    index = Index.build(entries_of([("低保怎么申请", [], "到街道申请。", "")]), keywords)
    asked = index.cut("低保申请", keywords)
    with pytest.raises(ValueError, match="row of the table"):
        look(index, asked, np.array([0], np.int32), np.zeros((1, len(NAMES))), 1)
    with pytest.raises(ValueError, match="row of the table"):
        look(index, asked, np.array([1], np.int32), np.zeros((1, len(NAMES))), 0)
    with pytest.raises(ValueError, match="writable"):
        look(index, asked, np.array([0], np.int32), np.broadcast_to(0.0, (1, len(NAMES))), 0)
    segment = index.segments[0]
    words, pairs = asked.terms[WORDS], asked.terms["grams2"]
    ones = np.ones(3)

    def asked_with(**other: Any) -> None:
        given: dict[str, Any] = {
            "rows": np.zeros(len(asked.words), np.int32), "kept": words.kept, "texts": segment.texts,
            "meanings": segment.meanings.rows, "frequency": index.word_frequencies[0], "idfs": np.ones(9),
        } | other  # fmt: skip
        shipped_close().look(
            "低保申请", given["rows"], np.zeros(len(asked.words), np.int32), 1.0, 1.0,
            (segment.postings[WORDS].kernel, words.places[0], words.idf, words.weights, ones, given["kept"]),
            (segment.postings["grams2"].kernel, pairs.places[0], pairs.idf, pairs.weights, ones, 0.0),
            (given["texts"], given["meanings"], segment.meanings.senses, given["frequency"]),
            given["idfs"], np.zeros(1, np.int32), np.zeros(1, np.int32), np.zeros((1, len(NAMES))), 0,
        )  # fmt: skip

    asked_with()
    for other in (
        {"rows": np.full(len(asked.words), 10**6, np.int32)},
        {"rows": np.zeros(len(asked.words) + 1, np.int32)},
        {"kept": np.full(len(words.texts), 99, np.int32)},
        {"texts": segment.texts[1:]},
        {"texts": (1,) * len(segment.texts)},
        {"meanings": np.full(len(segment.meanings.rows), -1, np.int32)},
        {"meanings": segment.meanings.rows[1:]},
        {"frequency": np.full(len(segment.meanings.rows), 2, np.int32)},
        {"idfs": np.zeros(0)},
    ):
        with pytest.raises(ValueError, match=r"."):
            asked_with(**other)


def test_the_shortlist_is_the_plain_one() -> None:
    lot = np.random.default_rng(6)
    column, only = np.array([0, 1, 1, 3, 4], np.int32), np.array([0, 1, 2, 0, 0], np.uint8)
    relative, blended = np.array([0, 1, 2, 3], np.int32), np.array([0, 1, 2, 3], np.int32)
    for count in (0, 1, 5, 30):
        measured, titled = lot.random((count, 6)).round(1), lot.random(count) < 0.5
        rows = np.zeros((4, 10))
        chosen = np.frombuffer(
            kernel.shortlist(measured, titled, column, only, relative, blended, np.array([0.5]), 0.7, 5, 4, rows),
            np.int32,
        )
        raw = measured[:, column]
        raw[:, 1] *= titled
        raw[:, 2] *= ~titled
        best = raw[:, relative].max(axis=0, initial=0)
        shares = raw[:, relative] / np.where(best > 0, best, 1)
        title = np.maximum(shares[:, 1], shares[:, 2])
        score = 0.5 * (
            title + shares[:, 0] + shares[:, 3] + 0.7 * np.maximum(np.maximum(title, shares[:, 0]), shares[:, 3])
        )
        order = np.argsort(-score.round(12), kind="stable")[:4]
        assert score[chosen] == pytest.approx(score[order])
        assert rows[: len(chosen)] == pytest.approx(np.hstack([raw, shares, measured[:, 5:]])[chosen])
    with pytest.raises(ValueError, match="fit together"):
        kernel.shortlist(measured, titled, column, only, relative, blended, np.array([0.5]), 0.7, 6, 4, rows)
    with pytest.raises(ValueError, match="not measured"):
        kernel.shortlist(measured, titled, column + 3, only, relative, blended, np.array([0.5]), 0.7, 5, 4, rows)
