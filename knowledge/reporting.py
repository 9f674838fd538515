"""Reporting: what citizens bring to the rumour desk, counted by claim and by person, and whom to tell when it is settled."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import F, Q

from knowledge.clocks import answered_by, shipped
from knowledge.entry import VERDICT_UNDER_CHECK
from knowledge.records import KnowledgeEntry
from knowledge.reports import LONGEST, Known, Wording, claim_title, same_claim
from knowledge.rows import from_row
from knowledge.rumour_records import RumourClaim, RumourNotice, RumourReport

COMPARED: Final = 300
"""Claims, newest first, with which a report is compared."""
COMPARED_WORDINGS: Final = 5
"""Wordings of each of them."""
MOST_A_DAY: Final = 20
"""Claims that one person may bring within a day."""
COMPARED_FOR: Final = timedelta(days=60)
OPEN_STATES: Final = ("open", "checking")
_wording = lru_cache(maxsize=4096)(Wording.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One person's asking. `text` is masked; `asker_hash` is his mark, never empty. `entry_id` is the entry that says 核实中 to
    him. With his consent `sender` is set, and he is told in a message of our own where the platform allows."""

    text: str
    channel: str
    asker_hash: str
    at: datetime
    entry_id: str = ""
    consented: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What somebody is to be told: the question he had asked, masked, and the entry that answers it."""

    id: int
    entry_id: str
    asked: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed(Notice):
    """A notice to somebody who agreed to be written to, with his id on the platform."""

    channel: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the reporter of a rumour is told at once."""

    number: int
    answered_by: datetime


