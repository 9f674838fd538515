"""The desk of the guard: what a person sees of those who flood, advertise or insult, and what he decides about one of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from casework.guard_records import INSULT, Limit, Nuisance

HOURS: Final = (24, 168)
"""How long somebody may be answered less: a day or a week. Longer needs another decision."""
INSULTS: Final = 3
"""An angry word is no case for the desk; so many are."""
SHOWN: Final = 100
"""People on the desk, those with the newest messages first."""
REMEMBERED: Final = timedelta(days=30)
"""How long it is kept after the last time."""
REASON: Final = 200


class GuardRefused(Exception):
    """A decision cannot be taken as it was asked for. ``str(error)`` says why, ``remedy`` what to do, ``field`` beside which
    field that is to be said (empty: it is about the person)."""

    def __init__(self, message: str, remedy: str, *, field: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One kind of thing that somebody did."""

    kind: str
    times: int
    new: int
    """How many of them came after the last decision."""
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offender:
    """Somebody as the desk shows him: a short name that is made from his hash and leads to no account."""

    person: str
    name: str
    channel: str
    deeds: tuple[Deed, ...]
    first_at: datetime
    last_at: datetime
    until: datetime | None
    """Until when he is answered less; None when he is answered like everybody."""
    reason: str = ""
    decided_by: str = ""

    @property
    def waits(self) -> bool:
        """Whether a person has not looked at it yet."""
        return self.until is None and any(deed.new for deed in self.deeds)


class GuardDesk:
    """``clock`` says until when a limit lasts."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def offenders(self) -> Sequence[Offender]:
        """Who waits for a decision first, then the others; people whose few angry words nobody need look at are left out."""
        return await offenders(await self._clock.now())

    async def limit(self, person: str, *, hours: int, reason: str, actor: Actor) -> datetime:
        """Answers somebody less for some HOURS; returns until when. Raises GuardRefused."""
        if hours not in HOURS:
            raise GuardRefused("没有选择限制多久。", "请选择 24 小时或 7 天。", field="hours")
        reason = _reason(reason)
        async with in_transaction() as connection:
            rows = await Nuisance.filter(person=person).using_db(connection).select_for_update()
            if not rows:
                raise GuardRefused("没有这个人的记录，可能已经取消关注。", "请刷新页面。")
            now = await self._clock.now()
            until = now + timedelta(hours=hours)
            await (
                Limit.filter(person=person, lifted_at=None)
                .using_db(connection)
                .update(lifted_at=now, lifted_by=actor.name)
            )
            await Limit.create(
                person=person, channel=rows[0].channel, reason=reason, made_at=now, made_by=actor.name, until=until,
                using_db=connection,
            )  # fmt: skip
            await _look(connection, rows)
            await self._trail.append(
                connection, at=now, actor=actor, verb="conversation.limit", subject=f"person:{_name(person)}",
                hours=hours, reason=reason,
            )  # fmt: skip
        return until

    async def lift(self, person: str, *, reason: str, actor: Actor) -> None:
        """Answers somebody again at once. Raises GuardRefused."""
        reason = _reason(reason)
        async with in_transaction() as connection:
            now = await self._clock.now()
            open_one = Limit.filter(person=person, lifted_at=None, until__gt=now).using_db(connection)
            if not await open_one.update(lifted_at=now, lifted_by=actor.name):
                raise GuardRefused("这个人现在没有被限制。", "限制可能已经到期，请刷新查看。")
            await self._trail.append(
                connection, at=now, actor=actor, verb="conversation.unlimit", subject=f"person:{_name(person)}",
                reason=reason,
            )  # fmt: skip

    async def leave(self, person: str, *, actor: Actor) -> None:
        """A person has looked, and nothing is done. Raises GuardRefused."""
        async with in_transaction() as connection:
            rows = await Nuisance.filter(person=person).using_db(connection).select_for_update()
            if not rows:
                raise GuardRefused("没有这个人的记录，可能已经取消关注。", "请刷新页面。")
            await _look(connection, rows)
            await self._trail.append(
                connection, at=await self._clock.now(), actor=actor, verb="conversation.leave",
                subject=f"person:{_name(person)}",
            )  # fmt: skip


async def sweep(now: datetime) -> int:
    """Deletes what is older than REMEMBERED; how many rows. To be called once a day."""
    old = await Nuisance.filter(last_at__lt=now - REMEMBERED).delete()
    return old + await Limit.filter(until__lt=now - REMEMBERED).delete()


async def offenders(now: datetime) -> Sequence[Offender]:
    """As ``GuardDesk.offenders``."""
    limits = {row.person: row for row in await Limit.filter(until__gt=now, lifted_at=None)}
    people: defaultdict[str, list[Nuisance]] = defaultdict(list)
    for row in await Nuisance.filter(last_at__gt=now - REMEMBERED).order_by("-last_at").limit(10 * SHOWN):
        people[row.person].append(row)
    found = [_offender(rows, limits.get(person)) for person, rows in people.items() if _worth(rows)]
    return sorted(found[:SHOWN], key=lambda one: (not one.waits, -one.last_at.timestamp()))


async def waiting(now: datetime) -> int:
    """How many people wait for a decision."""
    return sum(one.waits for one in await offenders(now))


def _reason(text: str) -> str:
    text = text.strip()
    if not text:
        raise GuardRefused("没有填写理由。", "请写明理由，例如“一天内发送 30 条兼职广告”。", field="reason")
    if len(text) > REASON:
        raise GuardRefused(f"理由太长（{len(text)} 字）。", f"请缩短到 {REASON} 字以内。", field="reason")
    return text


async def _look(connection: object, rows: Sequence[Nuisance]) -> None:
    for row in rows:
        row.seen_times = row.times
        await row.save(using_db=connection, update_fields=["seen_times"])  # type: ignore[arg-type]


def _worth(rows: Sequence[Nuisance]) -> bool:
    return any(row.kind != INSULT or row.times >= INSULTS for row in rows)


def _name(person: str) -> str:
    return person[:6].upper()


def _offender(rows: Sequence[Nuisance], limit: Limit | None) -> Offender:
    return Offender(
        person=rows[0].person, name=_name(rows[0].person), channel=rows[0].channel,
        deeds=tuple(
            Deed(kind=row.kind, times=row.times, new=row.times - row.seen_times, examples=tuple(row.examples))
            for row in sorted(rows, key=lambda row: -row.times)
        ),
        first_at=min(row.first_at for row in rows), last_at=max(row.last_at for row in rows),
        until=limit.until if limit else None, reason=limit.reason if limit else "",
        decided_by=limit.made_by if limit else "",
    )  # fmt: skip
