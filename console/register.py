"""The register of disclosures page by page: for the list on the screen and in the API."""

from dataclasses import dataclass
from typing import Final

from tortoise.expressions import Q

from disclosures.desk import Desk
from disclosures.records import Disclosure
from disclosures.sheet import Line
from disclosures.states import State

PER_PAGE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, newest first."""

    lines: tuple[Line, ...]
    page: int
    pages: int
    total: int


async def page_of_lines(
    desk: Desk,
    *,
    states: frozenset[State] | None = None,
    text: str = "",
    page: int = 1,
    hidden: frozenset[int] = frozenset(),
) -> Page:
    """The page with this number (1 is the newest); beyond the last it is empty. ``hidden``: what this reader may not see."""
    rows = Disclosure.all()
    if hidden:
        rows = rows.exclude(id__in=list(hidden))
    if states is not None:
        rows = rows.filter(state__in=sorted(states))
    if text.strip():
        rows = rows.filter(Q(title__icontains=text.strip()) | Q(index_number__icontains=text.strip()))
    total = await rows.count()
    pages = max(1, -(-total // PER_PAGE))
    first = await rows.order_by("-id").offset((page - 1) * PER_PAGE).only("id").first()
    lines: tuple[Line, ...] = ()
    if first is not None:
        lines = await desk.lines(states=states, text=text, before_id=first.id + 1, limit=PER_PAGE, hidden=hidden)
    return Page(lines=lines, page=page, pages=pages, total=total)
