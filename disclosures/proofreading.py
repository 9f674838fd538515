"""校对: what was corrected between two submissions, and by whom. 一校 ends with the first submission, 二校 with the second…"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.trail import Trail
from disclosures.differing import differences
from disclosures.member import Member
from disclosures.records import Review, Revision
from disclosures.reviewing_records import ProofPass
from disclosures.rows import record
from disclosures.sheet import Sheet, Version, version_of

MOST_VERSIONS = 200
"""Versions of one pass that are looked at; the oldest beyond that count as one."""
_NUMERALS = "〇一二三四五六七八九十"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What one person changed in versions that follow one another. The counts are places, not characters."""

    by_id: int
    by_name: str
    from_revision: int
    to_revision: int
    at: str
    """ISO 8601, when the last of these versions was saved."""
    words: str
    """新增 3 处，修改 2 处."""
    fields: tuple[str, ...]
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One proofreading. ``from_revision`` is the text it began with."""

    number: int
    from_revision: int
    to_revision: int
    at: datetime | None
    closed_by_name: str
    corrections: tuple[Correction, ...]

    @property
    def name(self) -> str:
        """一校, 二校, 三校…"""
        return f"{_NUMERALS[self.number] if self.number < len(_NUMERALS) else self.number}校"


async def proofread(sheet: Sheet) -> Pass:
    """The pass that a submission of this text would end."""
    start = await _began_at(sheet)
    rows = await Revision.filter(disclosure_id=sheet.id, number__gte=start, number__lte=sheet.revision).order_by(
        "number"
    )
    versions = [version_of(row) for row in rows]
    if len(versions) > MOST_VERSIONS:
        versions = [versions[0], *versions[-MOST_VERSIONS:]]
    corrections = await asyncio.to_thread(_corrections, versions) if len(versions) > 1 else ()
    return Pass(
        number=sheet.submission + 1, from_revision=start, to_revision=sheet.revision, at=None, closed_by_name="",
        corrections=corrections,
    )  # fmt: skip


async def close_pass(
    connection: BaseDBAsyncClient, trail: Trail, sheet: Sheet, found: Pass, *, person: Member, now: datetime
) -> None:
    """Keeps the pass and tells it, in the transaction of the submission that ends it."""
    await ProofPass.create(
        using_db=connection, disclosure_id=sheet.id, number=found.number, from_revision=found.from_revision,
        to_revision=found.to_revision, at=now, closed_by_name=person.display_name,
        corrections=[{**asdict(each), "fields": list(each.fields)} for each in found.corrections],
    )  # fmt: skip
    await record(
        trail, connection, now, person.actor, "disclosure.proofread", sheet.id, content_hash=sheet.content_hash,
        number=found.number, name=found.name, from_revision=found.from_revision, to_revision=found.to_revision,
        corrections=[f"{each.by_name}：{each.words}" for each in found.corrections],
    )  # fmt: skip


async def passes_of(disclosure_id: int) -> tuple[Pass, ...]:
    """Every pass that ended with a submission, oldest first."""
    rows = await ProofPass.filter(disclosure_id=disclosure_id).order_by("number")
    return tuple(
        Pass(
            number=row.number, from_revision=row.from_revision, to_revision=row.to_revision, at=row.at,
            closed_by_name=row.closed_by_name, corrections=tuple(_correction(each) for each in row.corrections),
        )
        for row in rows
    )  # fmt: skip


def _correction(plain: dict[str, Any]) -> Correction:
    return Correction(**{**plain, "fields": tuple(plain["fields"])})


async def _began_at(sheet: Sheet) -> int:
    """The number of the version that the last submission was about; the first one when there was none."""
    last = await ProofPass.filter(disclosure_id=sheet.id).order_by("-number").first()
    if last is not None:
        return last.to_revision
    # Submitted before passes were kept: the text of its last signature.
    review = await Review.filter(disclosure_id=sheet.id).order_by("-id").first()
    if review is None:
        return 1
    known = Revision.filter(disclosure_id=sheet.id, content_hash=review.content_hash, created_at__lte=review.at)
    row = await known.order_by("-number").first()
    return row.number if row is not None else 1


def _corrections(versions: Sequence[Version]) -> tuple[Correction, ...]:
    found: list[Correction] = []
    place = 1
    while place < len(versions):
        first = place
        while place + 1 < len(versions) and versions[place + 1].author_id == versions[first].author_id:
            place += 1
        before, last = versions[first - 1], versions[place]
        difference = differences(before.content, last.content)
        fields = [
            *(field.label for field in difference.fields),
            *(["正文"] if any(p.change != "same" for p in difference.parts) else []),
        ]
        found.append(
            Correction(
                by_id=last.author_id, by_name=last.author_name, from_revision=before.number, to_revision=last.number,
                at=last.created_at.isoformat(), words=difference.words, fields=tuple(fields),
                places=difference.inserted + difference.deleted + difference.changed,
            )
        )  # fmt: skip
        place += 1
    return tuple(found)
