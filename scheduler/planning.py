"""Planning: what the office's days and channels say to a moment, asked by the timetable in its transaction and by the
screens while a moment is chosen. The decisions themselves are pure (``conflicts``, ``good_moments``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tortoise.backends.base.client import BaseDBAsyncClient

from audit.clock import Clock
from disclosures.workdays import WorkingDays
from publishers.mass_quota import MassQuota
from publishers.slot import SHANGHAI, day_of
from scheduler.calendar_records import ChannelHours, QuietDay
from scheduler.conflicts import (
    Conflict,
    Planned,
    Rules,
    Weight,
    merged,
    of_deadline,
    of_moment,
    of_neighbours,
    said_day,
)
from scheduler.errors import MomentRefused, QuietDayStands
from scheduler.good_moments import good_moments, next_valid
from scheduler.hours import Hours
from scheduler.planned import CHANNEL_NAMES, STANDING, Hide, rows_between
from scheduler.quiet import Quiet, Rule, quiet_on
from scheduler.years import Years


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What is to be said about a moment, and which moments are better."""

    conflicts: tuple[Conflict, ...]
    moments: tuple[datetime, ...]
    quota: str = ""
    """The month of the mass sends in words; empty where no place is wanted."""
    quota_problem: str = ""
    """Why the day has no place for a mass send; empty when it has one."""

    @property
    def stops(self) -> bool:
        return bool(self.quota_problem) or any(each.weight is Weight.STOP for each in self.conflicts)


class Planning:
    """Reads the rules that the office keeps. ``mass_quota`` is None where no official account is connected."""

    def __init__(self, *, clock: Clock, years: Years, mass_quota: MassQuota | None = None) -> None:
        self._clock = clock
        self._years = years
        self._mass_quota = mass_quota

    @property
    def working_days(self) -> WorkingDays:
        return self._years.working_days

    async def rules(self, connection: BaseDBAsyncClient | None = None) -> Rules:
        """Everything that the office keeps about its days, as the pure rules want it."""
        quiet = await QuietDay.filter(active=True).using_db(connection)
        hours = await ChannelHours.all().using_db(connection)
        return Rules(
            working_days=self.working_days, quiet=[quiet_of(row) for row in quiet],
            hours={row.channel: hours_of(row) for row in hours},
        )  # fmt: skip

    async def admit(
        self, connection: BaseDBAsyncClient, due_at: datetime, channels: Sequence[str], *, now: datetime, at_once: bool,
        override: str = "", confirmed: bool = True,
    ) -> list[str]:  # fmt: skip
        """Lets a moment pass or raises MomentRefused, QuietDayStands, both with the next moment that would do.

        Returns the names of the quiet days that were passed by, for the audit trail. ``override`` is the written reason
        for what a day forbids; ``confirmed`` tells that whoever plans has seen what a day warns of.
        """
        rules = await self.rules(connection)
        if not at_once:
            self._distance(rules, due_at, channels, now)
        stands = [each for each in quiet_on(rules.quiet, day_of(due_at), channels) if each.rule is not Rule.SHOW]
        forbidding = [each for each in stands if each.rule is Rule.FORBID]
        if (forbidding and not override.strip()) or (stands and not forbidding and not confirmed):
            better = good_moments(rules, channels, now=now, after=due_at, wanted=1)
            raise _stands((forbidding or stands)[0], day_of(due_at), better, forbids=bool(forbidding))
        return [each.name for each in stands]

    async def advise(
        self, channels: Sequence[str], at: datetime, *, mass: bool = False, deadline: date | None = None,
        release_id: int = 0, at_once: bool = False, hide: Hide | None = None,
    ) -> Advice:  # fmt: skip
        """What to say while a moment is chosen. Reads only; ``release_id`` is the release that is being moved."""
        now = await self._clock.now()
        rules = await self.rules()
        before = datetime.combine(day_of(min(at, now)), time(0), SHANGHAI)
        rows = await rows_between(before, max(at, now) + timedelta(days=62), states=STANDING, hide=hide)
        others = [row.planned for row in rows]
        found = [*self._distance_said(rules, at, channels, now, at_once), *of_moment(rules, at, channels, mass=mass)]
        for name in channels:
            one = Planned(
                release_id=release_id, channel=name, channel_name=CHANNEL_NAMES.get(name, name), due_at=at, title=""
            )
            found += of_neighbours(rules, one, others)
        found += of_deadline(at, deadline)
        wants = mass and "wechat" in channels and self._mass_quota is not None
        free: Callable[[date], bool] | None = None
        quota = problem = ""
        if wants and self._mass_quota is not None:
            places = await self._mass_quota.places(day_of(at), but_release=release_id)
            free, quota = places.free, places.words
            problem = "" if free(day_of(at)) else f"{said_day(day_of(at))}没有群发名额（{quota}）"
        moments = good_moments(
            rules, channels, now=now, after=max(at, now) if at > now else now, others=others, free=free, mass=wants,
            apart_from=release_id,
        )  # fmt: skip
        return Advice(conflicts=merged(found), moments=moments, quota=quota, quota_problem=problem)

    def _distance(self, rules: Rules, due_at: datetime, channels: Sequence[str], now: datetime) -> None:
        for said in self._distance_said(rules, due_at, channels, now, at_once=False):
            raise MomentRefused(f"{said.message}。{said.remedy}")

    def _distance_said(
        self, rules: Rules, due_at: datetime, channels: Sequence[str], now: datetime, at_once: bool
    ) -> list[Conflict]:
        if at_once:
            return []
        for name in channels:
            hours, title = rules.of(name), CHANNEL_NAMES.get(name, name)
            if timedelta(0) < hours.least and due_at - now < hours.least:
                valid = next_valid(rules, channels, now=now).astimezone(SHANGHAI)
                return [
                    Conflict(
                        kind="soon", weight=Weight.STOP,
                        message=f"{title}须至少提前 {_span(hours.least)}安排，以便核对和备好草稿",
                        remedy=f"最早可选 {valid:%Y-%m-%d %H:%M}，或选择立即发布",
                    )
                ]  # fmt: skip
            if due_at - now > hours.most:
                last = (now + hours.most).astimezone(SHANGHAI)
                return [
                    Conflict(
                        kind="far", weight=Weight.STOP, message=f"{title}最多提前 {_span(hours.most)}安排，太远的时间多半是写错了年份",
                        remedy=f"最晚可选 {last:%Y-%m-%d %H:%M}",
                    )
                ]  # fmt: skip
        return []


