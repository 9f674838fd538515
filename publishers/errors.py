"""
PublishError
├── ChannelUnavailable   nothing was sent: try again later
│   ├── ChannelBusy      … not before ``retry_at`` (quota, frequency)
│   └── LeaseSpent       … this worker was away for too long between its intent and the call
├── ChannelRefused       no effect; a person must edit or mend, see ``remedy``
├── OutcomeUnknown       it may have been sent: read back, never resend blindly
├── NotReleasable        a release that the rules refuse
│   └── DecisionRefused  a decision about a delivery that cannot be taken so, or not now
│       └── SecondPersonNeeded  … not by this person: somebody else must
└── StaleClaim           another worker owns the row now: this worker's result is evidence only

The class says what to do; ``str(error)`` says what happened, in Simplified Chinese, for the screen.
"""

from datetime import datetime


class PublishError(Exception):
    """Something about publishing. ``remedy`` says what to do, ``detail`` is kept as evidence (free of secrets)."""

    def __init__(self, message: str, *, remedy: str = "", **detail: object) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.detail = detail


class ChannelUnavailable(PublishError):
    """Nothing reached the platform (DNS, refused connection, TLS, its plain “busy” before an effect): try again later."""


class ChannelBusy(ChannelUnavailable):
    """A quota or a frequency limit: nothing was sent; try again at ``retry_at``."""

    def __init__(self, message: str, *, retry_at: datetime, remedy: str = "", **detail: object) -> None:
        super().__init__(message, remedy=remedy, **detail)
        self.retry_at = retry_at


class LeaseSpent(ChannelUnavailable):
    """This worker's time for its one call was over before the first byte left; it sent nothing."""


class ChannelRefused(PublishError):
    """The platform refused before any effect. Retrying the same bytes is useless: edit, or mend the account."""


class OutcomeUnknown(PublishError):
    """A timeout, reset, 5xx or unreadable answer after the request left: only reading back can tell."""


class NotReleasable(PublishError):
    """The release is refused by the rules; the message says why and what to do."""


class DecisionRefused(NotReleasable):
    """A person's decision about a delivery cannot be taken so, or not now; the message says why and what to do."""


class SecondPersonNeeded(DecisionRefused):
    """One person proposes, a second, different one confirms: never the same account."""


class StaleClaim(PublishError):
    """The lease ran out and another worker has the row; this worker may only record evidence."""
