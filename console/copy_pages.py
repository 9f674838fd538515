"""The quiet talk of an open form with the server: it keeps what is typed, tells who else is at the text, and finds its way back
after a new sign-in. All of it is for the page's script; the form works without."""

from typing import Any

from aiohttp import web

from audit.clock import Clock
from console.door import Door, Visit, see, whole
from console.errors import CopyRefused
from console.form import Fields
from console.presence import Presence
from console.records import WorkingCopy
from console.screen import Screen
from console.working_copies import WorkingCopies, clock_time
from disclosures.records import Disclosure, Revision
from staff.roles import Verb


class CopyPages:
    def __init__(self, *, screen: Screen, door: Door, copies: WorkingCopies, presence: Presence, clock: Clock) -> None:
        self._screen, self._door, self._clock = screen, door, clock
        self._copies, self._presence = copies, presence

    def routes(self) -> list[web.RouteDef]:
        get, post, write = self._door.get, self._door.post, Verb.DISCLOSURE_WRITE
        # The text stands in the address wherever there is one: who may not know of it is turned away there.
        one = r"/console/disclosures/{id:\d{1,9}}"
        return [
            post("/console/working-copy", self.keep, write),
            post(f"{one}/working-copy", self.keep, write),
            post("/console/working-copy/discard", self.discard, write),
            post(f"{one}/presence", self.present, write),
            post("/console/presence/left", self.left, write),
            get("/console/form-token", self.token, write),
            get(f"{one}/people", self.people, Verb.DISCLOSURE_READ),
        ]

    async def keep(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Keeps the form as it stands. Answers with the time in words and with what the page should know."""
        number, key = _number(request), visit.text("key")
        try:
            moment = await self._copies.keep(
                visit.person.account_id, key, Fields.typed(visit), disclosure_id=number,
                base_revision=visit.number("revision"),
            )  # fmt: skip
        except CopyRefused as refused:
            return web.json_response({"detail": str(refused)}, status=422)
        await self._presence.seen(visit.person, number, key, beating=True, typed=True)
        return web.json_response({"kept": clock_time(moment, moment), **await self._news(visit, number)})

    async def discard(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        number = visit.number("copy")
        row = await WorkingCopy.get_or_none(account_id=visit.person.account_id, id=number).only("id", "disclosure_id")
        await self._copies.discard(visit.person.account_id, number)
        back = visit.number("disclosure") or (row.disclosure_id if row else 0)
        return see(f"/console/disclosures/{back}/edit" if back else "/console/disclosures/new", "copy-discarded")

    async def present(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The heartbeat of an open form."""
        number = _number(request)
        await self._presence.seen(visit.person, number, visit.text("key"), beating=True)
        return web.json_response(await self._news(visit, number))

    async def left(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._presence.left(visit.person.account_id, visit.text("key"))
        return web.Response(status=204)

    async def token(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The token that this session's forms carry, and whose session it is: for a form that was opened under an earlier
        one. Only a page of our own origin can read it."""
        person = visit.person
        return web.json_response({"csrf": visit.csrf, "account": person.account_id, "name": person.display_name})

    async def people(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Who has the text open: the part of its page that looks after itself."""
        number = _number(request)
        others = await self._presence.others(number, visit.person.account_id)
        page = self._screen.text(request, visit, "people.html", title="", others=others)
        return web.Response(text=page, content_type="text/html", headers={"X-Moving": "yes"})

    async def _news(self, visit: Visit, number: int) -> dict[str, Any]:
        """Who else is at the text, and whether somebody saved it since this form was opened."""
        if not number:
            return {"others": [], "newer": ""}
        others = await self._presence.others(number, visit.person.account_id)
        row = await Disclosure.get_or_none(id=number).only("id", "current_revision")
        newer = ""
        if row is not None and 0 < visit.number("revision") < row.current_revision:
            version = await Revision.get(disclosure_id=number, number=row.current_revision).only(
                "id", "author_name", "created_at"
            )
            when = clock_time(version.created_at, await self._clock.now())
            newer = f"{version.author_name} {when} 保存了第 {row.current_revision} 版。您保存时会看到两份内容的对照，谁的都不会丢。"
        return {"others": [each.words for each in others], "newer": newer}


def _number(request: web.Request) -> int:
    """The text's number; 0 for one that was never saved."""
    return whole(request.match_info.get("id", ""))
