"""Signing in and out."""

from aiohttp import web

from console.door import HOME, Door, Visit, safe_next, see
from console.errors import FormExpired
from console.screen import Screen
from staff.errors import SignInRefused
from staff.sessions import Sessions


class SignInPages:
    def __init__(self, *, screen: Screen, door: Door, sessions: Sessions) -> None:
        self._screen = screen
        self._door = door
        self._sessions = sessions

    async def form(self, request: web.Request) -> web.StreamResponse:
        """Open to everybody."""
        if await self._door.visit(request) is not None:
            return see(safe_next(request.query.get("next", "")))
        return self._show(request, status=200)

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        """Open to everybody. The refusal is the same for an unknown name and for a wrong password."""
        given = await request.post()
        name, password, csrf, wanted = (_text(given.get(field)) for field in ("name", "password", "csrf", "next"))
        try:
            self._door.check_sign_in(request, csrf)
            session = await self._sessions.sign_in(name, password, self._door.address(request))
        except FormExpired as error:
            return self._show(request, status=403, error=str(error), name=name, wanted=wanted)
        except SignInRefused as error:
            return self._show(request, status=422, error=str(error), name=name, wanted=wanted)
        response = see(safe_next(wanted))
        self._door.admit(response, session)
        return response

    async def sign_out(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        await self._sessions.sign_out(visit.token)
        response = see("/console/sign-in", "signed-out")
        self._door.dismiss(response)
        return response

    def _show(
        self, request: web.Request, *, status: int, error: str = "", name: str = "", wanted: str = ""
    ) -> web.Response:
        token = self._door.form_token(request)
        wanted = safe_next(wanted or request.query.get("next", HOME))
        response = self._screen.show(
            request,
            None,
            "sign-in.html",
            title="登录",
            status=status,
            error=error,
            name=name,
            wanted=wanted,
            form=token,
        )
        self._door.stamp(request, response, token)
        return response


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
