"""审核代理: who signs for whom, from which day to which."""

from collections.abc import Mapping
from datetime import date

from aiohttp import web

from console.door import Door, Visit, see
from console.reviewing_desk import ReviewingDesk
from console.screen import Screen
from disclosures.review import STEP_NAMES
from staff.deputies import STEP_OF
from staff.errors import DeputyInvalid
from staff.roles import REVIEW_VERBS, Verb


class DeputyPages:
    def __init__(self, *, screen: Screen, reviewing: ReviewingDesk) -> None:
        self._screen = screen
        self._reviewing = reviewing
        self._deputies = reviewing.deputies

    def routes(self, door: Door) -> list[web.RouteDef]:
        return [
            door.get("/console/deputies", self.deputies, Verb.DISCLOSURE_READ),
            door.post("/console/deputies", self.name, *REVIEW_VERBS, Verb.STAFF_MANAGE),
            door.post(r"/console/deputies/{id:\d{1,9}}/end", self.end, *REVIEW_VERBS, Verb.STAFF_MANAGE),
        ]

    async def deputies(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def name(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        problems: dict[str, str] = {}
        days = {field: _day(visit.text(field)) for field in ("from_day", "to_day")}
        problems |= {field: "请填写日期。" for field, day in days.items() if day is None}
        from_day, to_day = days["from_day"], days["to_day"]
        person = visit.text("person") if visit.person.may(Verb.STAFF_MANAGE) else visit.person.name
        try:
            if from_day is None or to_day is None:
                raise DeputyInvalid(problems)
            await self._deputies.name(
                visit.person, person=person, deputy=visit.text("deputy"), steps=visit.texts("steps"), from_day=from_day,
                to_day=to_day, reason=visit.text("reason"),
            )  # fmt: skip
        except DeputyInvalid as invalid:
            return await self._show(request, visit, invalid.problems, status=422)
        return see("/console/deputies", "deputy-named")

    async def end(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._deputies.end(visit.person, int(request.match_info["id"]))
        return see("/console/deputies", "deputy-ended")

    async def _show(
        self, request: web.Request, visit: Visit, problems: Mapping[str, str] | None = None, *, status: int = 200
    ) -> web.StreamResponse:
        today = await self._reviewing.today_is()
        manages = visit.person.may(Verb.STAFF_MANAGE)
        reviews = any(visit.person.may(verb) for verb in REVIEW_VERBS)
        steps = [step for step, verb in STEP_OF.items() if manages or visit.person.may(verb)]
        return self._screen.show(
            request, visit, "deputies.html", title="审核代理", status=status, rows=await self._deputies.list(),
            today=today, reviewers=await self._deputies.reviewers(), manages=manages, may_name=manages or reviews,
            steps=steps, step_names={str(step): name for step, name in STEP_NAMES.items()}, problems=problems or {},
            typed=visit,
        )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
