"""What is to be said to citizens by people: found for those who write to us, and sent by ourselves where a platform allows it.

A message of our own is claimed, committed, and only then sent, at most once: what may have arrived is never sent again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient

from casework.case import ACTIVE, Case, Delivery, Line
from casework.promise import Rules, shipped
from casework.records import CaseMessage, CitizenCase
from casework.rows import case_of, line_of
from casework.sealing import Seal

LOOKED_BACK: Final = timedelta(days=30)
"""A case that was closed longer ago is spoken of only when its number is given."""
MOST: Final = 20
"""Cases of one person that are looked at, the newest first."""
STALE: Final = timedelta(minutes=2)
"""A message that is on its way for so long was sent by a process that died: whether it arrived is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a person has with us: the case that is under way, the latest that was closed, and what he is still to be told."""

    active: Case | None = None
    closed: Case | None = None
    untold: tuple[tuple[Case, Line], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSend:
    """A word of ours that waits, whole, with its case."""

    case: Case
    line: Line


class Outbox:
    """``key``: the installation's secret, with which whole texts are read."""

    def __init__(self, *, key: str, rules: Rules | None = None) -> None:
        self._seal = Seal(key=key)
        self.rules = rules or shipped()

    async def standing(self, people: Sequence[tuple[str, str]], *, now: datetime) -> Sequence[Standing]:
        """How some people stand, each given by channel and sender, in their order; two questions to the database at most."""
        senders = [sender for _, sender in people if sender]
        if not senders:
            return [Standing()] * len(people)
        rows = await CitizenCase.filter(sender__in=senders).order_by("-id").limit(MOST * len(senders))
        found: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)
        for row in rows:
            found[row.channel, row.sender].append(case_of(row))
        untold: defaultdict[int, list[Line]] = defaultdict(list)
        if rows:
            waiting = CaseMessage.filter(case_id__in=[row.id for row in rows], delivery=Delivery.WAITING)
            for message in await waiting.order_by("at", "id"):
                untold[message.case_id].append(line_of(message, self._seal))
        return [_standing(found[person], untold, now) for person in people]

    async def his(self, *, channel: str, sender: str, number: str) -> Case | None:
        """A person's own case by its number."""
        row = await CitizenCase.filter(channel=channel, sender=sender, number=number).first() if sender else None
        return case_of(row) if row else None

    async def by_number(self, number: str) -> tuple[Case, tuple[Line, ...]] | None:
        """A case with what was said to the citizen, whole, for whoever proved that it is his (``Seal.code``)."""
        row = await CitizenCase.filter(number=number).exclude(sender="").first()
        if row is None:
            return None
        said = CaseMessage.filter(case_id=row.id, side="handler").order_by("at", "id")
        return case_of(row), tuple(line_of(one, self._seal) for one in await said)

    async def say(self, ids: Sequence[int], *, now: datetime) -> tuple[int, ...]:
        """Claims words for a reply that is about to be stored, in their order, up to the first that another reply or message
        has: two messages at once must not both bring them."""
        won = list[int]()
        for message_id in ids:
            waiting = CaseMessage.filter(id=message_id, delivery=Delivery.WAITING)
            if not await waiting.update(delivery=Delivery.SAYING, sending_at=now):
                break
            won.append(message_id)
        return tuple(won)

    async def told(self, connection: BaseDBAsyncClient, ids: Sequence[int], *, now: datetime) -> None:
        """He reads these with this very reply."""
        if ids:
            ready = [Delivery.WAITING, Delivery.SAYING]
            waiting = CaseMessage.filter(id__in=list(ids), delivery__in=ready).using_db(connection)
            await waiting.update(delivery=Delivery.TOLD, told_at=now)
            await _asked(connection, ids, now)

    async def to_send(self, *, channels: Sequence[str], limit: int) -> list[ToSend]:
        """What waits and may be sent by us, the oldest first."""
        waiting = CaseMessage.filter(delivery=Delivery.WAITING, pushed=True, channel__in=list(channels))
        rows = await waiting.order_by("id").limit(limit)
        cases = (
            {row.id: case_of(row) for row in await CitizenCase.filter(id__in=[row.case_id for row in rows])}
            if rows
            else {}
        )
        return [
            ToSend(case=cases[row.case_id], line=line_of(row, self._seal))
            for row in rows
            if row.case_id in cases and cases[row.case_id].sender
        ]

    async def begin(self, message_id: int, *, now: datetime) -> bool:
        """Claims a word that is about to be sent; False when somebody else has, or it was told meanwhile."""
        waiting = CaseMessage.filter(id=message_id, delivery=Delivery.WAITING)
        return bool(await waiting.update(delivery=Delivery.SENDING, sending_at=now))

    async def end(self, message_id: int, *, now: datetime, known: bool = True) -> None:
        """It is sent; ``known`` False: it may be. It is not sent again."""
        sending = CaseMessage.filter(id=message_id, delivery=Delivery.SENDING)
        after = Delivery.SENT if known else Delivery.UNKNOWN
        if await sending.update(delivery=after, told_at=now):
            await _asked(None, [message_id], now)

    async def undo(self, message_id: int, *, again: bool) -> None:
        """Nothing was sent. ``again``: we try again; else it waits for his next word."""
        sending = CaseMessage.filter(id=message_id, delivery=Delivery.SENDING)
        await sending.update(delivery=Delivery.WAITING, pushed=again)

    async def leave(self, message_id: int) -> None:
        """Nobody may write to him any more: it waits for his next word."""
        await CaseMessage.filter(id=message_id, delivery=Delivery.WAITING).update(pushed=False)

    async def give_up(self, *, now: datetime) -> int:
        """What was on its way when its process died is unknown; how many. What stood in a reply that was never stored waits again."""
        unsaid = CaseMessage.filter(delivery=Delivery.SAYING, sending_at__lt=now - STALE)
        await unsaid.update(delivery=Delivery.WAITING)
        old = CaseMessage.filter(delivery=Delivery.SENDING, sending_at__lt=now - STALE)
        return await old.update(delivery=Delivery.UNKNOWN)


async def _asked(connection: BaseDBAsyncClient | None, ids: Sequence[int], now: datetime) -> None:
    """Who was told that his case is closed was asked how satisfied he is."""
    closings = CaseMessage.filter(id__in=list(ids), what="closing")
    rows = await (closings.using_db(connection) if connection else closings)
    if rows:
        cases = CitizenCase.filter(id__in=[row.case_id for row in rows], state="closed", rating_asked_at=None)
        await (cases.using_db(connection) if connection else cases).update(rating_asked_at=now)


def _standing(cases: Sequence[Case], untold: Mapping[int, Sequence[Line]], now: datetime) -> Standing:
    """``cases``: a person's, the newest first."""
    active = next((case for case in cases if case.state in ACTIVE), None)
    closed = next((c for c in cases if c.closed_at is not None and now - c.closed_at <= LOOKED_BACK), None)
    waiting = sorted(((case, line) for case in cases for line in untold.get(case.id, ())), key=lambda two: two[1].id)
    return Standing(active=active, closed=closed, untold=tuple(waiting))
