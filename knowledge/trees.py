"""Trees: a sum of small decision trees, as the kernel evaluates them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from knowledge import kernel
from knowledge.postings import Floats

LEAF = -1


class Trees:
    """Make them with `Trees.read`."""

    def __init__(self, nodes: Sequence[tuple[int, float, int, int]], roots: Sequence[int], columns: int) -> None:
        """A node is a feature, a threshold and two places of nodes: a row goes to the first when its value of the feature is not above
        the threshold, else to the second. A leaf has the feature LEAF, and its threshold is what it adds to the sum."""
        table = np.array(nodes, dtype=np.float64).reshape(-1, 4)
        feature, left, right = (table[:, column].astype(np.int32) for column in (0, 2, 3))
        threshold = table[:, 1].copy()
        arrays = (feature, threshold, left, right, threshold, np.array(roots, np.int32))
        for array in arrays:
            array.flags.writeable = False
        self._kernel = kernel.Trees(*arrays, columns)

    @classmethod
    def read(cls, trees: Sequence[Sequence[Any]], names: Sequence[str]) -> "Trees":
        """From nested lists: a leaf is a number, an inner node is [feature's name, threshold, left, right]. Raises ValueError."""
        number = {name: place for place, name in enumerate(names)}
        nodes: list[tuple[int, float, int, int]] = []

        def add(node: Any) -> int:
            place = len(nodes)
            if isinstance(node, int | float):
                nodes.append((LEAF, float(node), place, place))
                return place
            name, threshold, low, high = node
            nodes.append((number[name], float(threshold), 0, 0))
            nodes[place] = (number[name], float(threshold), add(low), add(high))
            return place

        try:
            roots = [add(tree) for tree in trees]
        except (KeyError, TypeError) as error:
            raise ValueError("a tree names a feature that is not measured, or a node is malformed") from error
        return cls(nodes, roots, len(names))

    def sum(self, rows: Floats) -> Floats:
        """What the trees add up to for each row of features."""
        return np.frombuffer(self._kernel.of(np.ascontiguousarray(rows, np.float64)))
