"""
ScheduleError
├── ReleaseNotFound    there is no such release
└── MomentRefused      the moment is not acceptable; the message proposes a valid one

A release that the rules of publishing refuse is ``publishers.errors.NotReleasable``.
"""


class ScheduleError(Exception):
    """Something about the timetable."""


class ReleaseNotFound(ScheduleError):
    """There is no such release."""


class MomentRefused(ScheduleError):
    """The moment is in the past, or too far away."""
