"""Fitting the models of the knowledge base: a linear ranking, and a confidence that is the mean of a logistic model and of boosted trees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.measured import Flags, Floats, Measured
from knowledge import confidence, ranking
from knowledge.confidence import Opinion
from knowledge.trees import Trees

RANKING_L2 = 0.01
RANKING_STEPS = 250
CONFIDENCE_L2 = 0.001
CONFIDENCE_STEPS = 500
ABSENT_WEIGHT = 0.3  # of a question whose right entry was taken away, beside the question as it is
MOST_QUESTIONS_A_SET = 1000  # so that one large set does not decide the ranking for all
TREE_SEEDS = (3, 4)
TREE_SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 8,
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "verbose": -1,
}
TREE_ROUNDS = 200
Order = Callable[[Measured], Floats]
"""A fitted ranking: the score of every row of a set."""


def gated(rows: Floats, length: Floats) -> Floats:
    """Rows once for short and once for long messages, as the models weigh them; `length` has one number for each row."""
    share = np.array([ranking.length_share(characters) for characters in length])[:, None]
    return np.hstack([rows * (1 - share), rows * share])


def fit_ranking(sets: Sequence[Measured]) -> Floats:
    """Softmax regression over each question's candidates, no weight below zero: more likeness never counts against an entry."""
    tables, marks, sizes, weights = [], [], [], []
    for measured in sets:
        usable = np.flatnonzero(measured.found)[:MOST_QUESTIONS_A_SET]
        if not len(usable):
            continue
        chosen = measured.only(np.isin(np.arange(len(measured.sizes)), usable))
        rows = np.where(ranking.FREE, 0.0, ranking.likeness(chosen.rows))
        tables.append(gated(rows, chosen.length[chosen.owner]))
        marks.append(chosen.right.astype(float))
        sizes.append(chosen.sizes)
        weights.append(np.full(len(chosen.right), 1 / np.sqrt(len(usable))))
    table, size = np.vstack(tables), np.concatenate(sizes)
    starts = np.concatenate(([0], np.cumsum(size)[:-1]))
    owner = np.repeat(np.arange(len(size)), size)
    wanted, weight = np.concatenate(marks), np.concatenate(weights)
    wanted /= np.add.reduceat(wanted, starts)[owner]
    weight /= weight[starts].sum()
    spread = table.std(axis=0) + 1e-6
    table /= spread
    found = np.full(table.shape[1], 0.01)
    drift, scale = np.zeros_like(found), np.zeros_like(found)
    for step in range(1, RANKING_STEPS + 1):
        scores = table @ found
        likely = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        likely /= np.add.reduceat(likely, starts)[owner]
        slope = table.T @ ((likely - wanted) * weight) + RANKING_L2 * found
        drift = 0.9 * drift + 0.1 * slope
        scale = 0.999 * scale + 0.001 * slope * slope
        pace = 0.05 * (1 - 0.9 * step / RANKING_STEPS)
        found = np.maximum(found - pace * (drift / (1 - 0.9**step)) / (np.sqrt(scale / (1 - 0.999**step)) + 1e-8), 0)
    free = np.tile(ranking.FREE, 2)
    return np.asarray(np.where(free, 0.0, found / spread))


def order_by(weights: Floats) -> Order:
    """The ranking of these weights."""
    return lambda measured: np.asarray(
        gated(ranking.likeness(measured.rows), measured.length[measured.owner]) @ weights
    )


def first_candidates(measured: Measured, order: Order) -> tuple[Floats, Flags]:
    """The confidence features of each question's first candidate (zeros without one), and whether it is right."""
    scores, starts = order(measured), measured.starts
    table = np.zeros((len(measured.sizes), len(confidence.PLAIN)))
    right = np.zeros(len(measured.sizes), dtype=np.bool_)
    for number, (start, size) in enumerate(zip(starts.tolist(), measured.sizes.tolist(), strict=True)):
        if size:
            best = start + np.argsort(-scores[start : start + size], kind="stable")
            rumour, asked = bool(measured.rumour[best[0]]), measured.asked[number]
            table[number] = confidence.describe(measured.rows[best], scores[best], asked, rumour)
            right[number] = measured.right[best[0]]
    return table, right


@dataclass(frozen=True, kw_only=True)
class Grown:
    """A fitted opinion, and its trees as nested lists, which is how they are written down."""

    opinion: Opinion
    trees: list[Any]


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A ranking and the two opinions of the confidence, fitted together."""

    ranking: Floats
    general: Grown
    rumour: Grown

    def judge(self, measured: Measured) -> tuple[Floats, Flags]:
        """The confidence in each question's first candidate, and whether it is right."""
        table, right = first_candidates(measured, order_by(self.ranking))
        share = np.array([ranking.length_share(characters) for characters in measured.length])
        general, rumour = (grown.opinion.probabilities(table, share) for grown in (self.general, self.rumour))
        found = np.where(table[:, confidence.PLAIN.index("rumour")] > 0, rumour, general)
        return np.where(measured.sizes > 0, found, 0.0), right


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """First candidates of questions that the ranking had not seen, and whether they are right."""

    table: Floats
    right: Flags
    length: Floats
    share: Floats


