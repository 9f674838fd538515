"""The door of the console: whose browser it is, whether the form is ours, and whether the person may (ASVS 5.0 §7; the
figures stand in ``staff.sessions``)."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDict, MultiDictProxy

from console.errors import FormExpired, PasswordNeeded
from console.guarding import Handler, guarded, require_one
from console.veil import Veil
from disclosures.errors import NotFound
from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Verb
from staff.sessions import NewSession, Sessions, SignedIn

HOME: Final = "/console/"
SIGN_IN: Final = "/console/sign-in"
FORM_COOKIE: Final = "mingbai-form"
QUIET: Final = "X-Quiet"
"""The header of a request that a page makes by itself; it does not keep the session awake."""

Form = MultiDictProxy[str | bytes | bytearray | FileField]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a signed-in person. ``form`` is empty for a GET."""

    signed_in: SignedIn
    token: str
    form: Form

    @property
    def person(self) -> Person:
        return self.signed_in.person

    @property
    def csrf(self) -> str:
        return self.signed_in.csrf_token

    def text(self, name: str) -> str:
        """A field of the form; empty when it is missing or a file."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A field as a whole number; 0 when it is none."""
        return whole(self.text(name))

    def texts(self, name: str) -> list[str]:
        return [value for value in self.form.getall(name, []) if isinstance(value, str)]


PageHandler = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]
Refused = Callable[[web.Request, Visit | None, Exception], Awaitable[web.StreamResponse]]


