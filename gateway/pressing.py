"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from collections.abc import Callable

from audit.clock import Clock
from audit.trail import Trail
from console.press import PressDesk
from disclosures.workdays import WorkingDays
from knowledge.curation import Curation
from publishers.mass_quota import MassQuota
from scheduler.alarm import Alarm
from scheduler.announcements import Announcements
from scheduler.calendar_desk import CalendarDesk
from scheduler.planning import Planning
from scheduler.private_addresses import PrivateAddresses
from scheduler.quiet_desk import QuietDesk
from scheduler.years import Years

YEARS_EVERY, ANNOUNCED_EVERY = 10.0, 5.0
"""Seconds between two looks at the years that were entered (on every node), and at what was announced and is public now."""


def press_desk(*, calendar: CalendarDesk) -> PressDesk:
    return PressDesk(calendar=calendar)


def calendar_desk(
    *, clock: Clock, trail: Trail, working_days: WorkingDays, public_url: str, page_url: Callable[[int], str],
    curation: Curation | None, mass_quota: MassQuota | None, alarm: Alarm | None = None,
) -> CalendarDesk:  # fmt: skip
    """The calendar's services over the one ``working_days`` of the house; ``alarm`` rings for them."""
    years = Years(clock=clock, trail=trail, working_days=working_days)
    announcements = Announcements(clock=clock, trail=trail, public_url=public_url, page_url=page_url, curation=curation)
    if alarm is not None:
        alarm.every(YEARS_EVERY, years.refresh, name="years")
        alarm.every(ANNOUNCED_EVERY, announcements.sweep, name="announcements", on_duty=True)
    return CalendarDesk(
        years=years, planning=Planning(clock=clock, years=years, mass_quota=mass_quota),
        quiet=QuietDesk(clock=clock, trail=trail), announcements=announcements,
        addresses=PrivateAddresses(clock=clock, trail=trail), public_url=public_url,
    )  # fmt: skip
