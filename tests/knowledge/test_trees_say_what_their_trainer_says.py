"""The trees give the sums that LightGBM gives, and no model counts more likeness against an entry."""

import numpy as np
import pytest

from benchmarks.fitting import TREE_SETTINGS
from knowledge import confidence, ranking
from knowledge.confidence import Opinion
from knowledge.model import shipped
from knowledge.trees import Trees

NAMES = tuple("abcdef")


def test_the_sums_are_the_trainers() -> None:
    import lightgbm

    lot = np.random.default_rng(5)
    rows = lot.random((600, len(NAMES)))
    right = (rows[:, 0] + rows[:, 1] * rows[:, 2] > 0.8).astype(int)
    model = lightgbm.train({**TREE_SETTINGS, "seed": 1}, lightgbm.Dataset(rows, right), 30)

    def nested(node: dict) -> object:  # type: ignore[type-arg]
        if "leaf_value" in node:
            return node["leaf_value"]
        children = nested(node["left_child"]), nested(node["right_child"])
        return [NAMES[node["split_feature"]], node["threshold"], *children]

    trees = Trees.read([nested(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]], NAMES)
    assert trees.sum(rows) == pytest.approx(model.predict(rows, raw_score=True), abs=1e-9)


def test_a_tree_is_walked_as_it_is_written() -> None:
    trees = Trees.read([["a", 0.5, ["b", 0.25, 1, 2], 4], 0.5], NAMES)
    rows = np.zeros((4, len(NAMES)))
    rows[1, 1], rows[2, 0], rows[3, 0] = 0.3, 0.6, 0.5
    assert trees.sum(rows).tolist() == [1.5, 2.5, 4.5, 1.5]
    assert trees.sum(np.zeros((0, len(NAMES)))).tolist() == []


@pytest.mark.parametrize("tree", [["unheard of", 0.5, 1, 2], ["a", 0.5, 1], "a"])
def test_a_malformed_tree_is_refused(tree: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        Trees.read([tree], NAMES)  # type: ignore[list-item]


@pytest.mark.parametrize("kind", ["general", "rumour"])
def test_more_likeness_never_makes_an_answer_less_sure(kind: str) -> None:
    opinion: Opinion = getattr(shipped()[1], kind)
    lot = np.random.default_rng(7)
    rows = lot.random((40, len(confidence.PLAIN)))
    share = lot.random(len(rows))
    before = opinion.probabilities(rows, share)
    for place, sign in enumerate(confidence.SIGNS.tolist()):
        if sign:
            more = rows.copy()
            more[:, place] += sign * lot.random(len(rows))
            assert (opinion.probabilities(more, share) >= before - 1e-12).all(), confidence.PLAIN[place]


def test_more_likeness_never_lowers_a_score() -> None:
    ranker, _ = shipped()
    lot = np.random.default_rng(8)
    rows = lot.random((30, len(ranking.NAMES)))
    for share in (0.0, 0.4, 1.0):
        before = ranker.scores(rows, share)
        assert (before >= 0).all()
        for place, less in enumerate(ranking.LESS.tolist()):
            more = rows.copy()
            more[:, place] += -0.2 if less else 0.2
            assert (ranker.scores(more, share) >= before - 1e-12).all(), ranking.NAMES[place]
