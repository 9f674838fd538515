"""People at the curator's desk, for tests of drafts and releases."""

from dataclasses import dataclass

from audit.actor import Actor
from knowledge.member import APPROVE, WRITE


@dataclass(frozen=True)
class Colleague:
    """A member of staff with the given verbs."""

    account_id: int
    label: str
    verbs: frozenset[str] = frozenset({WRITE, APPROVE})

    @property
    def actor(self) -> Actor:
        return Actor.staff(account_id=self.account_id, name=self.label)

    def may(self, verb: str) -> bool:
        return verb in self.verbs


WU = Colleague(1, "吴知识")
FENG = Colleague(2, "冯知识")
SUN = Colleague(3, "孙终审", frozenset({APPROVE}))
LI = Colleague(4, "李拟稿", frozenset())
