"""Working copies (未保存的草稿): what a person typed and has not saved, kept on the server every few seconds, so that neither a
closed window nor a broken network nor an expired sign-in loses it. Nobody but that person sees it, and it is no version."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.exceptions import IntegrityError

from audit.clock import Clock
from console.errors import CopyRefused
from console.form import Fields
from console.records import FormPresence, WorkingCopy
from console.screen import SHANGHAI

MOST_BYTES: Final = 1_500_000
"""Of one copy as JSON; the longest body has 200,000 characters."""
MOST_COPIES: Final = 30
"""Of one person."""
KEPT: Final = timedelta(days=30)
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,32}")

_SMALL: Final = ("id", "key", "disclosure_id", "base_revision", "title", "saved_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An unsaved text as it is offered to its author."""

    id: int
    key: str
    disclosure_id: int
    base_revision: int
    title: str
    saved_at: datetime
    when: str
    """9:41 of today, or with its date."""


class WorkingCopies:
    """Keeps, offers, and forgets."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def keep(
        self, account_id: int, key: str, fields: Fields, *, disclosure_id: int, base_revision: int
    ) -> datetime:
        """Keeps what stands in the form, in place of what this form kept before; returns the moment. Raises CopyRefused."""
        if not _KEY.fullmatch(key):
            raise CopyRefused("页面已过期，请复制您写的内容，重新打开页面。")
        plain = fields.plain()
        if len(json.dumps(plain, ensure_ascii=False).encode()) > MOST_BYTES:
            raise CopyRefused("内容太长，没有自动保存。请把过长的部分改为附件。")
        now = await self._clock.now()
        values: dict[str, Any] = {
            "disclosure_id": disclosure_id, "base_revision": base_revision,
            "title": (fields["title"].strip() or "（未写标题）")[:200], "fields_typed": plain, "saved_at": now,
        }  # fmt: skip
        mine = WorkingCopy.filter(account_id=account_id)
        if await mine.filter(key=key).update(**values):
            return now
        if await mine.count() >= MOST_COPIES:
            raise CopyRefused(f"您已有 {MOST_COPIES} 份未保存的草稿，请先保存或丢弃几份。")
        try:
            await WorkingCopy.create(account_id=account_id, key=key, **values)
        except IntegrityError:  # The same form twice at once: the other was a moment earlier.
            await mine.filter(key=key).update(**values)
        return now

    async def of(self, account_id: int, disclosure_id: int | None = None) -> tuple[Copy, ...]:
        """A person's copies, newest first: of one disclosure (0: of texts that were never saved), or all."""
        rows = WorkingCopy.filter(account_id=account_id)
        if disclosure_id is not None:
            rows = rows.filter(disclosure_id=disclosure_id)
        now = await self._clock.now()
        return tuple([_copy(row, now) for row in await rows.order_by("-saved_at", "-id").only(*_SMALL)])

    async def read(self, account_id: int, number: int) -> tuple[Copy, Fields] | None:
        """One of this person's copies; None when there is none (any more)."""
        row = await WorkingCopy.get_or_none(account_id=account_id, id=number)
        if row is None:
            return None
        plain: Mapping[str, Any] = row.fields_typed
        return _copy(row, await self._clock.now()), Fields.of_plain(plain)

    async def discard(self, account_id: int, number: int) -> None:
        """Forgets one of this person's copies; one that is not there is forgotten already."""
        await WorkingCopy.filter(account_id=account_id, id=number).delete()

    async def saved(self, account_id: int, key: str) -> None:
        """The form was saved: its copy has done its service."""
        if key:
            await WorkingCopy.filter(account_id=account_id, key=key).delete()

    async def sweep(self) -> None:
        """Forgets what nobody came back for within thirty days, and who had a form open yesterday."""
        now = await self._clock.now()
        await WorkingCopy.filter(saved_at__lt=now - KEPT).delete()
        await FormPresence.filter(seen_at__lt=now - timedelta(days=1)).delete()


def _copy(row: WorkingCopy, now: datetime) -> Copy:
    return Copy(
        id=row.id, key=row.key, disclosure_id=row.disclosure_id, base_revision=row.base_revision, title=row.title,
        saved_at=row.saved_at, when=clock_time(row.saved_at, now),
    )  # fmt: skip


def clock_time(moment: datetime, now: datetime) -> str:
    """9:41, and of another day 11月26日 9:41; Shanghai's time."""
    here, today = moment.astimezone(SHANGHAI), now.astimezone(SHANGHAI).date()
    time = f"{here.hour}:{here.minute:02d}"
    return time if here.date() == today else f"{here.month}月{here.day}日 {time}"
