"""Runs of one, two or three characters, as numbers: what finds a text when the words are cut differently or misspelt."""

import numpy as np
from numpy.typing import NDArray

BITS = 21  # every Unicode code point fits

_GAP = 0


def code_points(text: str) -> NDArray[np.int64]:
    """A normalised text as numbers; whatever is not a letter, a digit or a Han character becomes a gap that no run crosses."""
    kept = "".join(c if c.isalnum() else "\0" for c in text)
    return np.frombuffer(kept.encode("utf-32-le", "replace"), dtype="<u4").astype(np.int64)


def runs(points: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The runs of `size` characters that hold no gap, each as one number, and where each begins."""
    count = len(points) - size + 1
    if count <= 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    keys = np.zeros(count, dtype=np.int64)
    whole = np.ones(count, dtype=bool)
    for place in range(size):
        part = points[place : place + count]
        keys = (keys << BITS) | part
        whole &= part != _GAP
    places = np.flatnonzero(whole)
    return keys[places], places
