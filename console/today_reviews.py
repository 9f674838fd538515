"""Of 今天要办: what waits for this person's signature."""

from console.today_list import MOST, Asking, Section, Task, Urgency
from disclosures.review import STEP_NAMES, Turn
from disclosures.states import State

LOOKED_AT = 200
"""Texts under review that are looked at, the oldest first."""


async def to_review(asking: Asking) -> Section | None:
    """The oldest first: somebody has waited longest for it."""
    person, desk = asking.person, asking.desk
    steps = await desk.steps_of(person)  # His own, and those in which he stands in for somebody.
    if not steps:
        return None
    waiting = await desk.lines(states=frozenset({State.SUBMITTED, State.IN_REVIEW}), limit=LOOKED_AT)
    mine = [line for line in reversed(waiting) if line.next_step in steps]
    tasks: list[Task] = []
    for line in mine:
        if len(tasks) == MOST:
            break
        turn = await desk.may_sign(person, line.id)
        if isinstance(turn, Turn):
            tasks.append(
                Task(
                    title=line.title,
                    address=f"/console/disclosures/{line.id}",
                    kind=STEP_NAMES[turn.step],
                    about=(line.department, f"拟稿：{line.author_name}"),
                    at=line.updated_at,
                    act="去审核",
                )
            )
    if not tasks:
        return None
    return Section(
        key="to-review", title="等我审核", urgency=Urgency.TODAY, tasks=tuple(tasks),
        more=("/console/disclosures?state=in_review", "查看全部在审") if len(tasks) == MOST else ("", ""),
    )  # fmt: skip