def quiet_of(row: QuietDay) -> Quiet:
    return Quiet(
        id=row.id, name=row.name, falls_on=row.falls_on, kind=row.kind, rule=Rule(row.rule), channels=tuple(row.channels),
        message=row.message, source=row.source,
    )  # fmt: skip


def hours_of(row: ChannelHours) -> Hours:
    return Hours(
        channel=row.channel, least=timedelta(minutes=row.least_minutes), most=timedelta(days=row.most_days),
        night_from=time.fromisoformat(row.night_from), night_to=time.fromisoformat(row.night_to),
        apart=timedelta(minutes=row.apart_minutes), per_day=row.per_day,
    )  # fmt: skip


def said_moment(moment: datetime) -> str:
    """“12月3日（星期四）9:30”."""
    local = moment.astimezone(SHANGHAI)
    return f"{said_day(local.date())}{local.hour}:{local:%M}"


def _stands(quiet: Quiet, day: date, better: Sequence[datetime], *, forbids: bool) -> QuietDayStands:
    message = f"{said_day(day)}是{quiet.name}" + (f"：{quiet.message}" if quiet.message else "")
    proposal = f"最近合适的时间：{said_moment(better[0])}。" if better else ""
    remedy = "确属紧急的，请写明理由后再安排" if forbids else "确认内容与当天相宜的，请勾选确认后再安排"
    return QuietDayStands(message, remedy=proposal + remedy, forbids=forbids, moments=tuple(better))


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes % 1440 == 0:
        return f"{minutes // 1440} 天"
    return f"{minutes // 60} 小时" if minutes % 60 == 0 else f"{minutes} 分钟"
