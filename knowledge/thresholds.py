"""The curve behind a threshold: how much is answered and how much of that is wrong, per class of length (features K15). Pure.

Read off the last runs of the kept suites. The thresholds themselves (``knowledge.decision``) ship with the product, fitted on
many thousand questions; a district's few dozen cases show whether they suit, they do not move them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge.decision import ANSWER_FROM, CHOOSE_FROM
from knowledge.explaining import CLASSES, class_of

STEPS: Final = (0.0, CHOOSE_FROM, 0.5, 0.7, 0.8, 0.85, 0.9, ANSWER_FROM, 0.96, 0.98, 0.99)
WIDTH: Final = 560
HEIGHT: Final = 260
LEFT: Final = 48
BOTTOM: Final = 36
TOP: Final = 14
RIGHT: Final = 30
SCALES: Final = (0.05, 0.1, 0.25, 0.5, 1.0)
"""How high the drawing reaches: the first that holds all its points."""
FEW: Final = 20
"""Cases of a class below which its curve says little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One case as it came out: how sure the base was of the first hit, and whether that was right."""

    question: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """With answers from ``threshold`` on: the share of all questions answered outright (0 to 1), and the share of those that
    are answered wrongly; None where nothing is answered."""

    threshold: float
    coverage: float
    risk: float | None
    answered: int
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """``table`` at the round steps, ``line`` at every confidence that occurs; the marked points are those of the thresholds in
    force."""

    name: str
    total: int
    table: tuple[Point, ...]
    line: tuple[Point, ...]

    @property
    def few(self) -> bool:
        return self.total < FEW

    @property
    def present(self) -> Point:
        return next(point for point in self.table if point.threshold == ANSWER_FROM)

    @property
    def scale(self) -> float:
        """The share of wrong answers at the upper edge of the drawing."""
        highest = max((point.risk or 0.0 for point in (*self.line, self.present)), default=0.0)
        return next(scale for scale in SCALES if highest <= scale)

    @property
    def path(self) -> str:
        """The line as points of an SVG polyline."""
        drawn = (self.place(point) for point in self.line if point.risk is not None)
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)

    @property
    def mark(self) -> tuple[float, float] | None:
        """Where the threshold in force stands in the drawing; None where it answers nothing."""
        return self.place(self.present) if self.present.risk is not None else None

    def place(self, point: Point) -> tuple[float, float]:
        """Coverage to the right, risk upward."""
        return across(point.coverage), up((point.risk or 0.0) / self.scale)


def across(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def up(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - BOTTOM - TOP)


def curves(samples: Sequence[Sample]) -> tuple[Curve, ...]:
    """One curve for each class that has a sample."""
    by_class: dict[str, list[Sample]] = {}
    for sample in samples:
        by_class.setdefault(class_of(sample.question), []).append(sample)
    return tuple(curve(CLASSES[name], by_class[name]) for name in CLASSES if name in by_class)


def curve(name: str, samples: Sequence[Sample]) -> Curve:
    levels = sorted({round(sample.confidence, 4) for sample in samples})
    return Curve(
        name=name, total=len(samples), table=tuple(_point(samples, step) for step in STEPS),
        line=tuple(_point(samples, level) for level in levels),
    )  # fmt: skip


def _point(samples: Sequence[Sample], threshold: float) -> Point:
    answered = [sample for sample in samples if round(sample.confidence, 4) >= threshold]
    wrong = sum(not sample.right for sample in answered)
    return Point(
        threshold=threshold, coverage=len(answered) / len(samples), risk=wrong / len(answered) if answered else None,
        answered=len(answered), wrong=wrong,
    )  # fmt: skip


def sample_of(question: str, confidence: float, found: Sequence[str], expected: Sequence[str]) -> Sample:
    """A case of a kept run."""
    return Sample(question=question, confidence=confidence, right=bool(found) and found[0] in expected)


PRESENT: Final[Mapping[str, float]] = {"直接回答": ANSWER_FROM, "请群众选择": CHOOSE_FROM}
