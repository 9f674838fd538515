"""热度与覆盖: what citizens ask, what answers them, what does not, and what they think of it, by entry and unit (features K21)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup
from tortoise.expressions import Q

from audit.clock import Clock
from console.door import Door, Visit
from console.heat_export import as_csv
from console.home_pages import page_number
from console.screen import SHANGHAI, Screen
from console.talk import TalkDesk
from knowledge.opinion import Opinion
from knowledge.records import KnowledgeEntry, UnansweredQuestion
from knowledge.stretch import NAMES as STRETCHES
from knowledge.stretch import Stretch, beside, stretch_of
from knowledge.usage import OUTCOME_NAMES, Figures, Outcome, total
from publishers.echo.chart import Series, bar, line_chart, swatch
from staff.roles import Verb

PER_PAGE: Final = 50
TOP: Final = 10
WORDINGS: Final = 10
SILENT_WEEKS: Final = (4, 8, 13, 26)
CHANNEL_NAMES: Final[Mapping[str, str]] = {"wechat": "微信", "weibo": "微博", "web": "网页", "api": "接口"}
NOWHERE: Final = "-"
"""What the address says for questions that belong to no unit."""

WHAT: Final[Mapping[str, tuple[str, tuple[Outcome, ...]]]] = {
    "questions": ("提问", (Outcome.at_once, Outcome.offered, Outcome.documents, Outcome.missed, Outcome.handed)),
    "at_once": ("一次答出", (Outcome.at_once, Outcome.documents)),
    "chosen": ("选择后答出", (Outcome.chosen,)),
    "handed": ("转人工", (Outcome.handed, Outcome.person)),
    "missed": ("没有答出", (Outcome.missed, Outcome.handed, Outcome.refused)),
    "open": ("给了选项，群众没有再选", (Outcome.offered,)),
}
"""The numbers of the page that open: key → (name, what is counted in it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What of it somebody wants to see. ``unit`` None: of every unit; "": of none."""

    stretch: Stretch
    unit: str | None

    def query(self, **more: str) -> str:
        """The address' query that says the same, without the unit when all are meant."""
        unit = {} if self.unit is None else {"unit": self.unit or NOWHERE}
        return urlencode({"kind": self.stretch.kind, "day": self.stretch.first.isoformat(), **unit, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLine:
    """One unit of the table."""

    name: str
    figures: Figures
    entries: int
    opinion: Opinion
    drawn: Markup


class HeatPages:
    def __init__(self, *, screen: Screen, door: Door, clock: Clock, talk: TalkDesk) -> None:
        self._screen = screen
        self._door = door
        self._clock = clock
        self._talk = talk

    def routes(self) -> Sequence[web.RouteDef]:
        get, home = self._door.get, "/console/knowledge/heat"
        return [
            get(home, self.heat, Verb.KNOWLEDGE_READ),
            get(f"{home}/items", self.items, Verb.KNOWLEDGE_READ),
            get(f"{home}/entry", self.entry, Verb.KNOWLEDGE_READ),
            get(f"{home}/silent", self.silent, Verb.KNOWLEDGE_READ),
            get(f"{home}/heat.csv", self.export, Verb.KNOWLEDGE_READ),
        ]

    async def heat(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        asked, usage = await self._asked(request), self._talk.usage
        first, last, unit = asked.stretch.first, asked.stretch.last, asked.unit
        at = beside(asked.stretch, await self._today())
        past = (at.past_first, at.past_last)
        top = await usage.top(first, last, past=past, unit=unit, limit=TOP)
        most = max((one.hits for one in top), default=0)
        opinions = await self._talk.opinions.by_entry(first, last, unit=unit)
        days = await usage.by_day(first, min(last, await self._today()), unit=unit)
        lines = [
            Series(name="提问", points=[(day, one.questions) for day, one in days.items()]),
            Series(name="答出", points=[(day, one.answered) for day, one in days.items()]),
        ]
        return self._screen.show(
            request, visit, "heat.html", title="热度与覆盖", asked=asked, stretches=STRETCHES,
            figures=total(days.values()), running=at.running,
            before=await usage.figures(*past, unit=unit),
            opinion=sum(opinions.values(), Opinion()), opinions=opinions, nobody=Opinion(), top=top,
            bars={one.entry_id: Markup(bar(one.hits, most)) for one in top},
            chart=Markup(line_chart(lines, key="asked", title="每天的提问与答出")) if any(one.questions for one in days.values()) else "",
            swatches=[Markup(swatch(place)) for place in range(len(lines))], lines=lines, days=days,
            channels=await usage.by_channel(first, last, unit=unit), channel_names=CHANNEL_NAMES,
            units=await self._units(asked.stretch), unit_names=await self._unit_names(),
            wordings=await self._wordings(visit, asked), since=await usage.since(), weeks=SILENT_WEEKS[1],
            silent=(await usage.unhit(await self._today(), weeks=SILENT_WEEKS[1], unit=unit, limit=1))[1],
        )  # fmt: skip

    async def items(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What a number is made of: the entries, the channels, and the questions that found no answer."""
        asked, what = await self._asked(request), request.query.get("what", "")
        what = what if what in WHAT else "questions"
        name, outcomes = WHAT[what]
        usage, first, last = self._talk.usage, asked.stretch.first, asked.stretch.last
        missing = what in {"missed", "handed"}
        page = page_number(request)
        questions, total = await self._unanswered(asked, page) if missing else ([], 0)
        return self._screen.show(
            request, visit, "heat-items.html", title=name, asked=asked, what=what, name=name, missing=missing,
            figures=await usage.figures(first, last, unit=asked.unit), outcomes=outcomes, names=OUTCOME_NAMES,
            channels=await usage.by_channel(first, last, unit=asked.unit), channel_names=CHANNEL_NAMES,
            entries=await usage.top(first, last, past=await self._past(asked), unit=asked.unit, outcomes=outcomes, limit=200),
            questions=questions, total=total, page=page, pages=max(1, -(-total // PER_PAGE)),
        )  # fmt: skip

    async def entry(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What was asked of one entry. The words are for those who may read conversations; the numbers for everybody."""
        asked, entry_id = await self._asked(request), request.query.get("entry", "")[:191]
        row = await KnowledgeEntry.filter(entry_id=entry_id).first() if entry_id else None
        first, last = asked.stretch.first, asked.stretch.last
        reads = visit.person.may(Verb.CONVERSATION_READ)
        before = request.query.get("before", "0")
        number = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else 0
        said = await self._talk.said.of_entry(entry_id, first, last, before=number, limit=PER_PAGE + 1) if reads else ()
        opinions = await self._talk.opinions.by_entry(first, last)
        complaints = [one for one in await self._talk.opinions.complaints(first, last) if one.entry_id == entry_id]
        return self._screen.show(
            request, visit, "heat-entry.html", title=row.title if row else "条目", asked=asked, row=row, entry_id=entry_id,
            figures=await self._talk.usage.hits_of(entry_id, first, last), names=OUTCOME_NAMES, reads=reads,
            said=said[:PER_PAGE], further=said[PER_PAGE - 1].id if len(said) > PER_PAGE else 0,
            opinion=opinions.get(entry_id, Opinion()), complaints=complaints, channel_names=CHANNEL_NAMES,
        )  # fmt: skip

    async def silent(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Live entries that answered nobody for some weeks."""
        weeks, page = request.query.get("weeks", ""), page_number(request)
        chosen = int(weeks) if weeks in {str(each) for each in SILENT_WEEKS} else SILENT_WEEKS[1]
        unit = _unit(request)
        found, total = await self._talk.usage.unhit(
            await self._today(), weeks=chosen, unit=unit, offset=(page - 1) * PER_PAGE, limit=PER_PAGE
        )
        kept = urlencode({"weeks": chosen} | ({} if unit is None else {"unit": unit or NOWHERE}))
        return self._screen.show(
            request, visit, "heat-silent.html", title="久未命中的条目", found=found, total=total, weeks=chosen,
            choices=SILENT_WEEKS, unit=unit, unit_names=await self._unit_names(), since=await self._talk.usage.since(),
            page=page, pages=max(1, -(-total // PER_PAGE)), kept=kept, today=await self._today(),
        )  # fmt: skip

    async def export(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        asked = await self._asked(request)
        first, last = asked.stretch.first, asked.stretch.last
        entries = await self._talk.usage.top(first, last, past=await self._past(asked), unit=asked.unit, limit=20_000)
        data = as_csv(
            asked.stretch.name, await self._units(asked.stretch), entries,
            await self._talk.opinions.by_entry(first, last, unit=asked.unit),
        )  # fmt: skip
        file = f"heat-{first.isoformat()}-{last.isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"', "Content-Type": "application/octet-stream"}
        return web.Response(body=data, headers=headers)

    async def _units(self, stretch: Stretch) -> list[UnitLine]:
        """Every unit that has entries or was asked about, the most asked first."""
        figures = await self._talk.usage.by_unit(stretch.first, stretch.last)
        entries = await self._talk.usage.entries_by_unit()
        opinions = await self._talk.opinions.by_unit(stretch.first, stretch.last)
        lines = [
            UnitLine(
                name=name, figures=(one := figures.get(name, Figures())), entries=entries.get(name, 0),
                opinion=opinions.get(name, Opinion()), drawn=Markup(bar(one.coverage or 0, 100, width=80)),
            )
            for name in {*figures, *entries, *opinions}
        ]  # fmt: skip
        return sorted(lines, key=lambda line: (not line.name, -line.figures.questions, line.name))

    async def _unit_names(self) -> list[str]:
        return sorted(name for name in await self._talk.usage.entries_by_unit() if name)

    async def _wordings(self, visit: Visit, asked: Asked) -> Sequence[Any] | None:
        """None where they are not his to read, or not told by unit."""
        if asked.unit is not None or not visit.person.may(Verb.CONVERSATION_READ):
            return None
        return await self._talk.said.wordings(asked.stretch.first, asked.stretch.last, limit=WORDINGS)

    async def _unanswered(self, asked: Asked, page: int) -> tuple[list[UnansweredQuestion], int]:
        """A page of the questions without an answer. By unit: those whose nearest entry is that unit's."""
        since = datetime.combine(asked.stretch.first, datetime.min.time(), SHANGHAI)
        until = datetime.combine(asked.stretch.last + timedelta(days=1), datetime.min.time(), SHANGHAI)
        rows = UnansweredQuestion.filter(Q(asked_at__gte=since) & Q(asked_at__lt=until)).order_by("-asked_at", "-id")
        start = (page - 1) * PER_PAGE
        if asked.unit is None:
            return await rows.offset(start).limit(PER_PAGE), await rows.count()
        near = [(row_id, _nearest(candidates)) for row_id, candidates in await rows.values_list("id", "candidates")]
        units = await units_of({entry_id for _, entry_id in near if entry_id})
        ids = [int(row_id) for row_id, entry_id in near if units.get(entry_id, "") == asked.unit]
        return await rows.filter(id__in=ids[start : start + PER_PAGE]) if ids else [], len(ids)

    async def _asked(self, request: web.Request) -> Asked:
        kind, day = request.query.get("kind", "week"), request.query.get("day", "")
        try:
            chosen = date.fromisoformat(day)
        except ValueError:
            chosen = await self._today()
        chosen = chosen if date(2020, 1, 1) <= chosen <= date(2099, 12, 31) else await self._today()
        return Asked(stretch=stretch_of(kind, chosen), unit=_unit(request))

    async def _past(self, asked: Asked) -> tuple[date, date]:
        at = beside(asked.stretch, await self._today())
        return at.past_first, at.past_last

    async def _today(self) -> date:
        return (await self._clock.now()).astimezone(SHANGHAI).date()


def _unit(request: web.Request) -> str | None:
    asked = request.query.get("unit", "").strip()[:64]
    return None if not asked else "" if asked == NOWHERE else asked


def _nearest(candidates: object) -> str:
    first = candidates[0] if isinstance(candidates, list) and candidates else {}
    return str(first.get("id", "")) if isinstance(first, dict) else ""


async def units_of(entry_ids: set[str]) -> dict[str, str]:
    """The units of some entries."""
    ids, found = sorted(entry_ids), dict[str, str]()
    for start in range(0, len(ids), 500):
        found |= dict(
            await KnowledgeEntry.filter(entry_id__in=ids[start : start + 500]).values_list("entry_id", "unit")
        )
    return found
