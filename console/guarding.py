"""Which verbs a handler asks for, written on the handler itself, so that a test can walk the route table."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from staff.errors import NotAllowed
from staff.person import Person
from staff.roles import Verb

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarded(handler: Handler, verbs: tuple[Verb, ...]) -> Handler:
    """The handler with its verbs on it; any one of them opens the door."""
    marked: Any = handler
    marked.verbs = verbs
    return handler


def verbs_of(handler: object) -> tuple[Verb, ...] | None:
    """The verbs written on a handler; None when it is open to everybody."""
    found: tuple[Verb, ...] | None = getattr(handler, "verbs", None)
    return found


def require_one(person: Person, verbs: tuple[Verb, ...]) -> None:
    """Raises NotAllowed unless the person may do at least one of them."""
    if not any(person.may(verb) for verb in verbs):
        raise NotAllowed(verbs[0])


def peer(request: web.Request) -> str:
    """Where a request comes from when no proxy stands between."""
    return request.remote or ""
