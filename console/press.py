"""What the press desk's pages need besides the desk itself, as one value; built in ``gateway.pressing``."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from console.echo_desk import EchoDesk
from console.presence import Presence
from console.reviewing_desk import ReviewingDesk
from console.working_copies import WorkingCopies
from disclosures.kinds import Kinds
from scheduler.calendar_desk import CalendarDesk


class PortalPreview(Protocol):
    """The portal's own page of a payload that is not public yet, as HTML."""

    def __call__(self, payload: Mapping[str, Any], *, disclosure_id: int) -> Awaitable[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PressDesk:
    """The services of writing, checking, reviewing, planning and looking back."""

    kinds: Kinds
    copies: WorkingCopies
    presence: Presence
    calendar: CalendarDesk
    reviewing: ReviewingDesk

    portal_page: PortalPreview | None = None
    """None: the portal is not part of this process; its preview is left out."""
    spoken: Callable[[Mapping[str, Any]], str] | None = None
    """What the bot says of a knowledge entry (its JSON), word for word, with its basis."""
    echo: EchoDesk | None = None
    """Figures and comments."""
