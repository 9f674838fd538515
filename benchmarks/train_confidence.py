"""Trains the ranking and confidence coefficients of the knowledge base and reports how they do on what they have not seen.

    .venv/bin/python benchmarks/train_confidence.py EVAL/letters EVAL/policies … --write knowledge/data/ranking.json

Each folder is one set: entries.jsonl and dev.jsonl in the format of `mingbai knowledge load` and `mingbai ask --from`, with the right
entries of a question in `gold`. Reported are halves (each half of every set is answered by a model trained on the other
halves) and strangers (each set is answered by a model that has seen nothing of it). Only coefficients are written.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge import confidence, exchange, features
from knowledge.confidence import describe
from knowledge.decision import ANSWER_FROM
from knowledge.entry import Entry
from knowledge.features import candidates
from knowledge.index import Asked, Index
from knowledge.keywords import Keywords
from knowledge.message import question_in
from knowledge.ranking import Ranked, length_share

Floats = NDArray[np.float64]
RANKING_L2 = 0.01
RANKING_STEPS = 300
CONFIDENCE_L2 = 0.001
CONFIDENCE_STEPS = 600
YOUNG = " (small)"
SMALL = 80  # entries of a small base
ABSENT_WEIGHT = 0.3  # of a question whose right entry was taken away, beside the question as it is
MOST_QUESTIONS_A_SET = 1000  # so that one large set does not decide the ranking for all


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question with its candidates' features; `right` marks the candidates in its gold list."""

    index: Index
    asked: Asked
    entries: NDArray[np.int64]
    rows: Floats
    right: NDArray[np.bool_]
    has_gold: bool
    half: int  # which half of its set it belongs to
    fold: int  # which part of that half; the confidence learns across the parts


def read_cases(folder: Path, keywords: Keywords, *, small: bool = False) -> list[Case]:
    """The questions of one set, measured against its entries, or against a few of them drawn by lot, as a young base is."""
    entries = exchange.read(folder / "entries.jsonl")
    with (folder / "dev.jsonl").open(encoding="utf8") as lines:
        questions = [json.loads(line) for line in lines if line.strip()]
    if small:
        entries, questions = draw_small(entries, questions)
    index = Index.build(entries, keywords)
    parts = np.random.default_rng(1).integers(0, 4, len(questions))
    cases = []
    for question, part in zip(questions, parts, strict=True):
        asked = index.cut(question_in(question["text"]), keywords)
        found = candidates(index, asked)
        gold = set(question["gold"])
        right = np.array([entries[number].id in gold for number in found.entries], dtype=bool)
        cases.append(
            Case(
                index=index,
                asked=asked,
                entries=found.entries,
                rows=found.rows,
                right=right,
                has_gold=bool(gold),
                half=int(part) // 2,
                fold=int(part) % 2,
            )
        )
    return cases


