"""群众图片: what citizens sent besides words. Whoever opens a picture is written down."""

from collections.abc import Sequence

from aiohttp import web

from casework.media import CitizenPictures
from console.citizen_media import KINDS, media_lines
from console.door import Door, Visit
from console.screen import Screen
from disclosures.errors import NotFound
from staff.roles import Verb


class MediaPages:
    def __init__(self, *, screen: Screen, door: Door, pictures: CitizenPictures) -> None:
        self._screen = screen
        self._door = door
        self._pictures = pictures

    def routes(self) -> Sequence[web.RouteDef]:
        get = self._door.get
        return [
            get("/console/pictures", self.pictures, Verb.CONVERSATION_READ),
            get(r"/console/pictures/{id:\d{1,9}}", self.picture, Verb.CONVERSATION_READ),
        ]

    async def pictures(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        return await self._show(request, visit)

    async def picture(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """The picture itself; that this person opened it is in the trail."""
        try:
            picture = await self._pictures.look(int(request.match_info["id"]), actor=visit.person.actor)
        except NotFound as gone:
            return await self._show(request, visit, problem=gone)
        return web.Response(
            body=picture.data, content_type=picture.media_type, headers={"Content-Disposition": "inline"}
        )

    async def _show(self, request: web.Request, visit: Visit, *, problem: NotFound | None = None) -> web.StreamResponse:
        return self._screen.show(
            request, visit, "pictures.html", title="群众图片", status=404 if problem else 200, lines=await media_lines(),
            kinds=KINDS, days=self._pictures.keeping.days, problem=problem,
        )  # fmt: skip
