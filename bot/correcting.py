"""Corrections travel: who received an answer that was corrected or withdrawn is told on the next permitted occasion.

Every stored reply carries the mark of the text it was made from. When an entry changes, those whose last reply from it has
another mark get a notice: with their next message, or in a message of our own while the platform allows one (features C15).
What is told is read from the base at the moment of telling, so a text that was put right twice is told once, as it is now.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from bot import wording
from bot.correction_records import CorrectionNotice, CorrectionState
from bot.gathering import Gathering
from bot.measure import Measure
from bot.records import InboundMessage
from knowledge.entry import Entry
from knowledge.generation import present_generation
from knowledge.records import KnowledgeEntry
from knowledge.rows import from_row

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
STATE_ID: Final = 1
REMEMBERED: Final = timedelta(days=90)
"""How far back an answer is put right."""
WAITS: Final = timedelta(days=90)
"""How long a notice waits for its reader's next message."""
AT_A_TIME: Final = 200
"""Changed entries of one look."""
QUOTED: Final = 30
GONE: Final = "gone"
OPEN: Final = ("waiting", "later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What somebody is to be told: which entry he was answered from, with which mark, and what he had asked, masked."""

    id: int
    channel: str
    sender: str
    entry_id: str
    mark: str
    asked: str
    asked_at: datetime


def mark_of(entry: Entry | None) -> str:
    """The mark of what a reply says of an entry. Empty where nothing is to be put right later: nothing was said, or only
    that a claim is being checked, of which the rumour desk tells those who want to know."""
    if entry is None or entry.under_check:
        return ""
    return f"withdrawn:{wording.digest(entry.without_text())}" if entry.withdrawn else wording.digest(entry)


def correction_text(correction: Correction, entry: Entry | None, measure: Measure) -> str:
    """The words of a correction; the new answer stands whole in it where there is room, else how to get it. Empty when what
    he was told is what would be said today."""
    present = mark_of(entry)
    if present == correction.mark or (entry is not None and entry.under_check):
        return ""
    asked = re.sub(r"\s+", " ", correction.asked)
    asked = asked if len(asked) <= QUOTED else f"{asked[: QUOTED - 1]}…"
    day = correction.asked_at.astimezone(SHANGHAI)
    begin = f"【更正】您{day.month}月{day.day}日问的“{asked}”，"
    if entry is None:
        return f"{begin}当时的答复已不再适用。需要了解最新情况，请再问一次，或者联系工作人员。"
    if entry.withdrawn:
        return f"{begin}当时答复所依据的内容已有变动：\n{wording.answer_pages(entry, measure)[0]}"
    whole = f"{begin}答复已经更正，现在的答复是：\n{wording.answer_pages(entry, measure)[0]}"
    return whole if measure.fits(whole) else f"{begin}答复已经更正。请再问一次，查看现在的答复。"


class Corrections:
    """Who is to be told what."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._waiting: Gathering[tuple[str, str], tuple[Correction, ...]] = Gathering(self._waiting_of)

    async def look(self) -> int:
        """Finds who was told what is no longer said; to be called every minute by one node. Returns how many notices were
        made. The first look only notes where the base stands."""
        now, present = await self._clock.now(), await present_generation()
        await CorrectionNotice.filter(state__in=OPEN, made_at__lt=now - WAITS).update(state="lapsed")
        state = await CorrectionState.filter(id=STATE_ID).first()
        if state is None:
            await CorrectionState.bulk_create([CorrectionState(id=STATE_ID, generation=present)], ignore_conflicts=True)
            return 0
        if state.generation >= present:
            return 0
        changed = KnowledgeEntry.filter(changed_in__gt=state.generation, changed_in__lte=present).order_by("id")
        today, made = now.astimezone(SHANGHAI).date(), 0
        async with in_transaction() as connection:
            rows = [from_row(row) for row in await changed.using_db(connection)]
            for start in range(0, len(rows), AT_A_TIME):
                marks = {
                    entry.id: mark_of(entry) if entry.answers_on(today) or entry.withdrawn else GONE
                    for entry in rows[start : start + AT_A_TIME]
                }
                made += await _notices(connection, marks, now)
            await CorrectionState.filter(id=STATE_ID).using_db(connection).update(generation=present)
        return made

    async def waiting(self, *, channel: str, sender: str) -> tuple[Correction, ...]:
        """What this person is still to be told."""
        return await self._waiting.one((channel, sender)) if sender else ()

    async def addressed(self, *, channels: Sequence[str], limit: int) -> list[Correction]:
        """Notices on channels where we may write first, the oldest first."""
        rows = CorrectionNotice.filter(state="waiting", channel__in=list(channels)).order_by("id").limit(limit)
        return [_correction(row) for row in await rows]

    async def told(self, connection: BaseDBAsyncClient, told: Sequence[tuple[int, str]], *, now: datetime) -> None:
        """They stand in a reply that is stored in this transaction, each with the mark of what is said now."""
        for notice_id, mark in told:
            await _end(connection, notice_id, OPEN, mark, now)

    async def begin(self, notice_id: int) -> bool:
        """A message of our own is about to be sent; False when somebody else has begun, or it was told meanwhile."""
        return bool(await CorrectionNotice.filter(id=notice_id, state="waiting").update(state="telling"))

    async def end(self, notice_id: int, mark: str, *, now: datetime) -> None:
        """The message is sent, or may be: it is not sent again."""
        async with in_transaction() as connection:
            await _end(connection, notice_id, ("telling",), mark, now)

    async def undo(self, notice_id: int) -> None:
        """Nothing was sent, and it may be tried again."""
        await CorrectionNotice.filter(id=notice_id, state="telling").update(state="waiting")

    async def leave(self, notice_id: int) -> None:
        """He cannot be written to: he is told with his next message."""
        await CorrectionNotice.filter(id=notice_id, state__in=("waiting", "telling")).update(state="later")

    async def drop(self, notice_id: int) -> None:
        """There is nothing to put right any more."""
        await CorrectionNotice.filter(id=notice_id, state__in=OPEN).update(state="moot")

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is kept of one person."""
        await CorrectionNotice.filter(channel=channel, sender=sender).using_db(connection).delete()

    async def _waiting_of(self, people: Sequence[tuple[str, str]]) -> Sequence[tuple[Correction, ...]]:
        found: dict[tuple[str, str], list[Correction]] = {}
        named = sorted({sender for _, sender in people})
        for row in await CorrectionNotice.filter(state__in=OPEN, sender__in=named).order_by("id"):
            found.setdefault((row.channel, row.sender), []).append(_correction(row))
        return [tuple(found.get(person, ())) for person in people]


async def _notices(connection: BaseDBAsyncClient, marks: Mapping[str, str], now: datetime) -> int:
    """A notice for everybody whose newest reply from one of these entries has another mark."""
    answered = InboundMessage.filter(entry_id__in=list(marks), received_at__gte=now - REMEMBERED).using_db(connection)
    newest: dict[tuple[str, str, str], InboundMessage] = {}
    async for row in answered.exclude(sender="").order_by("id"):
        if row.entry_id and row.entry_mark:
            newest[row.channel, row.sender, row.entry_id] = row
    notices = [
        CorrectionNotice(
            channel=channel, sender=sender, entry_id=entry_id, mark=row.entry_mark, asked=row.text,
            asked_at=row.received_at, made_at=now,
        )
        for (channel, sender, entry_id), row in newest.items()
        if marks[entry_id] and row.entry_mark != marks[entry_id]
    ]  # fmt: skip
    await CorrectionNotice.bulk_create(notices, ignore_conflicts=True, using_db=connection)
    return len(notices)


async def _end(connection: BaseDBAsyncClient, notice_id: int, states: Sequence[str], mark: str, now: datetime) -> None:
    """He knows the text with this mark now; the next change is told again."""
    rows = CorrectionNotice.filter(id=notice_id, state__in=list(states)).using_db(connection)
    row = await rows.first()
    if row is None or not await rows.update(state="told", told_at=now):
        return
    answered = InboundMessage.filter(channel=row.channel, sender=row.sender, entry_id=row.entry_id)
    await answered.using_db(connection).update(entry_mark=mark or GONE)


def _correction(row: CorrectionNotice) -> Correction:
    return Correction(
        id=row.id, channel=row.channel, sender=row.sender, entry_id=row.entry_id, mark=row.mark, asked=row.asked,
        asked_at=row.asked_at,
    )  # fmt: skip
