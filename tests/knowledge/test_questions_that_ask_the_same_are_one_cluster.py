"""Open questions that ask the same in other words are one cluster: measured on our own questions, deterministic, and fast enough
for a large inbox."""

import random
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest

from knowledge.keywords import Keywords
from knowledge.question_clusters import ALIKE, Clusters, Shape, likeness, shape_of


def groups_of(name: str) -> list[tuple[int, str]]:
    """(group, question) for every question of a file."""
    blocks = Path(__file__).with_name(name).read_text(encoding="utf8").split("\n\n")
    groups = [[line for line in block.splitlines() if line and not line.startswith("#")] for block in blocks]
    return [(number, text) for number, group in enumerate(group for group in groups if group) for text in group]


ASKED, UNSEEN = groups_of("question_groups.txt"), groups_of("question_groups_unseen.txt")
FLOORS = {"known": (0.85, 0.78), "unseen": (0.95, 0.3)}
"""Precision and recall of pairs of questions; docs/talk/questions.zh-CN.md has what was measured. Of subjects that the list of
everyday words does not know fewer are joined, and hardly one wrongly."""


def placed(shapes: Sequence[Shape]) -> list[int]:
    clusters, found = Clusters(), list[int]()
    for number, shape in enumerate(shapes, 1):
        near = clusters.nearest(shape)
        found.append(near[0] if near else number)
        clusters.add(found[-1], shape)
    return found


def figures(keywords: Keywords, questions: Sequence[tuple[int, str]], seed: int) -> tuple[float, float]:
    asked = list(questions)
    random.Random(seed).shuffle(asked)
    found = placed([shape_of(text, keywords.cut) for _, text in asked])
    together = same = both = 0
    for one, other in combinations(range(len(asked)), 2):
        joined, meant = found[one] == found[other], asked[one][0] == asked[other][0]
        together, same, both = together + joined, same + meant, both + (joined and meant)
    return both / together, both / same


def test_there_are_enough_questions_to_measure_with() -> None:
    assert len(ASKED) >= 200
    assert len({group for group, _ in ASKED}) >= 60


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("which", ["known", "unseen"])
def test_pairs_are_joined_as_a_person_would(keywords: Keywords, which: str, seed: int) -> None:
    precision, recall = figures(keywords, ASKED if which == "known" else UNSEEN, seed)
    assert precision >= FLOORS[which][0], f"{precision:.3f}, {recall:.3f}"
    assert recall >= FLOORS[which][1], f"{precision:.3f}, {recall:.3f}"


def test_the_same_questions_in_the_same_order_make_the_same_clusters(keywords: Keywords) -> None:
    shapes = [shape_of(text, keywords.cut) for _, text in ASKED]
    assert placed(shapes) == placed([shape_of(text, keywords.cut) for _, text in ASKED])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("老年公交卡在哪里办", "老年公交卡丢了怎么补"), ("公租房怎么申请", "公租房租金怎么算"),
        ("60岁能办优待证吗", "65岁能办优待证吗"), ("武汉的补贴怎么领", "长沙的补贴怎么领"),
    ],
)  # fmt: skip
def test_the_same_subject_is_not_the_same_question(keywords: Keywords, one: str, other: str) -> None:
    assert likeness(shape_of(one, keywords.cut), shape_of(other, keywords.cut)) < ALIKE


@pytest.mark.parametrize("text", ["", "？？", "a" * 5000, "我" * 5000, "🙂", "\x00\ufffd", "怎么办"])
def test_any_text_has_a_shape(keywords: Keywords, text: str) -> None:
    shape = shape_of(text, keywords.cut)
    clusters = Clusters()
    assert clusters.nearest(shape) is None
    clusters.add(1, shape)
    assert clusters.nearest(shape_of(text, keywords.cut)) == (1, 1.0)


def test_what_a_person_placed_stays_where_he_put_it(keywords: Keywords) -> None:
    whole, part = shape_of("老年公交卡在哪里办", keywords.cut), shape_of("老年人公交卡在哪里办呢", keywords.cut)
    clusters = Clusters()
    clusters.add(1, whole)
    assert (clusters.nearest(part) or (0, 0))[0] == 1
    clusters.add(2, part, by_hand=True)
    assert clusters.nearest(part) == (2, 1.0)
    assert clusters.nearest(whole) == (1, 1.0)


def test_a_large_inbox_is_clustered_in_seconds_and_one_more_question_in_milliseconds(keywords: Keywords) -> None:
    """5,000 different questions; the limits are loose, since the machine of the gate is slow and loaded."""
    names = [
        f"{a}{b}" for a in "东西南北上下新老大小" for b in ("桥", "河", "山", "井", "塘", "庄", "坝", "岭", "湾", "坪")
    ]
    texts = [
        f"{name}{kind}{text}" for name in names for kind in ("村", "街") for text in dict.fromkeys(t for _, t in ASKED)
    ]
    texts = texts[:5_000]
    begin = time.process_time()
    shapes = [shape_of(text, keywords.cut) for text in texts]
    shaped = time.process_time()
    placed(shapes)
    took = time.process_time() - shaped
    assert len(texts) == 5_000
    assert shaped - begin < 20
    assert took < 30, f"{took:.1f} s"
