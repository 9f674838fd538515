"""The person at the curator's desk, as far as the knowledge base needs to know him; ``staff.person.Person`` is one."""

from typing import Protocol

from audit.actor import Actor
from knowledge.errors import NotPermitted

WRITE = "knowledge.write"
APPROVE = "knowledge.approve"
"""The verbs this package guards."""


class Member(Protocol):
    """Somebody with an account, and what he may do."""

    @property
    def account_id(self) -> int: ...

    @property
    def label(self) -> str: ...

    @property
    def actor(self) -> Actor: ...

    def may(self, verb: str) -> bool: ...


def require(member: Member, verb: str) -> None:
    """Raises NotPermitted unless the member may."""
    if not member.may(verb):
        raise NotPermitted
