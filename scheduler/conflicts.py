"""What hinders a planned release: another one too near, a quiet day, a full day, a deadline that has passed, the night,
a day on which nobody works. Pure; each finding says what is wrong and what to do."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from disclosures.workdays import WorkingDays
from publishers.slot import SHANGHAI, day_of
from scheduler.hours import Hours
from scheduler.quiet import Quiet, Rule, quiet_on

WEEKDAYS = "一二三四五六日"


class Weight(StrEnum):
    """How much a finding matters."""

    STOP = "stop"
    """It is refused unless somebody gives a reason."""
    WARN = "warn"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One delivery that is planned, as far as the calendar must know it."""

    release_id: int
    channel: str
    channel_name: str
    due_at: datetime
    title: str
    mass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One thing that hinders. ``kind``: near, quiet, crowded, late, night or idle."""

    kind: str
    weight: Weight
    message: str
    remedy: str = ""
    where: str = ""
    """The channels it is about; empty for all."""

    @property
    def said(self) -> str:
        return f"{self.where}：{self.message}" if self.where else self.message

    @property
    def short(self) -> str:
        """Two or four characters, for a place where there is no room."""
        return SHORT[self.kind]


SHORT: Final = {
    "near": "间隔太近", "quiet": "静默日", "crowded": "当天过多", "late": "晚于期限", "night": "夜间", "idle": "非工作日",
    "soon": "太近", "far": "太远",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is looked at: everything that the office keeps about its days and channels."""

    working_days: WorkingDays
    quiet: Sequence[Quiet] = ()
    hours: Mapping[str, Hours] = field(default_factory=dict)

    def of(self, channel: str) -> Hours:
        return self.hours.get(channel) or Hours(channel=channel)


def of_moment(rules: Rules, moment: datetime, channels: Iterable[str], *, mass: bool = False) -> list[Conflict]:
    """What a moment itself says, whatever else is planned."""
    names, day = list(channels), day_of(moment)
    found = [_quiet(each, day, mass) for each in quiet_on(rules.quiet, day, names)]
    reason = rules.working_days.reason_off(day)
    if reason is not None:
        found.append(
            Conflict(
                kind="idle", weight=Weight.NOTE, message=f"{said_day(day)}不上班（{reason}），出了差错没有人处理",
                remedy="请安排人员值守，或改到工作日",
            )
        )  # fmt: skip
    if any(rules.of(name).at_night(moment) for name in names):
        found.append(
            Conflict(
                kind="night", weight=Weight.NOTE, message=f"{said_time(moment)}已是夜间，推送会打扰群众",
                remedy="如非紧急事项，请改到白天",
            )
        )  # fmt: skip
    return found


def of_neighbours(rules: Rules, one: Planned, others: Sequence[Planned]) -> list[Conflict]:
    """What other plans on the same channel say. ``others`` may hold ``one`` itself."""
    hours, found = rules.of(one.channel), []
    same = [each for each in others if each.channel == one.channel and each.release_id != one.release_id]
    near = [each for each in same if abs(each.due_at - one.due_at) < hours.apart]
    if near:
        found.append(_near(hours, one, min(near, key=lambda each: abs(each.due_at - one.due_at))))
    count = sum(day_of(each.due_at) == day_of(one.due_at) for each in same) + 1
    if count > hours.per_day:
        found.append(_crowded(hours, one, count))
    return found


def of_deadline(due: datetime, deadline: date | None, *, name: str = "公开期限") -> list[Conflict]:
    """Whether the text becomes public after its deadline (the day itself is in time)."""
    if deadline is None or day_of(due) <= deadline:
        return []
    return [
        Conflict(
            kind="late", weight=Weight.WARN, message=f"晚于{name} {deadline.isoformat()}",
            remedy="请提前到期限以内，或向政务公开办说明",
        )
    ]  # fmt: skip


def of_all(rules: Rules, planned: Sequence[Planned]) -> dict[tuple[int, str], list[Conflict]]:
    """(release, channel) → what hinders it, for a whole calendar: each entry is held against its two neighbours only."""
    by_channel: dict[str, list[Planned]] = defaultdict(list)
    for each in planned:
        by_channel[each.channel].append(each)
    found: dict[tuple[int, str], list[Conflict]] = defaultdict(list)
    for channel, together in by_channel.items():
        hours = rules.of(channel)
        together.sort(key=lambda each: (each.due_at, each.release_id))
        per_day = Counter(day_of(each.due_at) for each in together)
        for each in together:
            said = of_moment(rules, each.due_at, [channel], mass=each.mass)
            if (count := per_day[day_of(each.due_at)]) > hours.per_day:
                said.append(_crowded(hours, each, count))
            if said:
                found[each.release_id, channel] += said
        for before, after in pairwise(together):
            if after.due_at - before.due_at < hours.apart:
                found[before.release_id, channel].append(_near(hours, before, after))
                found[after.release_id, channel].append(_near(hours, after, before))
    return dict(found)


def merged(found: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """The same thing on several channels said once, the gravest first."""
    places: dict[Conflict, list[str]] = {}
    for each in found:
        names = places.setdefault(replace(each, where=""), [])
        if each.where and each.where not in names:
            names.append(each.where)
    order = {Weight.STOP: 0, Weight.WARN: 1, Weight.NOTE: 2}
    once = [replace(each, where="、".join(names)) for each, names in places.items()]
    return tuple(sorted(once, key=lambda each: order[each.weight]))


def said_day(day: date) -> str:
    return f"{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def said_time(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def _near(hours: Hours, one: Planned, other: Planned) -> Conflict:
    minutes = int(hours.apart.total_seconds() // 60)
    return Conflict(
        kind="near", weight=Weight.WARN, where=one.channel_name,
        message=f"与{_named(other.title)}（{said_time(other.due_at)}）相隔不到 {minutes} 分钟",
        remedy="两条挨得太近会互相淹没，请错开",
    )  # fmt: skip


def _crowded(hours: Hours, one: Planned, count: int) -> Conflict:
    return Conflict(
        kind="crowded", weight=Weight.WARN, where=one.channel_name,
        message=f"{said_day(day_of(one.due_at))}已有 {count} 条，超过每天 {hours.per_day} 条",
        remedy="请把不急的改到其他日子",
    )  # fmt: skip


def _named(title: str) -> str:
    return title if title.startswith("（") else f"《{title}》"


def _quiet(each: Quiet, day: date, mass: bool) -> Conflict:
    message = f"{said_day(day)}是{each.name}" + (f"：{each.message}" if each.message else "")
    if each.rule is Rule.FORBID:
        return Conflict(
            kind="quiet", weight=Weight.STOP, message=message, remedy="非紧急内容请改到其他日子；确属紧急的，请写明理由"
        )
    # A mass send reaches every follower: on a memorial day it is worth a second thought even where nothing is asked.
    weight = Weight.WARN if each.rule is Rule.WARN or mass else Weight.NOTE
    return Conflict(kind="quiet", weight=weight, message=message, remedy="请确认内容与当天的气氛相宜")
