"""The model file: the reviewed coefficients that ship with the package, and their origin."""

import json
from functools import cache
from importlib import resources

import numpy as np

from knowledge import confidence, features
from knowledge.confidence import Confidence
from knowledge.errors import ModelUnreadable
from knowledge.ranking import Ranker


@cache
def shipped() -> tuple[Ranker, Confidence]:
    """The ranker and the confidence model from `data/ranking.json`, read once. Raises ModelUnreadable."""
    try:
        text = resources.files("knowledge").joinpath("data/ranking.json").read_text(encoding="utf8")
        data = json.loads(text)
        ranking = np.array([data["ranking"][name] for name in features.NAMES], dtype=np.float64)
        scales = np.array([data["confidence"][name] for name in confidence.NAMES], dtype=np.float64)
        intercept = float(data["intercept"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnreadable from error
    ranker = Ranker(short=ranking[:, 0], long=ranking[:, 1])
    model = Confidence(mean=scales[:, 0], spread=scales[:, 1], weights=scales[:, 2], intercept=intercept)
    return ranker, model
