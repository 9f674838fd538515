"""Shows what each group of measurements is worth to the ranking: R@1 on unseen halves with the group taken away, and what one
score alone would put first.

    python -m benchmarks.ablate_ranking EVAL/letters EVAL/policies … [--keep FOLDER]

The folders are as for `benchmarks.train_confidence`. Every half of a set is ranked by weights fitted on the other halves.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.fitting import first_candidates, fit_ranking, order_by
from benchmarks.measured import Flags, Measured
from benchmarks.train_confidence import read_all
from knowledge import closeness, features, ranking
from knowledge.keywords import Keywords

GROUPS: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "meaning of words": ("meaning", "lacks"),
    "rarity in Chinese at large": (" rare",),
    "synonyms as senses": ("senses",),
    "sound": ("sound",),
    "places": ("places",),
    "order and runs of characters": ("order", "longest run", "bigrams dice", "same", "passage run"),
    "clauses and sentences": ("clause", "sentence"),
    "interrogatives, numbers, negation": ("interrogative", "numbers lacking", "other numbers", "negation"),
    "title and passage together": ("both",),
}
"""A column of `closeness.NAMES` belongs to a group when its name holds one of the words."""


ALONE: dict[str, tuple[str, ...]] = {
    "words, whole text": ("words.full.bm25",),
    "bigrams, whole text": ("grams2.full.bm25",),
    "trigrams, whole text": ("grams3.full.bm25",),
    "single characters, whole text": ("grams1.full.bm25",),
    "words, questions": ("words.question.bm25", "words.head.bm25"),
    "bigrams, questions": ("grams2.question.bm25", "grams2.head.bm25"),
    "bigrams, best passage": ("grams2.passage.bm25",),
}
"""Scores of one field; an entry without a title has the beginning of its body for a question."""


def hidden(words: Sequence[str]) -> Flags:
    """The columns of `ranking.NAMES` that a group takes away."""
    close = set(closeness.NAMES)
    return np.array([name in close and any(word in f" {name}" for word in words) for name in ranking.NAMES])


def without(measured: Measured, columns: Flags) -> Measured:
    """The set with some measurements set to nothing; those of which more is less alike to their worst."""
    nothing = np.where(ranking.LESS, 1.0, 0.0)
    return replace(measured, rows=np.where(columns, nothing, measured.rows))


def first_right(sets: Sequence[Measured]) -> dict[str, float]:
    """R@1 of each whole set on halves that the weights had not seen."""
    marks: dict[str, list[Flags]] = {}
    for half in (0, 1):
        order = order_by(fit_ranking([measured.only(measured.half != half) for measured in sets]))
        for measured in sets:
            if measured.name == measured.family:
                unseen = measured.only((measured.half == half) & measured.has_gold)
                marks.setdefault(measured.name, []).append(first_candidates(unseen, order)[1])
    return {name: float(np.concatenate(both).mean()) for name, both in marks.items()}


def first_by(measured: Measured, names: Sequence[str]) -> float:
    """R@1 when the larger of some columns alone decides among the shortlist."""
    score = measured.rows[:, [ranking.NAMES.index(name) for name in names]].max(axis=1)
    best = np.lexsort((-score, measured.owner))
    first = best[measured.starts[measured.sizes > 0]]
    return float(measured.right[first].sum() / measured.has_gold.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the measurements in this folder, and take those that it holds")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        sets = read_all(args.folders, Keywords(Path(cache)), args.keep)
    whole = np.array([name not in features.NAMES for name in ranking.NAMES])
    columns = {name: hidden(words) for name, words in GROUPS.items()} | {"the close look as a whole": whole}
    for name, chosen in columns.items():
        found = first_right([without(measured, chosen) for measured in sets])
        print(f"without {name:36s}" + "  ".join(f"{key} {value:.3f}" for key, value in found.items()), flush=True)
    for name, columns_alone in ALONE.items():
        told = "  ".join(f"{one.name} {first_by(one, columns_alone):.3f}" for one in sets if one.name == one.family)
        print(f"alone   {name:36s}{told}", flush=True)


if __name__ == "__main__":
    main()
