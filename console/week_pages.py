"""周报 and 督办清单: one page of figures a week, and the list of what each unit has to look at; both to be printed and handed on."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from audit.clock import Clock
from console.door import Door, Visit
from console.duty_desk import DutyDesk
from console.heat_export import UNIT_HEAD, unit_cells, written
from console.heat_pages import CHANNEL_NAMES, NOWHERE
from console.screen import SHANGHAI, Screen
from console.talk import TalkDesk
from knowledge.duties import DAYS, Duties
from knowledge.stretch import Stretch, stretch_of, week_mark, week_named
from knowledge.weekly import SILENT_WEEKS, Report, Weekly
from publishers.echo.chart import Series, line_chart, swatch
from staff.roles import Verb

BACK: Final = 12
"""Weeks that the page offers."""
_DAY: Final = re.compile(r"20\d\d-\d\d-\d\d")


class WeekPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, talk: TalkDesk, duties: DutyDesk) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._weekly = Weekly(clock=clock, usage=talk.usage, opinions=talk.opinions)
        self._duties = duties

    def routes(self) -> Sequence[web.RouteDef]:
        get, home = self._door.get, "/console/knowledge"
        return [
            get(f"{home}/report", self.report, Verb.REPORT_READ),
            get(f"{home}/report.csv", self.report_csv, Verb.REPORT_EXPORT, Verb.KNOWLEDGE_WRITE),
            get(f"{home}/duties", self.duties, Verb.KNOWLEDGE_READ),
            get(f"{home}/duties.csv", self.duties_csv, Verb.KNOWLEDGE_READ),
        ]

    async def report(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        today = await self._today()
        week = self._week(request, today)
        report = await self._weekly.of(week)
        name = request.query.get("unit", "").strip()[:64]
        shown = [day for day in report.days if day <= today]
        lines = [
            Series(name="提问", points=[(day, report.days[day].questions) for day in shown]),
            Series(name="答出", points=[(day, report.days[day].answered) for day in shown]),
        ]
        this_week = stretch_of("week", today)
        busy = [one for one in report.units if one.figures.times or one.opinion.total or one.due]
        busy.sort(key=lambda one: (-one.figures.questions, -one.due, one.name))
        return self._screen.show(
            request, visit, "weekly.html", title="知识库周报", report=report, week=week, mark=week_mark(week.first), today=today, busy=busy,
            idle=len(report.units) - len(busy),
            unit=report.unit(name) if name else None, asked_unit=name, running=week.first == this_week.first,
            ahead=week.first > this_week.first, top=[one for one in report.top if not name or one.unit == name],
            missed=[one for one in report.missed if not name or one.unit == name], channel_names=CHANNEL_NAMES,
            chart=Markup(line_chart(lines, key="week", title="本周每天的提问与答出")) if not name and report.figures.questions else "",
            lines=lines, swatches=[Markup(swatch(place)) for place in range(len(lines))], silent_weeks=SILENT_WEEKS,
            weeks=[(week_mark(each), stretch_of("week", each).name) for each in self._offered(today)],
            may_export=visit.person.may(Verb.REPORT_EXPORT) or visit.person.may(Verb.KNOWLEDGE_WRITE),
        )  # fmt: skip

    async def report_csv(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        week = self._week(request, await self._today())
        report = await self._weekly.of(week)
        return _download(_report_rows(report), f"report-{week_mark(week.first)}.csv")

    async def duties(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The list of one unit, or of all; whoever belongs to a unit sees his own first."""
        asked = request.query.get("unit", "").strip()[:64]
        unit = None if not asked else "" if asked == NOWHERE else asked
        lists = await self._duties.lists()
        shown = lists if unit is None else [one for one in lists if one.unit == unit]
        mine = visit.person.unit.strip()
        return self._screen.show(
            request, visit, "duties.html", title="督办清单", lists=lists, shown=shown, unit=unit, asked=asked, mine=mine, days=DAYS,
            nowhere=NOWHERE, today=await self._today(), made_at=await self._clock.now(),
            query=urlencode({"unit": asked}) if asked else "", period=urlencode({"kind": "month", "day": (await self._today()).isoformat()}),
        )  # fmt: skip

    async def duties_csv(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        asked = request.query.get("unit", "").strip()[:64]
        lists = await self._duties.lists(None if not asked else "" if asked == NOWHERE else asked)
        return _download(_duty_rows(lists), f"duties-{(await self._today()).isoformat()}.csv")

    def _week(self, request: web.Request, today: date) -> Stretch:
        """``?week=2026-W48`` or a day of it; nothing, or nonsense: last week, which is complete."""
        asked = request.query.get("week", "").strip()
        if found := week_named(asked):
            return found
        if _DAY.fullmatch(asked):
            try:
                return stretch_of("week", date.fromisoformat(asked))
            except ValueError:
                pass
        return stretch_of("week", today - timedelta(days=7))

    @staticmethod
    def _offered(today: date) -> list[date]:
        monday = stretch_of("week", today).first
        return [monday - timedelta(weeks=back) for back in range(BACK)]

    async def _today(self) -> date:
        return (await self._clock.now()).astimezone(SHANGHAI).date()


def _report_rows(report: Report) -> list[Sequence[object]]:
    whole = ("全部", report.entries, report.figures, report.opinion)
    rows: list[Sequence[object]] = [
        (f"知识库周报，{report.week.name}", "已定稿" if report.frozen_at else "未定稿"), (), (*UNIT_HEAD, "到期未复核"),
        (whole[0], whole[1], report.figures.questions, report.figures.at_once, report.figures.chosen, report.figures.handed,
         report.figures.missed, "" if report.figures.coverage is None else report.figures.coverage, report.opinion.useful,
         report.opinion.useless, sum(one.due for one in report.units)),
    ]  # fmt: skip
    rows += [(*unit_cells(one), one.due) for one in report.units]
    rows += [(), ("问得最多的条目", "单位", "次数", "上周")]
    rows += [(one.title, one.unit, one.hits, one.before) for one in report.top]
    return rows


def _duty_rows(lists: Sequence[Duties]) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = [("单位", "事项", "内容", "原因", "日期", "逾期")]
    for one in lists:
        name = one.unit or "没有责任单位"
        rows += [
            (name, "条目到期", due.title, "、".join(due.why), due.on or "", "是" if due.late else "") for due in one.due
        ]
        rows += [
            (name, "群众说没用", each.title, "、".join(f"{c.reason or '没有说原因'} {c.times} 人" for c in each.complaints), max(c.last for c in each.complaints).astimezone(SHANGHAI).date(), "")
            for each in one.criticised
        ]  # fmt: skip
        rows += [
            (name, "问题没有答复", each.masked, f"已 {each.age} 个工作日", each.asked_at.astimezone(SHANGHAI).date(), "是" if each.late else "")
            for each in one.waiting
        ]  # fmt: skip
    return rows


def _download(rows: Sequence[Sequence[object]], name: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "application/octet-stream"}
    return web.Response(body=written(rows), headers=headers)
