"""Measures the quotations: does the passage that is quoted, at most 200 characters, hold the answer?

    .venv/bin/python benchmarks/quotation.py EVAL/policies [--answers answers.jsonl]

The folder holds entries.jsonl and dev.jsonl in the format of `mingbai knowledge load` and `mingbai ask --from`; each question has
its right entries in `gold` and the answer, a piece of the right entry's text, in `answer`. `answers.jsonl` is what
`mingbai ask --from dev.jsonl` printed: with it the `quote` of the first hit is judged, over the questions whose first hit is
right; without it the right entry is taken as found. Ends in one JSON line.
"""

import argparse
import json
import time
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from knowledge.quotation import LIMIT, Quoter, shipped_quoter


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question with the text that answers it."""

    name: str
    entry: str
    question: str
    body: str
    answer: str


def lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf8") as rows:
        return [json.loads(row) for row in rows if row.strip()]


def read_cases(folder: Path, questions: str = "dev.jsonl") -> list[Case]:
    """The questions of a set that have an answer, each with its first right entry."""
    bodies = {row["id"]: row["body"] for row in lines(folder / "entries.jsonl")}
    return [
        Case(name=row["id"], entry=row["gold"][0], question=row["text"], body=bodies[row["gold"][0]], answer=row["answer"])
        for row in lines(folder / questions)
        if row.get("gold") and row.get("answer")
    ]  # fmt: skip


def compared(text: str) -> str:
    """The form in which answer and quotation are compared: NFKC, lower case, Traditional 後 as 后, letters and digits alone."""
    folded = unicodedata.normalize("NFKC", text).lower().translate(_SIMPLIFIED)
    return "".join(character for character in folded if character.isalnum())


_SIMPLIFIED = str.maketrans("後馀於麽裏裡徵範週點號", "后余于么里里征范周点号")


def holds(quoted: str, answer: str) -> bool:
    """Strictly: the whole answer stands in the quotation."""
    return compared(answer) in compared(quoted)


def covered(quoted: str, answer: str) -> float:
    """The share of the answer's characters that stand in the quotation, in order."""
    whole, part = compared(answer), compared(quoted)
    if not whole:
        return 1.0
    blocks = SequenceMatcher(None, part, whole, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1 or len(whole) == 1) / len(whole)


def figures(cases: list[Case], quotes: list[str]) -> dict[str, float]:
    """Containment over all cases, and over those whose answer fits into a quotation at all."""
    strict = [holds(quoted, case.answer) for case, quoted in zip(cases, quotes, strict=True)]
    share = [covered(quoted, case.answer) for case, quoted in zip(cases, quotes, strict=True)]
    fits = [len(case.answer.strip()) <= LIMIT for case in cases]
    fitting = max(1, sum(fits))
    return {
        "questions": len(cases),
        "ceiling": sum(fits) / len(cases),
        "strict": sum(strict) / len(cases),
        "strict_of_those_that_fit": sum(held for held, fit in zip(strict, fits, strict=True) if fit) / fitting,
        "characters": sum(share) / len(cases),
        "longest": max(len(quoted) for quoted in quotes),
        "mean_length": sum(len(quoted) for quoted in quotes) / len(cases),
    }


def quoted_by(quoter: Quoter, cases: list[Case]) -> tuple[list[str], list[float]]:
    """What a model quotes, and the milliseconds that each took."""
    quotes, times = [], []
    for case in cases:
        began = time.perf_counter()
        quotation = quoter.quote(case.body, case.question)
        times.append((time.perf_counter() - began) * 1e3)
        quotes.append(quotation.text if quotation else "")
    return quotes, sorted(times)


def quoted_in(path: Path, cases: list[Case]) -> tuple[list[Case], list[str]]:
    """The quotes that `mingbai ask --from` printed, of the questions whose first hit is right."""
    answers = {row["id"]: row for row in lines(path)}
    found = [case for case in cases if [hit["id"] for hit in answers[case.name]["hits"][:1]] == [case.entry]]
    quotes = [(answers[case.name]["hits"][0].get("quote") or {"text": ""})["text"] for case in found]
    return found, quotes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", default="dev.jsonl")
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--misses", type=int, default=0, help="show so many questions whose answer is not in the quote")
    options = parser.parse_args()
    cases = read_cases(options.folder, options.questions)
    extra: dict[str, float] = {}
    if options.answers:
        asked = len(cases)
        cases, quotes = quoted_in(options.answers, cases)
        extra = {"found": len(cases) / asked}
    else:
        shipped_quoter().quote("。".join(["预热"] * 200), "预热")
        quotes, times = quoted_by(shipped_quoter(), cases)
        extra = {"p50_ms": times[len(times) // 2], "p99_ms": times[int(len(times) * 0.99)]}
    shown = 0
    for case, quoted in zip(cases, quotes, strict=True):
        if shown < options.misses and not holds(quoted, case.answer):
            shown += 1
            print(f"问：{case.question}\n答：{case.answer}\n引：{quoted}\n")
    report = figures(cases, quotes) | extra
    for name, value in report.items():
        print(f"{name:26s}{value:10.4f}")
    print(json.dumps({name: round(value, 4) for name, value in report.items()}))


if __name__ == "__main__":
    main()
