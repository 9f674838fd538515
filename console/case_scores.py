"""满意度: what citizens said of closed cases, by unit and by handler. Few answers are called few."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from casework.case import REASONS, SCORES
from casework.records import CitizenCase
from casework.sample import HANDFUL

PERIODS: Final = (30, 90, 365)
"""Days back that may be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One unit's, or one handler's, closed cases and what was said of them."""

    name: str
    closed: int
    scores: tuple[int, ...]
    """How many said 满意, 基本满意, 不满意."""

    @property
    def rated(self) -> int:
        return sum(self.scores)

    @property
    def few(self) -> bool:
        return self.rated < HANDFUL

    @property
    def share(self) -> int | None:
        """Per cent of the answers that are 满意 or 基本满意; None while nobody answered."""
        return round(100 * (self.rated - self.scores[-1]) / self.rated) if self.rated else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfaction:
    """All of a period."""

    days: int
    whole: Line
    units: tuple[Line, ...]
    handlers: tuple[Line, ...]
    reasons: tuple[tuple[str, int], ...]
    """Why people were not satisfied, the most frequent first."""


async def satisfaction(*, now: datetime, days: int) -> Satisfaction:
    """Of the cases that were closed within the last days."""
    rows = await CitizenCase.filter(state="closed", closed_at__gte=now - timedelta(days=days))
    told: dict[str, int] = {}
    for row in rows:
        if row.score_reason:
            told[row.score_reason] = told.get(row.score_reason, 0) + 1
    return Satisfaction(
        days=days, whole=_line("全部", rows), units=_grouped(rows, lambda row: row.unit or "未定单位"),
        handlers=_grouped(rows, lambda row: row.handler_name or "无人承办"),
        reasons=tuple(sorted(((REASONS.get(key, key), times) for key, times in told.items()), key=lambda pair: -pair[1])),
    )  # fmt: skip


def _grouped(rows: Sequence[CitizenCase], of: Callable[[CitizenCase], str]) -> tuple[Line, ...]:
    names = sorted({of(row) for row in rows})
    lines = [_line(name, [row for row in rows if of(row) == name]) for name in names]
    return tuple(sorted(lines, key=lambda line: (-line.closed, line.name)))


def _line(name: str, rows: Sequence[CitizenCase]) -> Line:
    scores = tuple(sum(1 for row in rows if row.score == score) for score in sorted(SCORES))
    return Line(name=name, closed=len(rows), scores=scores)
