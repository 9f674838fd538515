"""Who has a case open, so that two handlers know of each other before both answer; and how far each has read it."""

from datetime import datetime, timedelta
from typing import Any, Final

from tortoise.exceptions import IntegrityError

from console.case_records import CaseSeen
from console.presence import ago
from staff.person import Person

BEAT: Final = timedelta(seconds=30)
"""An open page tells every few seconds that it is open; silent for so long, it is closed."""
OPENED: Final = timedelta(minutes=10)
"""A page without a script tells nothing; for so long it counts as perhaps open."""
WRITING: Final = timedelta(seconds=45)


async def read_to(person: Person, case_id: int) -> int:
    """The last message that he had before him; 0 when he never saw the case."""
    row = await CaseSeen.get_or_none(account_id=person.account_id, case_id=case_id)
    return row.read_to if row is not None else 0


async def note(
    person: Person, case_id: int, *, last: int, now: datetime, beating: bool = False, typed: bool = False
) -> None:
    """He has the case before him, up to the message ``last``."""
    values: dict[str, Any] = {"name": person.display_name[:64], "seen_at": now, "read_to": last, "beating": beating}
    values |= {"typed_at": now} if typed else {}
    mine = CaseSeen.filter(account_id=person.account_id, case_id=case_id)
    if await mine.update(**values):
        return
    try:
        await CaseSeen.create(account_id=person.account_id, case_id=case_id, **values)
    except IntegrityError:  # Two pages of his at once.
        await mine.update(**values)


async def others(person: Person, case_id: int, *, now: datetime) -> tuple[str, ...]:
    """Everybody else who has it open, in whole remarks, whoever writes first."""
    rows = await CaseSeen.filter(case_id=case_id, seen_at__gt=now - OPENED).exclude(account_id=person.account_id)
    here = [row for row in rows if not row.beating or row.seen_at > now - BEAT]
    here.sort(key=lambda row: row.typed_at or row.seen_at, reverse=True)
    return tuple(_words(row, now) for row in here)


def _words(row: CaseSeen, now: datetime) -> str:
    if row.typed_at is not None and row.typed_at > now - WRITING:
        return f"{row.name}正在写回复，请先商量好由谁答复。"
    if row.beating:
        return f"{row.name}也打开了这件诉求。"
    return f"{row.name}{ago(row.seen_at, now)}打开了这件诉求。"
