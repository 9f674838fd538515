"""The guard: who floods, advertises or insults is answered politely, is noted for the desk, and is never silenced by a machine.

A person may decide that somebody is answered less for a while (``bot.guard_desk``); he is told so with the telephone and with how
to object, and whoever speaks of danger is answered in any case.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.allowance import Allowance
from bot.asker import asker_hash
from casework.guard_records import Limit, Nuisance

SAME: Final = 8
"""So often the same words are answered within SAME_SECONDS."""
SAME_SECONDS: Final = 600
SHORT: Final = 6
"""Words as short as 更多 or 1 are said again and again by whoever uses the menus."""
EXAMPLES: Final = 3
EXAMPLE: Final = 80
"""Characters of an example."""
BELIEVED: Final = 2.0
"""Seconds for which this process believes what it read about who is limited."""
MOST_WAITING: Final = 1_500
"""Messages that wait for the search at the same time, above which the next ones are told that it is busy: they would not be
answered within the four seconds of the platforms anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What somebody did, to be written with the reply that he got. ``example`` is masked."""

    person: str
    channel: str
    kind: str
    example: str
    at: datetime


class Guard:
    """``key`` is the installation's secret, ``mask`` covers personal data. ``steady`` counts seconds."""

    def __init__(self, *, key: str, mask: Callable[[str], str], steady: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._mask = mask
        self._steady = steady
        self._same = Allowance(most=SAME, seconds=SAME_SECONDS)
        self._limits: Mapping[str, datetime] = {}
        self._believed_until = -1.0

    def person(self, *, channel: str, sender: str) -> str:
        return asker_hash(self._key, channel=channel, sender=sender)

    async def limited_until(self, *, channel: str, sender: str, now: datetime) -> datetime | None:
        """Until when somebody is answered less; None for nearly everybody. A decision counts within two seconds."""
        if not sender:
            return None
        if self._steady() >= self._believed_until:
            # Only one message asks; those beside it believe for this moment what was so before.
            self._believed_until = self._steady() + BELIEVED
            try:
                self._limits = {row["person"]: row["until"] for row in await _open(now)}
            except BaseException:
                self._believed_until = -1.0
                raise
        if not self._limits:
            return None
        until = self._limits.get(self.person(channel=channel, sender=sender))
        return until if until is not None and until > now else None

    def repeats(self, *, channel: str, sender: str, text: str, now: datetime) -> bool:
        """Whether somebody says the same words once more often than they are answered; counts them."""
        if not sender or len(text) <= SHORT:
            return False
        said = f"{self.person(channel=channel, sender=sender)}:{hash(text)}"
        return not self._same.take(said, now=now.timestamp())

    def noted(self, kind: str, *, channel: str, sender: str, text: str, now: datetime) -> Noted | None:
        """What is to be written; None of somebody without a name."""
        if not sender:
            return None
        shown = self._mask(text[: 4 * EXAMPLE])
        return Noted(
            person=self.person(channel=channel, sender=sender), channel=channel, kind=kind,
            example=shown if len(shown) <= EXAMPLE else f"{shown[: EXAMPLE - 1]}…", at=now,
        )  # fmt: skip

    async def settle(self, connection: BaseDBAsyncClient, values: Sequence[Any]) -> None:
        """Counts what several people did, in the transaction of their replies."""
        found: defaultdict[tuple[str, str, str], list[Noted]] = defaultdict(list)
        for one in values:
            found[one.person, one.channel, one.kind].append(one)
        for (person, channel, kind), several in sorted(found.items()):
            await _count(connection, person, channel, kind, several)

    async def forget(self, connection: BaseDBAsyncClient, *, channel: str, sender: str) -> None:
        """Deletes what is kept of one person."""
        person = self.person(channel=channel, sender=sender)
        await Nuisance.filter(person=person).using_db(connection).delete()
        await Limit.filter(person=person).using_db(connection).delete()
        self._believed_until = -1.0


async def _open(now: datetime) -> Sequence[Mapping[str, Any]]:
    return await Limit.filter(until__gt=now, lifted_at=None).values("person", "until")


async def _count(connection: BaseDBAsyncClient, person: str, channel: str, kind: str, several: Sequence[Noted]) -> None:
    last = several[-1].at
    first = Nuisance(person=person, channel=channel, kind=kind, times=0, first_at=several[0].at, last_at=last)
    await Nuisance.bulk_create([first], ignore_conflicts=True, using_db=connection)
    row = (
        await Nuisance.filter(person=person, channel=channel, kind=kind)
        .using_db(connection).select_for_update().get()
    )  # fmt: skip
    row.times += len(several)
    row.last_at = last
    shown = [*row.examples, *(one.example for one in several)]
    row.examples = list(dict.fromkeys(reversed([text for text in shown if text])))[:EXAMPLES][::-1]
    await row.save(using_db=connection, update_fields=["times", "last_at", "examples"])
