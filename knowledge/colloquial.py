"""Colloquial words: what people say at home, read as the word that a question to a government uses (么子 → 什么). Pure.

The rows are in ``data/colloquial.txt``. Only the question that is searched for is read so; what a citizen wrote is kept.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from knowledge.script import simplifying

LONGEST: Final = 400
"""Characters of a question that is read so; a longer one is a forwarded text and is compared as it is."""
_EXCEPT: Final = "！"


def standard(text: str) -> str:
    """The text with its colloquial words replaced; the very same text when there are none."""
    if len(text) > LONGEST:
        return text
    pattern, words = _rows()
    plain = text.translate(simplifying())
    found = pattern.sub(lambda match: words.get(match[0], match[0]), plain)
    return text if found == plain else found


def pairs() -> Mapping[str, str]:
    """Every spoken word and its standard word."""
    return _rows()[1]


@cache
def _rows() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """One pattern over all words and exceptions, the longest first: in an exception nothing is replaced."""
    text = resources.files("knowledge").joinpath("data/colloquial.txt").read_text(encoding="utf8")
    words: dict[str, str] = {}
    exceptions: set[str] = set()
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            spoken, meant, *others = line.split()
            words[spoken] = meant
            exceptions.update(other.removeprefix(_EXCEPT) for other in others)
    signs = sorted({*words, *exceptions}, key=lambda sign: (-len(sign), sign))
    return re.compile("|".join(map(re.escape, signs))), words
