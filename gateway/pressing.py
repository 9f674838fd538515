"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from audit.clock import Clock
from audit.trail import Trail
from console.press import PressDesk
from console.reviewing_desk import ReviewingDesk
from disclosures.desk import Desk
from disclosures.wording import Words
from disclosures.workdays import WorkingDays
from gateway.settings import Settings
from scheduler.alarm import Alarm
from scheduler.timetable import Timetable
from staff.deputies import standing_in


def desk_of(settings: Settings, *, clock: Clock, trail: Trail) -> Desk:
    """The desk of the disclosures, where deputies sign too."""
    return Desk(
        clock=clock, trail=trail, credit_code=settings.site_credit_code, working_days=WorkingDays(),
        deputies=standing_in,
    )  # fmt: skip


def press_desk(
    *, clock: Clock, trail: Trail, desk: Desk, timetable: Timetable, alarm: Alarm, words: Words, settings: Settings
) -> PressDesk:
    """``words`` gives the words of a text, for differences that are read in words."""
    reviewing = ReviewingDesk.of(
        clock=clock, trail=trail, desk=desk, timetable=timetable, words=words, hours=settings.emergency_hours
    )
    alarm.every(60.0, reviewing.emergency.sweep, name="emergencies", on_duty=True)
    return PressDesk(reviewing=reviewing)