class Door:
    """Guards handlers. ``host`` is the public host beside the one of the request itself; ``refused`` is the page that
    says why a person is turned away; ``address`` tells from where a request comes, behind which proxies ever."""

    def __init__(
        self, *, sessions: Sessions, secure_cookies: bool, host: str, address: Callable[[web.Request], str],
        refused: Refused,
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._secure = secure_cookies
        self._host = host
        self._address = address
        self._refused = refused

    @property
    def cookie(self) -> str:
        return "__Host-mingbai" if self._secure else "mingbai"

    def get(self, path: str, handler: PageHandler, *verbs: Verb) -> web.RouteDef:
        """A page for whoever may do one of the verbs; without verbs for everybody who is signed in."""
        return web.get(path, self._guard(handler, verbs), allow_head=False)

    def post(self, path: str, handler: PageHandler, *verbs: Verb) -> web.RouteDef:
        """A form of ours, from our own pages only."""
        return web.post(path, self._guard(handler, verbs))

    async def visit(self, request: web.Request) -> Visit | None:
        """Who is at the door; None for a stranger."""
        token = request.cookies.get(self.cookie, "")
        # What a page asks by itself is no sign of a person: else an open page would never be signed out.
        signed_in = await self._sessions.resolve(token, touch=QUIET not in request.headers)
        if signed_in is None:
            return None
        return Visit(signed_in=signed_in, token=token, form=MultiDictProxy(MultiDict()))

    def address(self, request: web.Request) -> str:
        return self._address(request)

    def admit(self, response: web.StreamResponse, session: NewSession) -> None:
        """Gives the browser its new token."""
        self._set(response, self.cookie, session.token)

    def dismiss(self, response: web.StreamResponse) -> None:
        response.del_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")

    async def renewed(self, request: web.Request, visit: Visit, password: str) -> tuple[Visit, NewSession]:
        """The same visit under a new session, after the password was given once more, before a sensitive act. The old
        token dies. Raises SignInRefused."""
        session = await self._sessions.confirm(visit.token, password, self._address(request))
        signed_in = await self._sessions.resolve(session.token)
        if signed_in is None:
            raise FormExpired
        return Visit(signed_in=signed_in, token=session.token, form=visit.form), session

    async def identified(self, request: web.Request, visit: Visit) -> tuple[Visit, NewSession | None]:
        """The visit, renewed with the form's ``password`` unless one was given within the last minutes: for what cannot be
        undone (ASVS 5.0, 7.5.3). Raises PasswordNeeded, SignInRefused."""
        if visit.signed_in.fresh:
            return visit, None
        if not visit.text("password"):
            raise PasswordNeeded
        return await self.renewed(request, visit, visit.text("password"))

    # The sign-in form has no session yet: its token is bound to a cookie of its own.

    def stamp(self, request: web.Request, response: web.StreamResponse, token: str) -> None:
        if request.cookies.get(self._form_cookie) != token:
            self._set(response, self._form_cookie, token)

    def form_token(self, request: web.Request) -> str:
        known = request.cookies.get(self._form_cookie, "")
        return known if len(known) == 43 else secrets.token_urlsafe(32)

    def check_sign_in(self, request: web.Request, given: str) -> None:
        """Raises FormExpired unless the sign-in form is ours."""
        self._check_origin(request)
        known = request.cookies.get(self._form_cookie, "")
        if not known or not hmac.compare_digest(known.encode(), given.encode("utf-8", "replace")):
            raise FormExpired

    @property
    def _form_cookie(self) -> str:
        return f"__Host-{FORM_COOKIE}" if self._secure else FORM_COOKIE

    def _guard(self, handler: PageHandler, verbs: tuple[Verb, ...]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            visit = await self.visit(request)
            if visit is None:
                return _to_sign_in(request)
            try:
                if verbs:
                    require_one(visit.person, verbs)
                veil = await Veil.of(visit.person)
                await veil.require(request.path)
                if request.method == "POST":
                    visit = await self._form(request, visit)
            except (NotAllowed, FormExpired, NotFound) as error:
                return await self._refused(request, visit, error)
            return await veil.on_the_way_out(await handler(request, visit))

        return guarded(handle, verbs)

    async def _form(self, request: web.Request, visit: Visit) -> Visit:
        self._check_origin(request)
        form = await request.post()
        given = form.get("csrf", "")
        if not isinstance(given, str) or not visit.signed_in.csrf_matches(given):
            raise FormExpired
        return Visit(signed_in=visit.signed_in, token=visit.token, form=form)

    def _check_origin(self, request: web.Request) -> None:
        """Every browser names the origin of a form; one that is missing or foreign is refused."""
        origin = urlsplit(request.headers.get("Origin", ""))
        if origin.scheme not in {"http", "https"} or origin.netloc not in {request.host, self._host}:
            raise FormExpired("表单不是从本系统的页面提交的，没有办理。请从本系统的页面重新操作。")

    def _set(self, response: web.StreamResponse, name: str, value: str) -> None:
        response.set_cookie(name, value, path="/", secure=self._secure, httponly=True, samesite="Lax")


def whole(text: str) -> int:
    """A whole number of at most nine digits, as our own pages write it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def safe_next(text: str) -> str:
    """Where to go after signing in: a path of the console, or its home."""
    parts = urlsplit(text)
    ours = text.startswith("/console/") and not parts.netloc and "\\" not in text and text.isprintable()
    return text if ours and not text.startswith(SIGN_IN) else HOME


def see(path: str, done: str = "") -> web.Response:
    """Post/Redirect/Get; ``done`` names the message that the next page shows once."""
    mark = f"{'&' if '?' in path else '?'}done={done}" if done else ""
    return web.Response(status=303, headers={"Location": path + mark})


def _to_sign_in(request: web.Request) -> web.StreamResponse:
    if wants_json(request):
        return web.json_response({"detail": "登录已失效，请重新登录。"}, status=401)
    wanted = request.path_qs if request.method == "GET" else _page_of(request)
    return see(f"{SIGN_IN}?next={quote(wanted, safe='/')}", "expired" if request.method == "POST" else "")


def _page_of(request: web.Request) -> str:
    """The page from which a form came."""
    parts = urlsplit(request.headers.get("Referer", ""))
    return safe_next(parts.path) if parts.netloc == request.host else HOME


def wants_json(request: web.Request) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def uploads(form: Any, name: str) -> list[FileField]:
    """The files that were chosen in a field; an empty file input sends an empty file without a name."""
    return [value for value in form.getall(name, []) if isinstance(value, FileField) and value.filename]
