"""The script: Traditional characters to Simplified ones, and how a character is read, for what was typed by its sound."""

from functools import cache
from importlib import resources

# Readings that are mixed up in speech and in typing are written as one.
_SAME_INITIAL = (("zh", "z"), ("ch", "c"), ("sh", "s"))
_SAME_FINAL = (("ang", "an"), ("eng", "en"), ("ing", "in"))


@cache
def simplifying() -> dict[int, str]:
    """For `str.translate`: each Traditional character and the Simplified one."""
    return {ord(old): new for new, olds in _rows("simplified.txt") for old in olds}


@cache
def sounding() -> dict[int, str]:
    """For `str.translate`: each character and one character of the private use area that stands for its reading without tone."""
    numbers: dict[str, int] = {}
    table: dict[int, str] = {}
    for syllable, characters in _rows("pinyin.txt"):
        for exact, loose in _SAME_INITIAL:
            if syllable.startswith(exact):
                syllable = loose + syllable[len(exact) :]
        for exact, loose in _SAME_FINAL:
            if syllable.endswith(exact):
                syllable = syllable[: -len(exact)] + loose
        sound = chr(0xE000 + numbers.setdefault(syllable, len(numbers)))
        table.update({ord(character): sound for character in characters})
    return table


@cache
def syllables() -> dict[str, str]:
    """Each character and its reading in letters, without tone."""
    return {character: syllable for syllable, characters in _rows("pinyin.txt") for character in characters}


def _rows(name: str) -> list[tuple[str, str]]:
    text = resources.files("knowledge").joinpath(f"data/{name}").read_text(encoding="utf8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return [(key, values) for key, values in rows]
