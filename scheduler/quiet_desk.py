"""Keeping the quiet days and the channels' hours: every change by a person, in the audit trail."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.transactions import in_transaction

from audit.clock import Clock
from audit.trail import Trail
from scheduler.calendar_records import ChannelHours, QuietDay
from scheduler.errors import CalendarInvalid
from scheduler.planned import CHANNEL_NAMES
from scheduler.quiet import Rule, falls_on_problem
from staff.person import Person
from staff.roles import Verb

KINDS: Final[Mapping[str, str]] = {"memorial": "纪念日", "quiet": "静默期", "district": "本区自定"}
RULES: Final[Mapping[str, str]] = {"show": "只提示", "warn": "须确认", "forbid": "非紧急不发"}
CHANNELS: Final = ("portal", "wechat", "weibo")
MOST_DAYS: Final = 200
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietText:
    """A quiet day as it was typed."""

    name: str
    falls_on: str
    kind: str = "district"
    rule: str = "warn"
    channels: tuple[str, ...] = ()
    message: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursText:
    """A channel's hours as they were typed."""

    channel: str
    least_minutes: int
    most_days: int
    night_from: str
    night_to: str
    apart_minutes: int
    per_day: int


async def seed(connection: BaseDBAsyncClient, clock: Clock) -> None:
    """Puts the national memorial days into an empty table, as reminders; what an office has edited stays."""
    if await QuietDay.all().using_db(connection).exists():
        return
    plain = json.loads(resources.files("scheduler").joinpath("data/quiet-days.json").read_text("utf8"))
    now = await clock.now()
    await QuietDay.bulk_create(
        [QuietDay(**row, changed_by_name="系统", changed_at=now) for row in plain], using_db=connection
    )


class QuietDesk:
    """The verbs. Raises NotAllowed, CalendarInvalid."""

    def __init__(self, *, clock: Clock, trail: Trail) -> None:
        self._clock = clock
        self._trail = trail

    async def days(self) -> list[QuietDay]:
        """All that stand, in the order of the year; those that happen once after those of every year."""
        rows = await QuietDay.filter(active=True)
        return sorted(rows, key=lambda row: (len(row.falls_on) == 10, row.falls_on.replace("清明", "04-05"), row.id))

    async def hours(self) -> list[ChannelHours]:
        """The hours of each channel; the usual ones where nobody changed them."""
        kept = {row.channel: row for row in await ChannelHours.all()}
        return [kept.get(name) or ChannelHours(channel=name) for name in CHANNELS]

    async def put(self, person: Person, text: QuietText, *, day_id: int | None = None) -> QuietDay:
        """Adds a quiet day, or changes one."""
        person.require(Verb.CALENDAR_WRITE)
        values = _checked(text)
        async with in_transaction() as connection:
            now = await self._clock.now()
            by: dict[str, Any] = {**values, "changed_by_name": person.display_name, "changed_at": now}
            if day_id is None:
                if await QuietDay.filter(active=True).using_db(connection).count() >= MOST_DAYS:
                    raise CalendarInvalid("name", f"纪念日和静默日已有 {MOST_DAYS} 个", "请先删去不用的")
                row = await QuietDay.create(using_db=connection, **by)
            else:
                row = await self._standing(connection, day_id)
                await row.update_from_dict(by).save(using_db=connection)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="calendar.quiet", subject=f"quiet_day:{row.id}", **values
            )
        return row

    async def remove(self, person: Person, day_id: int) -> None:
        person.require(Verb.CALENDAR_WRITE)
        async with in_transaction() as connection:
            now = await self._clock.now()
            row = await self._standing(connection, day_id)
            row.active, row.changed_by_name, row.changed_at = False, person.display_name, now
            await row.save(using_db=connection)
            await self._trail.append(
                connection, at=now, actor=person.actor, verb="calendar.quiet_removed", subject=f"quiet_day:{row.id}",
                name=row.name, falls_on=row.falls_on,
            )  # fmt: skip

    async def set_hours(self, person: Person, text: HoursText) -> None:
        """Changes the hours of one channel."""
        person.require(Verb.CALENDAR_WRITE)
        values = _checked_hours(text)
        async with in_transaction() as connection:
            now = await self._clock.now()
            by: dict[str, Any] = {**values, "changed_by_name": person.display_name, "changed_at": now}
            await ChannelHours.filter(channel=text.channel).using_db(connection).delete()
            await ChannelHours.create(using_db=connection, **by)
            await self._trail.append(
                connection,
                at=now,
                actor=person.actor,
                verb="calendar.hours",
                subject=f"channel:{text.channel}",
                **values,
            )

    async def _standing(self, connection: BaseDBAsyncClient, day_id: int) -> QuietDay:
        row = await QuietDay.filter(id=day_id, active=True).using_db(connection).first()
        if row is None:
            raise CalendarInvalid("name", "没有这一天，或已经删去", "请刷新页面")
        return row


