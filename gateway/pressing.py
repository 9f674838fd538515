"""The wiring of the press desk: kinds, checks, reviews, calendar, figures, comments, archive."""

from audit.clock import Clock
from audit.trail import Trail
from console.presence import Presence
from console.press import PressDesk
from console.working_copies import WorkingCopies
from disclosures.kinds import Kinds
from scheduler.alarm import Alarm

HOUR = 3600.0
"""Seconds."""


def press_desk(*, clock: Clock, trail: Trail, alarm: Alarm) -> PressDesk:
    copies = WorkingCopies(clock=clock)
    alarm.every(HOUR, copies.sweep, name="working copies", on_duty=True)
    return PressDesk(kinds=Kinds(clock=clock, trail=trail), copies=copies, presence=Presence(clock=clock))
