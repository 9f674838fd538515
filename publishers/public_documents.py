"""What was published, looked up by unit, column, year, 文号 and words of the title: for the chat and the portal's search (features C29)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from disclosures.records import Category, Unit
from disclosures.seeking import Named, Sought, may_seek, read, sayings
from publishers.portal.channel import REPEALED, WITHDRAWN
from publishers.records import PortalPage

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
MOST: Final = 300
"""Pages that are looked through, the newest first; who gets so many should say more."""
LEAST_SAID: Final = 2
_YEAR: Final = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicDocument:
    """One public page, as a list names it."""

    disclosure_id: int
    title: str
    document_number: str
    unit: str
    category: str
    published_on: date
    formed_on: str
    """ISO 8601; empty when unknown."""
    validity: str
    """有效, 失效, 废止 and the like."""

    @property
    def in_force(self) -> bool:
        return self.validity not in ("失效", "废止")


async def sought_by(text: str, *, today: date) -> Sought | None:
    """What a text looks for; the catalogue is read only when it may be looking for something."""
    if not may_seek(text):
        return None
    units = [
        Named(name=row.name, said=sayings(row.name, row.short_name))
        for row in await Unit.filter(active=True).only("id", "name", "short_name")
    ]
    columns = [
        Named(name=row.name)
        for row in await Category.filter(active=True).only("id", "name")
        if len(row.name) > LEAST_SAID
    ]
    return read(text, units=units, categories=columns, today=today)


async def find_documents(sought: Sought) -> list[PublicDocument]:
    """Every page that fits, those in force first, the newest first, at most ``MOST``. What was withdrawn is never found.

    Words are looked for in the titles; only where no title has them, in the texts.
    """
    pages = PortalPage.exclude(state=WITHDRAWN)
    if sought.unit:
        pages = pages.filter(unit__in=await _names_of(sought.unit))
    if sought.category:
        pages = pages.filter(category__in=await _below(sought.category))
    if sought.number:
        numbered = await _documents(pages.filter(text__contains=sought.number))
        # The letters before the year may have caught a word of the sentence; then the number alone decides.
        of_issuer = [one for one in numbered if all(word in one.document_number for word in sought.words)]
        return ordered(of_issuer or numbered)
    if sought.year:
        since, until = (datetime(sought.year + ahead, 1, 1, tzinfo=SHANGHAI) for ahead in (0, 1))
        pages = pages.filter(Q(title__contains=str(sought.year)) | Q(published_at__gte=since, published_at__lt=until))
    found = _of_year(await _documents(pages.filter(*[Q(title__contains=word) for word in sought.words])), sought.year)
    if not found and sought.words:
        anywhere = [Q(title__contains=word) | Q(text__contains=word) for word in sought.words]
        found = _of_year(await _documents(pages.filter(*anywhere)), sought.year)
    return ordered(found)


def ordered(documents: Sequence[PublicDocument]) -> list[PublicDocument]:
    """Those in force first, the newest first. Pure."""
    return sorted(documents, key=lambda one: (one.in_force, one.published_on, one.disclosure_id), reverse=True)


def _of_year(documents: Sequence[PublicDocument], year: int) -> list[PublicDocument]:
    """A title that names a year is of that year, whenever it was published: the final accounts of 2025 appear in 2026."""
    if not year:
        return list(documents)
    return [one for one in documents if ((named := _YEAR.findall(one.title)) and str(year) in named) or not named]


async def _documents(pages: QuerySet[PortalPage]) -> list[PublicDocument]:
    rows = await pages.order_by("-published_at", "-disclosure_id").limit(MOST).only(
        "disclosure_id", "state", "title", "unit", "category", "published_at", "payload"
    )  # fmt: skip
    return [
        PublicDocument(
            disclosure_id=row.disclosure_id, title=row.title, unit=row.unit, category=row.category,
            document_number=str(row.payload.get("document_number") or ""),
            published_on=row.published_at.astimezone(SHANGHAI).date(), formed_on=str(row.payload.get("formed_on") or ""),
            validity="废止" if row.state == REPEALED else str(row.payload.get("validity") or "有效"),
        )
        for row in rows
    ]  # fmt: skip


async def _names_of(unit: str) -> list[str]:
    """The names under which a unit's pages may stand."""
    row = await Unit.get_or_none(name=unit)
    return [unit, row.short_name] if row is not None and row.short_name else [unit]


async def _below(category: str) -> list[str]:
    """The column and the columns below it."""
    row = await Category.get_or_none(name=category)
    if row is None:
        return [category]
    below = await Category.filter(parent__in=[row.code, row.name]).values_list("name", flat=True)
    return [category, *(str(name) for name in below)]
