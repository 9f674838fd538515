"""今天要办: what one person has to do now, the most urgent first, and nothing else."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from console.screen import SHANGHAI
from console.today_abuse import abuse
from console.today_announcements import announcements
from console.today_cases import cases, quality
from console.today_comments import comments
from console.today_dictionary import dictionary
from console.today_drafts import drafts, returned
from console.today_duties import duties
from console.today_list import Asking, Section, SectionOf
from console.today_releases import PlannedToday, planned_today, to_confirm, to_schedule, troubles
from console.today_reviewing import debts, deputising, remarks
from console.today_reviews import to_review
from console.today_watch import incidents, knowledge, questions, rumours

SECTIONS: Final[tuple[SectionOf, ...]] = (
    debts,
    incidents,
    to_confirm,
    troubles,
    to_review,
    remarks,
    returned,
    to_schedule,
    announcements,
    cases,
    comments,
    rumours,
    knowledge,
    dictionary,
    questions,
    quality,
    abuse,
    duties,
    drafts,
    deputising,
)
"""Every section, in the order that breaks ties of urgency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """One person's day."""

    day: date
    sections: tuple[Section, ...]
    planned: tuple[PlannedToday, ...]
    """What goes out by itself today: nothing to do, but whoever plans wants to see it."""

    @property
    def count(self) -> int:
        return sum(section.count for section in self.sections)

    @property
    def urgent(self) -> int:
        return sum(section.count for section in self.sections if section.urgent)

    @property
    def weekday(self) -> str:
        return "星期" + "一二三四五六日"[self.day.weekday()]


async def today(asking: Asking) -> Today:
    """What this person may and should do now."""
    found = [
        section
        for find in SECTIONS
        if (section := await find(asking)) is not None and (section := await _seen(section, asking)) is not None
    ]
    return Today(
        day=asking.now.astimezone(SHANGHAI).date(),
        sections=tuple(sorted(found, key=lambda section: (not section.urgent, section.urgency))),
        planned=tuple(
            [
                plan
                for plan in await planned_today(asking)
                if await asking.veil.sees(f"/console/releases/{plan.release_id}")
            ]
        ),
    )


async def _seen(section: Section, asking: Asking) -> Section | None:
    """The section without what is embargoed and not this person's to know (features P29)."""
    tasks = tuple([task for task in section.tasks if await asking.veil.sees(task.address.partition("#")[0])])
    hidden = len(section.tasks) - len(tasks)
    return replace(section, tasks=tasks, total=max(0, section.total - hidden)) if tasks else None