class Reporting:
    """What belongs to a reply joins the caller's transaction: a report is as lasting as the reply that speaks of it."""

    async def keep(self, connection: BaseDBAsyncClient, asked: Asked) -> int:
        """Counts an asking under its claim; the claim's number. The same person counts once, however often he asks.

        Who brings more than MOST_A_DAY new claims a day is not listened to any more that day; then 0.
        """
        wording = _wording(asked.text[:LONGEST])
        claim = await self._claim(connection, asked, wording)
        if claim is None:
            return 0
        his = RumourReport.filter(claim_id=claim.id, asker_hash=asked.asker_hash).using_db(connection)
        more = 0 if asked.consented else 1  # To agree is not to ask again.
        if not await his.update(times=F("times") + more, last_at=asked.at):
            first = RumourReport(
                claim_id=claim.id, asker_hash=asked.asker_hash, channel=asked.channel, text=asked.text[:LONGEST],
                digest=wording.digest, links=sorted(wording.links), first_at=asked.at, last_at=asked.at, times=1,
            )  # fmt: skip
            await RumourReport.bulk_create([first], ignore_conflicts=True, using_db=connection)
        if asked.consented:
            await his.update(consented_at=asked.at, sender=asked.sender)
        later = RumourClaim.filter(id=claim.id, last_at__lt=asked.at).using_db(connection)
        await later.update(last_at=asked.at)
        return claim.id

    async def receipt(self, *, asker_hash: str, channel: str, text: str) -> Receipt | None:
        """The receipt for what this person asked, once it is counted; None when it is not."""
        found = RumourReport.filter(
            asker_hash=asker_hash, channel=channel, digest=_wording(text[:LONGEST]).digest
        ).order_by("-last_at")
        report = await found.first()
        if report is None:
            return None
        claim = await RumourClaim.get(id=report.claim_id)
        return Receipt(number=claim.id, answered_by=answered_by(shipped(), claim.first_at))

    async def due(self, entry_id: str) -> datetime | None:
        """By when the claim of an entry that says 核实中 gets its verdict; None when nobody has asked about it yet."""
        claim = await RumourClaim.filter(entry_id=entry_id, state__in=OPEN_STATES).order_by("first_at").first()
        return answered_by(shipped(), claim.first_at) if claim else None

    async def notices(self, askers: Sequence[str]) -> Mapping[str, tuple[Notice, ...]]:
        """What is waiting to be told, by the hash of who asked. What is older than the rules allow is left alone."""
        named = [asker for asker in askers if asker]
        found: defaultdict[str, list[Notice]] = defaultdict(list)
        if named:
            for row in await RumourNotice.filter(asker_hash__in=named, state="waiting").order_by("id"):
                notice = Notice(id=row.id, entry_id=row.entry_id, asked=row.asked, asked_at=row.asked_at)
                found[row.asker_hash].append(notice)
        return {asker: tuple(waiting) for asker, waiting in found.items()}

    async def told(self, connection: BaseDBAsyncClient, ids: Sequence[int], *, now: datetime) -> None:
        """Notes that notices were said; their askers' addresses are not needed any more."""
        if ids:
            waiting = RumourNotice.filter(id__in=list(ids), state="waiting").using_db(connection)
            await waiting.update(state="told", told_at=now, sender="")

    async def lapse(self, *, now: datetime) -> int:
        """Lets go of notices that found nobody for longer than the rules say; how many there were."""
        old = RumourNotice.filter(state="waiting", made_at__lt=now - shipped().told_within)
        return await old.update(state="lapsed", sender="")

    async def addressed(self, *, channels: Sequence[str], limit: int) -> list[Addressed]:
        """Notices to people who agreed to be written to, the oldest first."""
        rows = RumourNotice.filter(state="waiting", channel__in=list(channels)).exclude(sender="").order_by("id")
        return [
            Addressed(
                id=row.id, entry_id=row.entry_id, asked=row.asked, asked_at=row.asked_at, channel=row.channel,
                sender=row.sender,
            )
            for row in await rows.limit(limit)
        ]  # fmt: skip

    async def begin(self, notice_id: int) -> bool:
        """A message is about to be sent; False when somebody else has begun, or it was told meanwhile."""
        return bool(await RumourNotice.filter(id=notice_id, state="waiting").update(state="telling"))

    async def end(self, notice_id: int, *, now: datetime) -> None:
        """The message is sent, or may be: it is not sent again."""
        await RumourNotice.filter(id=notice_id, state="telling").update(state="told", told_at=now, sender="")

    async def undo(self, notice_id: int, *, keep_sender: bool = True) -> None:
        """Nothing was sent; without his address it waits for his next message."""
        telling = RumourNotice.filter(id=notice_id, state="telling")
        await (telling.update(state="waiting") if keep_sender else telling.update(state="waiting", sender=""))

    async def leave(self, notice_id: int) -> None:
        """Nobody may write to him any more: he is told with his next message, for which no address is needed."""
        await RumourNotice.filter(id=notice_id, state="waiting").update(sender="")

    async def forget(self, connection: BaseDBAsyncClient, *, asker_hash: str) -> None:
        """Lets go of a person: he stays one of those who asked, and nobody can tell who he was."""
        for row in await RumourReport.filter(asker_hash=asker_hash).using_db(connection):
            await (
                RumourReport.filter(id=row.id)
                .using_db(connection)
                .update(asker_hash=f"left:{row.id}", sender="", consented_at=None)
            )
        his = RumourNotice.filter(asker_hash=asker_hash)
        await his.filter(state="waiting").using_db(connection).update(state="lapsed")
        await his.using_db(connection).update(sender="", asker_hash="")

    async def _claim(self, connection: BaseDBAsyncClient, asked: Asked, wording: Wording) -> RumourClaim | None:
        if asked.entry_id:
            return await self._of_entry(connection, asked)
        known = await RumourClaim.filter(key=wording.digest).using_db(connection).first()
        if known is None and (number := await self._alike(connection, wording, asked.at)):
            known = await RumourClaim.get(id=number, using_db=connection)
        if known is None and await self._brought_too_many(connection, asked):
            return None
        if known is None:
            known = await self._new(connection, asked, key=wording.digest, title=claim_title(asked.text))
        while known.merged_into:
            known = await RumourClaim.get(id=known.merged_into, using_db=connection)
        if known.state == "settled":
            # It was settled and yet the bot found nothing: somebody has to look at it again.
            await (
                RumourClaim.filter(id=known.id)
                .using_db(connection)
                .update(state="open", closed_at=None, closed_by="", first_at=asked.at, first_word_at=None)
            )
        return known

    async def _of_entry(self, connection: BaseDBAsyncClient, asked: Asked) -> RumourClaim:
        known = RumourClaim.filter(entry_id=asked.entry_id, state__in=OPEN_STATES).using_db(connection)
        claim = await known.order_by("id").first()
        if claim is not None:
            return claim
        row = await KnowledgeEntry.filter(entry_id=asked.entry_id).using_db(connection).first()
        title = from_row(row).title if row else claim_title(asked.text)
        claim = await self._new(connection, asked, key=entry_key(asked.entry_id), title=title)
        speaking = RumourClaim.filter(id=claim.id).using_db(connection)
        if row is not None and row.verdict == VERDICT_UNDER_CHECK:
            await speaking.update(
                state="checking", entry_id=asked.entry_id, unit=row.unit, first_word_at=asked.at, closed_at=None
            )
        return await RumourClaim.get(id=claim.id, using_db=connection)

    async def _alike(self, connection: BaseDBAsyncClient, wording: Wording, now: datetime) -> int | None:
        recent = RumourClaim.filter(Q(state__in=OPEN_STATES), last_at__gt=now - COMPARED_FOR).using_db(connection)
        ids = [claim.id for claim in await recent.order_by("-last_at").limit(COMPARED).only("id")]
        wordings: defaultdict[int, dict[str, Wording]] = defaultdict(dict)
        if ids:
            rows = RumourReport.filter(claim_id__in=ids).using_db(connection).order_by("id")
            for row in await rows.limit(COMPARED * COMPARED_WORDINGS * 4).only("id", "claim_id", "text"):
                if len(wordings[row.claim_id]) < COMPARED_WORDINGS:
                    wordings[row.claim_id][row.text] = _wording(row.text)
        known = [Known(claim_id=number, wordings=tuple(wordings[number].values())) for number in sorted(ids)]
        return same_claim(wording, known)

    async def _brought_too_many(self, connection: BaseDBAsyncClient, asked: Asked) -> bool:
        his = RumourReport.filter(asker_hash=asked.asker_hash, first_at__gt=asked.at - timedelta(days=1))
        return await his.using_db(connection).count() >= MOST_A_DAY

    async def _new(self, connection: BaseDBAsyncClient, asked: Asked, *, key: str, title: str) -> RumourClaim:
        # Two nodes may hear of it at the same moment: one of them makes the claim, and both count under it.
        claim = RumourClaim(key=key, title=title, first_at=asked.at, last_at=asked.at)
        await RumourClaim.bulk_create([claim], ignore_conflicts=True, using_db=connection)
        return await RumourClaim.get(key=key, using_db=connection)


def entry_key(entry_id: str) -> str:
    """The key of the claim that is counted under an entry which says 核实中."""
    return hashlib.sha256(f"entry\0{entry_id}".encode()).hexdigest()
