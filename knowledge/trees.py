"""Trees: a sum of small decision trees, evaluated for a few rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.postings import Floats

LEAF = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """All nodes of all trees in flat arrays; `roots` are the nodes at which the trees begin.

    At an inner node a row goes to `left` when its value of `feature` is not above `threshold`, else to `right`. A leaf has the
    feature LEAF, and its `threshold` is what it adds to the sum.
    """

    roots: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: Floats
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    depth: int

    @classmethod
    def read(cls, trees: Sequence[Sequence[Any]], names: Sequence[str]) -> "Trees":
        """From nested lists: a leaf is a number, an inner node is [feature's name, threshold, left, right]. Raises ValueError."""
        number = {name: place for place, name in enumerate(names)}
        nodes: list[tuple[int, float, int, int]] = []

        def add(node: Any, level: int) -> tuple[int, int]:
            place = len(nodes)
            if isinstance(node, int | float):
                nodes.append((LEAF, float(node), place, place))
                return place, level
            name, threshold, low, high = node
            nodes.append((number[name], float(threshold), 0, 0))
            left, left_depth = add(low, level + 1)
            right, right_depth = add(high, level + 1)
            nodes[place] = (number[name], float(threshold), left, right)
            return place, max(left_depth, right_depth)

        try:
            grown = [add(tree, 0) for tree in trees]
        except (KeyError, TypeError) as error:
            raise ValueError("a tree names a feature that is not measured, or a node is malformed") from error
        table = np.array(nodes, dtype=np.float64).reshape(-1, 4)
        return cls(
            roots=np.array([root for root, _ in grown], dtype=np.int64),
            feature=table[:, 0].astype(np.int64),
            threshold=table[:, 1],
            left=table[:, 2].astype(np.int64),
            right=table[:, 3].astype(np.int64),
            depth=max((depth for _, depth in grown), default=0),
        )

    def sum(self, rows: Floats) -> Floats:
        """What the trees add up to for each row of features."""
        count = len(rows)
        if not count or not len(self.roots):
            return np.zeros(count)
        node = np.tile(self.roots, (count, 1))
        every = np.arange(count)[:, None]
        for _ in range(self.depth):
            feature = self.feature[node]
            low = rows[every, np.maximum(feature, 0)] <= self.threshold[node]
            node = np.where(low, self.left[node], self.right[node])  # a leaf leads to itself
        return np.asarray(self.threshold[node].sum(axis=1))
