"""群发额度: the month of WeChat's mass sends, day by day, and the sends that were made on the platform's own website."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

from aiohttp import web

from audit.clock import Clock
from console.door import Visit, see
from console.screen import Screen
from publishers.errors import NotReleasable
from publishers.mass_quota import MassQuota, Month, Place
from publishers.slot import day_of
from publishers.wechat.quota import UseState, month_start, next_month

USE_NAMES = {UseState.RESERVED: "预留", UseState.SPENT: "已用", UseState.OUTSIDE: "平台群发"}
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One day of the calendar."""

    day: date
    inside: bool
    """Whether it belongs to the month shown."""
    today: bool
    places: tuple[Place, ...]
    crowded: bool

    @property
    def use(self) -> str:
        """The weightiest use: what is spent stands before what is reserved."""
        states = {each.state for each in self.places}
        return next(
            (str(state) for state in (UseState.SPENT, UseState.OUTSIDE, UseState.RESERVED) if state in states), ""
        )


class QuotaPages:
    """``quota`` is None where no official account is connected."""

    def __init__(self, *, screen: Screen, clock: Clock, quota: MassQuota | None) -> None:
        self._screen = screen
        self._clock = clock
        self._quota = quota

    async def month(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit, request.query.get("month", ""))

    async def enter(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """A mass send that was made outside this system."""
        try:
            day = _day(visit.text("day"))
            await self._required().enter_outside(visit.person, day, remark=visit.text("remark"))
        except NotReleasable as error:
            return await self._show(request, visit, visit.text("month"), problem=error, typed=visit)
        return see(f"/console/quota?month={day:%Y-%m}", "outside_entered")

    async def remove(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        try:
            number = int(request.match_info["id"])
            day = await self._required().remove_outside(visit.person, number, reason=visit.text("reason"))
        except NotReleasable as error:
            return await self._show(request, visit, visit.text("month"), problem=error)
        return see(f"/console/quota?month={day:%Y-%m}", "outside_removed")

    def _required(self) -> MassQuota:
        if self._quota is None:
            raise NotReleasable("还没有接入微信公众号", remedy="请系统管理员按安装手册配置")
        return self._quota

    async def _show(
        self, request: web.Request, visit: Visit, asked: str, *, problem: NotReleasable | None = None,
        typed: Visit | None = None,
    ) -> web.StreamResponse:  # fmt: skip
        today = day_of(await self._clock.now())
        found = _MONTH.fullmatch(asked)
        first = date(int(found[1]), int(found[2]), 1) if found else month_start(today)
        month = await self._quota.month(first) if self._quota is not None else None
        return self._screen.show(
            request, visit, "quota.html", title="微信群发额度", status=409 if problem else 200, month=month, first=first,
            previous=month_start(first - timedelta(days=1)), following=next_month(first), weekdays=WEEKDAYS,
            weeks=weeks(month) if month else [], use_names=USE_NAMES, problem=problem, typed=typed, today=today,
        )  # fmt: skip


def weeks(month: Month) -> list[list[Cell]]:
    """The month as weeks from Monday to Sunday."""
    return [
        [
            Cell(
                day=day, inside=day.month == month.first.month, today=day == month.today,
                places=tuple(each for each in month.places if each.day == day), crowded=day in month.overbooked,
            )
            for day in week
        ]
        for week in calendar.Calendar().monthdatescalendar(month.first.year, month.first.month)
    ]  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NotReleasable("群发日期无法识别", remedy="请按 2026-11-24 的格式填写") from None
