"""The portal's search: every word must stand in the title or the text; newest first; the words are marked."""

import re
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from markupsafe import Markup, escape
from pypika_tortoise.terms import Function as Term
from tortoise import connections
from tortoise.expressions import Function, Q

from audit.clock import Clock
from portal.pages import PER_PAGE, paging_for
from portal.screen import Screen
from publishers.portal.channel import WITHDRAWN
from publishers.public_documents import SHANGHAI, find_documents, sought_by
from publishers.records import PortalPage

QUERY_LIMIT = 100
"""Characters."""
MOST_HITS = 1000
"""Results that are counted and can be paged through; who gets more should add a word."""
_MOST_WORDS = 8
_BEFORE, _AFTER = 40, 120
"""Characters shown around the first hit."""


_LATIN = re.compile("[A-Za-z]")


class _Instr(Term):
    def __init__(self, text: Any, word: str) -> None:
        super().__init__("INSTR", text, word)


class Place(Function):
    """Where a word begins in a text, from 1 on; 0: nowhere (SQLite)."""

    database_func = _Instr


class SearchPages:
    """``/search?q=``."""

    def __init__(self, *, screen: Screen, clock: Clock | None = None) -> None:
        self._screen = screen
        self._clock = clock

    async def search(self, request: web.Request) -> web.Response:
        query = request.query.get("q", "").strip()
        if not query or len(query) > QUERY_LIMIT:
            note = f"搜索词最多{QUERY_LIMIT}字，请缩短后再试。" if query else ""
            return await self._show(request, query=query[:QUERY_LIMIT], note=note, status=400 if query else 200)
        words = query.split()[:_MOST_WORDS]
        pages = PortalPage.exclude(state=WITHDRAWN)
        lite = connections.get("default").capabilities.dialect == "sqlite"
        for place, word in enumerate(words):
            if lite and not _LATIN.search(word):
                # LIKE of SQLite goes letter by letter, four times as slow as this, over all the texts of the house.
                places: dict[str, Any] = {
                    f"in_title_{place}": Place("title", word),
                    f"in_text_{place}": Place("text", word),
                }
                somewhere: list[dict[str, Any]] = [{f"{name}__gt": 0} for name in places]
                pages = pages.annotate(**places).filter(Q(**somewhere[0]) | Q(**somewhere[1]))
            else:
                pages = pages.filter(_holds(word))
        # One scan finds them all; the texts are read for one page of results only.
        found = (
            pages.order_by("-published_at", "-disclosure_id").limit(MOST_HITS).values_list("disclosure_id", flat=True)
        )
        numbers = [int(str(number)) for number in await found]
        told = ""
        if not numbers:
            told, numbers = await _looked_up(
                query, await self._clock.now() if self._clock is not None else datetime.now(UTC)
            )
        paging = paging_for(request, len(numbers))
        if paging is None:
            return await self._screen.missing(request)
        shown = numbers[paging.offset : paging.offset + PER_PAGE]
        rows = (
            await PortalPage.filter(disclosure_id__in=shown)
            .order_by("-published_at", "-disclosure_id")
            .only("disclosure_id", "state", "title", "unit", "category", "published_at", "updated_at", "text")
        )
        hits = [(row, marked(row.title, words), excerpt(row.text, words)) for row in rows]
        if told:
            # What was looked up has its own order: those in force first.
            hits.sort(key=lambda hit: numbers.index(hit[0].disclosure_id))
        return await self._show(request, query=query, hits=hits, paging=paging, told=told)

    async def _show(
        self, request: web.Request, *, query: str, note: str = "", status: int = 200, **values: object
    ) -> web.Response:
        shown: dict[str, Any] = {"hits": [], "paging": None, "told": "", **values}
        return await self._screen.show(
            request,
            "search.html",
            title="搜索",
            column="信息公开目录",
            status=status,
            cache_control="no-store",
            query=query,
            note=note,
            limit=QUERY_LIMIT,
            most=MOST_HITS,
            **shown,
        )


async def _looked_up(query: str, now: datetime) -> tuple[str, list[int]]:
    """Words that stand in no text may still name a unit, a column or a year: 教育局 2026 预算. What was understood, and the pages."""
    sought = await sought_by(query, today=now.astimezone(SHANGHAI).date())
    found = await find_documents(sought) if sought is not None else []
    return (sought.told, [one.disclosure_id for one in found]) if sought is not None and found else ("", [])


def _holds(word: str) -> Q:
    """Case matters to no one, but only words with ASCII letters pay for it: folding a whole text is the costly part."""
    if _LATIN.search(word):
        return Q(title__icontains=word) | Q(text__icontains=word)
    return Q(title__contains=word) | Q(text__contains=word)


def marked(text: str, words: list[str]) -> Markup:
    """The text, escaped, with the words in ``<mark>``."""
    parts = _pattern(words).split(text)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def excerpt(text: str, words: list[str]) -> Markup:
    """The stretch around the first hit, escaped and marked."""
    text = " ".join(text.split())
    hit = _pattern(words).search(text)
    start = max(0, hit.start() - _BEFORE) if hit else 0
    stretch = text[start : start + _BEFORE + _AFTER]
    before, after = ("…" if start else ""), ("…" if start + len(stretch) < len(text) else "")
    return escape(before) + marked(stretch, words) + escape(after)


def _pattern(words: list[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("(" + "|".join(re.escape(word) for word in longest_first) + ")", re.IGNORECASE)
