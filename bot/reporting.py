"""How the conversation meets the rumour desk: who asked about what is counted, with his consent he is told, and forgotten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.backends.base.client import BaseDBAsyncClient

from bot.asker import asker_hash
from bot.gathering import Gathering
from knowledge.clocks import answered_by, shipped
from knowledge.reporting import Asked, Notice, Receipt, Reporting


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A rumour that somebody asks about. ``entry_id``: the entry that told him 核实中. ``consent``: he wants to be told."""

    text: str
    channel: str
    sender: str
    at: datetime
    entry_id: str = ""
    consent: bool = False


class Reports:
    """``mask`` covers personal data before anything is stored; ``key`` is the installation's secret."""

    def __init__(self, *, reporting: Reporting, mask: Callable[[str], str], key: str) -> None:
        self._reporting = reporting
        self._mask = mask
        self._key = key
        self._notices: Gathering[str, tuple[Notice, ...]] = Gathering(self._notices_of)

    async def keep(self, connection: BaseDBAsyncClient, report: Report) -> None:
        """Counts it; one person counts once for a claim."""
        await self._reporting.keep(
            connection,
            Asked(
                text=self._mask(report.text), channel=report.channel, asker_hash=self._asker(report.channel, report.sender),
                at=report.at, entry_id=report.entry_id, consented=report.consent,
                sender=report.sender if report.consent else "",
            ),
        )  # fmt: skip

    async def receipt(self, *, channel: str, sender: str, text: str) -> Receipt | None:
        """The number under which his report is kept, and by when it is answered."""
        asker = self._asker(channel, sender)
        return await self._reporting.receipt(asker_hash=asker, channel=channel, text=self._mask(text))

    async def due(self, entry_id: str, *, now: datetime) -> datetime:
        """By when the claim of an entry that is 核实中 is settled; counted from now when this is the first report of it."""
        return await self._reporting.due(entry_id) or answered_by(shipped(), now)

    async def notices(self, *, channel: str, sender: str) -> tuple[Notice, ...]:
        """What this person is still to be told."""
        asker = self._asker(channel, sender)
        return await self._notices.one(asker) if asker else ()

    async def told(self, connection: BaseDBAsyncClient, ids: Sequence[int], *, now: datetime) -> None:
        await self._reporting.told(connection, ids, now=now)

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Lets go of who asked; that somebody asked stays counted."""
        if asker := self._asker(channel, sender):
            await self._reporting.forget(connection, asker_hash=asker)

    def _asker(self, channel: str, sender: str) -> str:
        """Empty for a sender without a name: nobody can tell such people apart."""
        return asker_hash(self._key, channel=channel, sender=sender) if sender else ""

    async def _notices_of(self, askers: Sequence[str]) -> Sequence[tuple[Notice, ...]]:
        found = await self._reporting.notices(askers)
        return [found.get(asker, ()) for asker in askers]
