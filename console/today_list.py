"""今天要办 as values: what one person has to do, in sections; every section is found by a function of its own module.

To add one, write ``async def mine(asking: Asking) -> Section | None`` and name it in ``console.today.SECTIONS``. It asks
whether the person may (``asking.person.may(Verb…)``) and returns None when there is nothing for him to do.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from console.case_services import CaseServices
from console.debts import ShownDebt
from console.duty_desk import DutyDesk
from console.echo_desk import EchoDesk
from console.reviewing_desk import ReviewingDesk
from console.veil import Veil
from disclosures.desk import Desk
from staff.person import Person


class Urgency(IntEnum):
    """How soon a section wants its person; the smaller, the further up on the page."""

    NOW = 0
    """Something is wrong or late, or others wait for this person alone."""
    TODAY = 1
    """The work of the day."""
    SOON = 2
    """His own work in hand, without anybody waiting."""


MOST = 20
"""Lines of one section; ``Section.total`` says how many there are, and ``Section.more`` leads to all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Whose day it is, and what a section may ask."""

    person: Person
    now: datetime
    desk: Desk
    veil: Veil
    reviewing: ReviewingDesk
    echo: EchoDesk | None = None
    cases: CaseServices | None = None
    duties: DutyDesk | None = None
    """What each unit has to look at in the knowledge base."""
    debts: tuple[ShownDebt, ...] = ()
    """Emergency releases whose signatures are wanting, as far as they concern this person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do. ``address`` is where it is done."""

    title: str
    address: str
    kind: str = ""
    """What is bold before the rest: the channel, the step of the review, 更正."""
    state: tuple[str, str] = ("", "")
    """(colour class, word) of a small mark, as ``macros.state`` takes it."""
    about: tuple[str, ...] = ()
    """Unit, author and the like."""
    at: datetime | None = None
    due: str = ""
    """By when, in words: “今天到期”, “还剩 2 个工作日”."""
    late: bool = False
    quote: str = ""
    """What somebody else wrote about it: the reviewer's remark, the citizen's comment."""
    act: str = "办理"
    """The one next action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Some tasks of one sort."""

    key: str
    """Of the address: ``#to-review``."""
    title: str
    urgency: Urgency
    tasks: tuple[Task, ...]
    total: int = 0
    """How many there are in all; 0: as many as there are tasks."""
    note: str = ""
    more: tuple[str, str] = ("", "")
    """(address, words) of the list with all of them."""

    @property
    def count(self) -> int:
        return max(self.total, len(self.tasks))

    @property
    def urgent(self) -> bool:
        return self.urgency is Urgency.NOW or any(task.late for task in self.tasks)


SectionOf = Callable[[Asking], Awaitable[Section | None]]
