"""The lexicon: what common words mean, as short vectors, how rare each is in Chinese at large, and which are names of places."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import ModelUnreadable

UNKNOWN = -1
MOST_RARE = 17.0  # the natural logarithm of one in so many words; a word that is not in the lexicon counts as this rare


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Rows of words: `vectors` of length 1 (or 0 where the meaning is not known), `rarity` from 0 to 1, `place` for names of places.

    The last row stands for every word that is not in the lexicon.
    """

    rows: dict[str, int]
    vectors: NDArray[np.float32]
    rarity: NDArray[np.float32]
    place: NDArray[np.bool_]

    def rows_of(self, words: Iterable[str]) -> NDArray[np.int64]:
        """The row of each word."""
        last = len(self.rarity) - 1
        return np.array([self.rows.get(word, last) for word in words], dtype=np.int64)


@cache
def shipped_lexicon() -> Lexicon:
    """The lexicon from `data/words.npz`, read once (about 0.1 s). Raises ModelUnreadable."""
    try:
        content = resources.files("knowledge").joinpath("data/words.npz").read_bytes()
        with np.load(BytesIO(content), allow_pickle=False) as table:
            words = table["words"].tobytes().decode("utf8").split("\n")
            vectors = table["vectors"].astype(np.float32)
            rarity = table["rarity"].astype(np.float32) / (10 * MOST_RARE)
            place = table["place"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnreadable from error
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = np.vstack([vectors / np.maximum(length, 1e-6), np.zeros((1, vectors.shape[1]), np.float32)])
    return Lexicon(
        rows={word: row for row, word in enumerate(words)},
        vectors=vectors.astype(np.float32),
        rarity=np.append(np.minimum(rarity, 1), np.float32(1)),
        place=np.append(place, False),
    )
