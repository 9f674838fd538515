"""Whom a citizen can turn to: the office behind the bot, or the unit that the question names."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from disclosures.records import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """An office with its telephone and hours, as they are said to a citizen. Empty fields are left out."""

    name: str
    phone: str = ""
    hours: str = ""


FindOffice = Callable[[str], Awaitable[Office | None]]
"""Gives the unit that a text names, or None."""


def named(text: str, units: Sequence[tuple[Sequence[str], Office]]) -> Office | None:
    """The unit that a text names by its longest name; with or without the district's own 区 or 县 before it."""
    best: tuple[int, Office] | None = None
    for names, office in units:
        for name in names:
            for said in {name, name.removeprefix("区").removeprefix("县")}:
                if len(said) >= 3 and said in text and (best is None or len(said) > best[0]):
                    best = (len(said), office)
    return best[1] if best else None


class Units:
    """The units of the district, read from the database when a citizen is handed over."""

    async def find(self, text: str) -> Office | None:
        """The unit that is named in the text and has a telephone number."""
        rows = await Unit.filter(active=True).exclude(phone="").order_by("sort")
        offices = [
            ((row.name, row.short_name), Office(name=row.name, phone=row.phone, hours=row.hours)) for row in rows
        ]
        return named(text, offices)
