"""The verdict of a rumour, as it stands before its claim, and the claim in a few words. Pure."""

import re
from typing import Final

from knowledge.entry import Entry, EntryKind

CLAIM: Final = 30
"""Characters of a claim that are said; who asked knows it, and who did not must not learn it from us."""
_BOUNDARY: Final = re.compile(r"[，。；：、！？,;:!?\s]")


def verdict_mark(entry: Entry) -> str:
    """The first line of a rumour: 【不实】…; an imported word of another school is understood."""
    verdict = entry.verdict.strip()
    known = {"谣言": "不实", "假": "不实", "虚假": "不实", "真": "属实", "真实": "属实", "部分真实": "部分属实"}
    return f"【{known.get(verdict, verdict) or '核实中'}】"


def short_claim(title: str) -> str:
    """A claim of at most CLAIM characters, cut where a part of it ends."""
    claim = re.sub(r"\s+", " ", title).strip()
    if len(claim) <= CLAIM:
        return claim
    ends = [found.start() for found in _BOUNDARY.finditer(claim, 0, CLAIM)]
    if ends and ends[-1] >= CLAIM // 3:
        return claim[: ends[-1]]
    return claim[: CLAIM - 1] + "…"


def option_title(entry: Entry) -> str:
    """A title to choose from. A rumour's title is the false sentence itself, so its verdict goes before it."""
    return f"{verdict_mark(entry)}{short_claim(entry.title)}" if entry.kind is EntryKind.rumour else entry.title
