"""What the figures share: their size, and the one JSON line of each."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is tried. All times are seconds."""

    spread: int = 60
    together: int = 100
    cancels: int = 2000
    outage: float = 30.0
    a_second: float = 4.0
    """Citizens' messages."""
    full: float = 20.0
    """How long the disk stays full."""


SMALL = Size(spread=6, together=12, cancels=100, outage=6.0, a_second=3.0, full=6.0)
"""For ``make test``."""


def told(figure: str, database: str, reached: bool | None, **measured: Any) -> dict[str, Any]:
    """The line; ``reached`` is None when the figure could not be measured here, and ``reason`` says why."""
    return {"figure": figure, "database": database, "reached": reached, **measured}
