"""Orphan drafts: made for a delivery that died before their media_id was saved (crash-point row 3), or whose release was
cancelled afterwards. Nobody sees them but the editors, whose box they fill.

A draft is deleted only when it is ours beyond doubt: it links to one of our pages, its words are exactly those of a
delivery of that very disclosure, it is older than a day, and no delivery can still need it. A draft that a person wrote
or touched has other words and is never deleted.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.records import AuditRecord
from audit.trail import Trail
from publishers.records import Delivery
from publishers.states import State
from publishers.wechat.client import WeChatClient
from publishers.wechat.outcomes import next_midnight
from publishers.wechat.reading import address_of, first_article
from publishers.wechat.sightings import moment_of, text_hash

log = logging.getLogger(__name__)
MACHINE: Final = Actor.machine("发布系统")
VERB: Final = "wechat.draft.tidied"
OLD: Final = timedelta(days=1)
A_DAY: Final = 20
"""So many are deleted in a day (Beijing): a mistake of ours must not empty the box."""
PER_PAGE: Final = 20
MOST_PAGES: Final = 25
"""Five hundred drafts; draft/batchget has 1,000 calls a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    media_id: str
    title: str
    disclosure_id: int


class Tidying:
    """``public_url`` is the portal's root: our pages are ``…/d/<number>`` below it."""

    def __init__(self, *, client: WeChatClient, trail: Trail, public_url: str) -> None:
        self._client = client
        self._trail = trail
        self._pages = f"{public_url.rstrip('/')}/d/"

    async def sweep(self) -> int:
        """Deletes what is surely an orphan; returns how many. Raises the errors of the port."""
        now = await self._client.now()
        since = next_midnight(now) - timedelta(days=1)
        left = A_DAY - await AuditRecord.filter(verb=VERB, at__gte=since).count()
        deleted = 0
        for found in await self._candidates(now) if left > 0 else ():
            rows = await Delivery.filter(channel="wechat", disclosure_id=found.disclosure_id)
            if _needed(rows, found.media_id) or not _is_ours(await self._client.draft(found.media_id), rows):
                continue
            await self._note(found, now)
            await self._client.delete_draft(found.media_id)
            deleted += 1
            if deleted >= left:
                break
        if deleted:
            log.info("%d orphan drafts deleted", deleted)
        return deleted

    async def _candidates(self, now: datetime) -> list[_Found]:
        """The drafts of the box that are old and link to one of our pages."""
        found: list[_Found] = []
        for page in range(MOST_PAGES):
            items = await self._client.drafts_page(offset=page * PER_PAGE, count=PER_PAGE)
            found += [one for item in items if (one := self._candidate(item, now)) is not None]
            if len(items) < PER_PAGE:
                break
        return found

    def _candidate(self, item: Mapping[str, Any], now: datetime) -> _Found | None:
        article, media_id = first_article(item) or {}, str(item.get("media_id") or "")
        number = address_of(article).removeprefix(self._pages)
        if not media_id or not number.isascii() or not number.isdigit() or not item.get("update_time"):
            return None
        if now - moment_of(item) < OLD:
            return None
        return _Found(media_id=media_id, title=str(article.get("title") or ""), disclosure_id=int(number[:9]))

    async def _note(self, found: _Found, now: datetime) -> None:
        """Before the act: whatever happens afterwards, it stands in the audit trail that we meant to."""
        async with in_transaction() as connection:
            await self._trail.append(
                connection, at=now, actor=MACHINE, verb=VERB, subject=f"disclosure:{found.disclosure_id}",
                media_id=found.media_id, title=found.title,
            )  # fmt: skip


def _needed(rows: Sequence[Delivery], media_id: str) -> bool:
    """Whether a delivery names the draft and is not cancelled: it may yet be sent, looked for, or shown to a person."""
    return any(row.facts.get("media_id") == media_id and row.state != State.CANCELLED for row in rows)


def _is_ours(draft: Mapping[str, Any] | None, rows: Sequence[Delivery]) -> bool:
    """Whether the draft, read now, has word for word the text of one of these deliveries."""
    if draft is None:
        return False
    mark = text_hash(str(draft.get("title", "")), str(draft.get("content", "")))
    ours = {text_hash(str(row.payload.get("title", "")), str(row.payload.get("content_html", ""))) for row in rows}
    return mark in ours
