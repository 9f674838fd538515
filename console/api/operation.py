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
    gives: type[BaseModel] | None
    """None: a file, whose type is ``file``."""
    status: int = 200
    query: tuple[str, ...] = ()
    keyed: bool = False
    """True: ``Idempotency-Key`` is honoured."""
    uploads: bool = False
    """True: the body is multipart/form-data."""
    file: str = ""


def operation(
    method: str, path: str, handler: Handler, summary: str, gives: type[BaseModel] | None, takes: type[BaseModel] | None,
    *verbs: Verb, status: int = 200, query: tuple[str, ...] = (), keyed: bool = False, uploads: bool = False,
    file: str = "",
) -> Operation:  # fmt: skip
    """One line of the table, short enough to be read as one."""
    return Operation(
        method=method, path=path, handler=handler, verbs=verbs, summary=summary, takes=takes, gives=gives,
        status=status, query=query, keyed=keyed, uploads=uploads,
        file=file,
    )  # fmt: skip
