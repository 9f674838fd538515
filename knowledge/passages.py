"""Passages: a long text cut at its sentences, so that the part that answers can be found and quoted."""

import re
from collections.abc import Iterator

SENTENCE_END = re.compile(r"(?<=[。！？!?；;\n])")
PIECE_CHARACTERS = 80
WINDOW = 2  # pieces a passage; neighbours share one piece, so that no answer is cut in two


def pieces(text: str, size: int = PIECE_CHARACTERS) -> list[str]:
    """Consecutive sentences joined to at least `size` characters each; a sentence longer than twice that is cut."""
    found: list[str] = []
    held = ""
    for sentence in _sentences(text, 2 * size):
        held += sentence
        if len(held) >= size:
            found.append(held)
            held = ""
    if held.strip():
        found.append(held)
    return found


def _sentences(text: str, longest: int) -> Iterator[str]:
    for sentence in SENTENCE_END.split(text):
        for start in range(0, len(sentence), longest):
            yield sentence[start : start + longest]
