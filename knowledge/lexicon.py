"""The lexicon: what common words mean, as short vectors, how rare each is in Chinese at large, and which are names of places."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.errors import ModelUnreadable

UNKNOWN = -1
MOST_RARE = 17.0  # the natural logarithm of one in so many words; a word that is not in the lexicon counts as this rare


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Rows of words: `vectors`, `scales` that make them of length 1 (0 where the meaning is not known), `rarity` from 0 to 1, `place` for
    names of places. Arrays are read-only.

    The last row stands for every word that is not in the lexicon.
    """

    rows: dict[str, int]
    vectors: NDArray[np.int8]
    scales: NDArray[np.float32]
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
            vectors = table["vectors"]
            rarity = table["rarity"].astype(np.float32) / (10 * MOST_RARE)
            place = table["place"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelUnreadable from error
    length = np.linalg.norm(vectors.astype(np.float32), axis=1)
    scales = np.divide(1, length, out=np.zeros_like(length), where=length > 0)
    return Lexicon(
        rows={word: row for row, word in enumerate(words)},
        vectors=_frozen(np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.int8)])),
        scales=_frozen(np.append(scales, np.float32(0))),
        rarity=_frozen(np.append(np.minimum(rarity, 1), np.float32(1))),
        place=_frozen(np.append(place, False)),
    )


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
