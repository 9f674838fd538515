"""数据: what the month's publications brought, by channel and unit, with the ten most read, and as a file."""

import asyncio
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from aiohttp import web
from markupsafe import Markup

from audit.clock import Clock
from console.door import Door, Visit
from console.echo_desk import EchoDesk
from console.figure_export import as_csv, as_xlsx
from console.screen import SHANGHAI, Screen
from disclosures.records import Unit
from publishers.echo.chart import Series, bar, line_chart, swatch
from publishers.echo.figures import CHANNELS, NAMES, TOLD, ChannelFigures, Month, figures_of, month_of
from publishers.echo.records import Listening
from staff.roles import Verb

EXPORTS: Final = frozenset({"figures.xlsx", "figures.csv"})
_MONTH: Final = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class FigurePages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, desk: EchoDesk) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._desk = desk

    def routes(self) -> Sequence[web.RouteDef]:
        get = self._door.get
        return [
            get("/console/figures", self.figures, Verb.RELEASE_READ),
            get("/console/figures/{name}", self.export, Verb.RELEASE_READ),
        ]

    async def figures(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        now = await self._clock.now()
        month, channel, unit = await self._asked(request, now)
        daily = [Series(name=CHANNELS.get(name, name), points=points) for name, points in month.daily.items() if points]
        first = month.first
        return self._screen.show(
            request, visit, "figures.html", title="数据", month=month, channel=channel, unit=unit, names=NAMES,
            channels={name: CHANNELS[name] for name in CHANNELS if name != "answers"}, told=TOLD,
            units=await Unit.all().order_by("name").values_list("name", flat=True),
            previous=(first - timedelta(days=1)).replace(day=1), following=(first + timedelta(days=32)).replace(day=1),
            chart=Markup(line_chart(daily, key="daily", title="每天新增的阅读")), daily=daily,
            swatches=[Markup(swatch(place)) for place in range(len(daily))],
            bars={line.disclosure_id: Markup(bar(line.totals.get("reads", 0), _most(month))) for line in month.top},
            listening={row.key: row for row in await Listening.all() if row.key.startswith("figures:")},
        )  # fmt: skip

    async def export(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in EXPORTS:
            raise web.HTTPNotFound
        month, channel, unit = await self._asked(request, await self._clock.now())
        make = as_xlsx if name.endswith(".xlsx") else as_csv
        data = await asyncio.to_thread(make, month, channel=CHANNELS.get(channel, "全部"), unit=unit or "全部")
        file = f"figures-{month.first:%Y-%m}.{name.rpartition('.')[2]}"
        headers = {"Content-Disposition": f'attachment; filename="{file}"', "Content-Type": "application/octet-stream"}
        return web.Response(body=data, headers=headers)

    async def _asked(self, request: web.Request, now: datetime) -> tuple[Month, str, str]:
        found = _MONTH.fullmatch(request.query.get("month", ""))
        today = now.astimezone(SHANGHAI).date()
        first = date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)
        channel, unit = request.query.get("channel", ""), request.query.get("unit", "").strip()[:64]
        channel = channel if channel in CHANNELS else ""
        return await month_of(first, channel=channel, unit=unit), channel, unit


class SheetFigures:
    """What ``sheet-figures.html`` shows of one disclosure, or of one release."""

    def __init__(self, figures: Sequence[ChannelFigures]) -> None:
        self.channels = [each for each in figures if each.totals]
        self.silent = [each for each in figures if not each.totals]
        lines = [
            Series(name=each.channel_name, points=points)
            for each in self.channels
            if len(points := each.days.get("reads") or each.days.get("likes") or ()) > 1
        ]
        self.chart = Markup(line_chart(lines, key="figures", title="阅读（微博为点赞）累计"))
        self.legend = [(line.name, Markup(swatch(place))) for place, line in enumerate(lines)]
        self.days = sorted({day for each in self.channels for points in each.days.values() for day, _ in points})
        self.names = NAMES
        self.told = TOLD

    def on(self, each: ChannelFigures, name: str, day: date) -> int | None:
        """The running total of a figure at the end of a day."""
        return dict(each.days.get(name, ())).get(day)


async def sheet_figures(disclosure_id: int, *, release_id: int | None = None) -> SheetFigures:
    """For the page of a disclosure or of a release."""
    return SheetFigures(await figures_of(disclosure_id, release_id=release_id))


def _most(month: Month) -> int:
    return max((line.totals.get("reads", 0) for line in month.top), default=0)
