"""
ScheduleError
├── ReleaseNotFound    there is no such release
├── AccountTaken       another deployment speaks for the platform account (crash-point row 21)
├── CalendarInvalid    a quiet day, an announcement or a year's calendar was not written as it must be
├── AnnouncementNotFound  there is no such announcement
├── AnnouncementRefused  the announcement is not in a state for this, or another person is needed
├── NodesDisagree      this node's settings are not those of the nodes that run
└── MomentRefused      the moment is not acceptable; the message proposes a valid one

publishers.errors.NotReleasable
└── QuietDayStands     a memorial or quiet day forbids or warns; a reason or a confirmation opens it

A release that the rules of publishing refuse is ``publishers.errors.NotReleasable``.
"""

from collections.abc import Sequence
from datetime import datetime

from publishers.errors import NotReleasable


class ScheduleError(Exception):
    """Something about the timetable."""


class ReleaseNotFound(ScheduleError):
    """There is no such release."""


class MomentRefused(ScheduleError):
    """The moment is in the past, or too far away."""


class CalendarInvalid(ScheduleError):
    """Something typed is not right; ``field`` is which, ``remedy`` what to do."""

    def __init__(self, field: str, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.remedy = remedy


class AnnouncementRefused(ScheduleError):
    """Not now, or not by this person; ``remedy`` says what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class AnnouncementNotFound(ScheduleError):
    """There is no such announcement."""


class AccountTaken(ScheduleError):
    """Another deployment speaks for the account; the message says which, and what to do. Nothing was begun."""


class NodesDisagree(ScheduleError):
    """This node's settings are not those of the nodes that run on the same database; nothing was begun."""

    def __init__(self, variable: str, what: str, remedy: str) -> None:
        super().__init__(f"{variable}：{what}。处理办法：{remedy}")
        self.variable = variable
        self.what = what
        self.remedy = remedy


class QuietDayStands(NotReleasable):
    """A memorial or quiet day stands in the way. ``forbids``: it wants a written reason; else a confirmation is enough.
    ``moments`` are the next good ones."""

    def __init__(self, message: str, *, remedy: str, forbids: bool, moments: Sequence[datetime]) -> None:
        super().__init__(message, remedy=remedy)
        self.forbids = forbids
        self.moments = tuple(moments)
