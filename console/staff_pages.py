"""The accounts, to be looked at."""

from aiohttp import web

from console.door import Visit
from console.screen import Screen
from staff.accounts import Accounts


class StaffPages:
    def __init__(self, *, screen: Screen, accounts: Accounts) -> None:
        self._screen = screen
        self._accounts = accounts

    async def accounts(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        rows = await self._accounts.list()
        return self._screen.show(request, visit, "staff.html", title="账号", rows=rows)
