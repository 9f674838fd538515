"""Trains the ranking and confidence of the knowledge base and reports how they do on what they have not seen.

    python -m benchmarks.train_confidence EVAL/letters EVAL/policies … [--keep FOLDER] [--write knowledge/data]

Each folder is one set: entries.jsonl and dev.jsonl in the format of `mingbai knowledge load` and `mingbai ask --from`, with the right
entries of a question in `gold`. Reported are halves (each half of every set is answered by models trained on the other
halves) and strangers (each set is answered by models that have seen nothing of it). Only coefficients are written.
Needs LightGBM, which the product itself does not.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fitting import Fitted, fit
from benchmarks.measured import VARIANTS, Flags, Floats, Measured, read
from knowledge import confidence, ranking
from knowledge.confidence import Opinion
from knowledge.decision import ANSWER_FROM
from knowledge.keywords import Keywords

UNTITLED = ("letters", "rumours")
"""Sets whose questions are asked of untitled entries too: the ranking learns from them what a body without a title looks like."""


def read_all(folders: Sequence[Path], keywords: Keywords, kept: Path | None) -> list[Measured]:
    """Every set in the variants that are learnt from."""
    return [
        read(folder, variant, keywords, kept)
        for folder in folders
        for variant in VARIANTS
        if variant != "untitled" or folder.name in UNTITLED
    ]


def curve(confidences: Floats, right: Flags) -> tuple[Floats, Floats]:
    """The share of all questions answered and the share of wrong answers, after each distinct confidence from the surest on."""
    order = np.argsort(-confidences, kind="stable")
    counted = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    last_of_tie = np.append(np.diff(confidences[order]) != 0, True)
    return (counted / len(order))[last_of_tie], (wrong / counted)[last_of_tie]


def coverage(confidences: Floats, right: Flags, precision: float) -> float:
    """The largest share of the questions that can be answered by confidence with this share of the answers right."""
    covered, risk = curve(confidences, right)
    enough = covered[risk <= 1 - precision + 1e-12]
    return float(enough[-1]) if len(enough) else 0.0


def report(name: str, gold: Flags, confidences: Floats, right: Flags) -> None:
    """Prints one line of figures as measure.py names them, from the confidences and which first candidates are right."""
    answered = confidences >= ANSWER_FROM
    precision = right[answered].mean() if answered.any() else 0.0
    false = answered[~gold].mean() if (~gold).any() else 0.0
    print(
        f"{name:30s} R@1 {right[gold].mean():.3f}  cov90 {coverage(confidences, right, 0.90):.3f}  cov95 "
        f"{coverage(confidences, right, 0.95):.3f}  ans {answered.mean():.3f}  prec {precision:.3f}  false {false:.3f}",
        flush=True,
    )


def halves(sets: Sequence[Measured]) -> dict[str, tuple[Flags, Floats, Flags]]:
    """Every half answered by models that saw the other halves only: of each set which questions have an entry, how sure the models
    are of the first candidate, and whether it is right."""
    parts: dict[str, list[tuple[Flags, Floats, Flags]]] = {measured.name: [] for measured in sets}
    for half in (0, 1):
        fitted = fit([measured.only(measured.half != half) for measured in sets])
        for measured in sets:
            unseen = measured.only(measured.half == half)
            parts[measured.name].append((unseen.has_gold, *fitted.judge(unseen)))
    joined = {}
    for name, both in parts.items():
        gold, confidences, right = (np.concatenate(column) for column in zip(*both, strict=True))
        joined[name] = gold, confidences, right
    return joined


def report_halves(sets: Sequence[Measured]) -> None:
    for name, judged in halves(sets).items():
        report(f"half      {name}", *judged)


def report_strangers(sets: Sequence[Measured]) -> None:
    """Prints the figures of every set answered by models that saw nothing of it in any variant."""
    families = list(dict.fromkeys(measured.family for measured in sets))
    for family in families if len(families) > 1 else ():
        fitted = fit([measured for measured in sets if measured.family != family])
        for measured in sets:
            if measured.family == family:
                report(f"stranger  {measured.name}", measured.has_gold, *fitted.judge(measured))


def rounded(values: Floats) -> list[float]:
    """Six significant digits, which is all that the data carry."""
    return [float(f"{value:.6g}") for value in values]


def write(folder: Path, fitted: Fitted, sets: Sequence[Measured]) -> None:
    """Writes the coefficients with their origin: the linear ones in ranking.json, the trees in trees.json, one a line."""
    short, long = np.split(fitted.ranking, 2)
    whole = [measured for measured in sets if measured.name == measured.family]
    origin = {
        "script": "benchmarks/train_confidence.py",
        "sets": [measured.name for measured in whole],
        "questions": sum(len(measured.sizes) for measured in whole),
        "trained_on": datetime.now(UTC).date().isoformat(),
    }
    data = {
        "origin": origin,
        "ranking": dict(zip(ranking.NAMES, zip(rounded(short), rounded(long), strict=True), strict=True)),
        "general": coefficients(fitted.general.opinion),
        "rumour": coefficients(fitted.rumour.opinion),
    }
    lines = re.sub(
        r"\[\s+([^\[\]]+?)\s+\]",
        lambda row: f"[{' '.join(row[1].split())}]",
        json.dumps(data, ensure_ascii=False, indent=1),
    )
    (folder / "ranking.json").write_text(lines + "\n", encoding="utf8")
    general, rumour = (
        ",\n".join(json.dumps(tree, ensure_ascii=False) for tree in grown.trees)
        for grown in (fitted.general, fitted.rumour)
    )
    text = f'{{"origin": {json.dumps(origin, ensure_ascii=False)},\n"general": [\n{general}\n],\n"rumour": [\n{rumour}\n]}}\n'
    (folder / "trees.json").write_text(text, encoding="utf8")


def coefficients(model: Opinion) -> dict[str, Any]:
    """The logistic half of an opinion: [mean, spread, weight] of each feature, and the intercept."""
    rows = zip(rounded(model.mean), rounded(model.spread), rounded(model.weights), strict=True)
    return {
        "features": dict(zip(confidence.NAMES, rows, strict=True)),
        "intercept": float(f"{model.intercept:.6g}"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the measurements in this folder, and take those that it holds")
    parser.add_argument("--write", type=Path, help="write the coefficients trained on every set into this folder")
    parser.add_argument("--quick", action="store_true", help="skip the report on unseen questions")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        keywords = Keywords(Path(cache))
        sets = read_all(args.folders, keywords, args.keep)
    if not args.quick:
        report_halves(sets)
        report_strangers(sets)
    fitted = fit(sets)
    for measured in sets:
        report(f"seen      {measured.name}", measured.has_gold, *fitted.judge(measured))
    if args.write:
        write(args.write, fitted, sets)


if __name__ == "__main__":
    main()
