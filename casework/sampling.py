"""Quality sampling (质检): a week's sample is drawn once, and an officer who took no part in it judges each conversation."""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from audit.actor import Actor
from audit.clock import Clock
from audit.trail import Trail
from casework.sample import (
    Candidate,
    Judged,
    Kind,
    Plan,
    Score,
    bounds,
    drawn,
    population_mark,
    score,
    week_of,
    wrong_marks,
)
from casework.sampling_errors import ItemUnknown, JudgementInvalid, JudgementRefused, WeekRefused
from casework.sampling_records import QualityDraw, QualityItem
from disclosures.personal import mask
from staff.person import Person
from staff.roles import Verb

log = logging.getLogger(__name__)

MACHINE: Final = Actor.machine("质检抽样")
OPEN, DONE, VOID = "open", "judged", "void"
STATE_NAMES: Final[Mapping[str, str]] = {OPEN: "待评", DONE: "已评", VOID: "无法评定"}
LONGEST_REMARK: Final = 1000
OLDEST: Final = 12
"""Weeks that may still be drawn; what is older is often deleted already."""
TOLD_WEEKS: Final = 12

Population = Callable[[datetime, datetime], Awaitable[Sequence[Candidate]]]
"""What may be drawn of some time, its end not included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Judgements of one unit, or of the bot on one channel."""

    kind: str
    name: str
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What the judged weeks add up to: by week for each kind, and by unit for all of them."""

    weeks: tuple[tuple[date, Mapping[str, Score]], ...]
    groups: tuple[Group, ...]


class Sampling:
    """``populations``: where the candidates of a kind are found."""

    def __init__(self, *, clock: Clock, trail: Trail, plan: Plan, populations: Mapping[Kind, Population]) -> None:
        self._clock = clock
        self._trail = trail
        self.plan = plan
        self._populations = dict(populations)

    # Drawing

    async def weekly(self) -> QualityDraw | None:
        """The machine's draw of the week that has ended; to be called every hour by one node. None when it is drawn."""
        week = week_of(await self._clock.now()) - timedelta(days=7)
        return None if await QualityDraw.filter(week=week).exists() else await self._draw(week, MACHINE)

    async def draw(self, person: Person, week: date) -> QualityDraw:
        """The draw of a week that has ended, by an officer; the one that was made before, if there is one. Raises NotAllowed,
        WeekRefused."""
        person.require(Verb.CASE_CHECK)
        current = week_of(await self._clock.now())
        if week.weekday() != 0 or not current - timedelta(weeks=OLDEST) <= week < current:
            raise WeekRefused(f"只能抽取已经过完的一周，最早到 {OLDEST} 周以前。")
        return await self._draw(week, person.actor)

    async def _draw(self, week: date, actor: Actor) -> QualityDraw:
        if (made := await QualityDraw.get_or_none(week=week)) is not None:
            return made
        found = {kind: await find(*bounds(week)) for kind, find in self._populations.items()}
        seed, now = secrets.token_hex(16), await self._clock.now()
        sample = [
            one
            for kind, candidates in found.items()
            for one in drawn(candidates, size=self.plan.sizes.get(kind, 0), seed=seed)
        ]
        try:
            async with in_transaction() as connection:
                return await self._keep(connection, week, seed, found, sample, actor, now)
        except IntegrityError:  # Another node, or an officer, at the same moment: there is one draw a week.
            return await QualityDraw.get(week=week)

    async def _keep(
        self, connection: BaseDBAsyncClient, week: date, seed: str, found: Mapping[Kind, Sequence[Candidate]],
        sample: Sequence[Candidate], actor: Actor, now: datetime,
    ) -> QualityDraw:  # fmt: skip
        everybody = [one for candidates in found.values() for one in candidates]
        populations = {str(kind): len(candidates) for kind, candidates in found.items()}
        row = await QualityDraw.create(
            using_db=connection, week=week, seed=seed, population_sha256=population_mark(everybody),
            populations=populations, sizes=dict(self.plan.sizes), drawn_at=now, drawn_by=actor.name[:64],
        )  # fmt: skip
        await QualityItem.bulk_create(
            [
                QualityItem(
                    draw_id=row.id, week=week, kind=str(one.kind), ref=one.ref, label=one.label, channel=one.channel,
                    unit=one.unit[:128], at=one.at, hands=sorted(one.hands),
                )
                for one in sample
            ],
            using_db=connection,
        )  # fmt: skip
        await self._trail.append(
            connection, at=now, actor=actor, verb="quality.drawn", subject=f"quality:{week.isoformat()}",
            week=week.isoformat(), seed=seed, population_sha256=row.population_sha256, populations=populations,
            items=len(sample),
        )  # fmt: skip
        return row

    # Judging

    async def judge(
        self, person: Person, item_id: int, *, marks: Mapping[str, str], remark: str, version: int
    ) -> QualityItem:
        """One officer's judgement; he may judge again and mend it. Raises NotAllowed, ItemUnknown, JudgementRefused (his own
        case, somebody else's judgement), JudgementInvalid."""
        remark = remark.strip()
        item = await self._mine(person, item_id)
        chosen = {one.key: marks.get(one.key, "") for one in self.plan.of(item.kind)}
        wrong = wrong_marks(self.plan, item.kind, chosen, remark)
        if len(remark) > LONGEST_REMARK:
            wrong["remark"] = f"评语最多 {LONGEST_REMARK} 字，请精简。"
        if wrong:
            raise JudgementInvalid(wrong)
        return await self._settle(person, item, DONE, chosen, remark, version)

    async def void(self, person: Person, item_id: int, *, reason: str, version: int) -> QualityItem:
        """无法评定: what was drawn is gone, or there is nothing to be judged in it. Raises as ``judge``."""
        item = await self._mine(person, item_id)
        if not reason.strip():
            raise JudgementInvalid({"reason": "请写明为什么无法评定。"})
        return await self._settle(person, item, VOID, {}, reason.strip()[:LONGEST_REMARK], version)

    async def _mine(self, person: Person, item_id: int) -> QualityItem:
        person.require(Verb.CASE_CHECK)
        item = await QualityItem.get_or_none(id=item_id)
        if item is None:
            raise ItemUnknown
        if person.account_id in item.hands:
            raise JudgementRefused("您办理过这件诉求，不能自己评定，请由另一位同志评定。")
        if item.judged_by_id not in {None, person.account_id}:
            raise JudgementRefused(f"这一件已由{item.judged_by}评定。")
        return item

    async def _settle(
        self, person: Person, item: QualityItem, state: str, marks: Mapping[str, str], remark: str, version: int
    ) -> QualityItem:
        now, remark = await self._clock.now(), mask(remark)
        async with in_transaction() as connection:
            standing = QualityItem.filter(id=item.id, version=version).using_db(connection)
            changed = await standing.update(
                state=state, marks=dict(marks), remark=remark, judged_by_id=person.account_id,
                judged_by=person.label[:64], judged_at=now, version=version + 1,
            )  # fmt: skip
            if not changed:
                raise JudgementRefused("这一件刚被评定过，请刷新页面后再看。")
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="quality.judged" if state == DONE else "quality.void", subject=f"quality.item:{item.id}",
                week=item.week.isoformat(), kind=item.kind, label=item.label, marks=dict(marks), remark=remark,
            )  # fmt: skip
        return await QualityItem.get(id=item.id)

    # Reading

    async def item(self, item_id: int) -> QualityItem:
        """Raises ItemUnknown."""
        found = await QualityItem.get_or_none(id=item_id)
        if found is None:
            raise ItemUnknown
        return found

    async def draws(self) -> list[QualityDraw]:
        """The newest first."""
        return await QualityDraw.all().order_by("-week").limit(TOLD_WEEKS)

    async def items(self, week: date) -> list[QualityItem]:
        """A week's sample; what is open first."""
        rows = await QualityItem.filter(week=week).order_by("kind", "at", "id")
        return sorted(rows, key=lambda row: row.state != OPEN)

    async def to_judge(self, person: Person) -> int:
        """How many wait for a judgement that this person may give; 0 for whoever may not judge."""
        if not person.may(Verb.CASE_CHECK):
            return 0
        rows = await QualityItem.filter(state=OPEN).only("id", "hands")
        return sum(1 for row in rows if person.account_id not in row.hands)

    async def results(self, channel_names: Mapping[str, str]) -> Results:
        """Of the last weeks that were drawn."""
        weeks = [row.week for row in await self.draws()]
        rows = await QualityItem.filter(week__in=weeks or [date.min], state=DONE)
        judged = [
            Judged(
                week=row.week, kind=row.kind, marks=row.marks,
                group=(row.unit or "未定单位") if row.kind == Kind.CASE else f"机器人（{channel_names.get(row.channel, row.channel)}）",
            )
            for row in rows
        ]  # fmt: skip
        groups = sorted({(one.kind, one.group) for one in judged})
        return Results(
            weeks=tuple(
                (week, {kind: score([one for one in judged if one.week == week and one.kind == kind]) for kind in Kind})
                for week in sorted(weeks)
            ),
            groups=tuple(
                Group(
                    kind=kind, name=name, score=score([one for one in judged if (one.kind, one.group) == (kind, name)])
                )
                for kind, name in groups
            ),
        )
