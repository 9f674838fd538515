"""变更对照: everything that changed on a public page since its first day, with the old words struck through (features C34)."""

from collections.abc import Sequence

from aiohttp import web

from portal.screen import Screen
from publishers.portal.channel import WITHDRAWN
from publishers.public_history import public_history
from publishers.records import PortalPage


class HistoryPages:
    def __init__(self, *, screen: Screen) -> None:
        self._screen = screen

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [web.get(r"/d/{id:\d{1,9}}/history", self.history)]

    async def history(self, request: web.Request) -> web.Response:
        """200; of a withdrawn page the page itself says what and why, and quotes nothing; 404 when there never was one."""
        number = int(request.match_info["id"])
        page = await PortalPage.get_or_none(disclosure_id=number)
        if page is None:
            return await self._screen.missing(request)
        if page.state == WITHDRAWN:
            raise web.HTTPFound(f"/d/{number}")
        return await self._screen.show(
            request, "history.html", title=f"变更对照：{page.title}", column="信息公开目录", page=page,
            changes=await public_history(page),
        )  # fmt: skip