def fit(sets: Sequence[Measured]) -> Fitted:
    """All models. The confidence learns from rankings that had not seen the question, so that it does not learn to trust them too far."""
    lessons: list[Lesson] = []
    for fold in (0, 1):
        order = order_by(fit_ranking([measured.only(measured.fold != fold) for measured in sets]))
        for measured in sets:
            if measured.name.endswith("+untitled"):
                continue
            unseen = measured.only(measured.fold == fold)
            for chosen, weight in ((unseen, 1.0), (unseen.without_gold(), ABSENT_WEIGHT)):
                table, right = first_candidates(chosen, order)
                share = np.full(len(right), weight / np.sqrt(len(measured.sizes)))
                lessons.append(Lesson(table=table, right=right, length=chosen.length, share=share))
    general = grow(lessons)
    of_rumours = [lesson for lesson in lessons if lesson.table[:, confidence.PLAIN.index("rumour")].any()]
    return Fitted(ranking=fit_ranking(sets), general=general, rumour=grow(of_rumours) if of_rumours else general)


def grow(lessons: Sequence[Lesson]) -> Grown:
    """Both halves of an opinion."""
    table = np.vstack([lesson.table for lesson in lessons])
    right, length, share = (
        np.concatenate([getattr(lesson, name) for lesson in lessons]) for name in ("right", "length", "share")
    )
    trees = fit_trees(table, right, share)
    return Grown(
        opinion=fit_logistic(gated(table, length), right, share, Trees.read(trees, confidence.PLAIN)), trees=trees
    )


def fit_logistic(table: Floats, right: Flags, share: Floats, trees: Trees) -> Opinion:
    """Logistic regression whose weights keep the signs that the features must have, put beside trees that are grown already."""
    share = share / share.sum()
    mean = share @ table
    spread = np.sqrt(share @ (table - mean) ** 2) + 1e-6
    scaled = np.clip((table - mean) / spread, -5, 5)
    signs = np.tile(confidence.SIGNS, 2)
    lowest, highest = np.where(signs > 0, 0.0, -np.inf), np.where(signs < 0, 0.0, np.inf)
    weights, intercept = np.zeros(scaled.shape[1]), 0.0
    drift, scale = np.zeros(len(weights) + 1), np.zeros(len(weights) + 1)
    for step in range(1, CONFIDENCE_STEPS + 1):
        error = share * (1 / (1 + np.exp(-np.clip(scaled @ weights + intercept, -30, 30))) - right)
        slope = np.append(error @ scaled + CONFIDENCE_L2 * weights, error.sum())
        drift = 0.9 * drift + 0.1 * slope
        scale = 0.999 * scale + 0.001 * slope * slope
        pace = 0.03 * (1 - 0.95 * step / CONFIDENCE_STEPS)
        change = pace * (drift / (1 - 0.9**step)) / (np.sqrt(scale / (1 - 0.999**step)) + 1e-8)
        weights, intercept = np.clip(weights - change[:-1], lowest, highest), float(intercept - change[-1])
    return Opinion(mean=mean, spread=spread, weights=weights, intercept=intercept, trees=trees)


def fit_trees(table: Floats, right: Flags, share: Floats) -> list[Any]:
    """Boosted trees with the same signs, grown from several seeds and averaged, in the form that `Trees.read` takes."""
    import lightgbm

    signs = confidence.SIGNS.astype(int).tolist()
    grown = []
    for seed in TREE_SEEDS:
        data = lightgbm.Dataset(table, right.astype(int), weight=share / share.mean())
        settings = {**TREE_SETTINGS, "seed": seed, "monotone_constraints": signs}
        dump = lightgbm.train(settings, data, TREE_ROUNDS).dump_model()
        grown += [nested(tree["tree_structure"], 1 / len(TREE_SEEDS)) for tree in dump["tree_info"]]
    return grown


def nested(node: dict[str, Any], scale: float) -> Any:
    """One tree of LightGBM's `dump_model`, its leaves scaled, as nested lists."""
    if "leaf_value" in node:
        return float(f"{node['leaf_value'] * scale:.6g}")
    if node["decision_type"] != "<=":
        raise ValueError(f"only <= is understood, not {node['decision_type']}")
    name, threshold = confidence.PLAIN[node["split_feature"]], float(f"{node['threshold']:.7g}")
    return [name, threshold, nested(node["left_child"], scale), nested(node["right_child"], scale)]
