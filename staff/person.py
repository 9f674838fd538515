"""A member of staff as the rest of the house sees him: who he is and what he may do."""

from dataclasses import dataclass

from audit.actor import Actor
from staff.errors import NotAllowed
from staff.records import Account
from staff.roles import Role, may


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One enabled account at the moment it was looked up."""

    account_id: int
    name: str
    """The sign-in name; unique."""
    display_name: str
    unit: str
    roles: frozenset[Role]

    def may(self, verb: str) -> bool:
        return may(self.roles, verb)

    def require(self, verb: str) -> None:
        """Raises NotAllowed unless the person may."""
        if not self.may(verb):
            raise NotAllowed(verb)

    @property
    def label(self) -> str:
        """Unambiguous even when two people share a name: 张三（zhangsan）. At most 62 characters."""
        return self.name if self.name == self.display_name else f"{self.display_name}（{self.name}）"

    @property
    def actor(self) -> Actor:
        """How the audit trail names the person."""
        return Actor.staff(account_id=self.account_id, name=self.label)

    @classmethod
    def of(cls, account: Account) -> "Person":
        return cls(
            account_id=account.id,
            name=account.name,
            display_name=account.display_name,
            unit=account.unit,
            roles=frozenset(Role(role) for role in account.roles),
        )
