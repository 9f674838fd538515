"""Reconciling after a restore: what the ledger lost is read back from the platforms. Only reads; sends nothing.

For each channel: the newest posts are listed once; an article of ours is known by its page and title, a post by the
channel's own look; what is found becomes PUBLISHED with its ids. What is not found stays in doubt for two persons, unless
the platform proves it absent: WeChat, when the list of articles and the box of drafts were both read back to the planned
moment, long enough after the crash. Posts that link to our pages and belong to no delivery are written down as foreign.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from tortoise.transactions import in_transaction

from audit.clock import Clock
from publishers.claim import ticket_of
from publishers.errors import PublishError
from publishers.foreign import Foreign
from publishers.halt import QUARANTINE
from publishers.listing import SKEW, Listing, article_of
from publishers.port import Channel, ChannelName, RemoteChannel, Shown, Sighting, Verdict
from publishers.quarantine import ABSENT_AFTER, RECONCILE, in_doubt, is_blank, settling
from publishers.reconciled import Findings
from publishers.records import Delivery, Halt

log = logging.getLogger(__name__)
LISTED = 20
"""Posts of each kind that are read at a time; WeChat gives no more in one call, and 100 calls a day."""
PACES = (0, 5, 10, 20, 30, 60, 60, 120, 300, 600)
"""Seconds between two readings. The last one repeats."""
MOST_LOOKS = 8
"""Looks at single deliveries in one reading."""


@dataclass(slots=True, kw_only=True)
class _Pace:
    """When to read next; begins anew with every quarantine and every start of the process."""

    halt_id: int = 0
    raised_at: datetime | None = None
    reads: int = 0
    next_at: datetime | None = None
    looked: dict[int, int] = field(default_factory=dict)


class Reconciler:
    """Rung every second or so on one node; does nothing unless a quarantine stands. Safe to ring anywhere."""

    def __init__(
        self, *, clock: Clock, channels: Mapping[ChannelName, Channel], findings: Findings, foreign: Foreign,
        absent_after: timedelta = ABSENT_AFTER,
    ) -> None:  # fmt: skip
        """``absent_after``: how long after the restore what WeChat does not show counts as not sent."""
        self._clock = clock
        self._channels = {
            name: cast(RemoteChannel, channel) for name, channel in channels.items() if not channel.capabilities.local
        }
        self._findings = findings
        self._foreign = foreign
        self._absent_after = absent_after
        self._settle = settling(absent_after)
        self._pace = _Pace()

    async def sweep(self) -> bool:
        """One reading of all channels, when it is time for one; returns whether it read."""
        halt = await Halt.filter(open_key=QUARANTINE).first()
        if halt is None:
            return False
        # Two persons may have settled something since: that waits for no reading.
        await self._findings.tidy(halt, self._channels)
        now = await self._clock.now()
        pace = self._paced(halt)
        if pace.next_at is not None and now < pace.next_at:
            return False
        pace.next_at = now + timedelta(seconds=PACES[min(pace.reads + 1, len(PACES) - 1)])
        pace.reads += 1
        unread: dict[str, str] = {}
        for name, channel in self._channels.items():
            try:
                await self._read(halt, name, channel, now)
            except PublishError as trouble:
                log.warning("quarantine: %s cannot be read: %s", name, trouble)
                unread[str(name)] = str(trouble)
        await self._findings.tidy(halt, self._channels)
        await self._note(halt, now, unread)
        return True

    def _paced(self, halt: Halt) -> _Pace:
        if (self._pace.halt_id, self._pace.raised_at) != (halt.id, halt.raised_at):
            self._pace = _Pace(halt_id=halt.id, raised_at=halt.raised_at)
        return self._pace

    async def _read(self, halt: Halt, name: ChannelName, channel: RemoteChannel, now: datetime) -> None:
        limit = channel.capabilities.shows_newest or LISTED
        listing = Listing(posts=await channel.shown(limit=limit), limit=limit)
        spare = await self._foreign.unknown(listing, name, _moment(halt))
        await self._foreign.wake_planned(halt, name, spare, now)
        async with in_transaction() as connection:
            rows = [row for row in await in_doubt(connection, halt) if row.channel == name and RECONCILE in row.facts]
        looks = 0
        for row in sorted(rows, key=lambda one: (self._pace.looked.get(one.id, 0), one.due_at, one.id)):
            found = article_of(
                spare, page_url=self._findings.page_url(row), approved=channel.approved_text(row.payload),
                due_at=_earliest(row),
            )  # fmt: skip
            if found is not None:
                spare.remove(found)
                await self._found(row, channel, _as_sighting(found))
                continue
            sighting: Sighting | None = None
            if looks < MOST_LOOKS and _may_look(row, channel):
                looks += 1
                self._pace.looked[row.id] = self._pace.reads
                sighting = await self._look(row, channel, spare)
            if sighting is None or sighting.verdict in {Verdict.UNKNOWN, Verdict.ABSENT}:
                if is_blank(row):
                    await self._not_found(halt, row, channel, listing, sighting, now)
            else:
                spare = [post for post in spare if post.external_id != sighting.external_id]
                await self._found(row, channel, sighting)
        # A row that was not looked for in this reading may still turn out to be one of these posts.
        waiting = {row.disclosure_id for row in rows if self._pace.looked.get(row.id, 0) < self._pace.reads}
        waiting -= {row.disclosure_id for row in rows if not _may_look(row, channel)}
        await self._foreign.note(name, spare, now, waiting=waiting)
        if not listing.reaches(_moment(halt) - SKEW, drafts=False):
            await self._foreign.note_unseen(name, listing.limit, now, raised_at=halt.raised_at)

    async def _found(self, row: Delivery, channel: RemoteChannel, sighting: Sighting) -> None:
        await self._findings.found(row, channel, sighting)
        if sighting.external_id:
            await self._foreign.is_ours(row.channel, sighting.external_id)

    async def _look(self, row: Delivery, channel: RemoteChannel, spare: Sequence[Shown]) -> Sighting | None:
        """The channel's own search. What it finds must be a post that belongs to nobody else; None when it cannot tell."""
        try:
            sighting = await channel.look(ticket_of(row, self._findings.page_url(row)))
        except PublishError as trouble:
            log.info("quarantine: delivery %s cannot be looked for: %s", row.id, trouble)
            return None
        if sighting.verdict is not Verdict.PUBLISHED or not sighting.external_id:
            return sighting
        mine = any(post.external_id == sighting.external_id for post in spare)
        if mine or not await self._findings.is_known(row, sighting.external_id):
            return sighting
        return Sighting(verdict=Verdict.UNKNOWN, message="平台上相似的一条属于另一次投放", evidence=sighting.evidence)

    async def _not_found(
        self, halt: Halt, row: Delivery, channel: RemoteChannel, listing: Listing, sighting: Sighting | None,
        now: datetime,
    ) -> None:  # fmt: skip
        """Proved absent, still waiting, or for two persons."""
        stood = now - halt.raised_at
        if stood < self._settle:
            return
        draft_there = sighting is not None and sighting.verdict is Verdict.ABSENT
        provable = channel.capabilities.may_conclude_absent and not _mass(row)
        listed = provable and channel.capabilities.drafts and listing.reaches(_earliest(row) - SKEW, drafts=True)
        if provable and draft_there:
            await self._findings.absent(row, sighting, said="平台上没有这条内容：草稿尚未使用，或平台答复没有收到")
        elif listed and not row.facts.get("media_id"):
            if stood >= self._absent_after:
                await self._findings.absent(row, sighting, said="已读完发表记录和草稿箱，平台上没有这条内容")
        else:
            await self._findings.ask(row, channel, sighting)

    async def _note(self, halt: Halt, now: datetime, unread: Mapping[str, str]) -> None:
        """For the page, and for lifting: when every channel was read, and which one cannot be."""
        complete = not unread and now - halt.raised_at >= self._settle
        async with in_transaction() as connection:
            row = await Halt.filter(id=halt.id, open_key=QUARANTINE).using_db(connection).select_for_update().first()
            if row is None:
                return
            row.detail = {**row.detail, "read_at": now.isoformat(), "unread": dict(unread)}
            if complete:
                row.detail["read_all_at"] = now.isoformat()
            await row.save(using_db=connection)


def _moment(halt: Halt) -> datetime:
    """Until when the ledger knows; without a word about it, until the quarantine began."""
    told = halt.detail.get("moment")
    return datetime.fromisoformat(told) if isinstance(told, str) else halt.raised_at


def _earliest(row: Delivery) -> datetime:
    """Nothing was sent before this: its intent, or the moment that stands in for it."""
    return row.intent_at or row.due_at


def _mass(row: Delivery) -> bool:
    """A mass sending (群发) stands in no list of the platform: only a person can tell."""
    return row.payload.get("mode") == "mass"


def _may_look(row: Delivery, channel: RemoteChannel) -> bool:
    """Looking for a mass sending asks the platform by repeating the call; in a quarantine nothing is called but reads."""
    return not _mass(row) and (not channel.capabilities.drafts or bool(row.facts.get("media_id")))


def _as_sighting(post: Shown) -> Sighting:
    return Sighting(
        verdict=Verdict.PUBLISHED, external_id=post.external_id, url=post.url,
        facts={"article_id": post.external_id, "article_url": post.url},
        evidence={"found_in": "listing", "external_id": post.external_id, "page_url": post.page_url},
    )  # fmt: skip
