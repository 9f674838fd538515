"""By when a disclosure must be public: the district's own limit and the law's, both counted in working days. Pure."""

from typing import Protocol

from disclosures.content import Content
from disclosures.workdays import Deadline, WorkingDays


class Terms(Protocol):
    """The limits of a category, in working days; ``disclosures.records.Category`` is one. Data, not constants."""

    @property
    def deadline_local(self) -> int: ...

    @property
    def deadline_statutory(self) -> int: ...


def deadlines(content: Content, category: Terms, working_days: WorkingDays) -> tuple[Deadline, Deadline]:
    """(local, statutory), counted from 成文日期 (政府信息公开条例第二十六条: 20 days from formation or change)."""
    return (
        working_days.add(content.formed_on, category.deadline_local),
        working_days.add(content.formed_on, category.deadline_statutory),
    )
