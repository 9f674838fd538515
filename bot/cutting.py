"""Cutting a text to what a channel takes, where a reader would. Pure."""

import re
from typing import Final

from bot.measure import Measure

SENTENCE_END: Final = re.compile(r"[。！？；!?;\n]+[”’」』》）)】]*")
WORD_ACROSS: Final = re.compile(r"[0-9A-Za-z.,:%/]")


def cut(text: str, room: int, measure: Measure) -> str:
    """The beginning of a text that fits: to a sentence's end if that leaves at least a third, else between characters,
    never inside a number or a Latin word."""
    low, high = 1, len(text)
    while low < high:  # The longest prefix that fits; at least one character, so that there is always progress.
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure.of(text[:middle]) <= room else (low, middle - 1)
    longest = text[:low]
    ends = [found.end() for found in SENTENCE_END.finditer(longest)]
    if ends and ends[-1] * 3 >= len(longest):
        return longest[: ends[-1]]
    end = low
    while 1 < end < len(text) and WORD_ACROSS.match(text[end - 1]) and WORD_ACROSS.match(text[end]):
        end -= 1
    return longest[:end] if end * 4 > low else longest
