"""
ScheduleError
├── ReleaseNotFound    there is no such release
├── AccountTaken       another deployment speaks for the platform account (crash-point row 21)
├── NodesDisagree      this node's settings are not those of the nodes that run
└── MomentRefused      the moment is not acceptable; the message proposes a valid one

A release that the rules of publishing refuse is ``publishers.errors.NotReleasable``.
"""


class ScheduleError(Exception):
    """Something about the timetable."""


class ReleaseNotFound(ScheduleError):
    """There is no such release."""


class MomentRefused(ScheduleError):
    """The moment is in the past, or too far away."""


class AccountTaken(ScheduleError):
    """Another deployment speaks for the account; the message says which, and what to do. Nothing was begun."""


class NodesDisagree(ScheduleError):
    """This node's settings are not those of the nodes that run on the same database; nothing was begun."""

    def __init__(self, variable: str, what: str, remedy: str) -> None:
        super().__init__(f"{variable}：{what}。处理办法：{remedy}")
        self.variable = variable
        self.what = what
        self.remedy = remedy
