"""质检: a week's random sample, judged by officers, and what the judgements add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from aiohttp import web
from markupsafe import Markup

from audit.clock import Clock
from casework.case import Side, Spoken
from casework.desk import CaseDesk
from casework.errors import CaseUnknown
from casework.sample import HANDFUL, KIND_NAMES, MARK_NAMES, Kind, Score, week_of
from casework.sampling import OLDEST, OPEN, STATE_NAMES, Results, Sampling
from casework.sampling_errors import JudgementInvalid, JudgementRefused, SamplingError, WeekRefused
from casework.sampling_records import QualityDraw, QualityItem
from console.case_services import CHANNEL_NAMES, SaidIn
from console.door import Door, Visit, see
from console.quality_chart import chart, swatch
from console.screen import Screen
from publishers.echo.chart import bar
from staff.roles import Verb

HOME: Final = "/console/quality"
SIDE_NAMES: Final[Mapping[str, str]] = {
    Side.CITIZEN: "群众", Side.BOT: "机器人", Side.HANDLER: "承办员", Side.NOTE: "内部备注",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a judgement was not taken: which fields, or the whole of it."""

    message: str
    fields: Mapping[str, str]
    form: str


class QualityPages:
    """``said_in`` reads a conversation with the bot by its first message."""

    def __init__(
        self, *, screen: Screen, door: Door, clock: Clock, sampling: Sampling, desk: CaseDesk, said_in: SaidIn
    ) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._sampling = sampling
        self._desk = desk
        self._said_in = said_in

    def routes(self) -> Sequence[web.RouteDef]:
        get, post, one = self._door.get, self._door.post, HOME + r"/{id:\d{1,9}}"
        return [
            get(HOME, self.sample, Verb.CASE_CHECK),
            post(f"{HOME}/draw", self.draw, Verb.CASE_CHECK),
            get(one, self.item, Verb.CASE_CHECK),
            post(f"{one}/judge", self.judge, Verb.CASE_CHECK),
            post(f"{one}/void", self.void, Verb.CASE_CHECK),
        ]

    # -- the sample of a week --------------------------------------------------------------------------------------

    async def sample(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._sample(request, visit, _week(request.query.get("week", "")))

    async def draw(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        week = _week(visit.text("week"))
        try:
            if week is None:
                raise WeekRefused("没有写明是哪一周。")
            await self._sampling.draw(visit.person, week)
        except WeekRefused as error:
            return await self._sample(request, visit, week, problem=error)
        return see(f"{HOME}?week={week.isoformat()}", "quality-drawn")

    async def _sample(
        self, request: web.Request, visit: Visit, asked: date | None, *, problem: SamplingError | None = None
    ) -> web.StreamResponse:
        current = week_of(await self._clock.now())
        last = current - timedelta(days=7)
        week = min(asked - timedelta(days=asked.weekday()), current) if asked else last
        row = await QualityDraw.get_or_none(week=week)
        items = await self._sampling.items(week) if row else []
        results = await self._sampling.results(CHANNEL_NAMES)
        return self._screen.show(
            request, visit, "quality.html", title="质检", status=422 if problem else 200, problem=problem, week=week,
            ends=week + timedelta(days=6), previous=week - timedelta(days=7), following=week + timedelta(days=7),
            last=last, draw=row, items=items, counts=_counts(items), results=results, chart=_chart(results),
            may_draw=current - timedelta(weeks=OLDEST) <= week < current, plan=self._sampling.plan, few=HANDFUL,
            kind_names=KIND_NAMES, state_names=STATE_NAMES, channel_names=CHANNEL_NAMES, me=visit.person.account_id,
            bars={one.name: _bar(one.score) for one in results.groups}, swatches=[Markup(swatch(n)) for n in (0, 1)],
            criteria={one.key: one.name for one in self._sampling.plan.criteria},
        )  # fmt: skip

    # -- one of them -----------------------------------------------------------------------------------------------

    async def item(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def judge(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        item = await self._sampling.item(_id(request))
        marks = {one.key: visit.text(one.key) for one in self._sampling.plan.of(item.kind)}
        try:
            await self._sampling.judge(
                visit.person, item.id, marks=marks, remark=visit.text("remark"), version=visit.number("version")
            )
        except (JudgementInvalid, JudgementRefused) as error:
            return await self._show(request, visit, trouble=_trouble(error, "judge"))
        return await self._next(visit, item, "quality-judged")

    async def void(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        item = await self._sampling.item(_id(request))
        try:
            await self._sampling.void(
                visit.person, item.id, reason=visit.text("reason"), version=visit.number("version")
            )
        except (JudgementInvalid, JudgementRefused) as error:
            return await self._show(request, visit, trouble=_trouble(error, "void"))
        return await self._next(visit, item, "quality-void")

    async def _next(self, visit: Visit, item: QualityItem, done: str) -> web.StreamResponse:
        """The next of the same week that he may judge, if that was the button."""
        if visit.text("then") == "next":
            mine = visit.person.account_id
            waiting = [
                row for row in await self._sampling.items(item.week) if row.state == OPEN and mine not in row.hands
            ]
            if waiting:
                return see(f"{HOME}/{waiting[0].id}", done)
        return see(f"{HOME}?week={item.week.isoformat()}", done)

    async def _show(self, request: web.Request, visit: Visit, *, trouble: Trouble | None = None) -> web.StreamResponse:
        item = await self._sampling.item(_id(request))
        said = await self._said(item)
        typed = (
            {name: visit.text(name) for name in visit.form if name != "csrf"}
            if trouble
            else {**item.marks, "remark": item.remark}
        )
        return self._screen.show(
            request, visit, "quality-item.html", title="质检", status=422 if trouble else 200, item=item, said=said,
            trouble=trouble, typed=typed, criteria=self._sampling.plan.of(item.kind), mark_names=MARK_NAMES,
            kind_names=KIND_NAMES, state_names=STATE_NAMES, channel_names=CHANNEL_NAMES, side_names=SIDE_NAMES,
            own=visit.person.account_id in item.hands,
            others=item.judged_by_id not in {None, visit.person.account_id},
        )  # fmt: skip

    async def _said(self, item: QualityItem) -> Sequence[Spoken]:
        """What was said, masked; nothing when it is deleted."""
        if item.kind == Kind.TALK:
            return await self._said_in(item.ref)
        try:
            lines = await self._desk.transcript(item.label)
        except CaseUnknown:
            return ()
        return [
            Spoken(side=line.side, at=line.at, text=line.text, entry_id=line.entry_id) for line in lines if line.text
        ]


def _counts(items: Sequence[QualityItem]) -> dict[str, int]:
    return {state: sum(1 for item in items if item.state == state) for state in STATE_NAMES}


def _chart(results: Results) -> Markup:
    """The share of what is right, week by week, a bar for each kind."""
    weeks = [(week, {str(kind): scores[kind].share for kind in Kind}) for week, scores in results.weeks]
    return Markup(chart(weeks, kinds={str(kind): KIND_NAMES[kind] for kind in Kind}, title="每周合格率"))


def _bar(found: Score) -> Markup:
    return Markup(bar(found.share or 0, 100))


def _trouble(error: SamplingError, form: str) -> Trouble:
    fields = error.problems if isinstance(error, JudgementInvalid) else {}
    return Trouble(
        message=str(error) if not fields else "还没有填写完整，请看下面标出的地方。", fields=fields, form=form
    )


def _week(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _id(request: web.Request) -> int:
    return int(request.match_info["id"])
