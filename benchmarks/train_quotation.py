"""Trains the coefficients of the quotations and reports how they do on questions that they have not seen.

    .venv/bin/python benchmarks/train_quotation.py EVAL/policies --common EVAL/letters EVAL/readers … --write knowledge/data/quotation.json

The first folder has questions with answers (see benchmarks/quotation.py). All folders together say which pairs of characters are
common and therefore worth little. Reported are halves and fifths: the questions of a part are answered by a model that was
trained on the other parts; no text lies in two parts. Only coefficients are written.
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quotation import Case, figures, lines, quoted_by, read_cases
from knowledge.asking import read_question
from knowledge.clauses import clauses_of
from knowledge.evidence import NAMES, evidence_for
from knowledge.keywords import normalise
from knowledge.quotation import LIMIT, Quoter

Floats = NDArray[np.float64]
L2 = 0.15
STEPS = 80
RATE = 0.04
COMMON = 0.02
"""A pair of characters that stands in no more than this share of the texts is worth 1."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One question's clauses; `right` marks those in which the answer begins."""

    rows: Floats
    right: NDArray[np.bool_]


def worth_of_pairs(folders: Sequence[Path]) -> dict[str, float]:
    """What the common pairs of characters are worth: 1 for a rare one, 0 for one that every text has. Each set counts the same."""
    shares: Counter[str] = Counter()
    for folder in folders:
        bodies = [normalise(f"{row.get('title', '')} {row.get('body', '')}") for row in lines(folder / "entries.jsonl")]
        found: Counter[str] = Counter()
        for body in bodies:
            found.update({body[place : place + 2] for place in range(len(body) - 1)})
        for pair, often in found.items():
            shares[pair] += often / len(bodies) / len(folders)
    common = {pair: share for pair, share in shares.items() if share > COMMON and pair.isalnum() and len(pair) == 2}
    return {pair: round(float(np.log(1 / share) / np.log(1 / COMMON)), 2) for pair, share in sorted(common.items())}


def sample_of(case: Case, worth: Mapping[str, float]) -> Sample:
    clauses = clauses_of(case.body)
    evidence = evidence_for(case.body, clauses, read_question(case.question), worth)
    begins: set[int] = set()
    place = case.body.find(case.answer)
    while place >= 0:
        begins.add(int(np.searchsorted(clauses.bounds, place, side="right")) - 1)
        place = case.body.find(case.answer, place + 1)
    return Sample(rows=evidence.rows.astype(np.float32), right=np.isin(evidence.clauses, list(begins)))


def trained(samples: Sequence[Sample]) -> Floats:
    """The weights with which the clauses in which answers begin are likeliest among the clauses of their texts (softmax, L2)."""
    used = [sample for sample in samples if sample.right.any()]
    rows = np.concatenate([sample.rows for sample in used])
    right = np.concatenate([sample.right for sample in used])
    spread = rows.std(axis=0) + 1e-3
    rows = (rows - rows.mean(axis=0)) / spread
    sizes = np.array([len(sample.right) for sample in used])
    starts = np.concatenate([[0], sizes.cumsum()[:-1]])
    owner = np.repeat(np.arange(len(used)), sizes)
    weights = np.zeros(rows.shape[1])
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        scores = rows @ weights.astype(np.float32)
        likely = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        every = np.add.reduceat(likely, starts)[owner]
        wanted = np.maximum(np.add.reduceat(likely * right, starts)[owner], 1e-9)
        slope = rows.T @ ((likely / every - likely * right / wanted) / len(used)) + L2 * weights
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        weights = weights - RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return np.asarray(weights / spread, dtype=np.float64)


def lengths_of(cases: Sequence[Case]) -> list[float]:
    """Which share of the answers is no longer than 0, 1, … LIMIT characters."""
    lengths = np.sort([len(case.answer) for case in cases])
    return [round(float(np.searchsorted(lengths, most, side="right") / len(lengths)), 4) for most in range(LIMIT + 1)]


def cross_validated(
    cases: list[Case], samples: list[Sample], worth: Mapping[str, float], parts: int
) -> dict[str, float]:
    part = [int(hashlib.blake2b(case.entry.encode()).hexdigest(), 16) % parts for case in cases]
    quotes = [""] * len(cases)
    for number in range(parts):
        seen = [place for place, belongs in enumerate(part) if belongs != number]
        unseen = [place for place, belongs in enumerate(part) if belongs == number]
        lengths = np.array(lengths_of([cases[place] for place in seen]))
        quoter = Quoter(weights=trained([samples[place] for place in seen]), worth=worth, lengths=lengths)
        for place, quoted in zip(unseen, quoted_by(quoter, [cases[place] for place in unseen])[0], strict=True):
            quotes[place] = quoted
    return figures(cases, quotes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--common", type=Path, nargs="*", default=[])
    parser.add_argument("--parts", type=int, nargs="*", default=[2, 5, 10])
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    cases = read_cases(options.folder)
    worth = worth_of_pairs([options.folder, *options.common])
    samples = [sample_of(case, worth) for case in cases]
    print(f"{len(cases)} questions, {len(NAMES)} features, {len(worth)} common pairs")
    reports = {parts: cross_validated(cases, samples, worth, parts) for parts in options.parts}
    for parts, report in reports.items():
        print(
            f"trained on {parts - 1} of {parts} parts: " + json.dumps({n: round(v, 4) for n, v in report.items()}),
            flush=True,
        )
    if options.write:
        weights = trained(samples)
        document = {
            "origin": {
                "script": "benchmarks/train_quotation.py",
                "trained_on": [options.folder.name],
                "common_pairs_from": [folder.name for folder in (options.folder, *options.common)],
                "questions": len(cases),
                "unseen": {str(parts): round(report["strict"], 4) for parts, report in reports.items()},
                "made_at": datetime.now(UTC).date().isoformat(),
            },
            "lengths": lengths_of(cases),
            "weights": {name: round(float(weight), 5) for name, weight in zip(NAMES, weights, strict=True)},
            "worth": worth,
        }
        options.write.write_text(_dumped(document), encoding="utf8")


def _dumped(document: Mapping[str, object]) -> str:
    """JSON with one weight a line, so that a change can be reviewed; the long tables in few lines."""
    parts = []
    for name, value in document.items():
        shown = json.dumps(value, ensure_ascii=False, indent=1 if name in ("origin", "weights") else None)
        parts.append(f"{json.dumps(name)}: {shown}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    main()
