"""Who has a text open for changing, so that two people know of each other before they write against each other."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.exceptions import IntegrityError

from audit.clock import Clock
from console.records import FormPresence
from staff.person import Person

BEAT: Final = timedelta(seconds=15)
"""How often an open page tells that it is open."""
SILENT: Final = timedelta(seconds=50)
"""A page that tells nothing for so long is closed."""
OPENED: Final = timedelta(minutes=30)
"""A page without a script tells nothing; for so long it counts as perhaps open."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """Somebody else at the same text. ``words`` is a whole remark: 王芳正在修改（2分钟前写过）."""

    name: str
    words: str


class Presence:
    """Notes who has which form open, and tells it to the others."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    async def seen(
        self, person: Person, disclosure_id: int, key: str, *, beating: bool = False, typed: bool = False
    ) -> None:
        """The form with this key is open. ``beating``: its page tells so by itself from now on."""
        if not disclosure_id or not _KEY.fullmatch(key):
            return
        now = await self._clock.now()
        mine = FormPresence.filter(account_id=person.account_id, key=key)
        changed: dict[str, Any] = {"seen_at": now, "name": person.display_name, "disclosure_id": disclosure_id}
        changed |= {"typed_at": now} if typed else {}
        if await mine.update(**changed, **({"beating": True} if beating else {})):
            return
        try:
            await FormPresence.create(account_id=person.account_id, key=key, beating=beating, **changed)
        except IntegrityError:  # The same page twice at once.
            await mine.update(**changed)

    async def left(self, account_id: int, key: str) -> None:
        """The form was closed or saved."""
        await FormPresence.filter(account_id=account_id, key=key).delete()

    async def others(self, disclosure_id: int, account_id: int) -> tuple[Editing, ...]:
        """Everybody else who has this text open, each once, whoever wrote last first."""
        now = await self._clock.now()
        rows = await FormPresence.filter(disclosure_id=disclosure_id, seen_at__gt=now - OPENED).exclude(
            account_id=account_id
        )
        open_now = [row for row in rows if not row.beating or row.seen_at > now - SILENT]
        open_now.sort(key=lambda row: (row.beating, row.typed_at or row.seen_at), reverse=True)
        found: dict[int, Editing] = {}
        for row in open_now:
            found.setdefault(row.account_id, Editing(name=row.name, words=words(row, now)))
        return tuple(found.values())


def words(row: FormPresence, now: datetime) -> str:
    """What is said about an open form."""
    if not row.beating:
        return f"{row.name} {ago(row.seen_at, now)}打开了修改页"
    if row.typed_at is None:
        return f"{row.name}打开了修改页，还没有改动"
    return f"{row.name}正在修改（{ago(row.typed_at, now)}）"


def ago(moment: datetime, now: datetime) -> str:
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "刚刚"
    return f"{minutes}分钟前" if minutes < 60 else f"{minutes // 60}小时前"
