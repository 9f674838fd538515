"""WHO acts: a member of staff, the machine itself, or a citizen."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    STAFF = "staff"
    MACHINE = "machine"
    CITIZEN = "citizen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The author of an act. ``account_id`` is set for staff only."""

    kind: ActorKind
    name: str
    account_id: int | None = None

    @classmethod
    def staff(cls, *, account_id: int, name: str) -> "Actor":
        return cls(kind=ActorKind.STAFF, name=name, account_id=account_id)

    @classmethod
    def machine(cls, name: str) -> "Actor":
        return cls(kind=ActorKind.MACHINE, name=name)