def draw_small(entries: list[Entry], questions: list[dict[str, Any]]) -> tuple[list[Entry], list[dict[str, Any]]]:
    """A base of SMALL entries, half of them asked for, with every question it answers and half as many that it does not."""
    lot = np.random.default_rng(2)
    asked_for = sorted({gold for question in questions for gold in question["gold"]})
    chosen = set(lot.choice(asked_for, min(SMALL // 2, len(asked_for)), replace=False).tolist())
    others = sorted({entry.id for entry in entries} - chosen)
    chosen |= set(lot.choice(others, min(SMALL - len(chosen), len(others)), replace=False).tolist())
    known = [question for question in questions if chosen & set(question["gold"])]
    unknown = [question for question in questions if not chosen & set(question["gold"])]
    drawn = lot.choice(len(unknown), min(max(SMALL, len(known)) // 2, len(unknown)), replace=False)
    few = [unknown[number] | {"gold": []} for number in drawn]
    return [entry for entry in entries if entry.id in chosen], known + few


def without_gold(case: Case) -> Case:
    """The same question in a base that lacks its right entries: what not knowing looks like, which most sets do not show."""
    kept = ~case.right
    rows = case.rows[kept].copy()
    if len(rows):
        for name in features.RELATIVE:
            raw = rows[:, features.NAMES.index(name)]
            rows[:, features.NAMES.index(f"{name}/best")] = raw / raw.max() if raw.max() > 0 else 0.0
    return replace(case, entries=case.entries[kept], rows=rows, right=case.right[kept], has_gold=False)


def gated(case: Case) -> Floats:
    """The features once for short and once for long messages, as the ranker weighs them."""
    share = length_share(len(case.asked.text))
    return np.hstack([case.rows * (1 - share), case.rows * share])


def fit_ranking(sets: Sequence[list[Case]]) -> Floats:
    """Softmax regression over each question's candidates, no weight below zero: more likeness never counts against an entry."""
    cases, shares = [], []
    for chosen in sets:
        usable = [case for case in chosen if case.right.any()][:MOST_QUESTIONS_A_SET]
        cases += usable
        shares += [1 / np.sqrt(len(usable))] * len(usable)
    table = np.vstack([gated(case) for case in cases])
    sizes = [len(case.rows) for case in cases]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    owner = np.repeat(np.arange(len(sizes)), sizes)
    wanted = np.concatenate([case.right for case in cases]).astype(float)
    wanted /= np.add.reduceat(wanted, starts)[owner]
    weight = (np.array(shares) / np.sum(shares))[owner]
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
        found -= pace * (drift / (1 - 0.9**step)) / (np.sqrt(scale / (1 - 0.999**step)) + 1e-8)
        found = np.maximum(found, 0)
    return np.asarray(found / spread)


def rank(case: Case, weights: Floats) -> tuple[Ranked, NDArray[np.bool_]]:
    """A case's candidates in the order of the weights, and which of them are right."""
    scores = gated(case) @ weights
    order = np.argsort(-scores, kind="stable")
    return Ranked(entries=case.entries[order], scores=scores[order], rows=case.rows[order]), case.right[order]


def first_candidates(cases: Sequence[Case], weights: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The confidence features of each case's first candidate (zeros without one), and whether it is right."""
    table, right = np.zeros((len(cases), len(confidence.NAMES))), np.zeros(len(cases), dtype=bool)
    for number, case in enumerate(cases):
        if len(case.entries):
            ranked, marks = rank(case, weights)
            table[number] = describe(case.index, case.asked, ranked)
            right[number] = marks[0]
    return table, right


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """A fitted logistic model over scaled features."""

    mean: Floats
    spread: Floats
    weights: Floats
    intercept: float

    def of(self, table: Floats) -> Floats:
        """The probability of each row."""
        scaled = np.clip((table - self.mean) / self.spread, -5, 5)
        return np.asarray(1 / (1 + np.exp(-np.clip(scaled @ self.weights + self.intercept, -30, 30))))


def fit_logistic(table: Floats, right: NDArray[np.bool_], share: Floats) -> Logistic:
    """Logistic regression with an L2 penalty and the signs of `confidence.SIGNS`; `share` weighs the rows."""
    mean, spread = table.mean(axis=0), table.std(axis=0) + 1e-6
    scaled = np.clip((table - mean) / spread, -5, 5)
    lowest = np.where(confidence.SIGNS > 0, 0.0, -np.inf)
    highest = np.where(confidence.SIGNS < 0, 0.0, np.inf)
    share = share / share.sum()
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
    return Logistic(mean=mean, spread=spread, weights=weights, intercept=intercept)


def fit(sets: Sequence[list[Case]]) -> tuple[Floats, Logistic]:
    """Both models. The confidence learns from rankings that had not seen the question, so that it does not learn to trust them too far."""
    tables, rights, shares = [], [], []
    for fold in (0, 1):
        weights = fit_ranking([[case for case in cases if case.fold != fold] for cases in sets])
        for cases in sets:
            unseen = [case for case in cases if case.fold == fold]
            absent = [without_gold(case) for case in unseen if case.right.any()]
            for chosen, weight in ((unseen, 1.0), (absent, ABSENT_WEIGHT)):
                table, right = first_candidates(chosen, weights)
                tables.append(table)
                rights.append(right)
                shares.append(np.full(len(right), weight / np.sqrt(len(cases))))
    share = np.concatenate(shares)
    share *= len(share) / share.sum()
    return fit_ranking(sets), fit_logistic(np.vstack(tables), np.concatenate(rights), share)


def coverage(confidences: Floats, right: NDArray[np.bool_], precision: float) -> float:
    """The largest share of the questions that can be answered by confidence with this share of the answers right."""
    order = np.argsort(-confidences, kind="stable")
    enough = np.flatnonzero(np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= precision)
    return float(enough[-1] + 1) / len(order) if len(enough) else 0.0


def report(name: str, cases: Sequence[Case], judged: tuple[Floats, NDArray[np.bool_]]) -> None:
    """Prints one line of figures as measure.py names them, from the confidences and which first candidates are right."""
    confidences, right = judged
    gold = np.array([case.has_gold for case in cases])
    answered = confidences >= ANSWER_FROM
    precision = right[answered].mean() if answered.any() else 0.0
    false = answered[~gold].mean() if (~gold).any() else 0.0
    print(
        f"{name:28s} R@1 {right[gold].mean():.3f}  cov90 {coverage(confidences, right, 0.90):.3f}  cov95 "
        f"{coverage(confidences, right, 0.95):.3f}  ans {answered.mean():.3f}  prec {precision:.3f}  false {false:.3f}",
        flush=True,
    )


def judge(cases: Sequence[Case], weights: Floats, model: Logistic) -> tuple[Floats, NDArray[np.bool_]]:
    """The confidence in each case's first candidate, and whether it is right."""
    table, right = first_candidates(cases, weights)
    confidences = model.of(table)
    confidences[[not len(case.entries) for case in cases]] = 0.0
    return confidences, right


def report_all(sets: dict[str, list[Case]]) -> None:
    """Prints the figures on halves and on strangers."""
    halves: dict[str, list[tuple[list[Case], Floats, NDArray[np.bool_]]]] = {name: [] for name in sets}
    for half in (0, 1):
        weights, model = fit([[case for case in cases if case.half != half] for cases in sets.values()])
        for name, cases in sets.items():
            unseen = [case for case in cases if case.half == half]
            halves[name].append((unseen, *judge(unseen, weights, model)))
    for name, parts in halves.items():
        unseen = [case for part in parts for case in part[0]]
        found = np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts])
        report(f"half      {name}", unseen, found)
    families = sorted({name.removesuffix(YOUNG) for name in sets})
    for family in families if len(families) > 1 else ():
        weights, model = fit([others for other, others in sets.items() if other.removesuffix(YOUNG) != family])
        for name in (family, f"{family}{YOUNG}"):
            report(f"stranger  {name}", sets[name], judge(sets[name], weights, model))


def rounded(values: Floats) -> list[float]:
    """Six significant digits, which is all that the data carry."""
    return [float(f"{value:.6g}") for value in values]


def write(path: Path, weights: Floats, model: Logistic, names: Sequence[str], questions: int) -> None:
    """Writes the coefficients with their origin."""
    short, long = np.split(weights, 2)
    origin = {
        "script": "benchmarks/train_confidence.py",
        "sets": list(names),
        "questions": questions,
        "trained_on": datetime.now(UTC).date().isoformat(),
    }
    scales = zip(rounded(model.mean), rounded(model.spread), rounded(model.weights), strict=True)
    data = {
        "origin": origin,
        "ranking": dict(zip(features.NAMES, zip(rounded(short), rounded(long), strict=True), strict=True)),
        "confidence": dict(zip(confidence.NAMES, scales, strict=True)),
        "intercept": float(f"{model.intercept:.6g}"),
    }
    lines = json.dumps(data, ensure_ascii=False, indent=1).replace("\n   ", " ").replace("\n  ]", "]")
    path.write_text(lines + "\n", encoding="utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--write", type=Path, help="write the coefficients trained on every set to this file")
    parser.add_argument("--quick", action="store_true", help="skip the report on unseen questions")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        keywords = Keywords(Path(cache))
        sets = {folder.name: read_cases(folder, keywords) for folder in args.folders}
        sets |= {f"{folder.name}{YOUNG}": read_cases(folder, keywords, small=True) for folder in args.folders}
    if not args.quick:
        report_all(sets)
    weights, model = fit(list(sets.values()))
    for name, cases in sets.items():
        report(f"seen      {name}", cases, judge(cases, weights, model))
    if args.write:
        names = [folder.name for folder in args.folders]
        write(args.write, weights, model, names, sum(len(sets[name]) for name in names))


if __name__ == "__main__":
    main()
