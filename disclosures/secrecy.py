"""保密审查: the fixed opinions, what each means for the text, and the law it rests on. Pure; the words are data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

OPEN, PART, SECRET = "open", "part", "secret"
"""不涉密，可以公开 · 部分内容需处理 · 涉密不得公开."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One of the opinions a secrecy review may end with."""

    code: str
    name: str
    approves: bool
    """True: the step is signed; False: the text goes back to its author."""
    blocks: bool = False
    """True: this very text can never be submitted again, nor let out in an emergency."""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """A rule of law, with its source and the day from which it holds."""

    text: str
    source: str
    effective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything the screens show of it."""

    opinions: Mapping[str, Opinion]
    bases: Sequence[Basis]
    declaration: str
    """What an author declares of a text whose kind has no secrecy step."""


@cache
def rules() -> Rules:
    plain = json.loads((files("disclosures") / "data" / "secrecy.json").read_text(encoding="utf-8"))
    opinions = {each["code"]: Opinion(**each) for each in plain["opinions"]}
    return Rules(
        opinions=MappingProxyType(opinions), bases=tuple(Basis(**each) for each in plain["bases"]),
        declaration=plain["declaration"],
    )  # fmt: skip


def opinion_name(code: str) -> str:
    """The opinion in words; empty for none."""
    found = rules().opinions.get(code)
    return found.name if found else ""


NEEDS_ONE: Final = "保密审查须从固定意见中选择一项。"
