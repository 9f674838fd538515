"""The fingerprints of what is public, and what a text is like among them (features P20)."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from tortoise.transactions import in_transaction

from audit.clock import Clock
from disclosures import markup
from disclosures.check_records import Fingerprint
from disclosures.checking import likeness
from disclosures.checks import Alike
from disclosures.content import Content
from disclosures.records import Disclosure, Revision

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
AT_ONCE, IN_A_SWEEP = 20, 500
"""Fingerprints made while somebody waits, and in one sweep: a text is made public one by one, a restored house has thousands."""
MOST: Final = 3
_NONE: Final = b"\xff" * 4 * likeness.SIZE
"""Of a text too short for a fingerprint; no number of a fingerprint is as large."""
_WITHOUT: Final = """
SELECT d."id", d."approved_hash", d."released_at", d."title" FROM "disclosure" d
LEFT JOIN "disclosure_fingerprint" f ON f."disclosure_id" = d."id" AND f."content_hash" = d."approved_hash"
WHERE d."state" = 'released' AND d."approved_hash" IS NOT NULL AND f."id" IS NULL ORDER BY d."id" DESC LIMIT {limit}
"""


_PUBLIC: Final = (
    """SELECT count(*) AS "many", max("updated_at") AS "newest" FROM "disclosure" WHERE "state" = 'released'"""
)


@dataclass(slots=True)
class _Kept:
    """The fingerprints in memory: rows are never changed, a new text is a new row."""

    last_id: int = 0
    ids: list[int] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    marks: list[bytes] = field(default_factory=list)
    table: NDArray[np.uint32] | None = None


class Likenesses:
    """Asks what a text is like. One for a process; the rows are for all."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept = _Kept()
        self._seen: object = None

    async def of(self, content: Content, *, itself: int | None) -> tuple[Alike, ...]:
        """The public disclosures that are like this text, the likest first, at most MOST; and one with the same title of
        the same day."""
        now = await self._clock.now()
        # No lock around this: somebody may ask inside a transaction that the others' statements wait for. Two who come at
        # once do the same work twice, to the same end.
        await self._notice()
        await self._load()
        kept = self._kept
        mine = await asyncio.to_thread(_fingerprint, content)
        table = kept.table if kept.table is not None else np.empty((0, likeness.SIZE), dtype=np.uint32)
        found = await asyncio.to_thread(likeness.likest, table, mine, most=4 * MOST)
        today = now.astimezone(SHANGHAI).date().isoformat()
        named = [row for row, title in enumerate(kept.titles) if title == content.title and kept.days[row] == today]
        wanted = {kept.ids[row] for row, _ in found} | {kept.ids[row] for row in named}
        live = await _public(wanted - {itself or 0})
        alike = [
            Alike(
                disclosure_id=kept.ids[row], title=live[kept.ids[row]], share=share, released_on=kept.days[row],
                rule="alike.same" if share >= likeness.SAME else "alike.text",
            )
            for row, share in found if kept.ids[row] in live and kept.ids[row] != content.interprets
        ]  # fmt: skip
        same_day = [
            Alike(disclosure_id=kept.ids[row], title=content.title, share=1.0, released_on=today, rule="alike.title")
            for row in named if kept.ids[row] in live
        ]  # fmt: skip
        return (*_newest(alike)[:MOST], *_newest(same_day)[:1])

    async def _notice(self) -> None:
        """Makes the fingerprints of what became public since somebody asked last."""
        async with in_transaction() as connection:
            seen = await connection.execute_query_dict(_PUBLIC)
        if seen != self._seen and await self.catch_up(AT_ONCE) < AT_ONCE:
            self._seen = seen

    async def sweep(self) -> int:
        """A bell: makes what is missing; returns how many."""
        return await self.catch_up(IN_A_SWEEP)

    async def catch_up(self, limit: int) -> int:
        """Fingerprints of public texts that have none, the newest first; returns how many were made."""
        async with in_transaction() as connection:
            rows = await connection.execute_query_dict(_WITHOUT.format(limit=int(limit)))
        for row in rows:
            version = (
                await Revision.filter(disclosure_id=row["id"], content_hash=row["approved_hash"])
                .order_by("-number")
                .first()
            )
            if version is None:
                continue
            content = Content.parse(dict(version.content))
            marks = await asyncio.to_thread(_fingerprint, content)
            await _keep(row["id"], row["approved_hash"], content.title, _day(row["released_at"]), marks)
        return len(rows)

    async def _load(self) -> None:
        kept = self._kept
        rows = await Fingerprint.filter(id__gt=kept.last_id).order_by("id")
        if len(kept.ids) + len(rows) != await Fingerprint.all().count():
            # A text was replaced, or a row became visible after a later one: everything anew.
            kept, rows = _Kept(), await Fingerprint.all().order_by("id")
        elif not rows:
            return
        marks = [*kept.marks, *(bytes(row.marks) or _NONE for row in rows)]
        self._kept = _Kept(
            last_id=rows[-1].id if rows else 0, ids=[*kept.ids, *(row.disclosure_id for row in rows)],
            titles=[*kept.titles, *(row.title for row in rows)],
            days=[*kept.days, *(row.released_on.isoformat() for row in rows)], marks=marks,
            table=await asyncio.to_thread(likeness.matrix, marks) if marks else None,
        )  # fmt: skip


def _fingerprint(content: Content) -> bytes:
    return likeness.fingerprint(markup.plain_text(content.body_html))


async def _keep(disclosure_id: int, content_hash: str, title: str, day: date, marks: bytes) -> None:
    """One row for a disclosure. Two nodes may come to it at once; either's row is right."""
    await Fingerprint.filter(disclosure_id=disclosure_id).exclude(content_hash=content_hash).delete()
    row = Fingerprint(disclosure_id=disclosure_id, content_hash=content_hash, title=title, released_on=day, marks=marks)
    await Fingerprint.bulk_create([row], ignore_conflicts=True)


async def _public(ids: set[int]) -> dict[int, str]:
    """The titles of those that the public can read now."""
    if not ids:
        return {}
    rows = await Disclosure.filter(id__in=sorted(ids), released_at__isnull=False, withdrawn_at__isnull=True)
    return {row.id: row.title for row in rows}


def _newest(found: list[Alike]) -> list[Alike]:
    return sorted(found, key=lambda each: (-each.share, -each.disclosure_id))


def _day(moment: Any) -> date:
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if when.tzinfo is None:
        when = when.replace(tzinfo=ZoneInfo("UTC"))
    return date.fromisoformat(when.astimezone(SHANGHAI).date().isoformat())
