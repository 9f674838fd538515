"""What the press desk's pages need besides the desk itself, as one value; built in ``gateway.pressing``."""

from dataclasses import dataclass

from console.reviewing_desk import ReviewingDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class PressDesk:
    """The services of writing, checking, reviewing, planning and looking back."""

    reviewing: ReviewingDesk
