"""The model file: the reviewed coefficients that ship with the package, and their origin."""

import json
from functools import cache
from importlib import resources

import numpy as np

from knowledge import confidence, ranking
from knowledge.confidence import Confidence
from knowledge.errors import ModelUnreadable
from knowledge.ranking import Ranker
from knowledge.trees import Trees


@cache
def shipped() -> tuple[Ranker, Confidence]:
    """The ranker and the confidence model from `data/ranking.json` and `data/trees.json`, read once. Raises ModelUnreadable."""
    folder = resources.files("knowledge").joinpath("data")
    try:
        data = json.loads(folder.joinpath("ranking.json").read_text(encoding="utf8"))
        weights = np.array([data["ranking"][name] for name in ranking.NAMES], dtype=np.float64)
        scales = np.array([data["confidence"][name] for name in confidence.NAMES], dtype=np.float64)
        intercept = float(data["intercept"])
        grown = json.loads(folder.joinpath("trees.json").read_text(encoding="utf8"))
        trees = Trees.read(grown["trees"], confidence.PLAIN)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnreadable from error
    ranker = Ranker(short=weights[:, 0], long=weights[:, 1])
    mean, spread, slopes = scales.T
    model = Confidence(mean=mean, spread=spread, weights=slopes, intercept=intercept, trees=trees)
    return ranker, model
