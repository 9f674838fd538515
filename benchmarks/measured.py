"""Sets of questions with the measurements of their candidates, as arrays: what the models of the knowledge base are trained on.

Measuring is slow and training is tried often, so that measurements can be kept in a folder of their own (outside the repository).
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge import confidence, exchange, features, ranking
from knowledge.entry import Entry, EntryKind
from knowledge.index import Index
from knowledge.keywords import Keywords
from knowledge.message import question_in

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
SMALL_BASE = 80
VARIANTS = ("", "small", "untitled")
MOST_UNTITLED = 500
"""Questions that are asked again of entries without titles; only those that have a right entry."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One set. Rows lie in the order of the questions, `sizes[i]` of them for question i, and within it as `features.shortlist` has them."""

    name: str
    rows: Floats  # as `ranking.NAMES`
    right: Flags
    sizes: NDArray[np.int64]
    rumour: Flags  # of each row's entry
    asked: Floats  # as `confidence.OF_THE_QUESTION`
    length: Floats  # characters of each question
    has_gold: Flags
    half: NDArray[np.int64]
    fold: NDArray[np.int64]

    @property
    def family(self) -> str:
        """The set it was made from."""
        return self.name.split("+")[0]

    @property
    def owner(self) -> NDArray[np.int64]:
        """The question of each row."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first row of each question."""
        return np.concatenate(([0], np.cumsum(self.sizes)[:-1])).astype(np.int64)

    @property
    def found(self) -> Flags:
        """The questions with a right entry among their candidates."""
        return np.bincount(self.owner[self.right], minlength=len(self.sizes)) > 0

    def only(self, chosen: Flags) -> "Measured":
        """Some of the questions."""
        rows = chosen[self.owner]
        return replace(
            self,
            rows=self.rows[rows],
            right=self.right[rows],
            rumour=self.rumour[rows],
            sizes=self.sizes[chosen],
            asked=self.asked[chosen],
            length=self.length[chosen],
            has_gold=self.has_gold[chosen],
            half=self.half[chosen],
            fold=self.fold[chosen],
        )

    def without_gold(self) -> "Measured":
        """The questions that have a right entry, in a base that lacks it: what not knowing looks like, which most sets do not show."""
        known = self.only(self.found)
        kept = ~known.right
        sizes = np.bincount(known.owner[kept], minlength=len(known.sizes))
        bare = replace(
            known,
            rows=known.rows[kept].copy(),
            right=known.right[kept],
            rumour=known.rumour[kept],
            sizes=sizes,
            has_gold=np.zeros(len(sizes), dtype=np.bool_),
        )
        for name in features.RELATIVE:
            raw = bare.rows[:, ranking.NAMES.index(name)]
            best = best_of_list(bare, raw)[bare.owner]
            bare.rows[:, ranking.NAMES.index(f"{name}/best")] = np.where(best > 0, raw / np.maximum(best, 1e-12), 0.0)
        return bare


def best_of_list(measured: Measured, values: Floats) -> Floats:
    """The highest value among each question's candidates; 0 for a question without any."""
    best = np.zeros(len(measured.sizes))
    filled = measured.sizes > 0
    if filled.any():
        best[filled] = np.maximum.reduceat(values, measured.starts[filled])
    return best


def read(folder: Path, variant: str, keywords: Keywords, kept: Path | None) -> Measured:
    """One set in one variant: as it is, as a young base (small), or without the titles (untitled)."""
    name = f"{folder.name}+{variant}" if variant else folder.name
    file = kept / f"{name}.npz" if kept else None
    if file and file.exists():
        with np.load(file, allow_pickle=False) as table:
            return Measured(name=name, **{key: table[key] for key in table.files})
    found = _measure(folder, variant, keywords)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(file, **found)  # type: ignore[arg-type]
    return Measured(name=name, **found)


def _measure(folder: Path, variant: str, keywords: Keywords) -> dict[str, Any]:
    entries = exchange.read(folder / "entries.jsonl")
    with (folder / "dev.jsonl").open(encoding="utf8") as lines:
        questions = [json.loads(line) for line in lines if line.strip()]
    if variant == "small":
        entries, questions = draw_small(entries, questions)
    if variant == "untitled":
        entries = [replace(entry, title="") for entry in entries]
        questions = [question for question in questions if question["gold"]][:MOST_UNTITLED]
    index = Index.build(entries, keywords)
    is_rumour = np.array([entry.kind is EntryKind.rumour for entry in entries], dtype=np.bool_)
    tables, rights, rumours, asked_rows, lengths = [], [], [], [], []
    for question in questions:
        asked = index.cut(question_in(question["text"]), keywords)
        found = ranking.shortlist(index, asked, None)
        gold = set(question["gold"])
        tables.append(found.rows.astype(np.float32))
        rights.append([entries[number].id in gold for number in found.entries])
        rumours.append(is_rumour[found.entries])
        asked_rows.append(confidence.of_the_question(asked))
        lengths.append(len(asked.text))
    parts = np.random.default_rng(1).integers(0, 4, len(questions))
    return {
        "rows": np.vstack(tables),
        "right": np.array([mark for marks in rights for mark in marks], dtype=np.bool_),
        "sizes": np.array([len(table) for table in tables], dtype=np.int64),
        "rumour": np.concatenate(rumours),
        "asked": np.array(asked_rows),
        "length": np.array(lengths, dtype=np.float64),
        "has_gold": np.array([bool(question["gold"]) for question in questions]),
        "half": parts // 2,
        "fold": parts % 2,
    }


def draw_small(entries: list[Entry], questions: list[dict[str, Any]]) -> tuple[list[Entry], list[dict[str, Any]]]:
    """A base of SMALL_BASE entries, half of them asked for, with every question it answers and half as many that it does not."""
    lot = np.random.default_rng(2)
    asked_for = sorted({gold for question in questions for gold in question["gold"]})
    chosen = set(lot.choice(asked_for, min(SMALL_BASE // 2, len(asked_for)), replace=False).tolist())
    others = sorted({entry.id for entry in entries} - chosen)
    chosen |= set(lot.choice(others, min(SMALL_BASE - len(chosen), len(others)), replace=False).tolist())
    known = [question for question in questions if chosen & set(question["gold"])]
    unknown = [question for question in questions if not chosen & set(question["gold"])]
    drawn = lot.choice(len(unknown), min(max(SMALL_BASE, len(known)) // 2, len(unknown)), replace=False)
    few = [unknown[number] | {"gold": []} for number in drawn]
    return [entry for entry in entries if entry.id in chosen], known + few
