"""What citizens think of the answers (有用/没用), as figures. Who kept the taps is not this package's business. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

FEW: Final = 10
"""Fewer opinions than this are said to be few: one more tap would change the share by ten points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """How often an answer was found useful, and how often not."""

    useful: int = 0
    useless: int = 0

    @property
    def total(self) -> int:
        return self.useful + self.useless

    @property
    def share(self) -> int | None:
        """Per cent that found it useful; None when nobody said anything."""
        return round(100 * self.useful / self.total) if self.total else None

    @property
    def few(self) -> bool:
        return 0 < self.total < FEW

    @property
    def words(self) -> str:
        """92%（25 人评价）; of few: 3 人说有用，1 人说没用（评价太少，只作参考）."""
        if not self.total:
            return "无人评价"
        if self.few:
            return f"{self.useful} 人说有用，{self.useless} 人说没用（评价太少，只作参考）"
        return f"{self.share}%（{self.total} 人评价）"

    def __add__(self, other: "Opinion") -> "Opinion":
        return Opinion(useful=self.useful + other.useful, useless=self.useless + other.useless)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Persons who found an entry's answer of no use, for one reason."""

    entry_id: str
    unit: str
    reason: str
    """In the words of the screens; empty when none was given."""
    times: int
    last: datetime


class Opinions(Protocol):
    """What is read of the taps. Days are local, both counted; ``unit`` None: of every unit."""

    async def by_entry(self, first: date, last: date, *, unit: str | None = None) -> Mapping[str, Opinion]: ...

    async def by_unit(self, first: date, last: date) -> Mapping[str, Opinion]: ...

    async def complaints(self, first: date, last: date, *, unit: str | None = None) -> Sequence[Complaint]:
        """The most frequent first."""
        ...


class Silence:
    """Nobody was asked for an opinion yet."""

    async def by_entry(self, first: date, last: date, *, unit: str | None = None) -> Mapping[str, Opinion]:
        return {}

    async def by_unit(self, first: date, last: date) -> Mapping[str, Opinion]:
        return {}

    async def complaints(self, first: date, last: date, *, unit: str | None = None) -> Sequence[Complaint]:
        return ()
