"""The forms that say who may see a text before its release."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from console.door import Door, Visit, see, whole
from console.embargo_box import colleagues
from console.sheet_pages import REFUSALS, Trouble
from console.show_pages import Again
from disclosures.embargo import Embargo
from staff.roles import Verb


class EmbargoPages:
    def __init__(self, *, door: Door, embargo: Embargo, again: Again) -> None:
        self._door = door
        self._embargo = embargo
        self._again = again

    def routes(self) -> list[web.RouteDef]:
        one = r"/console/disclosures/{id:\d{1,9}}/embargo"
        return [
            self._door.post(one, self.put, Verb.DISCLOSURE_SHOW),
            self._door.post(f"{one}/lift", self.lift, Verb.DISCLOSURE_SHOW),
        ]

    async def put(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        wanted = {whole(each) for each in visit.texts("reader")}
        readers = {each.account_id: each.display_name for each in await colleagues() if each.account_id in wanted}
        return await self._done(request, visit, "embargoed", lambda: self._embargo.put(visit.person, number, readers))

    async def lift(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = int(request.match_info["id"])
        return await self._done(request, visit, "embargo-lifted", lambda: self._embargo.lift(visit.person, number))

    async def _done(
        self, request: web.Request, visit: Visit, done: str, act: Callable[[], Awaitable[None]]
    ) -> web.StreamResponse:
        try:
            await act()
        except REFUSALS as error:
            return await self._again(request, visit, Trouble(box="embargo", error=error, typed=visit))
        return see(f"/console/disclosures/{request.match_info['id']}", done)
