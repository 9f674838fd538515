"""The ledger of WeChat's mass sends: a place is taken when a release is planned, and follows its delivery from then on.

A place is one row, made in the transaction that plans the release. Whether it is reserved, spent or free again is read
from the delivery itself each time it counts, so that nothing else has to keep the two in step: cancelling, withdrawing
and a refusal free the place by what they do to the delivery. ``settle`` writes down what it read.

Sends from the platform's own website have no delivery; a person enters them, and a 45028 (nothing left) enters one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.records import AuditRecord
from audit.trail import Trail
from disclosures.records import Disclosure
from publishers.errors import NotReleasable
from publishers.incident_desk import insist
from publishers.incidents import clear_incident
from publishers.records import Attempt, Delivery, Incident, MassReservation, PlatformToken
from publishers.slot import day_of
from publishers.states import BEFORE_INTENT, State
from publishers.wechat.quota import (
    Rule,
    Tally,
    Use,
    UseState,
    is_free,
    is_overbooked,
    month_start,
    next_free,
    rule_on,
    tally,
)
from staff.person import Person
from staff.roles import Verb

NOTHING_LEFT = 45028
"""The platform's “has no masssend quota”: somebody sent from its own website."""
KIND = "mass_quota"
MACHINE = Actor.machine("发布系统")
OUTSIDE_SPAN = timedelta(days=62)
"""How far away the day of an outside send may be: further off it is a typing error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Use):
    """One row of the ledger, for a person to read."""

    id: int
    delivery_id: int
    title: str = ""
    release_id: int | None = None
    due_at: datetime | None = None
    remark: str = ""
    """What was written down about an outside send, and by whom."""
    by: str = ""

    @property
    def outside(self) -> bool:
        return self.delivery_id < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of the ledger."""

    first: date
    today: date
    tally: Tally
    rule: Rule
    places: tuple[Place, ...]
    next_free: date | None
    overbooked: frozenset[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Which days still have a place, and the month in words."""

    free: Callable[[date], bool]
    words: str


class MassQuota:
    """The quota of one account, whose ``rules`` are data (publishers.wechat.quota)."""

    def __init__(self, *, account: str, rules: Sequence[Rule], clock: Clock, trail: Trail) -> None:
        self.account = account
        self._rules = rules
        self._clock = clock
        self._trail = trail

    async def reserve(self, connection: BaseDBAsyncClient, delivery: Delivery, *, now: datetime) -> None:
        """Takes the place of a mass send, or moves the one it has to its new day, in the caller's transaction. Raises
        NotReleasable, which names who has the place and proposes the next free day. Two plannings at once wait for each
        other at the account's row."""
        uses = [use for use in await self._settled(connection, now) if use.delivery_id != delivery.id]
        day = day_of(delivery.due_at)
        if not is_free(self._rules, uses, day):
            raise await self._refusal(connection, uses, day, today=day_of(now))
        values = {"account": self.account, "day": day, "state": UseState.RESERVED, "at": now}
        mine = MassReservation.filter(delivery_id=delivery.id).using_db(connection)
        if await mine.update(**values) == 0:
            await MassReservation.create(using_db=connection, delivery_id=delivery.id, **values)

    async def settle(self) -> None:
        """A bell: writes down what became of the places and raises an incident for a day that holds too many. Idempotent."""
        now = await self._clock.now()
        async with in_transaction() as connection:
            await self._lock(connection)
            await self._adopt(connection, now)
            uses = await self._settled(connection, now)
        today = day_of(now)
        planned = {use.day for use in uses if use.state is UseState.RESERVED}
        crowded = {day for day in planned if day >= today and is_overbooked(self._rules, uses, day)}
        for day in sorted(crowded):
            free = next_free(self._rules, uses, max(day, today))
            await insist(
                f"{KIND}:{self.account}:{day}"[:160], kind=KIND, severity="warn", now=now,
                message=f"{_said(day)}安排的微信群发超过公众号的群发次数，届时微信会拒绝其中一次。",
                remedy=f"请把其中一次改期到{_said(free)}，或改为“发布（不推送）”。" if free else "请把其中一次改为“发布（不推送）”。",
                link=f"/console/quota?month={day:%Y-%m}",
            )  # fmt: skip
        for incident in await Incident.filter(open_key__startswith=f"{KIND}:{self.account}:"):
            if incident.key not in {f"{KIND}:{self.account}:{day}"[:160] for day in crowded}:
                await clear_incident(incident.key, now=now)

    async def month(self, first: date) -> Month:
        """A month as the office sees it. Reads only."""
        today = day_of(await self._clock.now())
        uses, deliveries = await self._read(None, today, since=first)
        places = [each for each in uses if month_start(each.day) == first and each.state is not UseState.RELEASED]
        titles = await _titles({row.disclosure_id for row in deliveries.values()})
        remarks = await _remarks({each.day for each in places if each.outside})
        shown = [_titled(each, deliveries.get(each.delivery_id), titles, remarks) for each in places]
        return Month(
            first=first, today=today, tally=tally(self._rules, uses, first), rule=rule_on(self._rules, max(first, today)),
            places=tuple(sorted(shown, key=lambda each: (each.day, each.id))),
            next_free=next_free(self._rules, uses, today),
            overbooked=frozenset(each.day for each in places if is_overbooked(self._rules, uses, each.day)),
        )  # fmt: skip

    async def places(self, day: date, *, but_release: int = 0) -> "Places":
        """What is free, for whoever chooses a day; without the place of the release that is being moved. Reads only."""
        today = day_of(await self._clock.now())
        uses, deliveries = await self._read(None, today, since=min(month_start(day), today))
        own = {number for number, row in deliveries.items() if but_release and row.release_id == but_release}
        others = [use for use in uses if use.delivery_id not in own]
        return Places(free=lambda each: is_free(self._rules, others, each), words=tally(self._rules, others, day).words)

    async def enter_outside(self, person: Person, day: date, *, remark: str) -> None:
        """Writes down a mass send that was (or is to be) made on the platform's own website. Raises NotReleasable."""
        person.require(Verb.RELEASE_CONFIRM_MASS)
        remark = remark.strip()[:500]
        if not remark:
            raise NotReleasable("请写明这次群发的内容", remedy="例如：在公众平台群发《防汛提示》")
        async with in_transaction() as connection:
            now = await self._clock.now()
            if abs(day - day_of(now)) > OUTSIDE_SPAN:
                raise NotReleasable("群发日期离今天太远", remedy="请填写两个月以内的日期")
            await self._lock(connection)
            row = await self._outside(connection, day, now)
            await self._note(connection, person.actor, "mass_quota.outside", day, now, place=row.id, remark=remark)

    async def remove_outside(self, person: Person, place_id: int, *, reason: str) -> date:
        """Takes back an outside send that was entered by mistake; gives its day. Raises NotReleasable."""
        person.require(Verb.RELEASE_CONFIRM_MASS)
        if not reason.strip():
            raise NotReleasable("请写明理由", remedy="例如：日期填错，重新登记")
        async with in_transaction() as connection:
            now = await self._clock.now()
            await self._lock(connection)
            rows = MassReservation.filter(id=place_id, account=self.account, state=UseState.OUTSIDE)
            row = await rows.using_db(connection).first()
            if row is None:
                raise NotReleasable("没有这条登记，或已经撤销", remedy="请刷新页面")
            await rows.using_db(connection).update(state=UseState.RELEASED, at=now)
            await self._note(
                connection, person.actor, "mass_quota.outside_removed", row.day, now, place=row.id, reason=reason[:500]
            )
        return row.day

    async def _refusal(
        self, connection: BaseDBAsyncClient, uses: Sequence[Place], day: date, *, today: date
    ) -> NotReleasable:
        """Who has the place, and where there is one."""
        there = [each for each in uses if each.day == day and each.state is not UseState.RELEASED]
        said = tally(self._rules, uses, day)
        free = next_free(self._rules, uses, max(day, today))
        remedy = (
            f"请改到{_said(free)}，或改为“发布（不推送）”" if free else "两个月内没有空闲日期，请改为“发布（不推送）”"
        )
        per_day = rule_on(self._rules, day).per_day
        if per_day is None or len(there) < per_day:
            return NotReleasable(f"{day.month}月的微信群发次数已经排满（{said.words}）", remedy=remedy)
        holders = await self._holders(connection, there)
        return NotReleasable(f"{_said(day)}的微信群发次数已由{holders}占用（{said.words}）", remedy=remedy)

    async def _holders(self, connection: BaseDBAsyncClient, places: Sequence[Place]) -> str:
        ids = [each.delivery_id for each in places if not each.outside]
        rows = await Delivery.filter(id__in=ids).using_db(connection) if ids else []
        titles = await _titles({row.disclosure_id for row in rows}, connection)
        names = [f"《{titles.get(row.disclosure_id, '')}》（计划 {row.release_id}）" for row in rows]
        return "、".join([*names, *(["在公众平台的群发"] if any(each.outside for each in places) else [])])

    async def _settled(self, connection: BaseDBAsyncClient, now: datetime) -> list[Place]:
        """All places as they are now, under the account's lock; changes are written down."""
        await self._lock(connection)
        places, _ = await self._read(connection, day_of(now))
        for place in places:
            # Compare-and-set: only what differs is written, and a change is learnt from once.
            differs = MassReservation.filter(~Q(state=place.state) | ~Q(day=place.day), id=place.id)
            changed = await differs.using_db(connection).update(state=place.state, day=place.day, at=now)
            if changed and place.state is UseState.RELEASED:
                await self._learn(connection, place, now)
        return (await self._read(connection, day_of(now)))[0]

    async def _learn(self, connection: BaseDBAsyncClient, place: Place, now: datetime) -> None:
        """A send that was refused because nothing is left tells of one that we do not know."""
        attempt = await (
            Attempt.filter(delivery_id=place.delivery_id, verb="send").using_db(connection).order_by("-id").first()
        )
        if attempt is None or attempt.detail.get("errcode") != NOTHING_LEFT:
            return
        day = day_of(attempt.began_at)
        outside = MassReservation.filter(account=self.account, day=day, state=UseState.OUTSIDE).using_db(connection)
        if await outside.exists():
            return
        row = await self._outside(connection, day, now)
        await self._note(
            connection,
            MACHINE,
            "mass_quota.outside",
            day,
            now,
            place=row.id,
            remark="微信答复群发次数已用完（错误码 45028）",
        )

    async def _outside(self, connection: BaseDBAsyncClient, day: date, now: datetime) -> MassReservation:
        """A row without a delivery; its number is negative, since the column is unique. Under the account's lock."""
        lowest = await MassReservation.all().using_db(connection).order_by("delivery_id").first()
        number = min(lowest.delivery_id if lowest is not None else 0, 0) - 1
        return await MassReservation.create(
            using_db=connection, delivery_id=number, account=self.account, day=day, state=UseState.OUTSIDE, at=now
        )

    async def _adopt(self, connection: BaseDBAsyncClient, now: datetime) -> None:
        """Gives a place to mass sends that were planned before this ledger was kept."""
        waiting = Delivery.filter(channel="wechat", state__in=[*BEFORE_INTENT, State.HELD]).using_db(connection)
        known = {row.delivery_id for row in await MassReservation.filter(delivery_id__gt=0).using_db(connection)}
        for row in await waiting:
            if row.payload.get("mode") == "mass" and row.id not in known:
                await MassReservation.create(
                    using_db=connection, delivery_id=row.id, account=self.account, day=day_of(row.due_at),
                    state=UseState.RESERVED, at=now,
                )  # fmt: skip

    async def _lock(self, connection: BaseDBAsyncClient) -> None:
        """Waits for whoever takes a place of this account now: the account's own row is the lock."""
        await PlatformToken.bulk_create(
            [PlatformToken(account=self.account)], ignore_conflicts=True, using_db=connection
        )
        await PlatformToken.filter(account=self.account).using_db(connection).select_for_update().first()

    async def _read(
        self, connection: BaseDBAsyncClient | None, today: date, *, since: date | None = None
    ) -> tuple[list[Place], Mapping[int, Delivery]]:
        """The places that may still count, those of last month and later (or from ``since``), and their deliveries."""
        before = month_start(month_start(today) - timedelta(days=1))
        since = min(since or before, before)
        kept = MassReservation.filter(Q(day__gte=since) | Q(state=UseState.RESERVED), account=self.account)
        rows = await kept.using_db(connection).order_by("id")
        ids = [row.delivery_id for row in rows if row.delivery_id > 0]
        found = await Delivery.filter(id__in=ids).using_db(connection) if ids else []
        deliveries = {row.id: row for row in found}
        counts = [rule_on(self._rules, row.day).failed_counts for row in rows]
        return [
            place_of(row, deliveries.get(row.delivery_id), failed_counts=failed, today=today)
            for row, failed in zip(rows, counts, strict=True)
        ], deliveries

    async def _note(
        self, connection: BaseDBAsyncClient, actor: Actor, verb: str, day: date, now: datetime, **detail: object
    ) -> None:
        await self._trail.append(
            connection, at=now, actor=actor, verb=verb, subject=f"mass_quota:{day}", account=self.account, **detail
        )


def place_of(row: MassReservation, delivery: Delivery | None, *, failed_counts: bool, today: date) -> Place:
    """What a row is worth, by what became of its delivery. Pure."""
    if delivery is None:
        return Place(id=row.id, delivery_id=row.delivery_id, day=row.day, state=UseState(row.state))
    state, intent = State(delivery.state), delivery.intent_at
    day = day_of(intent) if intent is not None else row.day
    accepted = bool(delivery.facts.get("msg_id")) or delivery.published_at is not None
    if state in BEFORE_INTENT:
        # It goes out when it is due, or as soon as it may; not on a day that is over.
        waits = [moment for moment in (delivery.due_at, delivery.next_at) if moment is not None]
        day, use = max([today, *(day_of(moment) for moment in waits)]), UseState.RESERVED
    elif state is State.HELD and intent is None:
        # It missed its moment, and only a person can say when it goes out: until then it keeps the day it had.
        day, use = day_of(delivery.due_at), UseState.RESERVED
    elif state is State.CANCELLED:
        use = UseState.RELEASED
    elif state is State.FAILED:
        use = UseState.SPENT if accepted and failed_counts else UseState.RELEASED
    elif state in {State.WITHDRAWING, State.WITHDRAWN}:
        use = UseState.SPENT if accepted else UseState.RELEASED
    else:
        # Sent, on its way, or nobody knows: the place is not given to another.
        use = UseState.SPENT
    return Place(id=row.id, delivery_id=row.delivery_id, day=day, state=use)


def _titled(
    place: Place, delivery: Delivery | None, titles: Mapping[int, str], remarks: Mapping[int, tuple[str, str]]
) -> Place:
    if delivery is None:
        remark, by = remarks.get(place.id, ("", ""))
        return replace(place, remark=remark, by=by)
    return Place(
        id=place.id, delivery_id=place.delivery_id, day=place.day, state=place.state, due_at=delivery.due_at,
        title=titles.get(delivery.disclosure_id, ""), release_id=delivery.release_id,
    )  # fmt: skip


async def _remarks(days: set[date]) -> dict[int, tuple[str, str]]:
    """By place: what the audit trail keeps of an outside send, and who entered it."""
    subjects = [f"mass_quota:{day}" for day in days]
    acts = await AuditRecord.filter(subject__in=subjects, verb="mass_quota.outside") if subjects else []
    return {int(str(act.detail["place"])): (str(act.detail.get("remark", "")), act.actor_name) for act in acts}


async def _titles(ids: set[int], connection: BaseDBAsyncClient | None = None) -> dict[int, str]:
    rows = Disclosure.filter(id__in=list(ids)).using_db(connection).values_list("id", "title")
    return dict(await rows) if ids else {}


def _said(day: date) -> str:
    return f"{day.month}月{day.day}日"
