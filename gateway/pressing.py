"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from audit.clock import Clock
from audit.trail import Trail
from console.press import PressDesk
from console.reviewing_desk import ReviewingDesk
from disclosures.desk import Desk
from disclosures.wording import Words
from gateway.settings import Settings
from scheduler.alarm import Alarm
from scheduler.timetable import Timetable


def press_desk(
    *, clock: Clock, trail: Trail, desk: Desk, timetable: Timetable, alarm: Alarm, words: Words, settings: Settings
) -> PressDesk:
    """``words`` gives the words of a text, for differences that are read in words."""
    reviewing = ReviewingDesk.of(
        clock=clock, trail=trail, desk=desk, timetable=timetable, words=words, hours=settings.emergency_hours
    )
    alarm.every(60.0, reviewing.emergency.sweep, name="emergencies", on_duty=True)
    return PressDesk(reviewing=reviewing)