def _checked(text: QuietText) -> dict[str, Any]:
    name, falls_on = text.name.strip(), text.falls_on.strip()
    if not 1 <= len(name) <= 64:
        raise CalendarInvalid("name", "请填写名称（不超过 64 字）", "例如：国家公祭日")
    if problem := falls_on_problem(falls_on):
        raise CalendarInvalid("falls_on", problem, "每年都有的写 12-13，只有一次的写 2026-12-13")
    if text.kind not in KINDS or text.rule not in set(Rule):
        raise CalendarInvalid("rule", "请选择类别和规则", "")
    if unknown := [each for each in text.channels if each not in CHANNELS]:
        raise CalendarInvalid("channels", f"没有“{unknown[0][:20]}”这个渠道", "可选：" + _names(CHANNELS))
    message, source = text.message.strip(), text.source.strip()
    if len(message) > 200 or len(source) > 200:
        raise CalendarInvalid("message", "提示语和依据各不超过 200 字", "请精简")
    if text.rule != Rule.SHOW and not source:
        raise CalendarInvalid("source", "限制发布的日子须写明依据", "例如：区委宣传部通知，或相关决定的名称")
    channels = [each for each in CHANNELS if each in text.channels]
    return {
        "name": name, "falls_on": falls_on, "kind": text.kind, "rule": text.rule,
        "channels": [] if len(channels) == len(CHANNELS) else channels, "message": message, "source": source,
    }  # fmt: skip


def _checked_hours(text: HoursText) -> dict[str, Any]:
    if text.channel not in CHANNELS:
        raise CalendarInvalid("channel", "没有这个渠道", "可选：" + _names(CHANNELS))
    limits = (
        ("least_minutes", text.least_minutes, 0, 7 * 1440, "最少提前的分钟数"),
        ("most_days", text.most_days, 1, 425, "最多提前的天数"),
        ("apart_minutes", text.apart_minutes, 0, 240, "两条间隔的分钟数"),
        ("per_day", text.per_day, 1, 50, "每天条数"),
    )
    for field, value, least, most, name in limits:
        if not least <= value <= most:
            raise CalendarInvalid(field, f"{name}应在 {least} 到 {most} 之间", "请修改后保存")
    for at_night, clock, word in (("night_from", text.night_from, "开始"), ("night_to", text.night_to, "结束")):
        if _CLOCK.fullmatch(clock) is None:
            raise CalendarInvalid(at_night, f"夜间{word}的时刻无法识别", "请写成 22:00")
    return {
        "channel": text.channel, "least_minutes": text.least_minutes, "most_days": text.most_days,
        "night_from": text.night_from, "night_to": text.night_to, "apart_minutes": text.apart_minutes,
        "per_day": text.per_day,
    }  # fmt: skip


def _names(channels: Sequence[str]) -> str:
    return "、".join(CHANNEL_NAMES[name] for name in channels)
