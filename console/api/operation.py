"""One line of the API's table: an address, who may use it, and what it takes and gives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web
from pydantic import BaseModel

from staff.person import Person
from staff.roles import Verb

Handler = Callable[[web.Request, Person], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """``verbs``: whoever may do one of them may call; the service asks again for exactly the one that is needed."""

    method: str
    path: str
    handler: Handler
    verbs: tuple[Verb, ...]
    summary: str
    takes: type[BaseModel] | None = None
    gives: type[BaseModel]
    status: int = 200
    query: tuple[str, ...] = ()
    keyed: bool = False
    """True: ``Idempotency-Key`` is honoured."""
    uploads: bool = False
    """True: the body is multipart/form-data."""
