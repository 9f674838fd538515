"""The rules of the unanswered inbox: by when a cluster is dealt with, and with which reasons it may be closed. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Final

OPEN: Final = ("open", "drafting")
"""The states in which a cluster takes new questions and waits for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRules:
    """`answered_within` is in working days; `reasons` maps a code to its name on the screen. For `told_within` after the answer
    somebody is told of it, then no more; what was closed absorbs the same words for `absorbed_for`."""

    answered_within: int
    source: str
    told_within: timedelta
    absorbed_for: timedelta
    reasons: Mapping[str, str]


@cache
def shipped() -> QuestionRules:
    """The rules from `data/question-rules.json`, read once."""
    data = json.loads(resources.files("knowledge").joinpath("data/question-rules.json").read_text(encoding="utf8"))
    return QuestionRules(
        answered_within=data["answered_within_working_days"], source=data["source"],
        told_within=timedelta(days=data["told_within_days"]), absorbed_for=timedelta(days=data["absorbed_for_days"]),
        reasons={row["code"]: row["name"] for row in data["reasons"]},
    )  # fmt: skip


def owner_of(text: str, units: Sequence[Sequence[str]], *, candidates: Iterable[str]) -> str:
    """The unit that a question belongs to: the one it names by its longest name, with or without 区 or 县 before it; else the first
    unit of the `candidates` (the units of the entries that were found for it) that is in the catalogue; else "".

    `units` are the catalogue's units, each with its full name first.
    """
    best: tuple[int, str] | None = None
    known: dict[str, str] = {}
    for names in units:
        for name in names:
            known.setdefault(name, names[0])
            for said in {name, name.removeprefix("区").removeprefix("县")}:
                if len(said) >= 3 and said in text and (best is None or len(said) > best[0]):
                    best = len(said), names[0]
    if best is not None:
        return best[1]
    return next((known[unit] for unit in candidates if unit in known), "")
