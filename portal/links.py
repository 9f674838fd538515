"""What the public pages hold together: which stored files they show, and which text interprets which document."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from tortoise.functions import Count, Sum

from publishers.portal.channel import WITHDRAWN
from publishers.records import Delivery, PortalPage

_IN_BODY = re.compile(r"/files/([0-9a-f]{64})/")
_PUSHED = ("sending", "submitted", "unknown", "published")
"""States of a delivery to a foreign portal in which that portal may fetch our files."""
_BATCH = 20
_IDS = 1000
_Stamp = tuple[tuple[str, int, int], ...]


class Links:
    """An index in memory over the live pages, rebuilt when the pages have changed.

    The stamp that tells (rows and release ids by state) is read from the database at each question, so a withdrawal on
    one replica closes the files on all of them at once. ``pushed``: the portal is another system, and the pages are the
    deliveries to it.
    """

    def __init__(self, *, pushed: bool = False) -> None:
        self._pushed = pushed
        self._stamp: _Stamp | None = None
        self._refreshing = asyncio.Lock()
        self._held: dict[int, tuple[int, frozenset[str], int | None]] = {}
        self._files: frozenset[str] = frozenset()
        self._interpretations: dict[int, tuple[int, ...]] = {}

    async def is_public(self, sha256: str) -> bool:
        """Whether a live or repealed page shows this file."""
        await self.refresh()
        return sha256 in self._files

    async def interpretations_of(self, disclosure_id: int) -> tuple[int, ...]:
        """The ids of the live pages that interpret this one."""
        await self.refresh()
        return self._interpretations.get(disclosure_id, ())

    async def refresh(self) -> None:
        """Brings the index up to date; the process may call it at its start, so that no reader waits for it."""
        async with self._refreshing:
            stamp = await self._read_stamp()
            if stamp != self._stamp:
                await self._rebuild(stamp)

    async def _rebuild(self, stamp: _Stamp) -> None:
        if self._pushed:
            held = await self._read_deliveries()
        else:
            held = await self._read_pages()
        self._held = held
        self._files = frozenset(sha for _, files, _ in held.values() for sha in files)
        interpretations: dict[int, list[int]] = {}
        for page, (_, _, target) in sorted(held.items()):
            if target is not None:
                interpretations.setdefault(target, []).append(page)
        self._interpretations = {target: tuple(pages) for target, pages in interpretations.items()}
        self._stamp = stamp

    async def _read_stamp(self) -> _Stamp:
        model, column = (Delivery, "id") if self._pushed else (PortalPage, "release_id")
        pages = model.filter(channel="portal") if self._pushed else model.all()
        rows = (
            await pages.annotate(rows=Count("state"), sum=Sum(column)).group_by("state").values("state", "rows", "sum")
        )
        return tuple(sorted((str(row["state"]), int(row["rows"]), int(row["sum"])) for row in rows))

    async def _read_pages(self) -> dict[int, tuple[int, frozenset[str], int | None]]:
        """Only pages that are new or were released again are parsed; a few at a time, so that the loop stays free."""
        current: dict[int, int] = {}
        last = -1
        while (
            rows := await PortalPage.filter(disclosure_id__gt=last)
            .exclude(state=WITHDRAWN)
            .order_by("disclosure_id")
            .limit(_IDS)
            .values_list("disclosure_id", "release_id")
        ):
            current |= {int(page): int(release) for page, release in rows}
            last = max(current)
        held = {page: known for page, known in self._held.items() if current.get(page) == known[0]}
        missing = sorted(current.keys() - held.keys())
        for start in range(0, len(missing), _BATCH):
            for page in await PortalPage.filter(disclosure_id__in=missing[start : start + _BATCH]):
                held[page.disclosure_id] = (page.release_id, *_held_by(page.payload))
        return held

    async def _read_deliveries(self) -> dict[int, tuple[int, frozenset[str], int | None]]:
        held: dict[int, tuple[int, frozenset[str], int | None]] = {}
        query = Delivery.filter(channel="portal", state__in=_PUSHED).order_by("id")
        for delivery in await query.only("id", "disclosure_id", "payload"):
            held[delivery.disclosure_id] = (delivery.id, *_held_by(delivery.payload))
        return held


def _held_by(payload: Mapping[str, Any]) -> tuple[frozenset[str], int | None]:
    named = {str(file["sha256"]) for kind in ("pictures", "attachments") for file in payload.get(kind) or ()}
    target = payload.get("interprets")
    return frozenset(named | set(_IN_BODY.findall(str(payload.get("body_html", ""))))), int(target) if target else None
