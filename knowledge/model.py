"""The model file: the reviewed coefficients that ship with the package, and their origin."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from knowledge import confidence, ranking
from knowledge.confidence import Confidence, Opinion
from knowledge.errors import ModelUnreadable
from knowledge.ranking import Ranker
from knowledge.trees import Trees


@cache
def shipped() -> tuple[Ranker, Confidence]:
    """The ranker and the confidence model from `data/ranking.json` and `data/trees.json`, read once. Raises ModelUnreadable."""
    folder = resources.files("knowledge").joinpath("data")
    try:
        data = json.loads(folder.joinpath("ranking.json").read_text(encoding="utf8"))
        grown = json.loads(folder.joinpath("trees.json").read_text(encoding="utf8"))
        weights = np.array([data["ranking"][name] for name in ranking.NAMES], dtype=np.float64)
        general, rumour = (_opinion(data[kind], grown[kind]) for kind in ("general", "rumour"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnreadable from error
    return Ranker(short=weights[:, 0], long=weights[:, 1]), Confidence(general=general, rumour=rumour)


def _opinion(data: Mapping[str, Any], trees: Sequence[Any]) -> Opinion:
    mean, spread, weights = np.array([data["features"][name] for name in confidence.NAMES], dtype=np.float64).T
    return Opinion(
        mean=mean,
        spread=spread,
        weights=weights,
        intercept=float(data["intercept"]),
        trees=Trees.read(trees, confidence.PLAIN),
    )
